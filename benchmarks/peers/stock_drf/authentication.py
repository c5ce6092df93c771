"""The user's id as the token says it; no user is read."""

from types import SimpleNamespace
from typing import Any

import jwt
from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, settings.SECRET_KEY, ["HS256"])
        except jwt.InvalidTokenError:
            raise AuthenticationFailed from None
        return SimpleNamespace(pk=int(claims["sub"]), is_authenticated=True), None
