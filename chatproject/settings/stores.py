"""Where everything is stored: SQL, MongoDB, and the channel layer."""

import os
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from chatproject.environment import env_int, env_list

from .base import VAR_DIR

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
