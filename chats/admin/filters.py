"""Filters of the admin's lists, and the values that people type into them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest

from chats.errors import Invalid
from chats.models import Chat

TEXT_MAX_LENGTH = 200  # characters of a search or a filter's value
LARGEST = 2**63 - 1  # MongoDB's largest integer


class InputFilter(admin.SimpleListFilter):
    """A filter with an input field instead of choices."""

    template = "admin/chats/input_filter.html"
    input_type = "text"
    placeholder = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")]

    def value(self) -> str | None:
        return clean(super().value() or "") or None

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """One item: the page's other parameters, as hidden fields and as a link without this."""
        others = {k: v for k, v in changelist.params.items() if k != self.parameter_name}
        yield {"hidden": others.items(), "query_string": f"?{urlencode(others)}"}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """All rows: `selection` reads `value()`, to combine filters in a range of one index."""
        return queryset


class ChoiceFilter(admin.SimpleListFilter):
    """A filter with the choices `options` (labels by value), applied as `InputFilter` is."""

    options: Mapping[str, str] = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.options.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


class AccessFilter(ChoiceFilter):
    """Groups by who may join by themselves."""

    title = "who may join"
    parameter_name = "access"
    options = dict(Chat.Access.choices)


# Values ------------------------------------------------------------------------------------------


def clean(text: str) -> str:
    """The text without NULs and outer whitespace, cut to `TEXT_MAX_LENGTH` characters."""
    return text.replace("\x00", "").strip()[:TEXT_MAX_LENGTH]


def uuid_of(text: str) -> uuid.UUID | None:
    """Parse a UUID; None if the text isn't one."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def user_id_of(text: str) -> int:
    """The id of the user with this name, or the number itself; otherwise raises `Invalid`."""
    user = get_user_model().objects.called(text).first()
    if user:
        return int(user.pk)
    # An id isn't looked up: messages outlive accounts.
    if text.isascii() and text.isdigit() and int(text) <= LARGEST:
        return int(text)
    raise Invalid("user", f"There is no user {text}.")


def day_of(text: str) -> datetime:
    """The beginning, in UTC, of a day (YYYY-MM-DD); raises `Invalid` if there is no such day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("date", f"{text} is no date; write it like 2024-12-31.") from None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def next_day(moment: datetime) -> datetime:
    """24 hours after `moment`, but at most 9999-12-31 UTC."""
    return min(moment, datetime(9999, 12, 30, tzinfo=UTC)) + timedelta(days=1)
