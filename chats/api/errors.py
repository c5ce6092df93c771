"""Maps the refusals of chats to HTTP errors."""

from __future__ import annotations

from rest_framework import exceptions

from chatproject.rest.errors import as_api_error
from chats.errors import Invalid, Refused


@as_api_error.register
def _(error: Invalid) -> Exception:
    return exceptions.ValidationError({error.field: [error.message]})


@as_api_error.register
def _(error: Refused) -> Exception:
    return exceptions.PermissionDenied(str(error))
