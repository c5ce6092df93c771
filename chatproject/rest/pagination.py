"""Pagination by `limit` and `offset`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.utils.encoding import iri_to_uri
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from .parameters import MAX_NUMBER, query_integer, query_parameters


class StrictLimitOffsetPagination(LimitOffsetPagination):
    """`limit` from 1 to 100, 50 by default; `offset` from 0. Other values are a 400, not clamped.

    A view lists its other query parameters in `query_parameters`.
    """

    default_limit = 50
    max_limit = 100
    parameters: tuple[str, ...] = ("limit", "offset")
    offset_names: tuple[str, ...] = ("offset",)
    request: Request
    anchor: Mapping[str, int] = {}  # parameters that links add
    count: int
    limit: int
    offset: int

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        query_parameters(request, *self.parameters, *getattr(view, "query_parameters", ()))
        self.request = request
        self.limit, self.offset = self.get_limit(request), self.get_offset(request)
        # Unlike DRF's, slices before counting: one database command may serve both.
        page = list(queryset[self.offset : self.offset + self.limit])
        self.count = self.get_count(queryset)
        self.display_page_controls = self.count > self.limit and self.template is not None
        return page

    def get_limit(self, request: Request) -> int:
        limit = query_integer(request, self.limit_query_param, 1, self.max_limit)
        return self.default_limit if limit is None else limit

    def get_offset(self, request: Request) -> int:
        return query_integer(request, self.offset_query_param) or 0

    def get_next_link(self) -> str | None:
        following = self.offset + self.limit
        return self._link(following) if following < self.count else None

    def get_previous_link(self) -> str | None:
        return self._link(max(self.offset - self.limit, 0)) if self.offset else None

    def get_html_context(self) -> Any:
        """DRF's links to pages, by `offset` alone."""
        context: Any = super().get_html_context()
        context["page_links"] = [
            link._replace(url=link.url and self._like_links(link.url))
            for link in context["page_links"]
        ]
        return context

    def _like_links(self, url: str) -> str:
        for name in set(self.offset_names) - {self.offset_query_param}:
            url = remove_query_param(url, name)
        for name, value in self.anchor.items():
            url = replace_query_param(url, name, value)
        return url

    def _link(self, offset: int) -> str:
        """The URL of this list at another offset, with the other query parameters kept."""
        given = self.request.query_params
        others = {name: given[name] for name in given if name not in self.offset_names}
        query = urlencode({**others, **self.anchor, "limit": self.limit, "offset": offset})
        request = self.request
        return f"{request.scheme}://{request.get_host()}{iri_to_uri(request.path)}?{query}"

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        # Without defaults: Swagger's page sends them, also where they don't go together.
        limit = {"minimum": 1, "maximum": self.max_limit}
        return [
            integer_parameter("limit", f"How many; {self.default_limit} if not given.", **limit),
            integer_parameter("offset", "How many to pass over; none if not given."),
        ]


def integer_parameter(name: str, description: str, **schema: int) -> dict[str, Any]:
    """The OpenAPI declaration of an optional whole number in the query string."""
    bounds = {"type": "integer", "minimum": 0, "maximum": MAX_NUMBER, **schema}
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": bounds,
    }
