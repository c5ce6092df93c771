"""Records the commands that code sends to MongoDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.db import connections
from django_mongodb_backend.query import MongoQuery
from pymongo import MongoClient, WriteConcern
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from chatproject.stores.mongodb.compiler import SQLCompiler
from chatproject.stores.router import ChatRouter

from .plans import ALL, Command


class _Listener(CommandListener):
    """Records reads; of a find-and-update, its filter, as a read."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def started(self, event: CommandStartedEvent) -> None:
        kind, sent = event.command_name, event.command
        body = {name: sent[name] for name in SHAPE if name in sent}
        if kind == "aggregate":
            body["cursor"] = {"batchSize": ALL}
        elif kind == "find":
            body["batchSize"] = ALL
        elif kind == "findAndModify":
            kind, body = "find", {**body, "filter": sent["query"], "limit": 1}
        else:
            return
        name = sent[event.command_name]
        self.commands.append(Command(name, {kind: name, **body}))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


@contextmanager
def recorded(*, undone: bool = False) -> Iterator[list[Command]]:
    """Collect the commands that this thread sends to the chats' database inside the block.

    `undone` runs them in a transaction and aborts it; MongoDB allows no `$unionWith` there.
    """
    listener = _Listener()
    with _listened_to(listener) as client, _aborted(client) if undone else nullcontext():
        yield listener.commands


@contextmanager
def _listened_to(listener: CommandListener) -> Iterator[MongoClient[dict[str, Any]]]:
    """Give this thread a new connection with the listener: a client takes one only when created.

    Other threads keep theirs.
    """
    connection: Any = connections[ChatRouter.alias]
    options = {**connection.settings_dict["OPTIONS"], "event_listeners": [listener]}
    settings = {**connection.settings_dict, "OPTIONS": options}
    own = type(connection)(settings, alias=f"{ChatRouter.alias}, listened to")
    connections[ChatRouter.alias] = own
    try:
        own.ensure_connection()
        client: MongoClient[dict[str, Any]] = own.connection
        # Within a transaction no command may bring a write concern of its own.
        own.database = client.get_database(settings["NAME"], write_concern=WriteConcern())
        yield client
    finally:
        connections[ChatRouter.alias] = connection
        own.close_pool()


@contextmanager
def _aborted(client: MongoClient[dict[str, Any]]) -> Iterator[None]:
    with (
        client.start_session() as session,
        session.bind(end_session=False),
        session.start_transaction(),
    ):
        yield
        session.abort_transaction()


@contextmanager
def stock_engine() -> Iterator[None]:
    """Inside the block, queries are those of django_mongodb_backend without our subclass."""
    ours, SQLCompiler.query_class = SQLCompiler.query_class, MongoQuery
    try:
        yield
    finally:
        SQLCompiler.query_class = ours


SHAPE = ("pipeline", "filter", "projection", "sort", "skip", "limit", "hint")  # of a command
