"""What happens around every request of somebody who is signed in by a session."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from . import sign_ins


class SignInMiddleware:
    """Notes now and then that a session is used; asks nothing of a session that wasn't read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.session.accessed:
            sign_ins.use_session(request)
        return response
