"""The browsable API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import renderers


class BrowsableAPIRenderer(renderers.BrowsableAPIRenderer):
    """Shows input that is no text, such as lone surrogates, with question marks."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        page: str = super().render(data, accepted_media_type, renderer_context)
        return page.encode(errors="replace").decode()

    def get_filter_form(self, data: Any, view: Any, request: Any) -> None:
        """None: what narrows a list is no filter of a queryset here."""
