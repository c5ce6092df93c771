"""A registration that is sent twice, by a double click or after a lost answer: answered alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from chatproject.limits import limits

from .models import User

LATELY = timedelta(minutes=1)
REGISTERING = "registering"


def begin(username: str) -> None:
    """Note that an account with this name is about to be made."""
    limits.remember(int(LATELY.total_seconds()), REGISTERING, username)


def just_made(request: HttpRequest, username: Any, password: Any) -> User | None:
    """The account that a registration has made by these a moment ago; None if none was.

    Whoever gives both could sign in to it as well, and it counts as a try to do so.
    """
    if not (isinstance(username, str) and isinstance(password, str)):
        return None
    username = username.strip()
    if not limits.is_remembered(REGISTERING, username):
        return None
    user: User | None = User.objects.called(username).filter(is_bot=False).first()
    if user is None or user.username != username or timezone.now() - user.date_joined > LATELY:
        return None
    try:
        return user if authenticate(request, username=username, password=password) else None
    except ValidationError:  # the password is right, and the account waits for a moderator
        return user
