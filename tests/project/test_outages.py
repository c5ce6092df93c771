"""Which errors say that a store is away, and how long MongoDB is waited for."""

import socket
import time

import psycopg
import pymongo
import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    connections,
)
from pymongo import _csot, errors

from chatproject.stores import outages
from chatproject.stores.retries import Retries
from chats.models import Chat

NO_SERVER = errors.ServerSelectionTimeoutError("No primary available for writes")
SHUTDOWN = {"code": 91, "codeName": "ShutdownInProgress", "errmsg": "closing"}
LABELLED = errors.OperationFailure("closing", 1, {"errorLabels": ["RetryableWriteError"]})
DUPLICATE = {"code": 11000, "errmsg": "E11000 duplicate key error", "index": 0}


def wrapped(kind, cause):
    """An error of Django's around one of the driver's, as the engine raises it."""
    error = kind(str(cause))
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        NO_SERVER,
        errors.AutoReconnect("connection closed"),
        errors.NetworkTimeout("timed out"),
        errors.NotPrimaryError("not primary"),
        errors.WTimeoutError("waiting for replication timed out", 64, {}),
        errors.WriteConcernError("closing", 91, SHUTDOWN),
        errors.ExecutionTimeout("operation exceeded time limit", 50),
        errors.OperationFailure("interrupted", 11601),
        errors.CursorNotFound("cursor id 1 not found", 43),
        errors.BulkWriteError({"writeErrors": [], "writeConcernErrors": [SHUTDOWN]}),
        LABELLED,
        outages.Unconfirmed("not yet"),
        outages.TooSlow("others were faster"),
        wrapped(DatabaseError, NO_SERVER),
        OperationalError("connection refused"),
        InterfaceError("connection already closed"),
        wrapped(InternalError, psycopg.errors.ReadOnlySqlTransaction("cannot execute UPDATE")),
        wrapped(InternalError, psycopg.errors.IdleInTransactionSessionTimeout("terminated")),
    ],
    ids=repr,
)
def test_an_error_that_passes_means_away(error):
    assert outages.is_away(error)


@pytest.mark.parametrize(
    "error",
    [
        errors.OperationFailure("unknown operator: $bad", 2),
        errors.DuplicateKeyError("E11000 duplicate key error", 11000),
        errors.BulkWriteError({"writeErrors": [DUPLICATE], "writeConcernErrors": []}),
        wrapped(IntegrityError, errors.DuplicateKeyError("E11000 duplicate key error", 11000)),
        wrapped(DatabaseError, errors.OperationFailure("unknown operator: $bad", 2)),
        DatabaseError("no such table"),
        wrapped(InternalError, psycopg.errors.InFailedSqlTransaction("current transaction")),
        ValueError("no"),
    ],
    ids=repr,
)
def test_an_error_that_stays_does_not(error):
    assert not outages.is_away(error)


def seconds_left():
    return _csot.get_deadline() - time.monotonic()


@pytest.fixture
def patience(monkeypatch):
    monkeypatch.setattr(outages, "_shortened_until", 0.0)


def test_a_deadline_is_shorter_for_a_while_after_somebody_waited_in_vain(
    patience, settings, monkeypatch
):
    with outages.deadline():
        assert settings.MONGODB_TIMEOUT - 1 < seconds_left() <= settings.MONGODB_TIMEOUT
    outages.shorten_deadlines(OperationalError("gone"))
    with outages.deadline():
        assert seconds_left() <= outages.SHORTENED < settings.MONGODB_TIMEOUT
    monkeypatch.setattr(outages, "SHORTENED_FOR", 0.0)
    outages.shorten_deadlines(OperationalError("gone"))
    with outages.deadline():
        assert seconds_left() > outages.SHORTENED


def test_a_deadline_within_another_is_not_longer(patience):
    with pymongo.timeout(0.5), outages.deadline():
        assert seconds_left() <= 0.5


@pytest.mark.django_db
async def test_waiting_for_the_thread_counts_and_the_deadline_does_not_outlive_the_call(
    patience, settings
):
    @outages.in_thread
    def left():
        return seconds_left()

    assert await left() <= settings.MONGODB_TIMEOUT
    assert seconds_left() == float("inf")


@pytest.mark.django_db
async def test_a_call_that_waits_in_vain_shortens_the_next_ones(patience):
    @outages.in_thread
    def fail():
        raise NO_SERVER

    with pytest.raises(errors.ServerSelectionTimeoutError):
        await fail()
    with outages.deadline():
        assert seconds_left() <= outages.SHORTENED


# One's own slow work -----------------------------------------------------------------------------


def for_ever(work):
    while True:
        work()


def error_of(work, seconds):
    """What a request's own work ends with after so many seconds, of which it would take more."""
    with pytest.raises(errors.PyMongoError) as caught, pymongo.timeout(seconds):
        for_ever(work)
    assert outages.is_away(caught.value)  # answered 503: another try may be faster
    return caught.value


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["one long command", "many short ones", "others are faster"])
def test_work_that_takes_too_long_leaves_others_their_time(kind, patience, group):
    rows, key = Chat.objects.collection(), {"_id": group.pk.hex}
    work = {
        "one long command": lambda: rows.find_one({"$where": "sleep(2000) || true"}),
        "many short ones": lambda: rows.find_one(key),
        "others are faster": Retries().wait,
    }[kind]
    for _ in range(3):
        outages.shorten_deadlines(error_of(work, 0.2))
    with outages.deadline():
        assert seconds_left() > outages.SHORTENED


@pytest.mark.django_db
def test_a_time_limit_of_a_store_that_is_silent_shortens_deadlines(patience, group, monkeypatch):
    error = error_of(lambda: Chat.objects.collection().find_one(), 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never answers
        client = pymongo.MongoClient(
            f"mongodb://127.0.0.1:{silent.getsockname()[1]}/?directConnection=true"
        )
        monkeypatch.setattr(connections["chat"], "database", client.silent)
        before = time.monotonic()
        outages.shorten_deadlines(error)
        assert time.monotonic() - before < outages.PROBE + 1
        client.close()
    with outages.deadline():
        assert seconds_left() <= outages.SHORTENED


def test_a_transaction_that_is_cut_off_is_no_work_of_ones_own():
    retries, cut_off = Retries(), errors.AutoReconnect("connection closed")
    with pytest.raises(errors.AutoReconnect), pymongo.timeout(0.01):
        for_ever(lambda: retries.wait(cut_off))
