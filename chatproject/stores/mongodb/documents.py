"""Model instances read and written by MongoDB's own commands, next to Django's queries."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from bson.codec_options import CodecOptions
from django.db import connections, models
from pymongo.collection import Collection
from pymongo.read_concern import ReadConcern

from chatproject.stores.outages import deadline

from .clock import clock

M = TypeVar("M", bound=models.Model)
Document = dict[str, Any]

# Times of raw documents are naive, in UTC: aware ones would double the time of decoding.
RAW = CodecOptions[Any](tz_aware=False)
ONE_BATCH = 10_000  # rows; MongoDB's default first batch of 101 would cost a second round trip

CLOCK_DRIFT = timedelta(minutes=1)  # between processes; more is a mistake


def now() -> datetime:
    """MongoDB's current time in whole milliseconds, the precision that it stores."""
    moment = clock.now()
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def now_or_after(last: datetime) -> datetime:
    """The current time, but not before `last`: a clock that was set back turns nothing around.

    Unless `last` is far ahead of MongoDB's clock: then that one was wrong, and nothing more should
    have its time.
    """
    moment = now()
    is_wrong = clock.is_known and last >= moment + CLOCK_DRIFT
    return moment if is_wrong else max(moment, last)


def parted(rows: Iterable[Document]) -> tuple[list[Document], list[Document]]:
    """Split rows into documents and the rows without `_id` that a union added."""
    parts: tuple[list[Document], list[Document]] = ([], [])
    for row in rows:
        parts["_id" not in row].append(row)
    return parts


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


CONVERTERS: dict[type, Callable[[Any], Any]] = {
    models.UUIDField: uuid.UUID,
    models.DateTimeField: _in_utc,
}


@cache
def _stored_fields(model: type[models.Model]) -> list[tuple[str, str, Callable[[Any], Any] | None]]:
    """Attribute, column, and the converter from the stored form, if one is needed."""
    return [
        (field.attname, str(field.column), CONVERTERS.get(type(field)))
        for field in model._meta.concrete_fields
    ]


class DocumentQuerySet(models.QuerySet[M]):
    """A queryset with MongoDB's own commands, for what the ORM can't do, or not as fast."""

    def collection(self) -> Collection[Document]:
        """The collection itself, for atomic updates that the ORM can't express."""
        connection: Any = connections[self.db]
        return connection.get_collection(self.model._meta.db_table, codec_options=RAW)

    def from_document(self, document: Document) -> M:
        """The model instance of a raw document; fields missing from it are deferred."""
        return next(self.from_documents([document]))

    def from_documents(self, documents: Iterable[Document]) -> Iterator[M]:
        """The model instances of raw documents, in order; missing fields are deferred."""
        alias, shapes = self.db, dict[tuple[str, ...], Any]()
        for document in documents:
            shape = tuple(document)
            if shape not in shapes:
                fields = [field for field in _stored_fields(self.model) if field[1] in document]
                columns = [(column, convert) for _, column, convert in fields]
                shapes[shape] = dict.fromkeys(name for name, _, _ in fields), columns
            names, columns = shapes[shape]
            values = [
                convert(document[column]) if convert and document[column] else document[column]
                for column, convert in columns
            ]
            yield self.model.from_db(alias, names, values)

    def document(self, instance: models.Model) -> Document:
        """The document that stores an instance, without its deferred fields."""
        known = instance.__dict__
        return {
            column: known[name].hex if isinstance(known[name], uuid.UUID) else known[name]
            for name, column, _ in _stored_fields(self.model)
            if name in known
        }

    def committed(self) -> Collection[Document]:
        """The collection as a majority has it, which no failover rolls back.

        A `last_rev` read here only grows. The data may be stale for a moment after a failover, so
        checks of access must not read it.
        """
        return self.collection().with_options(read_concern=ReadConcern("majority"))

    def found(self, query: dict[str, Any], *, committed: bool = False, **options: Any) -> list[M]:
        """The instances of the documents that a MongoDB query finds.

        For hot paths: the ORM takes longer to build the command and convert the result than MongoDB
        takes to answer. `options` are those of `Collection.find`.
        """
        rows = self.committed() if committed else self.collection()
        found = rows.find(query, batch_size=ONE_BATCH, **options)
        return list(self.from_documents(found))

    def confirmed(self, query: dict[str, Any]) -> M | None:
        """The instance of the one document that a query finds, once a majority has it; else None.

        It may be another request's write that is still under way, hence read concern
        `linearizable`: any other read of the primary may show data that a failover rolls back.
        """
        rows = self.collection().with_options(read_concern=ReadConcern("linearizable"))
        with deadline():
            document = rows.find_one(query)
        return self.from_document(document) if document else None

    def first(self) -> M | None:
        """The first instance in the queryset's order, or any if it has none; None if it is empty.

        Django's `first` would order by `_id`, and MongoDB may then scan that index for one row.
        """
        return next(iter(self[:1]), None)
