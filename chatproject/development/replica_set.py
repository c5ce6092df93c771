"""Make the private mongod the primary of its set of one, and end.

A process of its own, whose MONGODB_URI is the server's: what starts the server runs for hours, and
PyMongo would take 30 MiB there.
"""

import os
import time
from typing import Any
from urllib.parse import urlsplit

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

Client = MongoClient[dict[str, Any]]


def main(url: str) -> None:
    """Return when the server takes writes; tries until then."""
    options: dict[str, Any] = {"serverSelectionTimeoutMS": 500}
    with Client(url, **options) as client:
        while not _is_primary(client, urlsplit(url).port):
            time.sleep(0.05)


def _is_primary(client: Client, port: int | None) -> bool:
    try:
        if client.admin.command("hello").get("isWritablePrimary"):
            return True
        _configure(client, {"_id": 0, "host": f"127.0.0.1:{port}"})
    except PyMongoError:
        pass
    return False


def _configure(client: Client, member: dict[str, Any]) -> None:
    """Initiate the set, or update a changed port: a node must find itself in its set."""
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure:
        client.admin.command("replSetInitiate", {"_id": "chat", "members": [member]})
        return
    if config["members"][0]["host"] != member["host"]:
        config["members"] = [member]
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)


if __name__ == "__main__":
    main(os.environ["MONGODB_URI"])
