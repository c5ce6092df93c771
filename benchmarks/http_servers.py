"""The servers that answer HTTP, each with one process that does the work."""

import sys

from .stage import Contender


def _granian(module: str) -> tuple[str, ...]:
    options = ("--interface", "wsgi", "--workers", "1", "--blocking-threads", "16", "--no-ws")
    address = ("--host", "127.0.0.1", "--port", "{port}", "--log-level", "warning")
    return (sys.executable, "-m", "granian", f"{module}:application", *options, *address)


OURS = Contender("ours", _granian("chatproject.wsgi"))
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
        *("--port", "{port}", "--loop", "uvloop", "--http", "httptools"),
        *("--no-access-log", "--log-level", "warning"),
    ),
)
STOCK = Contender("stock_drf", _granian("benchmarks.peers.stock_drf.wsgi"))
LIMIT = Contender("limit", _granian("benchmarks.peers.limit_http.app"))
