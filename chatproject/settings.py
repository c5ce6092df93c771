"""Settings, read from the environment; `.env.example` documents every name."""

import hmac
import os
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from chatproject.environment import env_bool, env_choice, env_int, env_list, env_rate
from chatproject.file_settings import *  # noqa: F403 - where files lie, who answers with them
from chatproject.file_settings import attachment_storage
from chatproject.sign_in_settings import *  # noqa: F403 - second factors, issuers, allauth

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("CHAT_VAR_DIR", BASE_DIR / "var"))


DEBUG = env_bool("DEBUG")
SECRET_KEY = os.environ.get("SECRET_KEY") or ("insecure-development-key" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY to a long random string (or DEBUG=1 to develop).")

# Earlier keys, whose sessions and tokens are still taken.
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS")


def token_key(secret: str) -> str:
    """The key of tokens that belongs to a `SECRET_KEY` (HKDF-Expand, RFC 5869, of one block)."""
    return hmac.new(secret.encode(), b"chat tokens\x01", "sha256").hexdigest()


# Tokens have a key of their own: whoever learns it has no sessions, and it can be changed alone.
TOKEN_KEY = os.environ.get("TOKEN_KEY") or token_key(SECRET_KEY)
TOKEN_KEY_FALLBACKS = [
    *env_list("TOKEN_KEY_FALLBACKS"),
    *map(token_key, SECRET_KEY_FALLBACKS),
]

PORT = env_int("PORT", 8000)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if DEBUG else "")
# Origins (scheme, host, port) that pages are served from, for CSRF and the check of sockets.
ORIGINS = env_list("ORIGINS", f"http://localhost:{PORT},http://127.0.0.1:{PORT}" if DEBUG else "")
CSRF_TRUSTED_ORIGINS = ORIGINS

INSTALLED_APPS = [
    "chatproject",
    *("allauth.account", "allauth.mfa", "allauth.socialaccount"),
    "allauth.socialaccount.providers.openid_connect",
    "users",  # before Django's: its `changepassword` takes precedence
    "users.admin_app.ChatAdminConfig",  # Django's, with our sign-in
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "chatproject.jobs",
    "chats",
]

# Proxies between a client and these processes; each adds to X-Forwarded-For.
TRUSTED_PROXIES = env_int("TRUSTED_PROXIES", 0)
if TRUSTED_PROXIES < 0:
    raise ImproperlyConfigured("TRUSTED_PROXIES must be 0 or more.")

MIDDLEWARE = [
    # Outside all that may answer, so that errors, refusals and files have its headers too.
    "chatproject.middleware.HeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "chatproject.refusals.RefusalsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # A proxy compresses in its own process; docs/deployment.md says how.
    *([] if TRUSTED_PROXIES else ["chatproject.middleware.CompressionMiddleware"]),
    "chatproject.middleware.StoresMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "users.middleware.SignInMiddleware",
    "chatproject.middleware.PageMessagesMiddleware",
    "chatproject.middleware.LimitsMiddleware",
]

ROOT_URLCONF = "chatproject.urls"
ASGI_APPLICATION = "chatproject.asgi.application"
WSGI_APPLICATION = "chatproject.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chats.pages.rendering.shared_numbers",
                "users.context.offers",
            ],
            "libraries": {"chat_tags": "chats.pages.template_tags"},
        },
    },
    # For what a page has many of: docs/decisions/0017-swapping-the-pane.md.
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "jinja2"],
        "OPTIONS": {"environment": "chats.pages.jinja.environment"},
    },
]

# Stores ------------------------------------------------------------------------------------------

DATABASES: dict[str, Any] = {
    "default": dj_database_url.config(
        default=f"sqlite:///{VAR_DIR / 'chat.sqlite3'}", conn_max_age=60, conn_health_checks=True
    ),
    "chat": {
        "ENGINE": "chatproject.stores.mongodb",
        "HOST": os.environ.get("MONGODB_URI", "mongodb://127.0.0.1:27017/?directConnection=true"),
        "NAME": os.environ.get("MONGODB_NAME", "chat"),
        "OPTIONS": {
            # A write is acknowledged once it is on disk at a majority of the members.
            "w": "majority",
            "journal": True,
            "retryWrites": True,
            "tz_aware": True,
            # Overrides the URI: a stale read could let a removed member in.
            "readPreference": "primary",
            "serverSelectionTimeoutMS": 5_000,
            "connectTimeoutMS": 5_000,
            "appname": "chat",
        },
    },
}
# Seconds that a request, a frame or a background task's poll may wait for the stores.
MONGODB_TIMEOUT = env_int("MONGODB_TIMEOUT", 5)
if not 1 <= MONGODB_TIMEOUT <= 60:
    raise ImproperlyConfigured("MONGODB_TIMEOUT must be 1 to 60 seconds.")
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "chatproject.stores.sqlite"
    DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES["default"]["ENGINE"] = "chatproject.stores.postgresql"
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 3,  # seconds, for each address of its host
        # For waits without a deadline: a dead server is noticed after 10 seconds.
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "application_name": "chat",
        **DATABASES["default"].get("OPTIONS", {}),
    }
DATABASE_ROUTERS = ["chatproject.stores.router.ChatRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URLS = env_list("REDIS_URL", "redis://127.0.0.1:6379/0")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "chatproject.sockets.channel_layer.ChannelLayer",
        "CONFIG": {
            "hosts": [
                # redis-py's defaults (5 s socket timeout, 100 connections) break blocking reads.
                {
                    "address": url,
                    "socket_timeout": None,
                    "max_connections": 10_000,
                    # Every connection fails once after the server restarts.
                    "retry": Retry(NoBackoff(), 1),
                }
                for url in REDIS_URLS
            ]
        },
    }
}

# Accounts ----------------------------------------------------------------------------------------

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

# API ---------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "users.signing_in.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PARSER_CLASSES": [
        "chatproject.rest.parsers.JSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "chatproject.rest.renderers.ContentNegotiation",
    "DEFAULT_RENDERER_CLASSES": [
        "chatproject.rest.renderers.JSONRenderer",
        "chatproject.rest.renderers.BrowsableAPIRenderer",
    ],
    "EXCEPTION_HANDLER": "chatproject.rest.errors.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Chat",
    "DESCRIPTION": "Private and group chats: history, messages, members and permissions.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],  # the schema is the same for everybody
    "COMPONENT_SPLIT_REQUEST": True,
    # Form bodies are only for the browsable API.
    "PARSER_WHITELIST": ["chatproject.rest.parsers.JSONParser"],
    "PREPROCESSING_HOOKS": ["chatproject.rest.openapi.without_trailing_slashes"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "chatproject.rest.openapi.with_common_refusals",
        "chatproject.rest.openapi.with_links",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AccessEnum": "chats.models.Chat.Access",
        "KindEnum": "chats.models.Message.Kind",
        "SignInKindEnum": "users.models.SignIn.Kind",
    },
    "PATH_CONVERTER_OVERRIDES": {
        "any_uuid": {"type": "string", "format": "uuid"},
        "user_id": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Chats -------------------------------------------------------------------------------------------

MESSAGE_MAX_LENGTH = env_int("MESSAGE_MAX_LENGTH", 10_000)  # characters, 1 to 40,000
if not 1 <= MESSAGE_MAX_LENGTH <= 40_000:
    # 100 messages at 4 bytes a character must fit in one MongoDB reply, 16 MiB at most.
    raise ImproperlyConfigured("MESSAGE_MAX_LENGTH must be 1 to 40000 characters.")
CHAT_NAME_MAX_LENGTH = env_int("CHAT_NAME_MAX_LENGTH", 100)  # characters
CHAT_MAX_MEMBERS = env_int("CHAT_MAX_MEMBERS", 1_000)
# Bytes of a body, by any server and of any kind. A character is at most 12 in JSON or a form.
BODY_MAX_SIZE = env_int("BODY_MAX_SIZE", max(256 * 1024, 12 * MESSAGE_MAX_LENGTH + 4096))
if BODY_MAX_SIZE < 12 * MESSAGE_MAX_LENGTH + 4096:
    raise ImproperlyConfigured("BODY_MAX_SIZE must be 4096 and 12 for each of MESSAGE_MAX_LENGTH.")
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_MAX_SIZE
# A form has a field for each person that is picked.
DATA_UPLOAD_MAX_NUMBER_FIELDS = max(1_000, CHAT_MAX_MEMBERS + 100)
ATTACHMENT_MAX_SIZE = env_int("ATTACHMENT_MAX_SIZE", 100 * 1024 * 1024)  # bytes of a file
if ATTACHMENT_MAX_SIZE < BODY_MAX_SIZE:
    raise ImproperlyConfigured("ATTACHMENT_MAX_SIZE must be BODY_MAX_SIZE or more.")
ATTACHMENTS_PER_MESSAGE = env_int("ATTACHMENTS_PER_MESSAGE", 10)
if not 0 <= ATTACHMENTS_PER_MESSAGE <= 50:
    raise ImproperlyConfigured("ATTACHMENTS_PER_MESSAGE must be 0 to 50; 0 turns files off.")
# Bytes of all files of a person, those in their messages and those not sent yet.
ATTACHMENTS_PER_PERSON = env_int("ATTACHMENTS_PER_PERSON", 5 * 1024**3)
IMAGE_MAX_PIXELS = env_int("IMAGE_MAX_PIXELS", 50_000_000)  # of an image; more are refused
if not 1 <= IMAGE_MAX_PIXELS <= 200_000_000:
    raise ImproperlyConfigured("IMAGE_MAX_PIXELS must be 1 to 200000000.")
# Uploads under way in a web process, each in a thread: of a person, and of all.
UPLOADS_AT_ONCE = env_int("UPLOADS_AT_ONCE", 2)
UPLOADS_IN_ALL = env_int("UPLOADS_IN_ALL", 4)
if not 1 <= UPLOADS_AT_ONCE <= UPLOADS_IN_ALL:
    raise ImproperlyConfigured("UPLOADS_AT_ONCE must be 1 to UPLOADS_IN_ALL.")
SOCKETS_PER_PERSON = env_int("SOCKETS_PER_PERSON", 100)  # in all processes together
if SOCKETS_PER_PERSON < 2:
    raise ImproperlyConfigured("SOCKETS_PER_PERSON must be 2 or more: a page opens two.")
PRESENCE_LEASE = env_int("PRESENCE_LEASE", 45)  # seconds for which a dead process seems alive

AI_BASE_URL = os.environ.get("AI_BASE_URL", "https://api.openai.com/v1")
AI_API_KEY = os.environ.get("AI_API_KEY", "")
AI_MODEL = os.environ.get("AI_MODEL", "gpt-4o-mini")
AI_SYSTEM_PROMPT = os.environ.get(
    "AI_SYSTEM_PROMPT", "You are a helpful member of a group chat. Answer briefly, in plain text."
)
AI_TIMEOUT = env_int("AI_TIMEOUT", 30)  # seconds
# Messages of a chat that are sent with a question, where the owner lets them be; 0: never.
AI_HISTORY = env_int("AI_HISTORY", 20)
if not 0 <= AI_HISTORY <= 100:
    raise ImproperlyConfigured("AI_HISTORY must be 0 to 100 messages.")
AI_MAX_TOKENS = env_int("AI_MAX_TOKENS", 1_000)  # of one answer
if not 1 <= AI_MAX_TOKENS <= 1_000_000:
    raise ImproperlyConfigured("AI_MAX_TOKENS must be 1 to 1000000.")
UNSPLASH_BASE_URL = os.environ.get("UNSPLASH_BASE_URL", "https://api.unsplash.com")
UNSPLASH_ACCESS_KEY = os.environ.get("UNSPLASH_ACCESS_KEY", "")
UNSPLASH_TIMEOUT = env_int("UNSPLASH_TIMEOUT", 10)  # seconds
UNSPLASH_APP_NAME = os.environ.get("UNSPLASH_APP_NAME", "chat")  # as registered at Unsplash
# Calls of ai/ask and ai/photo that a web process makes at once; each occupies a thread.
PROVIDER_CALLS = env_int("PROVIDER_CALLS", 4)
if PROVIDER_CALLS < 1:
    raise ImproperlyConfigured("PROVIDER_CALLS must be 1 or more.")

# Workers fetch what links in messages lead to, and show its title and image below the message.
LINK_PREVIEWS = env_bool("LINK_PREVIEWS", True)
# Addresses that are fetched from though they aren't public, as ("127.0.0.1", 8000): of tests alone.
LINK_PREVIEWS_TEST_SERVERS: frozenset[tuple[str, int]] = frozenset()

# Jobs --------------------------------------------------------------------------------------------

# What `run_jobs` runs (chatproject/jobs/kinds.py).
JOB_KINDS = (
    "chats.actions.deleted_chats.DELETED_CHAT",
    "chats.actions.link_previews.LINK_PREVIEW",
    "chats.actions.pictures.PICTURE",
    "chats.actions.removed_files.REMOVED_FILES",
    "chats.assistant.questions.QUESTION",
    "users.emails.CONFIRM_MAIL",
    "users.emails.NOTICE_MAIL",
    "users.endings.ACTIVITY",
    "users.endings.DELETED_ACCOUNT",
    "users.signing_in.places.NEW_PLACE_MAIL",
    "users.registration.SIGN_UP_MAIL",
    "users.resets.RESET_MAIL",
)
# Seconds after which the jobs of a worker that died are taken by another.
JOB_LEASE = env_int("JOB_LEASE", 30)
if not 1 <= JOB_LEASE <= 3600:
    raise ImproperlyConfigured("JOB_LEASE must be 1 to 3600 seconds.")

# Limits ------------------------------------------------------------------------------------------

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

# Pages -------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = "chatproject.formats"
USE_I18N = False
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", VAR_DIR / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "attachments": attachment_storage(VAR_DIR / "attachments"),
    "staticfiles": {
        # `collectstatic` names files by a hash; development serves them as they are.
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "chatproject.static_files.StaticFilesStorage"
    },
}

# Security ----------------------------------------------------------------------------------------

SECURE = env_bool("SECURE", not DEBUG)  # served by HTTPS: off only in development
SECURE_SSL_REDIRECT = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env_int("SECURE_HSTS_SECONDS", 365 * 24 * 3600) if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
CSRF_FAILURE_VIEW = "chatproject.stale_pages.stale_page"
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"one_line": {"()": "chatproject.logs.OneLine"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["one_line"],
        }
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
}
