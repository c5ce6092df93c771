"""Middleware that records the use of sessions."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from chatproject.stores.outages import is_away

from .signing_in import sign_ins


class SignInMiddleware:
    """Records the use of sessions now and then; never loads one that the view didn't read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.session.accessed:
            _note_use(request)
        return response


def _note_use(request: HttpRequest) -> None:
    """Record the use; ignore an outage, as the response is ready and a later request retries."""
    try:
        sign_ins.use_session(request)
    except Exception as error:
        if not is_away(error):
            raise
