"""What every endpoint shares: refusals as HTTP, and parameters and bodies without surprises."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig, TooManyFieldsSent
from django.http import Http404, QueryDict
from django.utils.encoding import iri_to_uri
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.utils.serializer_helpers import ReturnDict
from rest_framework.views import APIView
from rest_framework.views import exception_handler as drf_exception_handler

from chats.errors import Invalid, Refused

from .limits import TooMany
from .stores import RETRY_AFTER, is_away, lose_patience

MAX_NUMBER = 2**53 - 1  # the largest whole number that every JSON client reads exactly
NAME_SHOWN = 64  # characters of an unknown name that an answer repeats


class Unavailable(exceptions.APIException):
    """A store is away; nothing was acknowledged."""

    status_code = 503
    default_detail = "The chat can't be reached right now. Please try again in a moment."
    default_code = "unavailable"
    wait = RETRY_AFTER  # DRF sends it as Retry-After


class TooOften(exceptions.APIException):
    """`detail` for people, and for programs which limit it was and when to come back."""

    status_code = 429

    def __init__(self, error: TooMany) -> None:
        detail: Any = {"detail": str(error), "limit": error.limit, "retry_after": error.retry_after}
        self.detail = detail  # past the constructor, which would make text of the number
        self.wait = error.retry_after  # DRF sends it as Retry-After


class BodyTooLarge(exceptions.APIException):
    status_code = 413
    default_detail = "The body is too large."
    default_code = "body_too_large"


# Refusals ----------------------------------------------------------------------------------------


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler, after a refusal of ours has become one of DRF's."""
    response = drf_exception_handler(_as_api_error(error), context)
    if response is not None:
        response.data = _encodable(response.data)
    return response


def _as_api_error(error: Exception) -> Exception:
    if isinstance(error, Invalid):
        return exceptions.ValidationError({error.field: [error.message]})
    if isinstance(error, Refused):
        return exceptions.PermissionDenied(str(error))
    if isinstance(error, TooMany):
        return TooOften(error)
    if isinstance(error, ObjectDoesNotExist):
        return Http404()
    if is_away(error):
        lose_patience(error)
        return Unavailable()
    if isinstance(error, RequestDataTooBig):
        return BodyTooLarge()
    if isinstance(error, TooManyFieldsSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        return exceptions.ParseError(f"This takes at most {most} fields.")
    return error


def _encodable(data: Any) -> Any:
    """The same, with lone surrogates, which errors quote from the input, as question marks."""
    if isinstance(data, dict):
        items = {_encodable(name): _encodable(value) for name, value in data.items()}
        # The browsable API shows the errors in the form of this serializer.
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


# Query parameters --------------------------------------------------------------------------------


def query_parameters(request: Request, *names: str) -> QueryDict:
    """The query string; 400 for a parameter that isn't one of these or is given twice."""
    for name, values in request.query_params.lists():
        if name not in {*names, api_settings.URL_FORMAT_OVERRIDE}:
            raise exceptions.ValidationError({name[:NAME_SHOWN]: ["There is no such parameter."]})
        if len(values) > 1:
            raise exceptions.ValidationError({name: ["Give this once."]})
    return request.query_params


def query_integer(request: Request, name: str, low: int = 0, high: int = MAX_NUMBER) -> int | None:
    """A whole number of the query string; None if it isn't there, 400 if it is out of range."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,20}", text, re.ASCII) or not low <= int(text) <= high:
        raise exceptions.ValidationError({name: [f"This takes a whole number, {low} to {high}."]})
    return int(text)


def query_choice(request: Request, name: str, *choices: str) -> str:
    """One of these words; the first if it isn't there, 400 if it is another."""
    text = request.query_params.get(name, choices[0])
    if text not in choices:
        raise exceptions.ValidationError({name: [f"This takes {' or '.join(choices)}."]})
    return text


class StrictLimitOffsetPagination(LimitOffsetPagination):
    """`limit` from 1 to 100, by default 50; `offset` from 0. Out of range: 400, no clamp.

    A view names the other parameters that it takes in `query_parameters`.
    """

    default_limit = 50
    max_limit = 100
    parameters: tuple[str, ...] = ("limit", "offset")
    offset_names: tuple[str, ...] = ("offset",)
    request: Request
    count: int
    limit: int
    offset: int

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        query_parameters(request, *self.parameters, *getattr(view, "query_parameters", ()))
        self.request = request
        self.limit, self.offset = self.get_limit(request), self.get_offset(request)
        # Sliced before it is counted, unlike DRF's: one command may answer both.
        page = list(queryset[self.offset : self.offset + self.limit])
        self.count = self.get_count(queryset)
        self.display_page_controls = self.count > self.limit and self.template is not None
        return page

    def get_limit(self, request: Request) -> int:
        limit = query_integer(request, self.limit_query_param, 1, self.max_limit)
        return self.default_limit if limit is None else limit

    def get_offset(self, request: Request) -> int:
        return query_integer(request, self.offset_query_param) or 0

    def get_next_link(self) -> str | None:
        following = self.offset + self.limit
        return self._link(following) if following < self.count else None

    def get_previous_link(self) -> str | None:
        return self._link(max(self.offset - self.limit, 0)) if self.offset else None

    def _link(self, offset: int) -> str:
        """The address of this list from another offset, with its other parameters."""
        given = self.request.query_params
        others = {name: given[name] for name in given if name not in self.offset_names}
        query = urlencode({**others, "limit": self.limit, "offset": offset})
        request = self.request
        return f"{request.scheme}://{request.get_host()}{iri_to_uri(request.path)}?{query}"

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        limit = {"minimum": 1, "maximum": self.max_limit, "default": self.default_limit}
        return [
            integer_parameter("limit", "How many.", **limit),
            integer_parameter("offset", "How many to pass over.", default=0),
        ]


def integer_parameter(name: str, description: str, **schema: int) -> dict[str, Any]:
    """A query parameter of the OpenAPI schema."""
    bounds = {"type": "integer", "minimum": 0, "maximum": MAX_NUMBER, **schema}
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": bounds,
    }


# Bodies ------------------------------------------------------------------------------------------


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it doesn't have, by name, instead of ignoring them."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            known = {name for name, field in self.fields.items() if not field.read_only}
            # What a browser's form carries beside its fields.
            known |= {"csrfmiddlewaretoken"}
            unknown = [str(name) for name in data if name not in known]
            if unknown:
                raise exceptions.ValidationError(
                    {name[:NAME_SHOWN]: ["There is no such field."] for name in unknown}
                )
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """Text as it is written: no number is taken for text, no blank is cut off."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class IdField(serializers.UUIDField):
    """A UUID as text."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class WholeNumberField(serializers.IntegerField):
    """A whole number; in a form its digits."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not (str if _is_form(self) else int):
            self.fail("invalid")
        return super().to_internal_value(data)


class FlagField(serializers.BooleanField):
    """True or false; in a form what a browser sends for them."""

    def to_internal_value(self, data: Any) -> bool:
        if type(data) is not bool and not _is_form(self):
            self.fail("invalid", input=data)
        return super().to_internal_value(data)


def _is_form(field: serializers.Field[Any, Any, Any, Any]) -> bool:
    return isinstance(getattr(field.root, "initial_data", None), QueryDict)
