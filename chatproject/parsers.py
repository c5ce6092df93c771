"""Bodies of requests, of at most `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework import exceptions, parsers


class BodyTooLarge(exceptions.APIException):
    status_code = 413
    default_detail = "The body is too large."
    default_code = "body_too_large"


class SizeLimit:
    """Refuses a body by its length before anything of it is read."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        # Also the framework goes by this header, and takes a body without it as empty.
        length = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0
        if int(length) > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or float("inf")):
            raise BodyTooLarge
        return super().parse(stream, media_type, parser_context)  # type: ignore[misc]


class UTF8JSONParser(parsers.JSONParser):
    """JSON as RFC 8259 has it: UTF-8 whatever the header says, no NaN."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return json.loads(stream.read().decode(), parse_constant=_refuse_constant)
        except RecursionError:
            raise exceptions.ParseError("JSON parse error - nested too deeply") from None
        except ValueError as error:
            raise exceptions.ParseError(f"JSON parse error - {error}") from None


class JSONParser(SizeLimit, UTF8JSONParser):
    pass


class FormParser(SizeLimit, parsers.FormParser):
    pass


class MultiPartParser(SizeLimit, parsers.MultiPartParser):
    pass


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
