"""The servers that answer HTTP, each with one process that does the work."""

import sys

from .stage import Contender


def _gunicorn(application: str) -> tuple[str, ...]:
    options = ("--workers", "1", "--threads", "4", "--keep-alive", "30", "--no-control-socket")
    bind = ("--bind", "127.0.0.1:{port}", "--log-level", "warning")
    return (sys.executable, "-m", "gunicorn", application, *options, *bind)


OURS = Contender("ours", _gunicorn("chatproject.wsgi"))
DAPHNE = Contender(
    "ours-daphne",
    (
        *(sys.executable, "-m", "daphne", "--bind", "127.0.0.1", "--port", "{port}"),
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
STOCK = Contender("stock_drf", _gunicorn("benchmarks.peers.stock_drf.wsgi"))
LIMIT = Contender("limit", _gunicorn("benchmarks.peers.limit_http.app"))
