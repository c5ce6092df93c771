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

import httpx2
import pytest
from django.conf import settings

from chatproject.development import processes
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
            return httpx2.get(f"http://localhost:{self.port}/", timeout=5).status_code < 400
        except httpx2.TransportError:
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
    page = httpx2.get(f"http://localhost:{first.port}/", follow_redirects=True)
    stylesheet = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    styles = httpx2.get(f"http://localhost:{first.port}{stylesheet}")
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


@pytest.mark.parametrize("port", ["abc", "0", "65536", "8000x", "-1", "\u0661"])
def test_what_is_no_port_is_refused(dev: Callable[..., Dev], tmp_path: Path, port: str) -> None:
    assert refusal_of("dev", PORT=port, CHAT_VAR_DIR=str(tmp_path)).startswith("PORT: ")
    assert refusal_of("dev", f"--port={port}", CHAT_VAR_DIR=str(tmp_path)).startswith("PORT: ")


def refusal_of(*command: str, code: str = "", **environment: str) -> str:
    """The one line with which a command of manage.py, or this code, is refused."""
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    done = subprocess.run(
        [sys.executable, *(["-c", code] if code else ["manage.py"]), *command],
        cwd=settings.BASE_DIR,
        env={**inherited, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    return done.stderr


# As root everything is permitted: these come from the system instead of a call of it.
DENIED = """
import errno, sys
from chatproject.development import dev, {module}
def deny(*_): {deny}
{module}.{name} = deny
sys.exit(dev.main(["--port", "{port}"]))
"""


def test_a_port_for_administrators_is_not_said_to_be_taken(tmp_path: Path) -> None:
    code = DENIED.format(
        module="dev", name="why_not_free", deny="return errno.EACCES", port=80
    ).replace("import dev, dev", "import dev")
    assert "is for administrators" in refusal_of(code=code, CHAT_VAR_DIR=str(tmp_path))


def test_files_of_somebody_else_are_named(tmp_path: Path) -> None:
    deny = 'raise PermissionError(errno.EACCES, "Permission denied", "/data/lock")'
    code = DENIED.format(module="embedded", name="running", deny=deny, port=free_port())
    refusal = refusal_of(code=code, CHAT_VAR_DIR=str(tmp_path))
    assert refusal.startswith("/data/lock: Permission denied")
    assert "CHAT_VAR_DIR" in refusal


@pytest.mark.parametrize(
    "url", ["nonsense", "postgres://", "http://x/y", "postgres://127.0.0.1:x/"]
)
def test_a_database_url_that_is_none_is_named(dev: Callable[..., Dev], url: str) -> None:
    assert dev(DATABASE_URL=url).refusal().startswith("DATABASE_URL: ")


def test_a_postgresql_that_does_not_answer_is_named(dev: Callable[..., Dev]) -> None:
    away = f"postgres://chat@127.0.0.1:{free_port()}/chat"
    assert "DATABASE_URL: no PostgreSQL answers" in dev(DATABASE_URL=away).refusal()


def test_a_mongodb_that_is_killed_is_started_again(dev: Callable[..., Dev], tmp_path: Path) -> None:
    run = dev()
    run.wait_until_it_serves()
    pid_file = tmp_path / "var" / "mongodb" / "pid"
    pid = pid_file.read_text()
    os.kill(int(pid), signal.SIGKILL)
    wait_for(lambda: pid_file.exists() and pid_file.read_text() not in ("", pid), 60)
    assert "The private mongodb has ended: starting it again." in run.output()
    wait_for(lambda: _is_well(run), 60, "for MongoDB")


def _is_well(run: Dev) -> bool:
    with httpx2.Client(base_url=f"http://localhost:{run.port}", timeout=20) as client:
        typed = {"username": "ada", "password": "ada-demo-chat"}
        access = client.post("/api/v1/auth/login", json=typed).json()["access"]
        chats = client.get("/api/v1/chats", headers={"Authorization": f"Bearer {access}"})
        return chats.status_code == 200


# The file .env -----------------------------------------------------------------------------------

LINES = {
    "PORT=8001": "8001",
    "  export PORT=8001  ": "8001",
    'PORT="v" # note': "v",
    "PORT='a # b'": "a # b",
    "PORT=8001 # note": "8001",
    "PORT=a#b": "a#b",
    "PORT = 8001": "8001",
    "PORT=": "",
    "PORT= # nothing": "",
    "PORT=a=b&c='d'": "a=b&c='d'",
    "#PORT=8001": None,
    "# PORT=8001": None,
    "PORT": None,
    "exportPORT=1": None,
}


@pytest.mark.parametrize(("line", "value"), LINES.items())
def test_a_line_of_the_file_is_read_as_by_a_shell(
    line: str, value: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {"OTHER": "set"})
    (tmp_path / ".env").write_text(f"\n{line}\nOTHER=x\n")
    processes.load_env_file(tmp_path / ".env")
    assert os.environ.get("PORT") == value
    assert os.environ["OTHER"] == "set"


def test_the_example_changes_nothing_until_a_line_of_it_is_made_to_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "environ", {})
    processes.load_env_file(settings.BASE_DIR / ".env.example")
    assert os.environ == {}


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
