"""The emoji of Unicode 17: `static/vendor/emoji.json`, which pickers of the browser read too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

from django.conf import settings

DATA = "vendor/emoji.json"  # a static file
VARIATION = "\ufe0f"  # asks for the coloured form, and is often left out
LONGEST = 20  # code points; of those that there are, 10
FEW = 3  # of which a message is shown large


def emoji_of(text: str) -> str | None:
    """The emoji that a text is, in its full form: ❤ and ❤️ are one; None if it is no emoji.

    Those that Unicode recommends for interchange (RGI): also flags, with skin tones, or joined.
    """
    if len(text) > LONGEST:
        return None
    return _full_forms().get(text.replace(VARIATION, ""))


def is_few_emoji(text: str) -> bool:
    """Whether a text is one to three emoji and white space, and nothing else.

    A sign that is text by itself, such as © or ❤, is an emoji with its variation selector alone.
    """
    # Most texts end here: messages are looked at whenever they are read.
    if text.isascii() or text.lstrip()[:1] not in _first_signs():
        return False
    written = "".join(text.split())
    for _ in range(FEW):
        first = _first_emoji(written)
        if not first:
            return False
        written = written.removeprefix(first)
        if not written:
            return True
    return False


def _first_emoji(text: str) -> str:
    """The longest emoji that a text begins with; empty if there is none."""
    starts = (text[:end] for end in range(min(LONGEST, len(text)), 0, -1))
    return next((start for start in starts if _is_shown_as_emoji(start)), "")


def _is_shown_as_emoji(text: str) -> bool:
    """Whether it is an emoji whose first sign is not shown as text."""
    emoji = emoji_of(text)
    if emoji is None:
        return False
    return text[0] == emoji[0] and (emoji[1:2] != VARIATION or text[1:2] == VARIATION)


@cache
def _first_signs() -> frozenset[str]:
    return frozenset(one[0] for one in _full_forms().values())


@cache
def _full_forms() -> dict[str, str]:
    """Every emoji, by its form without variation selectors; some 0.5 MiB, read when needed."""
    return {one.replace(VARIATION, ""): one for one in _every()}


def _every() -> Iterator[str]:
    data = json.loads((settings.BASE_DIR / "static" / DATA).read_text(encoding="utf-8"))
    for group in data["groups"]:
        for emoji, _name, _shortcodes, _words, *skins in group["emoji"]:
            yield emoji
            for forms in skins:
                yield from forms
