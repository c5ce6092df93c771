"""The routes of the REST API, found by walking the URL resolver."""

import re
from dataclasses import dataclass
from typing import Any

from .urls import addresses

PREFIX = "api/v1/"
OWN = {"schema", "docs"}  # the API's description of itself
PLAIN = {"Accept-Encoding": "identity"}  # headers, for transports that don't decompress


@dataclass(frozen=True)
class Route:
    """A path as the schema writes it, without a slash at its end, and the methods that it takes."""

    path: str
    methods: frozenset[str]


def api_routes() -> list[Route]:
    """Every route of the API once."""
    found = {}
    for address in addresses():
        path = _plain(address.pattern)
        if path.startswith(PREFIX) and path.removeprefix(PREFIX) not in OWN:
            found[path] = Route(path, _methods(address.view))
    return sorted(found.values(), key=lambda route: route.path)


def _plain(pattern: str) -> str:
    """`<uuid:chat_id>` as `{chat_id}`; regular expressions without their marks."""
    text = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", pattern)
    return re.sub(r"\^|\$|/\?", "", text).rstrip("/")


def _methods(callback: Any) -> frozenset[str]:
    actions = getattr(callback, "actions", None)
    if actions is None:
        view = callback.cls
        names = set(view.http_method_names) - {"options", "head", "trace"}
        actions = {name for name in names if hasattr(view, name)}
    return frozenset(name.upper() for name in actions if name not in {"options", "head"})
