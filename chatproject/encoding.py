"""Requests whose text is UTF-8, as browsers send it, whatever charset they name.

Django would read queries and forms by that charset, before any middleware; and Python also knows
codecs, such as base64, that are no encodings of text.
"""

from __future__ import annotations

from django.core.handlers import asgi, wsgi
from django.http import HttpRequest


class InUTF8(HttpRequest):
    @property
    def encoding(self) -> str:
        return "utf-8"

    @encoding.setter
    def encoding(self, named: str) -> None:
        """Not taken."""


class ASGIRequest(InUTF8, asgi.ASGIRequest):
    """Of the sockets' servers, which may also serve pages."""


class WSGIRequest(InUTF8, wsgi.WSGIRequest):
    """Of a server for pages and API."""
