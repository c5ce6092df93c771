"""The project's server in a process of its own, on the databases of the tests."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from .ports import free_port
from .servers import stores_of_tests
from .waiting import wait_for

COMMANDS = {
    "daphne": ["chatproject.sockets.daphne", "--bind", "127.0.0.1", "--port", "{port}"],
    "uvicorn": [
        *("uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--no-proxy-headers"),
        *("--ws", "websockets-sansio", "--no-access-log"),
    ],
    "uvicorn-frames": [
        *("uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--no-proxy-headers"),
        *("--ws", "chatproject.sockets.uvicorn:FrameProtocol", "--no-access-log"),
        *("--ws-per-message-deflate", "false"),
    ],
}
WSGI_COMMANDS = {
    "granian": [
        *("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", "{port}"),
        *("--workers", "2", "--blocking-threads", "16"),
    ]
}

SHOWN = {"LINK_PREVIEWS_OF_TESTS": "1"}  # servers show previews of links; they fetch none


def clock_set(seconds: int) -> dict[str, str]:
    """The environment of a process whose clock is off by as much."""
    folder = Path(__file__).parent / "clock"
    return {"PYTHONPATH": str(folder), "CLOCK_OFFSET": str(seconds)}


class ServerProcess:
    """Daphne or uvicorn on a free port; pages, API and sockets. Or granian, without sockets.

    A process, not a thread: it is what runs in production, it can be killed, and a MongoClient
    must not be carried over a fork.
    """

    def __init__(
        self,
        server: str = "daphne",
        environment: dict[str, str] | None = None,
        application: str = "",
    ) -> None:
        self.server = server
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.websocket_url = f"ws://localhost:{self.port}"
        self.log = Path(settings.VAR_DIR) / f"server-{self.port}.log"
        kind = "wsgi" if server in WSGI_COMMANDS else "asgi"
        application = application or f"chatproject.{kind}:application"
        command = [part.format(port=self.port) for part in {**COMMANDS, **WSGI_COMMANDS}[server]]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command, application],
                cwd=settings.BASE_DIR,
                env={**os.environ, **self._stores(), **SHOWN, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self) -> None:
        try:
            wait_for(self._answers, 30, f"for {self.url}")
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_running(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """End the process as a deployment does (SIGTERM)."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the process without a chance to say goodbye (SIGKILL)."""
        self._process.kill()
        self._process.wait()

    def output(self) -> str:
        """What the process has written to its log."""
        return self.log.read_text(errors="replace")

    def _stores(self) -> dict[str, str]:
        return {
            **stores_of_tests(),
            "PORT": str(self.port),
            "ORIGINS": f"http://localhost:{self.port},http://127.0.0.1:{self.port}",
            "PYTHONUNBUFFERED": "1",
        }

    def _answers(self) -> bool:
        assert self.is_running(), f"The server stopped while starting:\n{self.output()}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
