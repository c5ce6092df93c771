"""Turns exceptions into the API's error responses."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig, TooManyFieldsSent
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.serializer_helpers import ReturnDict
from rest_framework.views import APIView
from rest_framework.views import exception_handler as drf_exception_handler

from chatproject.limits.limits import TooMany
from chatproject.stores.outages import RETRY_AFTER, is_away, shorten_deadlines


class Unavailable(exceptions.APIException):
    """A store is away (HTTP 503); nothing was acknowledged."""

    status_code = 503
    default_detail = "The chat can't be reached right now. Please try again in a moment."
    default_code = "unavailable"
    wait = RETRY_AFTER  # DRF sends it as Retry-After


class TooOften(exceptions.APIException):
    """A rate limit was exceeded (HTTP 429): `detail`, `limit`, and `retry_after` in seconds."""

    status_code = 429

    def __init__(self, error: TooMany) -> None:
        detail: Any = {"detail": str(error), "limit": error.limit, "retry_after": error.retry_after}
        self.detail = detail  # not by the constructor, which would turn the number into text
        self.wait = error.retry_after  # DRF sends it as Retry-After


class BodyTooLarge(exceptions.APIException):
    """The body of a request is over the limit, `BODY_MAX_SIZE` (HTTP 413)."""

    status_code = 413
    default_code = "body_too_large"

    def __init__(self) -> None:
        most = settings.BODY_MAX_SIZE
        super().__init__(f"The body is too large: this takes at most {most} bytes.")


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler, for our exceptions too."""
    response = drf_exception_handler(as_api_error(error), context)
    if response is not None:
        response.data = _encodable(response.data)
    return response


@singledispatch
def as_api_error(error: Exception) -> Exception:
    """The DRF exception for an error, or the error itself; apps register their own types."""
    if is_away(error):
        shorten_deadlines(error)
        return Unavailable()
    return error


@as_api_error.register
def _(error: TooMany) -> Exception:
    return TooOften(error)


@as_api_error.register
def _(error: ObjectDoesNotExist) -> Exception:
    return Http404()


@as_api_error.register
def _(error: RequestDataTooBig) -> Exception:
    return BodyTooLarge()


@as_api_error.register
def _(error: TooManyFieldsSent) -> Exception:
    most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    return exceptions.ParseError(f"This takes at most {most} fields.")


def _encodable(data: Any) -> Any:
    """The data with `?` for lone surrogates, which errors may quote from the input."""
    if isinstance(data, dict):
        items = {_encodable(name): _encodable(value) for name, value in data.items()}
        # The browsable API needs the serializer to show the errors in its form.
        return (
            ReturnDict(items, serializer=data.serializer) if isinstance(data, ReturnDict) else items
        )
    if isinstance(data, list):
        return [_encodable(value) for value in data]
    return data.encode(errors="replace").decode() if isinstance(data, str) else data


@extend_schema(exclude=True)
class NothingHere(APIView):
    """Any other path of the API: 404 as the API says it, not as a page."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404
