"""The stage of a run: which core runs what, the stores, and servers as child processes."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import django
import redis

from chatproject.development import embedded
from chatproject.development.server import end_with_parent, free_port

REPO = Path(__file__).resolve().parent.parent
# Data that is kept between runs.
FOLDER = Path(os.environ.get("BENCH_DIR") or REPO / "var" / "bench").resolve()
SERVER_CORE = 0
CLIENT_CORE = 1
START_SECONDS = 30
STOP_SECONDS = 5
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


def pin_client() -> None:
    """Keep this process, and the stores that it starts, on the client's core."""
    os.sched_setaffinity(0, {CLIENT_CORE})


@contextmanager
def stores() -> Iterator[dict[str, str]]:
    """Run a MongoDB and a Valkey of the benchmarks' own; yields MONGODB_URI and REDIS_URL."""
    with embedded.servers(FOLDER, given={}) as urls:
        yield urls


def environment(stores: Mapping[str, str]) -> dict[str, str]:
    """What our servers need beside what this process has; the peers take what they know of it."""
    return {
        "SECRET_KEY": "the-benchmarks-own-key-which-signs-nothing-else-than-their-tokens",
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


@dataclass(frozen=True)
class Contender:
    """A server under test; `{port}` in its command is replaced."""

    name: str
    command: tuple[str, ...]
    cwd: Path = REPO
    environment: Mapping[str, str] = field(default_factory=dict)


def chosen(contenders: Sequence[Contender]) -> list[Contender]:
    """Those that were asked for by `--contenders`, or all."""
    names = os.environ.get("BENCH_CONTENDERS")
    return [one for one in contenders if not names or one.name in names.split(",")]


class Server:
    """A running contender."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def cpu(self) -> float:
        """Seconds of CPU, user and system, of its whole process tree until now."""
        return sum(_cpu(pid) for pid in _tree(self.pid))

    def memory(self) -> int:
        """Bytes in memory (RSS) of its process tree."""
        return sum(_rss(pid) for pid in _tree(self.pid))


@contextmanager
def serving(contender: Contender, environment: Mapping[str, str]) -> Iterator[Server]:
    """Run a contender on the server's core until the block ends."""
    port = free_port()
    log = FOLDER / "logs" / f"{contender.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [part.replace("{port}", str(port)) for part in contender.command],
            cwd=contender.cwd,
            env={**os.environ, **environment, **contender.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_on_server_core,
        )
    try:
        _wait_until(lambda: _answers(port), process, log)
        yield Server(process.pid, port)
    finally:
        _stop(process)


def mongodb_cpu() -> float:
    """Seconds of CPU, user and system, of the run's MongoDB until now."""
    return _cpu(int((FOLDER / "mongodb" / "pid").read_text()))


def valkey_cpu(url: str) -> float:
    """Seconds of CPU, user and system, of the run's Valkey until now."""
    with redis.Redis.from_url(url) as client:
        used: dict[str, float] = client.info("cpu")
    return used["used_cpu_user"] + used["used_cpu_sys"]


def own_cpu() -> float:
    """Seconds of CPU, user and system, of this process until now."""
    used = os.times()
    return used.user + used.system


def core_times(core: int) -> tuple[float, float]:
    """Seconds that a core was busy, and seconds that it was there, since the machine started."""
    line = next(
        line for line in Path("/proc/stat").read_text().splitlines() if f"cpu{core} " in line
    )
    times = [int(number) / TICKS for number in line.split()[1:9]]
    idle = times[3] + times[4]  # idle and waiting for the disk
    return sum(times) - idle, sum(times)


def _on_server_core() -> None:
    os.sched_setaffinity(0, {SERVER_CORE})
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


def _tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on (proc(5)); none if it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _cpu(pid: int) -> float:
    """With what its ended children have used."""
    return sum(int(number) for number in _stat(pid)[11:15]) / TICKS


def _rss(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[21]) * PAGE_SIZE if fields else 0
