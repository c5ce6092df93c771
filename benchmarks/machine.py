"""What a run was made on."""

import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import redis

from . import data

PACKAGES = {
    "of ours": (
        *("django", "djangorestframework", "django-mongodb-backend", "channels", "channels-redis"),
        *("daphne", "twisted", "granian", "pymongo", "orjson", "redis", "hiredis", "websockets"),
    ),
    "of the peers": (
        "fastapi",
        "starlette",
        "pydantic",
        "beanie",
        "uvicorn",
        "uvloop",
        "httptools",
    ),
    "of the limits": ("picows",),
}


def describe(stores: Mapping[str, str]) -> dict[str, str]:
    """Versions and the processor, by what they are."""
    with data.client(stores) as mongo:
        mongodb = mongo.server_info()["version"]
    with redis.Redis.from_url(stores["REDIS_URL"]) as layer:
        valkey = layer.info("server").get("valkey_version", "?")
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": platform.platform(terse=True),
        "Python": platform.python_version(),
        "MongoDB": f"{mongodb}, a replica set of one, journalled",
        "Valkey": valkey,
        "data": _sizes(),
        **{f"packages {name}": _versions(names) for name, names in PACKAGES.items()},
    }


def load() -> str:
    """How busy the machine was already; 0 on a quiet one."""
    return f"{os.getloadavg()[0]:.1f}"


def _sizes() -> str:
    scale = data.scale()
    return (
        f"a chat of {scale.big:,} messages, {scale.chats:,} of {scale.small}, "
        f"and some of {scale.sizes[0]:,} to {scale.largest:,}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _versions(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {_version(name)}" for name in names)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(missing)"
