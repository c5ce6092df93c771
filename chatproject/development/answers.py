"""Whether the stores that the environment names answer; says which one doesn't."""

import os
import sys
from collections.abc import Mapping
from typing import Any

import dj_database_url
import psycopg
import redis
from pymongo import MongoClient
from pymongo.errors import PyMongoError

SECONDS = 5  # for each to answer


def problem(environment: Mapping[str, str]) -> str:
    """One line that names the variable of a server that doesn't answer; empty if all do."""
    return (
        _of_mongodb(environment["MONGODB_URI"])
        or _of_redis(environment["REDIS_URL"])
        or _of_sql(environment.get("DATABASE_URL", ""))
    )


def _of_mongodb(url: str) -> str:
    try:
        options: dict[str, Any] = {"serverSelectionTimeoutMS": SECONDS * 1000}
        with MongoClient[dict[str, Any]](url, **options) as client:
            client.admin.command("ping")
    except PyMongoError as error:
        return f"MONGODB_URI: no MongoDB answers there ({_short(error)})."
    return ""


def _of_redis(urls: str) -> str:
    for url in urls.split(","):
        try:
            with redis.Redis.from_url(url.strip(), socket_timeout=SECONDS) as client:
                client.ping()
        except (redis.RedisError, ValueError) as error:
            return f"REDIS_URL: no Redis answers there ({_short(error)})."
    return ""


def _of_sql(url: str) -> str:
    if not url:
        return ""
    try:
        named = dj_database_url.parse(url)
    except (ValueError, dj_database_url.UnknownSchemeError):
        return "DATABASE_URL: this is no URL of a database: postgres://user:password@host/name."
    if not named["ENGINE"].endswith("postgresql"):
        return ""
    try:
        psycopg.connect(url, connect_timeout=SECONDS).close()
    except psycopg.Error as error:
        return f"DATABASE_URL: no PostgreSQL answers there ({_short(error)})."
    return ""


def _short(error: Exception) -> str:
    return str(error).split("(configured")[0].split("\n")[0].strip(" .")[:200]


if __name__ == "__main__":
    sys.exit(problem(os.environ) or 0)
