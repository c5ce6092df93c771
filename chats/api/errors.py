"""Maps the refusals of chats to HTTP errors."""

from __future__ import annotations

import logging

from rest_framework import exceptions

from chatproject.files.store import Away
from chatproject.rest.errors import Unavailable, as_api_error
from chats.errors import Invalid, Refused

logger = logging.getLogger(__name__)


@as_api_error.register
def _(error: Invalid) -> Exception:
    return exceptions.ValidationError({error.field: [error.message]})


@as_api_error.register
def _(error: Away) -> Exception:
    logger.error("The storage of files is away.", exc_info=error)
    return Unavailable()


@as_api_error.register
def _(error: Refused) -> Exception:
    return exceptions.PermissionDenied(str(error))
