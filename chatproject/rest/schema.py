"""The OpenAPI schema, made once by each process: it is the same for everybody."""

from __future__ import annotations

from threading import Lock
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

HOUR = 3600  # seconds for which browsers and proxies may keep it

_kept: dict[str, bytes] = {}  # by media type
_lock = Lock()  # who asks while it is made waits for it, and doesn't make it too


@extend_schema(exclude=True)
class SchemaView(SpectacularAPIView):
    """The schema as YAML or JSON; making it takes half a second of a core, and anybody may ask."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        renderer: Any = request.accepted_renderer
        with _lock:
            if renderer.media_type not in _kept:
                schema = self.generator_class().get_schema(request=None, public=True)
                _kept[renderer.media_type] = renderer.render(schema, renderer.media_type, {})
        response = HttpResponse(_kept[renderer.media_type], renderer.media_type)
        response.headers["Cache-Control"] = f"public, max-age={HOUR}"
        response.headers["Content-Disposition"] = f'inline; filename="Chat.{renderer.format}"'
        return response
