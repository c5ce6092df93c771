"""The emoji of Unicode 17: `static/vendor/emoji.json`, which pickers of the browser read too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

from django.conf import settings

DATA = "vendor/emoji.json"  # a static file
VARIATION = "\ufe0f"  # asks for the coloured form, and is often left out
LONGEST = 20  # code points; of those that there are, 10


def emoji_of(text: str) -> str | None:
    """The emoji that a text is, in its full form: ❤ and ❤️ are one; None if it is no emoji.

    Those that Unicode recommends for interchange (RGI): also flags, with skin tones, or joined.
    """
    if len(text) > LONGEST:
        return None
    return _full_forms().get(text.replace(VARIATION, ""))


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
