"""Middleware of all requests: security headers, deadlines, and the pages for 429 and 503."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.messages.middleware import MessageMiddleware
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import defaults

from chatproject.headers import POLICY, security_headers
from chatproject.limits.limits import TooMany
from chatproject.stores.outages import RETRY_AFTER, deadline, is_away, shorten_deadlines


def _storage() -> str:
    """The origin of files that their storage answers with, after a blank."""
    origin = settings.ATTACHMENTS_ORIGIN
    return f" {origin}" if origin else ""


def policy(request: HttpRequest) -> str:
    """The content security policy of a page; its nonce is for the import map alone."""
    try:
        host = request.get_host()
    except DisallowedHost:  # this response is the refusal of the host
        host = ""
    # In some browsers 'self' doesn't cover WebSockets of the same host.
    sockets = f" ws://{host} wss://{host}" if host else ""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{request.csp_nonce}'",  # type: ignore[attr-defined]
            "style-src 'self'",
            f"img-src 'self' data: blob: https://images.unsplash.com{_storage()}",
            f"media-src 'self' blob:{_storage()}",
            f"connect-src 'self'{sockets}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class CompressionMiddleware(GZipMiddleware):
    """Django's, for what isn't streamed: files have a length and ranges, and are compressed."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        return response if response.streaming else super().process_response(request, response)


class HeadersMiddleware:
    """Adds the security headers that a response lacks, and `request.csp_nonce` for templates.

    What doesn't say otherwise isn't stored: nobody reads it in this browser after the sign-out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.headers = {secure: security_headers(is_secure=secure) for secure in (True, False)}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        nonce = SimpleLazyObject(lambda: secrets.token_urlsafe(16))
        request.csp_nonce = nonce  # type: ignore[attr-defined]
        response = self.get_response(request)
        headers = response.headers
        if headers.get("Content-Type", "").startswith("text/html"):
            headers.setdefault(POLICY, policy(request))
        for name, value in self.headers[request.is_secure()].items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "no-store")
        return response


class StoresMiddleware:
    """Gives every request a deadline for the stores, and pages a 503 while a store is away.

    The API answers 503 by its exception handler.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with deadline():
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not is_away(error):
            return None
        shorten_deadlines(error)
        return unavailable(request)


def unavailable(request: HttpRequest) -> HttpResponse:
    """The 503 page, shown while a store is away."""
    try:
        page = render_to_string("503.html", request=request)
    except (OperationalError, InterfaceError):  # the page shows who is signed in, which needs SQL
        page = render_to_string("503.html")
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})


def server_error(request: HttpRequest) -> HttpResponse:
    """`handler500`: a 503 if a store is away, for errors in middleware such as that of sessions."""
    error = sys.exc_info()[1]
    if error is None or not is_away(error):
        return defaults.server_error(request)
    shorten_deadlines(error)
    return unavailable(request)


class PageMessagesMiddleware(MessageMiddleware):
    """Django's message middleware for pages only: the API has no use for it."""

    def __call__(self, request: HttpRequest) -> Any:
        is_api = request.path_info.startswith("/api/")
        return self.get_response(request) if is_api else super().__call__(request)


class LimitsMiddleware:
    """Answers 429 when a page exceeds a rate limit; the API does so by its exception handler."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, TooMany):
            return None
        back = request.headers.get("Referer", "")
        if not url_has_allowed_host_and_scheme(back, request.get_host()):
            back = "/"
        response = render(request, "429.html", {"reason": error, "back": back}, status=429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
