"""`manage.py dev`: run the whole project on this machine.

It runs as long as one works, so it loads neither Django nor the clients of the stores: what needs
them is done by child processes.
"""

import errno
import os
import subprocess
import sys
import threading
from argparse import ArgumentParser
from io import TextIOWrapper
from pathlib import Path

from . import embedded, processes
from .server import BASE_DIR, Server, Unavailable, port_is_free, python, why_not_free

ABOUT = (
    "Start a private MongoDB and Valkey, migrate, and serve on http://localhost:8000, restarting "
    "on changes of the code. Ctrl-C stops everything; the data stays under var/."
)


def main(arguments: list[str]) -> int:
    """Run the servers, the web process and the worker until Ctrl-C; returns the exit code."""
    processes.load_env_file(BASE_DIR / ".env")
    os.umask(0o077)  # of all files that are made from here on
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # also when it is a pipe or a file
    try:
        _run(_port(arguments), embedded.var_dir())
    except Unavailable as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except PermissionError as problem:  # of a file of somebody else, below a folder of one's own
        advice = f"make it yours, or set CHAT_VAR_DIR (now {embedded.var_dir()})"
        sys.stderr.write(f"{problem.filename}: {problem.strerror}: {advice}.\n")
        return 1
    return 0


def _port(arguments: list[str]) -> int:
    parser = ArgumentParser(prog="manage.py dev", description=ABOUT)
    parser.add_argument("--port", default=os.environ.get("PORT") or "8000")
    port: str = parser.parse_args(arguments).port
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise Unavailable(f"PORT: {port[:20]} is no port: choose one from 1 to 65535.")
    return int(port)


def _run(port: int, folder: Path) -> None:
    _require_writable(folder)
    _require_free(port)
    with processes.stop_signals() as stopped:
        with embedded.running(folder) as servers:
            urls = embedded.urls_of(servers)
            environment = {**os.environ, **urls, "DEBUG": "1", "PORT": str(port)}
            if len(urls) < 2 or environment.get("DATABASE_URL"):
                _require_answers(environment)
            _serve(port, environment, stopped, servers)
        _tell("Stopped.")


def _serve(
    port: int, environment: dict[str, str], stopped: threading.Event, servers: list[Server]
) -> None:
    for command in (["migrate_all"], ["demo", "--offer"]):
        _manage(command, environment, stopped)
        if stopped.is_set():
            return
    children = _children(port, environment)
    with processes.running(children):
        _wait_until_served(port, children[0], stopped)
        _tell(_highlighted(f"\nOpen http://localhost:{port} - Ctrl-C stops everything."))
        processes.restart_on_change(children, BASE_DIR, stopped, _tell, servers)


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
    match why_not_free(port):
        case errno.EACCES:
            raise Unavailable(f"Port {port} is for administrators: choose one from 1024 on.")
        case 0:
            return
        case _:
            other = port + 1 if port < 65535 else port - 1
            raise Unavailable(
                f"Port {port} is taken: stop what uses it, or choose another: make run PORT={other}"
            )


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _highlighted(text: str) -> str:
    """In bold green, on a terminal."""
    return f"\033[32;1m{text}\033[0m" if sys.stdout.isatty() else text
