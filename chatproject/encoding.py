"""Requests that are decoded as UTF-8, as browsers send them, whatever charset they name.

Django would decode queries and forms by the named charset, before any middleware; and Python has
codecs, such as base64, that don't decode text.
"""

from __future__ import annotations

from django.core.handlers import asgi, wsgi
from django.http import HttpRequest


class InUTF8(HttpRequest):
    """A request whose encoding is always UTF-8."""

    @property
    def encoding(self) -> str:
        """Always `utf-8`; assignments are ignored."""
        return "utf-8"

    @encoding.setter
    def encoding(self, named: str) -> None:
        """Ignore the charset that a request names."""


class ASGIRequest(InUTF8, asgi.ASGIRequest):
    """The request class of the ASGI server, which may also serve pages and API."""


class WSGIRequest(InUTF8, wsgi.WSGIRequest):
    """The request class of the WSGI server."""
