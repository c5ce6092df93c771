"""A PostgreSQL with the accounts of the run, for the documented deployment.

`BENCH_POSTGRESQL` names an empty database; otherwise one is started, where Debian's binaries are.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chatproject.development.server import end_with_parent, free_port, stop_process

from .meter import FOLDER, REPO
from .stage import environment

VARIABLE = "BENCH_POSTGRESQL"
DEBIAN = Path("/usr/lib/postgresql")
USER = "postgres"  # PostgreSQL refuses to run as root
START_SECONDS = 20


@contextmanager
def running(stores: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yields the URL by VARIABLE; nothing if there is no PostgreSQL."""
    given, binaries = os.environ.get(VARIABLE), _binaries()
    if given:
        _copy_accounts(stores, given)
        yield {VARIABLE: given}
    elif binaries:
        with _server(binaries) as url:
            _copy_accounts(stores, url)
            yield {VARIABLE: url}
    else:
        yield {}


def version() -> str:
    """Of what would be started."""
    if (binaries := _binaries()) is None:
        return "not measured: there is none"
    command = [str(binaries / "postgres"), "--version"]
    return subprocess.check_output(command, text=True).split()[2]


def _binaries() -> Path | None:
    found = sorted(DEBIAN.glob("*/bin")) if DEBIAN.exists() else []
    command = shutil.which("postgres")
    return found[-1] if found else Path(command).resolve().parent if command else None


@contextmanager
def _server(binaries: Path) -> Iterator[str]:
    """As it is configured by default, on a new folder, with connections for all threads."""
    port, pid_file = free_port(), FOLDER / "postgresql" / "pid"
    with tempfile.TemporaryDirectory(prefix="bench-postgresql-") as name:
        _own(name)
        data = f"{name}/data"
        _run_as_owner(
            [str(binaries / "initdb"), "-D", data, "-U", "chat", "-E", "UTF8", "--locale=C.UTF-8"]
        )
        options = ["-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", name]
        process = subprocess.Popen(
            [str(binaries / "postgres"), *options, "-c", "max_connections=200"],
            preexec_fn=end_with_parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            **_owner(),
        )
        try:
            _wait_until_ready(binaries, port)
            pid_file.parent.mkdir(exist_ok=True)
            pid_file.write_text(str(process.pid))
            yield f"postgres://chat@127.0.0.1:{port}/postgres"
        finally:
            pid_file.unlink(missing_ok=True)
            stop_process(process, START_SECONDS)


def _wait_until_ready(binaries: Path, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    command = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(command, check=False).returncode:
        if time.monotonic() > deadline:
            raise RuntimeError("PostgreSQL did not start")
        time.sleep(0.1)


def _owner() -> dict[str, Any]:
    return {"user": USER, "group": USER, "cwd": "/"} if os.geteuid() == 0 else {}


def _own(folder: str) -> None:
    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam(USER).pw_uid, -1)


def _run_as_owner(command: list[str]) -> None:
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **_owner()
    )


def _copy_accounts(stores: Mapping[str, str], url: str) -> None:
    """The people and their sign-ins, so that the same tokens are good there."""
    from django.core.management import call_command

    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        call_command("dumpdata", "users.User", "users.SignIn", output=file.name, verbosity=0)
        for command in (["migrate", "--verbosity=0"], ["loaddata", "--verbosity=0", file.name]):
            subprocess.run(
                [sys.executable, "manage.py", *command],
                cwd=REPO,
                env={**os.environ, **environment(stores), "DATABASE_URL": url},
                check=True,
            )
