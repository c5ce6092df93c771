"""A server that runs as a child process of this one, on a local port, for its owner alone."""

import ctypes
import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import ClassVar

BASE_DIR = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60  # enough for a cold disk and two busy cores
STOP_SECONDS = 20


class Unavailable(Exception):
    """A server can't be started here; the message is one line that says what to do."""


class Server(ABC):
    """A server run as a child process, on a local port that is kept between starts."""

    name: ClassVar[str]
    variable: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        self.folder = folder / self.name
        self.log = self.folder / "server.log"
        self.secret_file = self.folder / "secret"
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @cached_property
    def secret(self) -> str:
        """The password, in a file that only its owner reads; others have the port as well."""
        if not self.secret_file.exists():
            with open(self.secret_file, "x", opener=_for_owner) as file:
                file.write(secrets.token_hex(32))
        return self.secret_file.read_text()

    @property
    @abstractmethod
    def url(self) -> str:
        """The URL for clients, once `port` is known."""

    @abstractmethod
    def command(self) -> list[str]:
        """The command line; raises Unavailable if the program isn't installed."""

    def environment(self) -> dict[str, str]:
        """The environment of the process."""
        return dict(os.environ)

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether the server takes writes now."""

    def start(self) -> str:
        """Start the process and return its URL once it takes writes; else raises Unavailable."""
        self.launch()
        self.wait_until_ready()
        return self.url

    def launch(self) -> None:
        """Start the process without waiting for it; sets `port`, and so `url`."""
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
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
                preexec_fn=_begin,
            )
        self._pid_file.write_text(str(self.process.pid))

    def wait_until_ready(self) -> None:
        """Wait until it takes writes; stops it and raises Unavailable after `START_SECONDS`."""
        deadline = time.monotonic() + START_SECONDS
        try:
            while not self.is_ready():
                if not self.is_running():
                    raise Unavailable(self.advice(f"stopped while starting: {self._last_words()}"))
                if time.monotonic() > deadline:
                    raise Unavailable(self.advice(f"did not answer within {START_SECONDS} s"))
                time.sleep(0.05)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Terminate the process; kill it after `STOP_SECONDS`."""
        if self.process:
            stop_process(self.process, STOP_SECONDS)
        self._pid_file.unlink(missing_ok=True)

    def is_running(self) -> bool:
        """Whether the process that `launch` started is running."""
        return self.process is not None and self.process.poll() is None

    def advice(self, problem: str) -> str:
        """What is wrong, where to read about it, and what to do instead."""
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


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def program(package: str, pattern: str, server: Server) -> str:
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


def python(
    arguments: list[str], environment: Mapping[str, str], stderr: int | None = None
) -> subprocess.Popen[bytes]:
    """Start `python ARGUMENTS` in the project's folder; it ends with this process.

    In a session of its own, so that Ctrl-C doesn't reach it.
    """
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=BASE_DIR,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stderr=stderr,
        start_new_session=True,
        preexec_fn=end_with_parent,
    )


def stop_process(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Terminate a child process if it runs; kill it if it hasn't ended after `seconds`."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this TCP port of 127.0.0.1."""
    return not why_not_free(port)


def why_not_free(port: int) -> int:
    """The error (`errno`) that keeps a server from listening on this port; 0 if none does."""
    with socket.socket() as probe:
        # As servers do, so that a port in TIME_WAIT after a restart counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno or -1
    return 0


def _prctl_of_libc() -> Callable[..., int] | None:
    return ctypes.CDLL(None).prctl if sys.platform == "linux" else None


_prctl = _prctl_of_libc()


def end_with_parent() -> None:
    """For `preexec_fn`: send the child SIGTERM when the parent dies (prctl(2), Linux only)."""
    if _prctl:
        _prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _begin() -> None:
    """For `preexec_fn` of a server: what it writes is for its owner."""
    os.umask(0o077)
    end_with_parent()
