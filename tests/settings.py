"""The project's settings, with what makes tests fast and lets processes share their databases."""

import os

from chatproject.settings import *  # noqa: F403
from chatproject.settings import DATABASES, STATIC_ROOT, VAR_DIR

if DATABASES["default"]["ENGINE"] == "chatproject.stores.sqlite":
    # A file, not memory: consumers, threads and server processes of a test use it too.
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}
else:
    # Two sessions at once don't meet.
    DATABASES["default"]["TEST"] = {"NAME": f"test_chat_{os.getpid()}"}
# No test asks the internet: it is off in tests of anything else, and in their workers.
LINK_PREVIEWS = os.environ.get("LINK_PREVIEWS_OF_TESTS") == "1"
REGISTRATION = "open"
ADDED_BY = "anyone"  # as where not everybody may sign up: the cast meets in the first group
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# What a server process mails; in the test's own process Django keeps mails in `mail.outbox`.
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns where there is none
# Where collected files would be: WhiteNoise warns of a missing folder.
(VAR_DIR / "static").mkdir(parents=True, exist_ok=True)
