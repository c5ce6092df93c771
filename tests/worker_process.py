"""The worker in a process of its own, on the databases of the tests."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from .provider_server import KEY, ProviderServer
from .servers import stores_of_tests
from .waiting import wait_for


class WorkerProcess:
    """`manage.py run_jobs`, asking the given provider."""

    def __init__(
        self, provider: ProviderServer | None = None, number: int = 0, **environment: str
    ) -> None:
        self.log = Path(settings.VAR_DIR) / f"worker-{os.getpid()}-{number}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "run_jobs"],
                cwd=settings.BASE_DIR,
                env={**os.environ, **stores_of_tests(), **self._providers(provider), **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self) -> None:
        self.wait_for_output("Running jobs:", 30)

    def wait_for_output(self, text: str, seconds: float = 15) -> None:
        wait_for(lambda: text in self.output(), seconds, f"for {text!r} of the worker")

    def is_running(self) -> bool:
        return self._process.poll() is None

    def tell_to_stop(self) -> None:
        """What a deployment does (SIGTERM)."""
        self._process.terminate()

    def wait_for_end(self, seconds: float = 15) -> int:
        """The exit code."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """End the process without a chance to say goodbye (SIGKILL)."""
        self._process.kill()
        self._process.wait()

    def output(self) -> str:
        output = self.log.read_text(errors="replace")
        assert self.is_running(), f"The worker has ended:\n{output}"
        return output

    def _providers(self, provider: ProviderServer | None) -> dict[str, str]:
        if provider is None:
            return {}
        return {
            "AI_BASE_URL": provider.url,
            "AI_API_KEY": KEY,
            "UNSPLASH_BASE_URL": provider.url,
            "UNSPLASH_ACCESS_KEY": KEY,
            "NO_PROXY": "127.0.0.1",
        }
