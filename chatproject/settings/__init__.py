"""Settings, read from the environment; `.env.example` documents every name.

Those of the project as a whole are here, others in a file by what they concern.
"""

import hmac
import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from chatproject.environment import env_bool, env_int, env_list

from .accounts import *  # noqa: F403
from .api import *  # noqa: F403
from .base import BASE_DIR, DEBUG
from .base import VAR_DIR as VAR_DIR
from .chats import *  # noqa: F403
from .files import *  # noqa: F403
from .files import attachment_storage
from .limits import *  # noqa: F403
from .sign_in import *  # noqa: F403
from .stores import *  # noqa: F403

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
    "chatproject.doubled_forms.DoubledFormsMiddleware",
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
