"""What happens around every request of somebody who is signed in by a session."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from chatproject.stores.outages import is_away

from . import sign_ins


class SignInMiddleware:
    """Notes now and then that a session is used; asks nothing of a session that wasn't read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.session.accessed:
            _note_use(request)
        return response


def _note_use(request: HttpRequest) -> None:
    """Now, or with a later request: what this one has done is done."""
    try:
        sign_ins.use_session(request)
    except Exception as error:
        if not is_away(error):
            raise
