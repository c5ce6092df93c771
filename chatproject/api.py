"""What every endpoint shares: refusals as HTTP, and input without surprises."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import InterfaceError, OperationalError
from django.http import Http404
from pymongo.errors import ConnectionFailure, ExecutionTimeout
from rest_framework import exceptions, serializers
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from chats.errors import Invalid, Refused

RETRY_AFTER = 5  # seconds


class Unavailable(exceptions.APIException):
    """A store is away; nothing was acknowledged."""

    status_code = 503
    default_detail = "The chat can't be reached right now. Please try again in a moment."
    default_code = "unavailable"
    wait = RETRY_AFTER  # DRF sends it as Retry-After


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler, after a refusal of ours has become one of DRF's."""
    return drf_exception_handler(_as_api_error(error), context)


def _as_api_error(error: Exception) -> Exception:
    if isinstance(error, Invalid):
        return exceptions.ValidationError({error.field: [error.message]})
    if isinstance(error, Refused):
        return exceptions.PermissionDenied(str(error))
    if isinstance(error, ObjectDoesNotExist):
        return Http404()
    if isinstance(error, ConnectionFailure | ExecutionTimeout | OperationalError | InterfaceError):
        return Unavailable()
    return error


class StrictLimitOffsetPagination(LimitOffsetPagination):
    """`limit` from 1 to 100, by default 50; `offset` from 0. Out of range: 400, no clamp."""

    default_limit = 50
    max_limit = 100
    max_offset = 2**53

    def get_limit(self, request: Request) -> int:
        limit = query_integer(request, "limit", 1, self.max_limit)
        return self.default_limit if limit is None else limit

    def get_offset(self, request: Request) -> int:
        return query_integer(request, "offset", 0, self.max_offset) or 0


def query_integer(request: Request, name: str, low: int, high: int) -> int | None:
    """A whole number of the query string; None if it isn't there, 400 if it is out of range."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,20}", text, re.ASCII) or not low <= int(text) <= high:
        raise exceptions.ValidationError({name: [f"This takes a whole number, {low} to {high}."]})
    return int(text)


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it doesn't have, by name, instead of ignoring them."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            known = {name for name, field in self.fields.items() if not field.read_only}
            # What a browser's form carries beside its fields.
            known |= {"csrfmiddlewaretoken"}
            unknown = [str(name) for name in data if name not in known]
            if unknown:
                raise exceptions.ValidationError(
                    {name[:64]: ["There is no such field."] for name in unknown}
                )
            for name, value in data.items():
                if isinstance(value, str) and not value.isascii():
                    _require_text(name, value)
        return super().to_internal_value(data)


def _require_text(name: str, value: str) -> None:
    """JSON can carry halves of UTF-16 pairs, which no store takes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise exceptions.ValidationError({name: ["This holds a lone surrogate."]}) from None


def without_slash(endpoints: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """For the schema: each path once, though it is served with and without a trailing slash."""
    return [endpoint for endpoint in endpoints if not endpoint[0].endswith("/")]
