"""The processes of `manage.py dev`: restarted when the source changes, missed when they end."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
from django.conf import settings

from chatproject.development.changes import RARELY

SCRIPT = """
import os, pathlib, sys
from chatproject.development import changes, processes
if sys.argv[2] == "the clock":
    changes._open_inotify = lambda: None
child = processes.Child("worker", ["-c", "pass"], os.environ)
with processes.stop_signals() as stopped, processes.running([child]):
    folder = pathlib.Path(sys.argv[1])
    processes.restart_on_change([child], folder, stopped, lambda line: print(line, flush=True))
print("stopped")
"""
ENDED = "The worker has ended: waiting for a change of the code."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.py").touch()
    return tmp_path


@pytest.fixture(params=["inotify", "the clock"])
def watching(folder: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """A process that runs a child that ends at once, and watches the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), request.param],
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.wait()
    assert process.stdout
    process.stdout.close()


@pytest.fixture
def told(watching: subprocess.Popen[str]) -> Callable[[], str]:
    """A function for the next line that it says, which must come before it would look anyway."""
    lines: Queue[str] = Queue()
    output = watching.stdout
    assert output
    Thread(target=lambda: [lines.put(line) for line in output], daemon=True).start()
    return lambda: lines.get(timeout=RARELY / 2).strip()


def test_children_restart_as_soon_as_the_source_changes(
    folder: Path, told: Callable[[], str]
) -> None:
    assert told() == ENDED
    changes: list[tuple[str, Callable[[], object]]] = [
        ("a.py", lambda: (folder / "a.py").write_text("changed")),
        ("a.py", lambda: os.utime(folder / "a.py", (1, 1))),
        ("b.py", lambda: (folder / "b.py").touch()),
        ("b.py, c.py", lambda: (folder / "b.py").rename(folder / "c.py")),
        ("c.py", (folder / "c.py").unlink),
        ("rooms/d.html", lambda: _write_in_new_folder(folder / "rooms")),
        ("rooms/d.html", lambda: (folder / "rooms" / "d.html").write_text("changed")),
    ]
    for names, change in changes:
        change()
        assert told() == f"{names} changed: restarting."
        assert told() == ENDED


def _write_in_new_folder(folder: Path) -> None:
    folder.mkdir()
    (folder / "d.html").touch()


def test_what_is_no_source_restarts_nothing(folder: Path, told: Callable[[], str]) -> None:
    assert told() == ENDED
    (folder / "notes.txt").touch()
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.py").touch()
    (folder / "b.py").touch()
    assert told() == "b.py changed: restarting."


def test_a_signal_ends_it_at_once(watching: subprocess.Popen[str], told: Callable[[], str]) -> None:
    assert told() == ENDED
    begin = time.monotonic()
    watching.terminate()
    assert told() == "stopped"
    assert watching.wait(5) == 0
    assert time.monotonic() - begin < RARELY / 2
