"""Which names people may give themselves, so that nobody passes as somebody else."""

from __future__ import annotations

import re

from django.conf import settings
from django.core.exceptions import ValidationError

from chatproject.text.confusables import coarse_skeleton
from chatproject.text.names import mixes_alphabets, refusal

BOT_USERNAME = "assistant"  # also its first name; always reserved
RESERVED = "This name is reserved."
LOOKS_LIKE = "This looks like the user name of somebody else."
MIXED = "Each word of a name must be in one alphabet."

# What doesn't make a reserved name another one: `admin_`, `a.d.m.i.n`, `support24`.
ORNAMENTS = re.compile(r"[\W_]+|[0-9]+$")


def plain_name(name: str) -> None:
    """Refuse a first or last name that isn't what it looks like; a validator."""
    if reason := refusal(name):
        raise ValidationError(reason)
    if mixes_alphabets(name):
        raise ValidationError(MIXED)


def not_reserved(username: str) -> None:
    """Refuse a user name of the setting `RESERVED_NAMES`, or one like it; a validator."""
    if _is_reserved(username):
        raise ValidationError(RESERVED)


def person_name(first_name: str, last_name: str) -> None:
    """Refuse a name of reserved words alone, such as `Chat Support`; errors by field."""
    words = f"{first_name} {last_name}".split()
    whole = "".join(words)
    if words and (_is_reserved(whole) or all(map(_is_reserved, words))):
        raise ValidationError({"first_name" if first_name.strip() else "last_name": RESERVED})


def is_like_the_bot(name: str) -> bool:
    """Whether somebody of this name could pass as the bot."""
    return _core(name) == _core(BOT_USERNAME)


def _is_reserved(name: str) -> bool:
    reserved = {_core(each) for each in settings.RESERVED_NAMES}
    return _core(name) in reserved or is_like_the_bot(name)


def _core(name: str) -> str:
    return coarse_skeleton(ORNAMENTS.sub("", ORNAMENTS.sub("", name)) or name)
