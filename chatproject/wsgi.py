"""WSGI entry point: pages and API, when they are served apart from the sockets."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
django.setup(set_prefix=False)

# These imports need the settings.
from .bodies import WSGIHandler  # noqa: E402
from .preload import announce_first_account, load_and_freeze  # noqa: E402

application = WSGIHandler()
load_and_freeze()
announce_first_account()
