"""The child processes of `manage.py dev`, restarted when the source changes."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from . import server

BASE_DIR = Path(__file__).resolve().parent.parent.parent
CHECK_SECONDS = 1.0  # between checks of the source files
STOP_SECONDS = 10
WATCHED = (".py", ".html")
NOT_WATCHED = {"var", "node_modules", "tests", "static", "__pycache__"}  # folders


class Child:
    """A Python child process in a session of its own, so that Ctrl-C doesn't reach it."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.command = command
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process."""
        self.process = subprocess.Popen(
            [sys.executable, *self.command],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=server.end_with_parent,
        )

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
    children: list[Child], folder: Path, stopped: threading.Event, tell: Callable[[str], object]
) -> None:
    """Until `stopped`, restart the children when the source changes; `tell` if one has ended."""
    times = source_times(folder)
    told: set[Child] = set()
    while not stopped.wait(CHECK_SECONDS):
        if (now := source_times(folder)) != times:
            changed = {path for path, _ in now.items() ^ times.items()}
            tell(f"{_names(changed, folder)} changed: restarting.")
            for child in children:
                child.stop()
                child.start()
            times, told = now, set()
        for child in children:
            if child.exit_code() is not None and child not in told:
                tell(f"The {child.name} has ended: waiting for a change of the code.")
                told.add(child)


def _names(paths: set[str], folder: Path) -> str:
    names = sorted(os.path.relpath(path, folder) for path in paths)
    return ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")


def source_times(folder: str | Path) -> dict[str, float]:
    """The modification time of each source file, by path; takes 2 ms for 300 files."""
    times: dict[str, float] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(WATCHED):
                with suppress(FileNotFoundError):  # an editor's temporary file
                    times[entry.path] = entry.stat().st_mtime
            elif "." not in entry.name and entry.name not in NOT_WATCHED and entry.is_dir():
                times |= source_times(entry.path)
    return times


def load_env_file(path: Path) -> None:
    """Add NAME=value lines to the environment; a variable that is set already wins."""
    if not path.exists():
        return
    for line in path.read_text().splitlines():
        name, separator, value = line.strip().partition("=")
        if separator and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip().strip("'\""))
