"""Who has an account, how they get in, and the mails that they get."""

import os

from django.core.exceptions import ImproperlyConfigured

from chatproject.environment import env_bool, env_choice, env_int, env_list

from .base import DEBUG

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["users.signing_in.backends.LimitedBackend"]
LOGIN_URL = "users:sign_in"
LOGIN_REDIRECT_URL = "chats:list"
LOGOUT_REDIRECT_URL = "users:sign_in"
# Names that nobody gives themselves, nor what looks like them; the admin and commands may.
RESERVED_NAMES = env_list(
    "RESERVED_NAMES",
    "abuse,admin,administration,administrator,all,assistant,bot,channel,chat,everyone,help,"
    "helpdesk,here,hostmaster,info,mod,moderation,moderator,noreply,official,operator,owner,"
    "postmaster,robot,root,security,service,site,staff,superuser,support,sysadmin,system,team,"
    "the,webmaster",
)
# Who may make an account: anybody, who is invited, whom a moderator lets in, or nobody.
REGISTRATION = env_choice(
    "REGISTRATION", "open" if DEBUG else "invite", "open", "invite", "approval", "closed"
)
# Domains whose addresses may make accounts; none: all.
REGISTRATION_DOMAINS = [domain.lower() for domain in env_list("REGISTRATION_DOMAINS")]
# Whether an account needs an address, confirmed before the account is made.
REGISTRATION_EMAIL = env_choice(
    "REGISTRATION_EMAIL",
    "confirmed" if REGISTRATION_DOMAINS else "optional",
    *("optional", "confirmed"),
)
if REGISTRATION_DOMAINS and REGISTRATION_EMAIL != "confirmed":
    raise ImproperlyConfigured("REGISTRATION_DOMAINS needs REGISTRATION_EMAIL=confirmed.")
# Who makes invitations to the site.
INVITATIONS = env_choice("INVITATIONS", "staff", "staff", "members")
# Who may add a new account's person to groups, until they choose for themselves: anybody, people
# they share a chat with, nobody. Where anybody gets in, a stranger may be anybody.
ADDED_BY = env_choice(
    "ADDED_BY", "shared" if REGISTRATION == "open" else "anyone", "anyone", "shared", "nobody"
)
PASSWORD_HASHERS = ["users.signing_in.hashers.Argon2Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SESSION_ENGINE = "users.signing_in.sessions"
SESSION_COOKIE_AGE = env_int("SESSION_LIFETIME", 14 * 24 * 3600)  # seconds of disuse
ACCESS_TOKEN_LIFETIME = env_int("ACCESS_TOKEN_LIFETIME", 15 * 60)  # seconds
REFRESH_TOKEN_LIFETIME = env_int("REFRESH_TOKEN_LIFETIME", 30 * 24 * 3600)  # seconds

EMAIL_BACKEND = os.environ.get(
    "EMAIL_BACKEND",
    "django.core.mail.backends.console.EmailBackend"
    if DEBUG
    else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = env_int("EMAIL_PORT", 25)
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10  # seconds
# Mails name the first of ORIGINS as the site's address, whatever a request says.
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "chat@localhost")
