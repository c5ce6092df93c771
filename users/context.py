"""What every page knows about accounts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from . import invitations, registration


def offers(request: HttpRequest) -> dict[str, Any]:
    """Whether a page offers to sign up, and to invite people (context processor)."""
    return {
        "sign_up_offered": registration.is_offered(),
        # Called where it is shown only: it asks who is signed in.
        "may_invite": lambda: invitations.may_invite(request.user),
    }
