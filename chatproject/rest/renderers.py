"""Renderers of API responses: JSON, and the pages of the browsable API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from rest_framework import negotiation, renderers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request, override_method
from rest_framework.settings import api_settings


class ContentNegotiation(negotiation.DefaultContentNegotiation):
    """DRF's negotiation, with a short cut for clients that accept JSON or anything.

    The browsable API, which takes far more time than JSON, is for people with a session: anybody
    else gets JSON in its place.
    """

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        plain = request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", "application/json")
        if plain and api_settings.URL_FORMAT_OVERRIDE not in request.query_params:
            for renderer in renderers:
                if isinstance(renderer, JSONRenderer):
                    return renderer, renderer.media_type
        chosen, media_type = super().select_renderer(request, renderers, format_suffix)
        if isinstance(chosen, BrowsableAPIRenderer) and not _has_session(request):
            chosen = next(each for each in renderers if isinstance(each, JSONRenderer))
            media_type = chosen.media_type
        return chosen, media_type


def _has_session(request: Request) -> bool:
    """Whether somebody is signed in by a session.

    Not by DRF's `user`: a refusal of its authentication is raised once, and belongs to the view.
    """
    return bool(request._request.user.is_authenticated)


class JSONRenderer(renderers.JSONRenderer):
    """JSON by orjson, which takes a twentieth of the time for a page of 50 messages.

    Indented JSON, which the browsable API asks for, is still rendered by DRF.
    """

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        if data is None or self.get_indent(accepted_media_type or "", renderer_context or {}):
            return super().render(data, accepted_media_type, renderer_context)
        default = self.encoder_class().default
        try:
            return orjson.dumps(data, default)
        except orjson.JSONEncodeError:  # the keys of a list's errors are numbers
            return orjson.dumps(data, default, orjson.OPT_NON_STR_KEYS)


class BrowsableAPIRenderer(renderers.BrowsableAPIRenderer):
    """The browsable API, with `?` for lone surrogates, which UTF-8 can't encode."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        page: str = super().render(data, accepted_media_type, renderer_context)
        return page.encode(errors="replace").decode()

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Any) -> Any:
        """DRF's form, unless it would be refused: it is multipart. The other, of JSON, stays."""
        shown = MultiPartParser in view.parser_classes or method in ("DELETE", "OPTIONS")
        return super().get_rendered_html_form(data, view, method, request) if shown else None

    def get_raw_data_form(self, data: Any, view: Any, method: str, request: Any) -> Any:
        """DRF's form of JSON, filled in with what is so now or must be given, and nothing else.

        DRF fills in all fields with blanks, which are refused, or change what nobody meant to.
        """
        form = super().get_raw_data_form(data, view, method, request)
        if form is not None and hasattr(view, "get_serializer"):
            with override_method(view, request, method):
                fields = view.get_serializer().fields
            is_shown = view.response.status_code == HTTPStatus.OK
            now = data if method == "PATCH" and is_shown and isinstance(data, dict) else {}
            form.fields["_content"].initial = json.dumps(_draft(fields, now), indent=4)
        return form

    def get_filter_form(self, data: Any, view: Any, request: Any) -> None:
        """None: no view here has filter backends."""


def _draft(fields: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a form: those of now; without any, blanks for what must be given."""
    if now:
        drafted = (name for name, field in fields.items() if field.style.get("drafted", True))
        return {name: now[name] for name in drafted if name in now and not fields[name].read_only}
    return {name: field.get_initial() for name, field in fields.items() if field.required}
