"""`manage.py dev`: run the whole project on this machine.

It runs as long as one works, so it loads neither Django nor the clients of the stores: what needs
them is done by child processes.
"""

import os
import subprocess
import sys
import threading
from argparse import ArgumentParser
from io import TextIOWrapper
from pathlib import Path

from . import embedded, processes
from .server import BASE_DIR, Unavailable, port_is_free, python

ABOUT = (
    "Start a private MongoDB and Valkey, migrate, and serve on http://localhost:8000, restarting "
    "on changes of the code. Ctrl-C stops everything; the data stays under var/."
)


def main(arguments: list[str]) -> int:
    """Run the servers, the web process and the worker until Ctrl-C; returns the exit code."""
    processes.load_env_file(BASE_DIR / ".env")
    port = _port(arguments)
    os.umask(0o077)  # of all files that are made from here on
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # also when it is a pipe or a file
    try:
        _run(port, embedded.var_dir())
    except Unavailable as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


def _port(arguments: list[str]) -> int:
    parser = ArgumentParser(prog="manage.py dev", description=ABOUT)
    parser.add_argument("--port", type=int, default=os.environ.get("PORT") or "8000")
    return int(parser.parse_args(arguments).port)


def _run(port: int, folder: Path) -> None:
    _require_writable(folder)
    _require_free(port)
    with processes.stop_signals() as stopped:
        with embedded.servers(folder) as urls:
            environment = {**os.environ, **urls, "DEBUG": "1", "PORT": str(port)}
            if len(urls) < 2:
                _require_answers(environment)
            _serve(port, environment, stopped)
        _tell("Stopped.")


def _serve(port: int, environment: dict[str, str], stopped: threading.Event) -> None:
    for command in (["migrate_all"], ["demo", "--offer"]):
        _manage(command, environment, stopped)
        if stopped.is_set():
            return
    children = _children(port, environment)
    with processes.running(children):
        _wait_until_served(port, children[0], stopped)
        _tell(_highlighted(f"\nOpen http://localhost:{port} - Ctrl-C stops everything."))
        processes.restart_on_change(children, BASE_DIR, stopped, _tell)


def _children(port: int, environment: dict[str, str]) -> list[processes.Child]:
    bind = ["--bind", "127.0.0.1", "--port", str(port)]
    web = ["-m", "chatproject.sockets.daphne", "--verbosity", "1", *bind]
    return [
        processes.Child("web process", [*web, "chatproject.asgi:application"], environment),
        processes.Child("worker", ["manage.py", "run_jobs"], environment),
    ]


def _wait_until_served(port: int, web: processes.Child, stopped: threading.Event) -> None:
    while port_is_free(port) and web.exit_code() is None and not stopped.wait(0.1):
        pass


def _manage(command: list[str], environment: dict[str, str], stopped: threading.Event) -> None:
    """Run a management command to its end; raises Unavailable if it fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=BASE_DIR,
        env=environment,
        check=False,
        # Ctrl-C must not interrupt a migration, but must end the question that `demo` asks.
        start_new_session=command[0] != "demo",
    )
    if done.returncode and not stopped.is_set():
        raise Unavailable(f"`manage.py {' '.join(command)}` failed; see above.")


def _require_answers(environment: dict[str, str]) -> None:
    """Raise Unavailable if a server that the environment names doesn't answer."""
    asked = python(["-m", "chatproject.development.answers"], environment, subprocess.PIPE)
    problem = asked.communicate()[1].decode().strip()
    if asked.returncode:
        raise Unavailable(problem)


def _require_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Unavailable(
            f"Can't write to {folder} ({error.strerror}): make it writable, or set CHAT_VAR_DIR."
        ) from None


def _require_free(port: int) -> None:
    if not 0 < port < 65536:
        raise Unavailable(f"{port} is no port: choose one from 1 to 65535.")
    if not port_is_free(port):
        raise Unavailable(
            f"Port {port} is taken: stop what uses it, or choose another: make run PORT={port + 1}"
        )


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _highlighted(text: str) -> str:
    """In bold green, on a terminal."""
    return f"\033[32;1m{text}\033[0m" if sys.stdout.isatty() else text
