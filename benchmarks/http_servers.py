"""The servers that answer HTTP, each with one process that does the work."""

import sys

from .stage import Contender


def granian(module: str, *, workers: int = 1) -> tuple[str, ...]:
    """The command that serves this module with so many processes of sixteen threads."""
    options = ("--interface", "wsgi", "--workers", str(workers), "--no-ws")
    threads = ("--blocking-threads", "16")
    address = ("--host", "127.0.0.1", "--port", "{port}", "--log-level", "warning")
    return (
        sys.executable,
        *("-m", "granian", f"{module}:application"),
        *options,
        *threads,
        *address,
    )


OURS = Contender("ours", granian("chatproject.wsgi"))
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
STOCK = Contender("stock_drf", granian("benchmarks.peers.stock_drf.wsgi"))
LIMIT = Contender("limit", granian("benchmarks.peers.limit_http.app"))
