"""`manage.py dev`: run the whole project on this machine."""

import os
import subprocess
import sys
import threading
from argparse import ArgumentParser
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import pymongo
import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chatproject.development import embedded, processes
from chatproject.development.server import Unavailable, port_is_free

ANSWER_SECONDS = 5  # for a MongoDB or Redis named in the environment


class Command(BaseCommand):
    """Run the servers, the web process and the worker for development."""

    help = (
        "Start a private MongoDB and Valkey, migrate, and serve on http://localhost:8000, "
        "restarting on changes of the code. Ctrl-C stops everything; the data stays under var/."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        os.umask(0o077)  # of all files that are made from here on
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(line_buffering=True)  # also when it is a pipe or a file
        var_dir = Path(settings.VAR_DIR)
        _require_writable(var_dir)
        _require_free(port)
        with processes.stop_signals() as stopped:
            try:
                with embedded.servers(var_dir) as urls:
                    self._serve(
                        port, {**os.environ, **urls, "DEBUG": "1", "PORT": str(port)}, stopped
                    )
            except Unavailable as problem:
                raise CommandError(str(problem)) from None
            self.stdout.write("Stopped.")

    def _serve(self, port: int, environment: dict[str, str], stopped: threading.Event) -> None:
        _require_answers(environment)
        for command in (["migrate_all"], ["demo", "--offer"]):
            _run(command, environment, stopped)
            if stopped.is_set():
                return
        children = _children(port, environment)
        with processes.running(children):
            _wait_until_served(port, children[0], stopped)
            self.stdout.write(
                self.style.SUCCESS(f"\nOpen http://localhost:{port} - Ctrl-C stops everything.\n")
            )
            folder = Path(settings.BASE_DIR)
            processes.restart_on_change(children, folder, stopped, self.stdout.write)


def _wait_until_served(port: int, web: processes.Child, stopped: threading.Event) -> None:
    while port_is_free(port) and web.exit_code() is None and not stopped.wait(0.1):
        pass


def _children(port: int, environment: dict[str, str]) -> list[processes.Child]:
    bind = ["--bind", "127.0.0.1", "--port", str(port)]
    web = ["-m", "chatproject.sockets.daphne", "--verbosity", "1", *bind]
    return [
        processes.Child("web process", [*web, "chatproject.asgi:application"], environment),
        processes.Child("worker", ["manage.py", "run_jobs"], environment),
    ]


def _run(command: list[str], environment: dict[str, str], stopped: threading.Event) -> None:
    """Run a management command to its end; raises CommandError if it fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR,
        env=environment,
        check=False,
        # Ctrl-C must not interrupt a migration, but must end the question that `demo` asks.
        start_new_session=command[0] != "demo",
    )
    if done.returncode and not stopped.is_set():
        raise CommandError(f"`manage.py {' '.join(command)}` failed; see above.")


def _require_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CommandError(
            f"Can't write to {folder} ({error.strerror}): make it writable, or set CHAT_VAR_DIR."
        ) from None


def _require_free(port: int) -> None:
    if not 0 < port < 65536:
        raise CommandError(f"{port} is no port: choose one from 1 to 65535.")
    if not port_is_free(port):
        raise CommandError(
            f"Port {port} is taken: stop what uses it, or choose another: make run PORT={port + 1}"
        )


def _require_answers(environment: dict[str, str]) -> None:
    """Raise CommandError, naming the variable, if a server doesn't answer."""
    try:
        options: dict[str, Any] = {"serverSelectionTimeoutMS": ANSWER_SECONDS * 1000}
        with pymongo.MongoClient[dict[str, Any]](environment["MONGODB_URI"], **options) as client:
            client.admin.command("ping")
    except pymongo.errors.PyMongoError as error:
        raise CommandError(f"MONGODB_URI: no MongoDB answers there ({_short(error)}).") from None
    for url in environment["REDIS_URL"].split(","):
        try:
            with redis.Redis.from_url(url.strip(), socket_timeout=ANSWER_SECONDS) as client:
                client.ping()
        except (redis.RedisError, ValueError) as error:
            raise CommandError(f"REDIS_URL: no Redis answers there ({_short(error)}).") from None


def _short(error: Exception) -> str:
    return str(error).split("(configured")[0].split("\n")[0].strip(" .")[:200]
