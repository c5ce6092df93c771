"""What every page knows about accounts."""

from __future__ import annotations

from django.http import HttpRequest

from . import registration


def sign_up(request: HttpRequest) -> dict[str, bool]:
    """Whether a page offers to sign up (context processor)."""
    return {"sign_up_offered": registration.is_offered()}
