"""Parts of paths that name things."""

from __future__ import annotations

import uuid

from django.urls import register_converter


class AnyUuidConverter:
    """`<any_uuid:…>`: a UUID in each form that bodies take: in any case, with dashes or without."""

    regex = "[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}"
    to_python = uuid.UUID
    to_url = str


register_converter(AnyUuidConverter, "any_uuid")
