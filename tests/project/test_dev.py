"""`manage.py dev`: the whole project by one command."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from tests.ports import free_port
from tests.waiting import wait_for

OURS = {
    "MONGODB_URI",
    "MONGODB_NAME",
    "REDIS_URL",
    "DATABASE_URL",
    "DJANGO_SETTINGS_MODULE",
    "DEBUG",
}


class Dev:
    """One run of the command in a folder of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port = int(environment.get("PORT") or free_port())
        self.log = folder / f"dev-{self.port}.log"
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "dev", "--port", str(self.port)],
                cwd=settings.BASE_DIR,
                env={**inherited, "CHAT_VAR_DIR": str(folder / "var"), **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_until_it_serves(self) -> None:
        wait_for(self._serves, 60, f"for {self.log}")

    def _serves(self) -> bool:
        assert self.process.poll() is None, self.output()
        assert "The web process has ended" not in self.output(), self.output()
        try:
            return httpx.get(f"http://localhost:{self.port}/", timeout=5).status_code < 400
        except httpx.TransportError:
            return False

    def interrupt(self) -> int:
        """Ctrl-C; answers the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def refusal(self) -> str:
        """The one line of a start that is refused."""
        assert self.process.wait(60) == 1
        output = self.output().strip()
        assert "Traceback" not in output
        assert "\n" not in output, output
        return output


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[Callable[..., Dev]]:
    """A function that starts the command; all starts of a test share one folder."""
    started: list[Dev] = []

    def start(**environment: str) -> Dev:
        started.append(Dev(tmp_path, **environment))
        return started[-1]

    yield start
    for run in started:
        if run.process.poll() is None:
            run.interrupt()


def test_it_serves_until_ctrl_c_and_a_second_start_keeps_the_data(
    dev: Callable[..., Dev], tmp_path: Path
) -> None:
    first = dev()
    first.wait_until_it_serves()
    assert "ada-demo-chat" in first.output()
    wait_for(lambda: f"http://localhost:{first.port}" in first.output(), what="for the URL")
    _waits_at_little_cost(first.process.pid)
    page = httpx.get(f"http://localhost:{first.port}/", follow_redirects=True)
    stylesheet = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    styles = httpx.get(f"http://localhost:{first.port}{stylesheet}")
    assert styles.headers["content-type"].startswith("text/css")

    database = tmp_path / "var" / "chat.sqlite3"
    for path in (database, *tmp_path.glob("var/chat.sqlite3-*")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.interrupt() == 0
    assert first.output().rstrip().endswith("Stopped.")
    assert not list(tmp_path.glob("var/*/pid"))

    second = dev()
    second.wait_until_it_serves()
    assert "demo" not in second.output(), "somebody has an account: nothing is offered"
    assert second.interrupt() == 0


def _waits_at_little_cost(pid: int) -> None:
    """What runs the processes has at most 40 MiB, and sleeps while nothing happens."""
    assert _status(pid, "VmRSS") <= 40 * 1024
    wakes = _status(pid, "voluntary_ctxt_switches")
    time.sleep(4)  # it is time that must pass here
    assert _status(pid, "voluntary_ctxt_switches") - wakes <= 2


def _status(pid: int, name: str) -> int:
    """A number of /proc/PID/status; sizes are in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def test_a_taken_port_is_refused(dev: Callable[..., Dev]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"Port {port} is taken" in dev(PORT=str(port)).refusal()


def test_a_folder_that_cannot_be_written_is_refused(
    dev: Callable[..., Dev], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    refusal = dev(CHAT_VAR_DIR=str(tmp_path / "file" / "var")).refusal()
    assert "Can't write" in refusal
    assert "CHAT_VAR_DIR" in refusal


def test_a_mongodb_that_does_not_answer_is_named(dev: Callable[..., Dev]) -> None:
    away = f"mongodb://127.0.0.1:{free_port()}/"
    assert "MONGODB_URI: no MongoDB answers" in dev(MONGODB_URI=away).refusal()
