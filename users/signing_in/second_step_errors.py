"""What the API answers where a sign-in has a second step."""

from __future__ import annotations

from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed

from users.models import SecondStep, User
from users.models.second_step import LIFETIME

from . import second_factors

REQUIRED = "This account asks for a second factor: POST it with this ticket."
SET_IT_UP = "This account needs a second factor: set it up by signing in on the page."


class SecondFactorRequired(APIException):
    """The password is right, and not enough (HTTP 403); the answer says how to go on."""

    status_code = status.HTTP_403_FORBIDDEN

    def __init__(self, user: User) -> None:
        detail: dict[str, Any] = {"detail": SET_IT_UP, "code": "second_factor_missing"}
        if methods := second_factors.methods(user):
            _, ticket = SecondStep.begin(user)
            detail = {
                "detail": REQUIRED,
                "code": "second_factor_required",
                "ticket": ticket,
                "methods": methods,
                "expires_in": int(LIFETIME.total_seconds()),
            }
        self.detail: Any = detail  # not by the constructor, which would turn the number into text


class StepRefused(AuthenticationFailed):
    """The second step wasn't taken (HTTP 401): `code` says why."""

    def __init__(self, code: str, text: str) -> None:
        self.detail: Any = {"detail": text, "code": code}
