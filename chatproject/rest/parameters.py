"""Strict query parameters: an unknown or invalid one is a 400 that names it."""

from __future__ import annotations

import re

from django.http import QueryDict
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.settings import api_settings

MAX_NUMBER = 2**53 - 1  # the largest whole number that every JSON client reads exactly
NAME_SHOWN = 64  # characters of an unknown name that an answer repeats


def query_parameters(request: Request, *names: str) -> QueryDict:
    """The query string; ValidationError (400) for a parameter not in `names` or given twice."""
    for name, values in request.query_params.lists():
        if name not in {*names, api_settings.URL_FORMAT_OVERRIDE}:
            raise exceptions.ValidationError({name[:NAME_SHOWN]: ["There is no such parameter."]})
        if len(values) > 1:
            raise exceptions.ValidationError({name: ["Give this once."]})
    return request.query_params


def query_integer(request: Request, name: str, low: int = 0, high: int = MAX_NUMBER) -> int | None:
    """A whole number of the query string, or None; ValidationError (400) if out of range."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,20}", text, re.ASCII) or not low <= int(text) <= high:
        raise exceptions.ValidationError({name: [f"This takes a whole number, {low} to {high}."]})
    return int(text)


def query_choice(request: Request, name: str, *choices: str) -> str:
    """One of `choices`, the first by default; ValidationError (400) for anything else."""
    text = request.query_params.get(name, choices[0])
    if text not in choices:
        raise exceptions.ValidationError({name: [f"This takes {' or '.join(choices)}."]})
    return text
