"""MongoDB indexes that the engine's own classes can't declare."""

from typing import Any

from django.db.models import Index
from pymongo.operations import IndexModel


class UniqueIndex(Index):
    """A unique index that reads use too; `condition` makes it partial.

    The engine creates a `UniqueConstraint` with a `partialFilterExpression` on the type of each
    field, and MongoDB doesn't use such an index for an equality or range query.
    """

    def get_pymongo_index_model(self, model: Any, schema_editor: Any, **kwargs: Any) -> IndexModel:
        index = super().get_pymongo_index_model(model, schema_editor, **kwargs)  # type: ignore[misc]
        index.document["unique"] = True
        return index


class ExpiryIndex(Index):
    """An index on a time at which MongoDB removes the document, within a minute or so (TTL)."""

    def get_pymongo_index_model(self, model: Any, schema_editor: Any, **kwargs: Any) -> IndexModel:
        index = super().get_pymongo_index_model(model, schema_editor, **kwargs)  # type: ignore[misc]
        index.document["expireAfterSeconds"] = 0
        return index
