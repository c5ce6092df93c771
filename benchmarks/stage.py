"""The stage of a run: which core runs what, the stores, and servers as child processes."""

import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import django

from chatproject.development import embedded
from chatproject.development.server import end_with_parent, free_port

from . import processes
from .meter import FOLDER, REPO, STORES, Server, store

ALL_CORES = frozenset(range(os.cpu_count() or 1))
START_SECONDS = 30
KEY = "the-benchmarks-own-key-which-signs-nothing-else-than-their-tokens"
STOP_SECONDS = 5


# Where what runs ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deployment:
    """How a contender's server runs; client and stores have `others`."""

    name: str
    cores: frozenset[int]
    others: frozenset[int]
    workers: int  # processes of a server

    def case(self, name: str) -> str:
        """A case's name; the pinned one is not said."""
        return name if self is PINNED else f"{name}, {self.name}"


PINNED = Deployment("pinned", frozenset({0}), frozenset({1}), workers=1)
DOCUMENTED = Deployment("documented", ALL_CORES, ALL_CORES, workers=2)
_placed = [PINNED]


@contextmanager
def placed(deployment: Deployment) -> Iterator[None]:
    """Run as a deployment does until the block ends, then as before."""
    _placed.append(deployment)
    place()
    yield
    _placed.pop()
    place()


def place() -> None:
    """Put this process and the stores where the deployment has them."""
    pids = processes.trees(pid for name in STORES if (pid := store(name)))
    processes.pin([os.getpid(), *pids], _placed[-1].others)


@contextmanager
def stores() -> Iterator[dict[str, str]]:
    """Run a MongoDB and a Valkey of the benchmarks' own; yields MONGODB_URI and REDIS_URL."""
    (FOLDER / STORES["PostgreSQL"] / "pid").unlink(missing_ok=True)  # of a run that was killed
    with embedded.servers(FOLDER, given={}) as urls:
        yield urls


def environment(stores: Mapping[str, str]) -> dict[str, str]:
    """What our servers need beside what this process has; the peers take what they know of it."""
    return {
        "SECRET_KEY": KEY,
        "TOKEN_KEY": KEY,  # the peers know one key
        "DEBUG": "0",
        "SECURE": "0",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "ORIGINS": "http://127.0.0.1,http://localhost",
        "DATABASE_URL": f"sqlite:///{FOLDER / 'accounts.sqlite3'}",
        "CHAT_VAR_DIR": str(FOLDER),
        "MONGODB_NAME": "bench",
        "PEER_MONGODB_NAME": "bench_peer",
        "ACCESS_TOKEN_LIFETIME": str(24 * 3600),
        "LOG_LEVEL": "WARNING",
        # Counted, but not reached.
        "LIMIT_SENDS": "1000000/1s",
        "LIMIT_FRAMES": "1000000/1s",
        "SOCKETS_PER_PERSON": "1000000",
        "DJANGO_SETTINGS_MODULE": "chatproject.settings",
        **stores,
    }


def set_up_django(stores: Mapping[str, str]) -> None:
    """Let this process use our own models, on the data of the run."""
    os.environ |= environment(stores)
    django.setup()


def allow_files(count: int) -> None:
    """Let this process, and those that it starts, have so many files open besides."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count + 1_000:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count + 1_000, hard), hard))


# Contenders --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Contender:
    """A server under test; `{port}` and `{workers}` in its command are replaced."""

    name: str
    command: tuple[str, ...]
    cwd: Path = REPO
    environment: Mapping[str, str] = field(default_factory=dict)


def chosen(contenders: Sequence[Contender]) -> list[Contender]:
    """Those that were asked for by `--contenders`, or all."""
    names = os.environ.get("BENCH_CONTENDERS")
    return [one for one in contenders if not names or one.name in names.split(",")]


@contextmanager
def serving(contender: Contender, environment: Mapping[str, str]) -> Iterator[Server]:
    """Run a contender until the block ends, on the cores of the deployment."""
    port = free_port()
    log = FOLDER / "logs" / f"{contender.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    places = {"{port}": str(port), "{workers}": str(_placed[-1].workers)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [_replaced(part, places) for part in contender.command],
            cwd=contender.cwd,
            env={**os.environ, **environment, **contender.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_on_its_cores,
        )
    try:
        _wait_until(lambda: _answers(port), process, log)
        yield Server([process.pid], [port], sql="DATABASE_URL" in contender.environment)
    finally:
        _stop(process)


@contextmanager
def all_serving(
    contenders: Sequence[Contender], stores: Mapping[str, str]
) -> Iterator[dict[str, Server]]:
    """Run those of the contenders that were asked for, all at once; by name."""
    with ExitStack() as stack:
        yield {
            one.name: stack.enter_context(serving(one, environment(stores)))
            for one in chosen(contenders)
        }


def _replaced(text: str, places: Mapping[str, str]) -> str:
    for name, value in places.items():
        text = text.replace(name, value)
    return text


def _on_its_cores() -> None:
    os.sched_setaffinity(0, _placed[-1].cores)
    end_with_parent()


def _answers(port: int) -> bool:
    """True once a request is answered by anything, a refusal too."""
    request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request)
            connection.recv(1)
            return True
    except OSError:
        return False


def _wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None:
            raise RuntimeError(f"It stopped while starting: {log.read_text()[-2000:]}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"No answer within {START_SECONDS} s: {log.read_text()[-2000:]}")
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
