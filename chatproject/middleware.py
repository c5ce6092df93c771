"""What every page shares: a content security policy, and answers to somebody too fast, or while a
store is away.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from typing import Any

from django.contrib.messages.middleware import MessageMiddleware
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import defaults

from chatproject.limits.limits import TooMany
from chatproject.stores.outages import RETRY_AFTER, deadline, is_away, lose_patience

HEADER = "Content-Security-Policy"
# For what is no page: nothing in it runs or loads, should a browser show it.
NOTHING = "default-src 'none'; frame-ancestors 'none'"
# What a chat has no use for; a script that got in couldn't ask for it either.
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture"),
        *("encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid", "magnetometer"),
        *("microphone", "midi", "payment", "picture-in-picture", "publickey-credentials-get"),
        *("screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
    )
)


def policy(request: HttpRequest) -> str:
    """The policy of a page; its nonce lets only the import map in."""
    try:
        host = request.get_host()
    except DisallowedHost:  # the answer is that this isn't our name
        host = ""
    # Not every browser takes 'self' for the sockets of the same host.
    sockets = f" ws://{host} wss://{host}" if host else ""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{request.csp_nonce}'",  # type: ignore[attr-defined]
            "style-src 'self'",
            "img-src 'self' data: https://images.unsplash.com",
            f"connect-src 'self'{sockets}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class ContentSecurityPolicyMiddleware:
    """Adds the policies, and `request.csp_nonce` for templates; a view may set its own header."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        nonce = SimpleLazyObject(lambda: secrets.token_urlsafe(16))
        request.csp_nonce = nonce  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        response.headers.setdefault(HEADER, policy(request) if is_page else NOTHING)
        return response


class StoresMiddleware:
    """Gives a request a deadline for MongoDB, and a page 503 while a store is away.

    The API answers 503 by itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with deadline():
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not is_away(error):
            return None
        lose_patience(error)
        return unavailable(request)


def unavailable(request: HttpRequest) -> HttpResponse:
    """The page for as long as a store is away."""
    try:
        page = render_to_string("503.html", request=request)
    except (OperationalError, InterfaceError):  # SQL knows who is signed in
        page = render_to_string("503.html")
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})


def server_error(request: HttpRequest) -> HttpResponse:
    """What `handler500` answers where a middleware, such as the one of sessions, has failed."""
    error = sys.exc_info()[1]
    if error is None or not is_away(error):
        return defaults.server_error(request)
    lose_patience(error)
    return unavailable(request)


class PageMessagesMiddleware(MessageMiddleware):
    """Django's, for pages; the API says what it has to say in its answers."""

    def __call__(self, request: HttpRequest) -> Any:
        is_api = request.path_info.startswith("/api/")
        return self.get_response(request) if is_api else super().__call__(request)


class LimitsMiddleware:
    """Answers 429 where a page does something too often; the API does so by itself."""

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
