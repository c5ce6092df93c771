"""A private MongoDB and Valkey for development, tests and benchmarks, run from Python wheels.

Both listen on 127.0.0.1 only, ask for a password, and keep their data in one folder. A server whose
URL is in the environment (MONGODB_URI, REDIS_URL) is not started.

    python -m chatproject.development.embedded manage.py shell

runs a command in development with these servers, or with those of `make run` if it is running.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from .mongodb import MongoDB
from .server import BASE_DIR, Server, Unavailable, end_with_parent
from .valkey import Valkey


class AlreadyRunning(Unavailable):
    """Another process already runs the servers of this folder."""


@contextmanager
def servers(folder: Path, given: Mapping[str, str] = os.environ) -> Iterator[dict[str, str]]:
    """Run the servers whose URLs aren't in `given`; yields their URLs, as `running` does."""
    with running(folder, given) as wanted:
        yield urls_of(wanted)


def urls_of(wanted: Iterable[Server]) -> dict[str, str]:
    """The URLs of servers, by variable."""
    return {server.variable: server.url for server in wanted}


@contextmanager
def running(folder: Path, given: Mapping[str, str] = os.environ) -> Iterator[list[Server]]:
    """Run the servers whose URLs aren't in `given`.

    Raises Unavailable when a server can't start or another process runs on `folder`.
    """
    with ExitStack() as stack:
        wanted: list[Server] = [
            kind(folder) for kind in (MongoDB, Valkey) if not given.get(kind.variable)
        ]
        if wanted:
            stack.enter_context(_only_one(folder))
        for server in wanted:
            stack.callback(server.stop)
            server.launch()
        for server in wanted:
            server.wait_until_ready()
        yield wanted


def urls_of_running(folder: Path, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The URLs, by variable, of the servers that another process runs in this folder."""
    running = [kind(folder) for kind in (MongoDB, Valkey) if not given.get(kind.variable)]
    for server in running:
        server.port = int((server.folder / "port").read_text())
    return {server.variable: server.url for server in running}


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder; the kernel drops it with the process, so it is never stale."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(_already_running(folder, file)) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _already_running(folder: Path, file: TextIO) -> str:
    file.seek(0)
    return f"Process {file.read()} already runs on {folder}: stop it, or set CHAT_VAR_DIR."


def var_dir() -> Path:
    """The folder of all data: `CHAT_VAR_DIR`, or `var/` of the project."""
    return Path(os.environ.get("CHAT_VAR_DIR", BASE_DIR / "var"))


def _run(command: list[str], environment: dict[str, str]) -> int:
    ended = subprocess.run(command, env=environment, check=False, preexec_fn=end_with_parent)
    return ended.returncode


def main(arguments: list[str]) -> int:
    """Run `python ARGUMENTS` with DEBUG and the servers' URLs set; returns the exit code."""
    os.umask(0o077)
    environment = {"DEBUG": "1", **os.environ}
    folder = var_dir()
    command = [sys.executable, *arguments]
    try:
        with servers(folder) as urls:
            return _run(command, environment | urls)
    except AlreadyRunning:
        return _run(command, environment | urls_of_running(folder))
    except Unavailable as problem:
        sys.stderr.write(f"{problem}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
