"""SELECTs in the order match, sort, skip, limit, project, so that an index gives the order.

The engine adds every ordering column to the document by `$addFields` before `$sort`, even where the
column is stored under that name. The sort then runs on a computed field, in memory, over every
matching document.
"""

from typing import Any

from django_mongodb_backend import compiler as engine
from django_mongodb_backend.query import MongoQuery

SQLAggregateCompiler = engine.SQLAggregateCompiler
SQLDeleteCompiler = engine.SQLDeleteCompiler
SQLInsertCompiler = engine.SQLInsertCompiler
SQLUpdateCompiler = engine.SQLUpdateCompiler


class IndexSortedQuery(MongoQuery):
    """A query that sorts by stored fields, where it can, so that an index may serve the sort."""

    def get_pipeline(self) -> list[dict[str, Any]]:
        pipeline = super().get_pipeline()
        stages = [next(iter(stage)) for stage in pipeline]
        if "$sort" in stages and self._sorts_stored_fields():
            pipeline = [stage for stage in pipeline if "$addFields" not in stage]
            moved = [stage for stage in pipeline if "$project" in stage]
            pipeline = [stage for stage in pipeline if "$project" not in stage] + moved
        return pipeline

    def _sorts_stored_fields(self) -> bool:
        """True for a plain query of one collection that is ordered by stored columns."""
        computed = (
            self.search_pipeline,
            self.lookup_pipeline,
            self.subqueries,
            self.aggregation_pipeline,
            self.combinator_pipeline,
            self.subquery_lookup,
        )
        identity = all(value == f"${name}" for name, value in (self.extra_fields or {}).items())
        columns = {field.column for field in self.query.get_meta().concrete_fields}
        return not any(computed) and identity and columns.issuperset(self.ordering)


class SQLCompiler(engine.SQLCompiler):
    """The engine's compiler, with `IndexSortedQuery`."""

    query_class = IndexSortedQuery
