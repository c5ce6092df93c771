"""The child processes of `manage.py dev`, restarted when the source changes."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from . import server
from .changes import Changes

SETTLE_SECONDS = 0.3  # after a change: others come with it
STOP_SECONDS = 10
WATCHED = (".py", ".html")
SETTING = re.compile(
    r"(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=(?:\s*(?=\S)(?!#))?"
    r"(?:(?P<mark>[\"'])(?P<quoted>.*?)(?P=mark)|(?P<plain>.*?))(?:\s+(?:#.*)?)?"
)
NOT_WATCHED = {"var", "node_modules", "tests", "static", "__pycache__"}  # folders


class Child:
    """A Python child process, which Ctrl-C doesn't reach."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.command = command
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process."""
        self.process = server.python(self.command, self.environment)

    def stop(self) -> None:
        """Terminate the process if it runs; kill it after `STOP_SECONDS`."""
        if self.process is not None:
            server.stop_process(self.process, STOP_SECONDS)

    def exit_code(self) -> int | None:
        """The exit code; None while it runs, or before it was started."""
        return self.process.poll() if self.process else None


@contextmanager
def running(children: list[Child]) -> Iterator[None]:
    """Run the children inside the block: started in order, stopped in reverse order."""
    try:
        for child in children:
            child.start()
        yield
    finally:
        for child in reversed(children):
            child.stop()


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C, SIGTERM or a closed terminal sets instead of ending this process."""
    stopped = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in signals}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def restart_on_change(
    children: list[Child],
    folder: Path,
    stopped: threading.Event,
    tell: Callable[[str], object],
    servers: Sequence[server.Server] = (),
) -> None:
    """Until `stopped`, restart the children when the source changes, and servers that have ended.

    `tell` is called if one has ended. Raises `Unavailable` for a server that doesn't start again.
    """
    with Changes() as changes:
        times = source_times(folder, changes.watch)
        told: set[Child] = set()
        while not stopped.is_set():
            for each in servers:
                if not each.is_running():
                    tell(f"The private {each.name} has ended: starting it again.")
                    each.start()
            for child in children:
                if child.exit_code() is not None and child not in told:
                    tell(f"The {child.name} has ended: waiting for a change of the code.")
                    told.add(child)
            changes.wait()
            if stopped.wait(SETTLE_SECONDS):
                return
            if (now := source_times(folder, changes.watch)) != times:
                changed = {path for path, _ in now.items() ^ times.items()}
                tell(f"{_names(changed, folder)} changed: restarting.")
                for child in children:
                    child.stop()
                    child.start()
                times, told = now, set()


def _names(paths: set[str], folder: Path) -> str:
    names = sorted(os.path.relpath(path, folder) for path in paths)
    return ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")


def source_times(folder: str | Path, enter: Callable[[str], object]) -> dict[str, float]:
    """The modification time of each source file, by path; takes 2 ms for 350 files.

    `enter` is called with each folder before it is read.
    """
    times: dict[str, float] = {}
    enter(str(folder))
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(WATCHED):
                with suppress(FileNotFoundError):  # an editor's temporary file
                    times[entry.path] = entry.stat().st_mtime
            elif "." not in entry.name and entry.name not in NOT_WATCHED and entry.is_dir():
                times |= source_times(entry.path, enter)
    return times


def load_env_file(path: Path) -> None:
    """Add what a file says to the environment; a variable that is set already wins.

    Lines as shells take them: `NAME=value`, `export NAME="value" # a note`.
    """
    if not path.exists():
        return
    for line in path.read_text().splitlines():
        if setting := SETTING.fullmatch(line.strip()):
            quoted, plain = setting["quoted"], setting["plain"]
            os.environ.setdefault(setting["name"], plain if quoted is None else quoted)
