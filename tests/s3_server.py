"""A server that speaks S3, in a process of its own (moto's)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from .ports import free_port
from .waiting import wait_for

BUCKET = "files"
KEYS = {"access_key": "key", "secret_key": "a-secret-of-the-tests"}


@contextmanager
def s3_server() -> Iterator[str]:
    """The URL of a server with the bucket `BUCKET`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: _answers(url), 60, f"for {url}")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _answers(url: str) -> bool:
    """Whether the server answers, and has the bucket."""
    try:
        return httpx2.put(f"{url}/{BUCKET}", timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False
