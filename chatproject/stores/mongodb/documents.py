"""Rows of a collection as MongoDB's own commands find and write them, beside Django's queries."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from bson.codec_options import CodecOptions
from django.db import connections, models
from django.utils import timezone
from pymongo.collection import Collection
from pymongo.read_concern import ReadConcern

from chatproject.stores.outages import deadline

M = TypeVar("M", bound=models.Model)
Document = dict[str, Any]

# Times of raw documents are UTC and don't say so: saying it takes as long as decoding the rest.
RAW = CodecOptions[Any](tz_aware=False)
ONE_BATCH = 10_000  # rows; the first 101 alone, as MongoDB has it, would cost a second round trip


def now() -> datetime:
    """The time in whole milliseconds, which is what MongoDB stores."""
    moment = timezone.now()
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def parted(rows: Iterable[Document]) -> tuple[list[Document], list[Document]]:
    """Documents, and what a union added to them without an `_id`."""
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
    """Attribute, column, and what converts the stored form where it is another one."""
    return [
        (field.attname, str(field.column), CONVERTERS.get(type(field)))
        for field in model._meta.concrete_fields
    ]


class DocumentQuerySet(models.QuerySet[M]):
    """Queries that are also commands of MongoDB: for what the ORM can't say, or not as fast."""

    def collection(self) -> Collection[Document]:
        """The collection itself, for atomic updates that the ORM can't express."""
        connection: Any = connections[self.db]
        return connection.get_collection(self.model._meta.db_table, codec_options=RAW)

    def from_document(self, document: Document) -> M:
        """The model instance of a raw document; fields that it lacks are deferred."""
        return next(self.from_documents([document]))

    def from_documents(self, documents: Iterable[Document]) -> Iterator[M]:
        """The model instances of raw documents."""
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
        """An instance as it is stored, without the fields that it lacks."""
        known = instance.__dict__
        return {
            column: known[name].hex if isinstance(known[name], uuid.UUID) else known[name]
            for name, column, _ in _stored_fields(self.model)
            if name in known
        }

    def committed(self) -> Collection[Document]:
        """The collection as a majority has it, which nothing undoes: a `last_rev` that is read here
        only grows. After a failover it may be behind for a moment, so no door asks it.
        """
        return self.collection().with_options(read_concern=ReadConcern("majority"))

    def found(self, query: dict[str, Any], *, committed: bool = False, **options: Any) -> list[M]:
        """The instances of the documents that a query of MongoDB finds.

        For hot paths: writing the command by the ORM and converting what comes back take longer
        than MongoDB takes to answer it. `options` are those of `Collection.find`.
        """
        rows = self.committed() if committed else self.collection()
        found = rows.find(query, batch_size=ONE_BATCH, **options)
        return list(self.from_documents(found))

    def confirmed(self, query: dict[str, Any]) -> M | None:
        """The one document that a query finds, once a majority has it (a read of MongoDB's
        `linearizable` level): to answer with what another request may still be writing.

        Any other read shows what the primary has, and a primary that dies may take it along.
        """
        rows = self.collection().with_options(read_concern=ReadConcern("linearizable"))
        with deadline():
            document = rows.find_one(query)
        return self.from_document(document) if document else None

    def first(self) -> M | None:
        """The first in the order asked for; without one, any.

        Django's would order by `_id`, and MongoDB then may walk that index to find one row.
        """
        return next(iter(self[:1]), None)
