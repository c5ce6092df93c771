"""Strict serializers and fields for request bodies, and serializers made from TypedDicts."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cache
from itertools import islice
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

from django.http import QueryDict
from rest_framework import exceptions, serializers

from .parameters import NAME_SHOWN
from .shapes import Format

ERRORS_SHOWN = 10  # fields or items that an answer names


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it doesn't have, the first ten by name, instead of ignoring them.

    But for those that clients of the original send (docs/original.md): `aliases` are other names of
    fields, `ignored` ones are taken with these values (None: with any) and do nothing.
    """

    aliases: Mapping[str, str] = {}
    ignored: Mapping[str, Collection[Any] | None] = {}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            data = self._of_the_original(data)
            known = {name for name, field in self.fields.items() if not field.read_only}
            # Sent by a browser's form in addition to its fields.
            known |= {"csrfmiddlewaretoken"}
            unknown = islice((str(name) for name in data if name not in known), ERRORS_SHOWN)
            errors = {name[:NAME_SHOWN]: ["There is no such field."] for name in unknown}
            if errors:
                raise exceptions.ValidationError(errors)
        return super().to_internal_value(data)

    def _of_the_original(self, data: Any) -> Any:
        """The data by our names, without what is ignored; a `MultiValueDict` stays one."""
        sent = (self.aliases.keys() | self.ignored.keys()) & data.keys()
        data = data.copy() if sent else data
        for name in sent & self.ignored.keys():
            allowed = self.ignored[name]
            if allowed is not None and data[name] not in allowed:
                texts = " or ".join(json.dumps(value) for value in allowed)
                raise exceptions.ValidationError({name: [f"This takes {texts}, or nothing."]})
            del data[name]
        for name in sent & self.aliases.keys():
            ours = self.aliases[name]
            if ours in data:
                raise exceptions.ValidationError({name: [f"Another name of {ours}: give one."]})
            data[ours] = data[name]
            del data[name]
        return data


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
            self.fail("invalid", value=str(data)[:NAME_SHOWN])
        if len(data) > NAME_SHOWN:
            self.fail("invalid", value=data[:NAME_SHOWN])
        return super().to_internal_value(data)


class ListField(serializers.ListField):
    """A list, whose length is checked before its items; the first ten wrong ones are named."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list):  # DRF runs these validators after all items
            self.run_validators(data)
        return super().to_internal_value(data)

    def run_child_validation(self, data: Any) -> list[Any]:
        result: list[Any] = []
        errors: dict[Any, Any] = {}
        for index, item in enumerate(data):
            try:
                result.append(self.child.run_validation(item))
            except exceptions.ValidationError as error:
                errors[index] = error.detail
            if len(errors) == ERRORS_SHOWN:
                break
        if errors:
            raise exceptions.ValidationError(errors)
        return result


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


@cache
def serializer_of(shape: type) -> type[serializers.Serializer[Any]]:
    """A serializer that declares what a TypedDict says, for the OpenAPI schema."""
    hints = get_type_hints(shape, include_extras=True)
    fields = {name: _field_of(hint) for name, hint in hints.items()}
    described = {"__doc__": shape.__doc__, "__module__": shape.__module__, **fields}
    name = shape.__name__.removesuffix("Data")
    return type(f"{name}Serializer", (serializers.Serializer,), described)


FIELDS: dict[Any, type[serializers.Field[Any, Any, Any, Any]]] = {
    str: serializers.CharField,
    int: serializers.IntegerField,
    bool: serializers.BooleanField,
    Format.UUID: serializers.UUIDField,
    Format.DATE_TIME: serializers.DateTimeField,
    Format.URI: serializers.URLField,
}


def _field_of(hint: Any, **options: Any) -> serializers.Field[Any, Any, Any, Any]:
    """The field for a type: a plain one, Literal, list, dict or TypedDict; `| None` allows null."""
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        if texts := [note for note in notes if isinstance(note, str)]:
            options["help_text"] = texts[0]
        hint = next((note for note in notes if isinstance(note, Format)), hint)
    if get_origin(hint) is UnionType or NoneType in get_args(hint):
        [inner] = [part for part in get_args(hint) if part is not NoneType]
        return _field_of(inner, allow_null=True, **options)
    if get_origin(hint) is Literal:
        return serializers.ChoiceField(choices=get_args(hint), **options)
    if get_origin(hint) is list:
        [inner] = get_args(hint)
        return serializers.ListField(child=_field_of(inner), **options)
    if get_origin(hint) is dict:
        return serializers.DictField(child=_field_of(get_args(hint)[1]), **options)
    return (serializer_of(hint) if is_typeddict(hint) else FIELDS[hint])(**options)
