"""Every address of the site, found by walking the URL resolver, with real ids in it."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# By the converter of a parameter.
ANYTHING = {"uuid": uuid.UUID(int=1), "any_uuid": uuid.UUID(int=1), "int": 1, "user_id": 1}


@dataclass(frozen=True)
class Address:
    """A pattern as it is written, and the view behind it."""

    pattern: str
    view: Any

    def path(self, values: dict[str, Any]) -> str:
        """The path with these values; with something of the right form where there is none."""

        def value(match: re.Match[str]) -> str:
            kind, _, name = match.group(1).rpartition(":")
            return str(values.get(name, ANYTHING.get(kind, "anything")))

        plain = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", value, self.pattern)
        plain = re.sub(r"<((?:\w+:)?\w+)>", value, plain)
        return "/" + re.sub(r"\^|\$|/\?|\\Z", "", plain)


def addresses() -> list[Address]:
    """Every pattern of the URL configuration."""
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: Any, prefix: str) -> Iterator[Address]:
    for item in patterns:
        pattern = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from _walk(item.url_patterns, pattern)
        elif isinstance(item, URLPattern):
            yield Address(pattern, item.callback)
