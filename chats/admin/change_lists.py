"""Change lists of the admin whose cost doesn't grow with the collection.

A list is read from an index, newest first, by keyset pagination: nothing is counted or sorted, and
only rows that share the cursor's key are skipped. What no index can find (words, deleted messages)
is searched for in `WINDOW` rows a page; the next page continues from there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from chats.errors import Invalid

from .filters import LARGEST, clean

WINDOW = 10_000  # rows that are examined for one page, at most
CURSOR_VAR = "before"


@dataclass(frozen=True)
class Selection:
    """The rows of a list: what an index finds in the order of `key`, filtered by `condition`."""

    rows: QuerySet[Any]
    key: str
    condition: Q = field(default_factory=Q)


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: at `value` of the key, after `skip` rows that share it."""

    value: Any
    skip: int = 0

    @classmethod
    def parse(cls, text: str, key_field: Any) -> Cursor:
        """Parse `value~skip`; raises `IncorrectLookupParameters` if malformed or out of range."""
        value, _, skip = text.partition("~")
        try:
            cursor = cls(key_field.to_python(value), int(skip or 0))
        except (ValueError, ValidationError) as error:
            raise IncorrectLookupParameters(str(error)) from error
        key = cursor.value
        too_large = isinstance(key, int) and abs(key) > LARGEST
        # Our cursors are in UTC; a time of another zone may overflow when it is converted.
        not_utc = isinstance(key, datetime) and key.utcoffset() != timedelta(0)
        if key is None or too_large or not_utc or not 0 <= cursor.skip <= WINDOW:
            raise IncorrectLookupParameters(text)
        return cursor

    def __str__(self) -> str:
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        return f"{value}~{self.skip}"


class NewestFirstChangeList(ChangeList):
    """A page of rows, newest first, and the cursor of the next older page."""

    model_admin: Any
    cursor: Cursor | None = None
    floor: Any = None  # only rows with a larger key were examined; None: all
    older: Cursor | None = None  # where the next page begins; None: this is the last one

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        # Only the link "Older" has a cursor: filters and searches begin at the newest row.
        for parameters in (self.params, self.filter_params):
            parameters.pop(CURSOR_VAR, None)
        found: Any = self.get_filters(request)
        specs, self.has_filters, unknown, _, self.has_active_filters = found
        if unknown:
            raise IncorrectLookupParameters(unknown)
        self.filter_specs = specs
        self.clear_all_filters_qs = self.get_query_string(remove=list(self.get_filters_params()))
        values = {spec.parameter_name: spec.value() for spec in specs}
        try:
            selection = self.model_admin.selection(values, clean(self.query))
        except Invalid as problem:
            messages.error(request, problem.message)
            selection = Selection(self.root_queryset.none(), "pk")
        return self._stretch(selection, request.GET.get(CURSOR_VAR))

    def _stretch(self, selection: Selection, cursor: str | None) -> QuerySet[Any]:
        self.key = selection.key
        rows = selection.rows.order_by(f"-{self.key}")
        if cursor:
            key_field = self.opts.pk if self.key == "pk" else self.opts.get_field(self.key)
            self.cursor = Cursor.parse(cursor, key_field)
            rows = rows.filter(**{f"{self.key}__lte": self.cursor.value})
        if selection.condition:
            beyond = rows.values_list(self.key, flat=True)[WINDOW : WINDOW + 1]
            self.floor = next(iter(beyond), None)
            if self.floor is not None:
                rows = rows.filter(**{f"{self.key}__gt": self.floor})
            rows = rows.filter(selection.condition)
        return rows

    def get_results(self, request: HttpRequest) -> None:
        skip = self.cursor.skip if self.cursor else 0
        found = list(self.queryset[skip : skip + self.list_per_page + 1])
        self.result_list = found[: self.list_per_page]
        self.result_count = len(self.result_list)
        if len(found) > self.list_per_page:
            self.older = self._cursor_after(self.result_list)
        elif self.floor is not None:
            self.older = Cursor(self.floor)
        self.model_admin.resolve(self.result_list)
        self.show_full_result_count = False
        self.full_result_count = self.result_count  # else Django shows "n results"
        self.show_admin_actions = bool(self.result_list)
        self.can_show_all = self.multi_page = False
        self.paginator = Paginator(self.result_list, self.list_per_page)

    def _cursor_after(self, shown: list[Any]) -> Cursor:
        keys = [getattr(row, self.key) for row in shown]
        skip = keys.count(keys[-1])
        if self.cursor and self.cursor.value == keys[-1]:
            skip += self.cursor.skip
        return Cursor(keys[-1], skip)

    @property
    def older_url(self) -> str:
        """The query string of the next older page, with the same filters and search."""
        return self.get_query_string({CURSOR_VAR: str(self.older)})

    @property
    def newest_url(self) -> str:
        """The query string of the first page, with the same filters and search."""
        return self.get_query_string()

    @property
    def window(self) -> int:
        """How many rows were examined; 0 if it was all of them."""
        return WINDOW if self.floor is not None else 0
