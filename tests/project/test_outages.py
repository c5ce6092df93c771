"""Which errors say that a store is away, and how long MongoDB is waited for."""

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
)
from pymongo import _csot, errors

from chatproject.stores import outages

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
