"""What is refused before anything is read or asked: foreign hosts, large bodies, other sites."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views import defaults

from .sizes import length_of, most_of

logger = logging.getLogger(__name__)

HOST_SHOWN = 200  # characters of a foreign host in the log
SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
ELSEWHERE = {"cross-site", "same-site"}  # values of Sec-Fetch-Site that aren't our own pages


class RefusalsMiddleware:
    """Refuses a foreign host (400), a body over the limit (413), and another site's write (403)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            host = request.get_host()
        except DisallowedHost as error:
            return _foreign_host(request, error)
        most = most_of(request.method or "", request.path_info)
        if length_of(request.META.get("CONTENT_LENGTH")) > most:
            return _too_large(request, most)
        if request.method not in SAFE and is_cross_site(request, host):
            return _refusal(request, 403, "This came from another site: nothing was changed.")
        return self.get_response(request)


def is_cross_site(request: HttpRequest, host: str) -> bool:
    """Whether a browser sends this for a page of another site.

    Without either header it is no browser, at least none that can tell. With a token of its own it
    may come from anywhere: no other site can make a browser send one.
    """
    if request.META.get("HTTP_AUTHORIZATION", "")[:7].lower() == "bearer ":
        return False
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None:
        return request.META.get("HTTP_SEC_FETCH_SITE") in ELSEWHERE
    return origin not in settings.ORIGINS and origin != f"{request.scheme}://{host}"


def _foreign_host(request: HttpRequest, error: DisallowedHost) -> HttpResponse:
    """One line in the log: by its default Django writes a traceback for each."""
    logger.warning("Foreign host: %.*r", HOST_SHOWN, request.META.get("HTTP_HOST", ""))
    return _logged(defaults.bad_request(request, error))


def _too_large(request: HttpRequest, most: int) -> HttpResponse:
    text = f"The body is too large: this takes at most {most} bytes."
    response = _refusal(request, 413, text)
    if hasattr(request, "scope"):  # under ASGI the server would go on reading the body
        response.headers["Connection"] = "close"
    return response


def _refusal(request: HttpRequest, status: int, text: str) -> HttpResponse:
    logger.warning("%s %.200s: %s", status, request.path, text)
    if request.path_info.startswith("/api/"):
        return _logged(JsonResponse({"detail": text}, status=status))
    page = render_to_string("refused.html", {"status": status, "reason": text})
    return _logged(HttpResponse(page, status=status))


def _logged(response: HttpResponse) -> HttpResponse:
    """The response with its length, marked so that Django writes no line of its own."""
    response.headers["Content-Length"] = str(len(response.content))
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
