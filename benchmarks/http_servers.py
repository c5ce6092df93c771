"""The servers that answer HTTP; `{workers}` processes of each do the work."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .results import Target
from .stage import Contender


def granian(module: str, workers: str = "{workers}") -> tuple[str, ...]:
    """As in docs/deployment.md: processes of sixteen threads."""
    options = ("--interface", "wsgi", "--workers", workers, "--blocking-threads", "16")
    address = ("--host", "127.0.0.1", "--port", "{port}", "--log-level", "warning")
    return (sys.executable, "-m", "granian", f"{module}:application", *options, *address)


OURS = Contender("ours", granian("chatproject.wsgi"))
OURS_POSTGRESQL = replace(OURS, name="ours-postgresql")
DAPHNE = Contender(
    "ours-daphne",
    (
        *(sys.executable, "-m", "chatproject.sockets.daphne"),
        *("--bind", "127.0.0.1", "--port", "{port}"),
        *("--verbosity", "0", "chatproject.asgi:application"),
    ),
)
PEER = Contender(
    "fastapi_beanie",
    (
        *(sys.executable, "-m", "uvicorn", "benchmarks.peers.fastapi_beanie.app:app"),
        *("--port", "{port}", "--workers", "{workers}", "--loop", "uvloop", "--http", "httptools"),
        *("--no-access-log", "--log-level", "warning"),
    ),
)
# As it was compared until November 2026.
PEER_AS_IT_COMES = replace(
    PEER, name="fastapi_beanie-gc", environment={"PEER_COLLECTOR": "as it comes"}
)
STOCK = Contender("stock_drf", granian("benchmarks.peers.stock_drf.wsgi"))
LIMIT = Contender("limit", granian("benchmarks.peers.limit_http.app"))
PEERS = (PEER.name, PEER_AS_IT_COMES.name)


def documented(stores: Mapping[str, str]) -> list[Contender]:
    """Those of the documented deployment: ours also with its accounts in PostgreSQL, if it runs."""
    url = stores.get("BENCH_POSTGRESQL")
    sql = [replace(OURS_POSTGRESQL, environment={"DATABASE_URL": url})] if url else []
    return [OURS, *sql, PEER]


def to_peer(
    topic: str,
    text: str,
    case: str,
    unit: str,
    *,
    of: Contender = OURS,
    to: Contender = PEER,
    **options: Any,
) -> Target:
    """A target of ours that is a ratio to the peer's figure of the same case."""
    return Target(text, topic, (case, of.name), (case, to.name), unit, **options)
