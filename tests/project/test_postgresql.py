"""PostgreSQL that doesn't answer: nobody waits for it longer than their deadline."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from unittest.mock import MagicMock

import dj_database_url
import pymongo
import pytest
from django.core import signals
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from chatproject import asgi, checks
from chatproject.stores import outages

WELCOME = b"".join(
    [
        b"R\x00\x00\x00\x08\x00\x00\x00\x00",  # AuthenticationOk
        b"S\x00\x00\x00\x18server_version\x0015.0\x00",
        b"S\x00\x00\x00\x11TimeZone\x00UTC\x00",
        b"Z\x00\x00\x00\x05I",  # ReadyForQuery
    ]
)


class Hanging:
    """Lets clients in as PostgreSQL does, and then takes what they ask without an answer."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.clients: list[socket.socket] = []
        self._thread = threading.Thread(target=self._let_in)
        self._thread.start()

    def _let_in(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.clients.append(client)
                client.recv(4096)
                client.sendall(WELCOME)

    def stop(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        for each in (self.listener, *self.clients):
            each.close()


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    server = Hanging()
    yield server
    server.stop()


@pytest.fixture
def connection(hanging: Hanging) -> Iterator[Any]:
    """One of the application's engine to the server that hangs."""
    url = f"postgres://chat@127.0.0.1:{hanging.port}/chat?sslmode=disable&gssencmode=disable"
    config = {**dj_database_url.parse(url), "ENGINE": "chatproject.stores.postgresql"}
    config["OPTIONS"]["connect_timeout"] = 3
    connection = ConnectionHandler({"default": config})["default"]
    connection.inc_thread_sharing()
    yield connection
    connection.close()


def ask(connection: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@pytest.mark.django_db
def test_a_statement_without_an_answer_ends_with_the_deadline(connection: Any) -> None:
    began = time.monotonic()
    with pymongo.timeout(1):
        with pytest.raises(OperationalError, match="didn't answer in time") as caught:
            ask(connection)
        assert 0.9 < time.monotonic() - began < 3
        assert outages.is_away(caught.value)
        with pytest.raises(OperationalError):  # and not another second
            ask(connection)
    assert time.monotonic() - began < 3


@pytest.mark.django_db
def test_after_the_deadline_nobody_connects(hanging: Hanging, connection: Any) -> None:
    with pymongo.timeout(0.01):
        time.sleep(0.02)
        with pytest.raises(OperationalError, match="No time is left") as caught:
            ask(connection)
    assert outages.is_away(caught.value)
    assert not hanging.clients


@pytest.mark.django_db
def test_an_answer_that_is_there_is_taken_after_the_deadline(connection: Any) -> None:
    connection.ensure_connection()
    with pymongo.timeout(0.01):
        time.sleep(0.02)
        began = time.monotonic()
        with pytest.raises(OperationalError):
            ask(connection)
        assert time.monotonic() - began > 0.4  # there was time for one


@pytest.mark.parametrize("in_transaction", [False, True])
def test_under_asgi_no_connection_outlives_its_request(
    monkeypatch: pytest.MonkeyPatch, in_transaction: bool
) -> None:
    connection = MagicMock(vendor="postgresql", in_atomic_block=in_transaction)
    monkeypatch.setattr(asgi, "connections", {"default": connection})
    receivers = [each() for _, each, *_ in signals.request_finished.receivers]
    assert asgi.close_connection in receivers
    asgi.close_connection()
    assert connection.close.called is not in_transaction


# What a database must know ------------------------------------------------------------------------


class Answering:
    """A connection to PostgreSQL whose database answers the question of its locale like this."""

    vendor = "postgresql"

    def __init__(self, row: tuple[bool, bool, bool]) -> None:
        self.row = row

    def cursor(self) -> Any:
        cursor = MagicMock()
        cursor.__enter__.return_value.fetchone.return_value = self.row
        return cursor


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ((True, True, True), []),
        ((True, True, False), ["chatproject.W002"]),
        ((True, False, True), ["chatproject.E001"]),  # Turkish
        ((False, True, True), ["chatproject.E001"]),  # LATIN1
    ],
)
def test_a_locale_without_our_cases_of_letters_is_named(
    monkeypatch: pytest.MonkeyPatch, row: tuple[bool, bool, bool], found: list[str]
) -> None:
    monkeypatch.setattr(checks, "connections", {"default": Answering(row)})
    assert [each.id for each in checks.letters_have_cases(["default"])] == found
    assert checks.letters_have_cases(["chat"]) == []


@pytest.mark.django_db
def test_the_database_of_the_tests_knows_them() -> None:
    assert checks.letters_have_cases(["default"]) == []
