"""How often somebody may do something, and how much at once."""

from django.core.exceptions import ImproperlyConfigured

from chatproject.environment import env_int, env_rate

# How often somebody may do something (chatproject/limits/limits.py says what each counts).
LIMIT_SIGN_IN = env_rate("LIMIT_SIGN_IN", "10/5m")
LIMIT_SIGN_IN_ADDRESS = env_rate("LIMIT_SIGN_IN_ADDRESS", "50/5m")
LIMIT_REGISTER = env_rate("LIMIT_REGISTER", "30/1h")
LIMIT_INVITATIONS = env_rate("LIMIT_INVITATIONS", "20/1d")
LIMIT_INVITATION_CODES = env_rate("LIMIT_INVITATION_CODES", "30/1h")
LIMIT_PASSWORD_RESET = env_rate("LIMIT_PASSWORD_RESET", "3/1h")
LIMIT_PASSWORD_RESET_ADDRESS = env_rate("LIMIT_PASSWORD_RESET_ADDRESS", "20/1h")
LIMIT_REFRESHES = env_rate("LIMIT_REFRESHES", "30/5m")
LIMIT_SENDS = env_rate("LIMIT_SENDS", "300/1m")
LIMIT_MENTIONS = env_rate("LIMIT_MENTIONS", "60/1m")
LIMIT_MENTIONS_OF_ALL = env_rate("LIMIT_MENTIONS_OF_ALL", "10/10m")
LIMIT_UPLOADS = env_rate("LIMIT_UPLOADS", "120/10m")
LIMIT_QUESTIONS = env_rate("LIMIT_QUESTIONS", "20/1m")
LIMIT_QUESTIONS_DAY = env_rate("LIMIT_QUESTIONS_DAY", "200/1d")
LIMIT_QUESTIONS_SITE = env_rate("LIMIT_QUESTIONS_SITE", "5000/1d")
LIMIT_REACTIONS = env_rate("LIMIT_REACTIONS", "120/1m")
LIMIT_LINK_PREVIEWS = env_rate("LIMIT_LINK_PREVIEWS", "60/10m")
LIMIT_LINK_HOSTS = env_rate("LIMIT_LINK_HOSTS", "60/1m")
LIMIT_DELETIONS = env_rate("LIMIT_DELETIONS", "120/1m")
LIMIT_GROUPS = env_rate("LIMIT_GROUPS", "60/10m")
LIMIT_PRIVATE_CHATS = env_rate("LIMIT_PRIVATE_CHATS", "100/10m")
LIMIT_ADDITIONS = env_rate("LIMIT_ADDITIONS", "120/10m")
LIMIT_JOINS = env_rate("LIMIT_JOINS", "60/10m")
LIMIT_RENAMES = env_rate("LIMIT_RENAMES", "20/1m")
LIMIT_CHANGES = env_rate("LIMIT_CHANGES", "120/1m")
LIMIT_BLOCKS = env_rate("LIMIT_BLOCKS", "60/10m")
LIMIT_PREVIEWS = env_rate("LIMIT_PREVIEWS", "120/1m")
LIMIT_SEARCHES = env_rate("LIMIT_SEARCHES", "120/1m")
LIMIT_PROFILE = env_rate("LIMIT_PROFILE", "20/10m")
LIMIT_FRAMES = env_rate("LIMIT_FRAMES", "60/10s")

# How many passwords of one address wait in a process to be checked; others have its other threads.
PASSWORDS_AT_ONCE = env_int("PASSWORDS_AT_ONCE", 4)
if PASSWORDS_AT_ONCE < 1:
    raise ImproperlyConfigured("PASSWORDS_AT_ONCE must be 1 or more.")
