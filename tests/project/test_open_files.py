"""How many files a process of the server has open after many requests at once."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.db import connection

from tests.waiting import wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="of files of SQLite"),
]

REQUESTS, AT_ONCE = 300, 10
FILES = 3  # of a connection: the database, its log, and the memory that connections share
THREADS = 5  # that keep their connection: those of sockets, and one


def open_databases(pid: int) -> int:
    """How many files of SQLite a process has open."""
    names = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            names.append(os.readlink(link))
        except FileNotFoundError:  # closed meanwhile
            continue
    return sum("sqlite3" in name for name in names)


def test_connections_to_sqlite_end_with_their_requests(
    start_server: Callable[..., Any], ada: Any, token_of: Any
) -> None:
    server = start_server()
    headers = {"Authorization": f"Bearer {token_of(ada)}"}

    http = httpx2.Client(base_url=server.url, timeout=60, trust_env=False)

    def ask(_: int) -> int:
        return http.get("/api/v1/users/me", headers=headers).status_code

    with http, ThreadPoolExecutor(AT_ONCE) as pool:
        assert set(pool.map(ask, range(REQUESTS))) == {200}
    # SQLite keeps a file open for each that was open at once, and uses it again.
    wait_for(lambda: open_databases(server.pid) <= AT_ONCE + FILES * THREADS, 5)
