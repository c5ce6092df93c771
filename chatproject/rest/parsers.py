"""Parsers of request bodies, which are at most `BODY_MAX_SIZE` bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework import exceptions, parsers

DEEPEST = 16  # objects and lists in each other; no body here needs more than two
LEAST_VALUES = 5_000  # that a body may have, however small the groups are
TOO_DEEP = "JSON parse error - nested too deeply"


class JSONParser(parsers.JSONParser):
    """Strict JSON (RFC 8259): UTF-8 whatever the header says, no NaN or Infinity, nothing deep."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            data = json.loads(stream.read().decode(), parse_constant=_refuse_constant)
        except RecursionError:
            raise exceptions.ParseError(TOO_DEEP) from None
        except ValueError as error:
            raise exceptions.ParseError(f"JSON parse error - {error}") from None
        if problem := _problem_of(data):
            del data  # the error's traceback would keep it until the next garbage collection
            raise exceptions.ParseError(problem)
        return data


def _problem_of(data: Any) -> str:
    """Why nothing here takes this, or ""; what handles data later recurses, and keeps it."""
    level, count, most = [data], 0, max(LEAST_VALUES, 2 * settings.CHAT_MAX_MEMBERS)
    for _ in range(DEEPEST):
        level = [item for each in level for item in _items(each)]
        count += len(level)
        if count > most:
            return f"JSON parse error - more than {most} values"
        if not level:
            return ""
    return TOO_DEEP


def _items(data: Any) -> Iterable[Any]:
    """What is in an object or list; nothing is in anything else."""
    if isinstance(data, dict):
        return data.values()
    return data if isinstance(data, list) else ()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
