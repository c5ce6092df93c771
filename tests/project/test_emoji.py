"""What is an emoji, and that the file of them is Unicode's."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from chatproject.text.emoji import DATA, LONGEST, emoji_of

PATH = Path(settings.BASE_DIR) / "static" / DATA
FILE: dict[str, Any] = json.loads(PATH.read_text())
ENTRIES = [entry for group in FILE["groups"] for entry in group["emoji"]]
FORMS = [form for entry in ENTRIES for form in [entry[0], *(entry[4] if len(entry) > 4 else [])]]


def test_the_file_has_every_emoji_of_unicode_17_once() -> None:
    # Unicode counts 3,953: nine of them are skin tones and hair, which are none by themselves.
    assert (FILE["unicode"], len(FORMS), len(set(FORMS))) == (17.0, 3944, 3944)
    assert all(entry[1] and entry[2] for entry in ENTRIES)
    assert max(map(len, FORMS)) <= LONGEST
    names = [name for entry in ENTRIES for name in entry[2].split()]
    assert {"+1", "thumbsup", "heart", "tada", "joy"} <= set(names)
    assert all(len(entry[4]) in (5, 25) for entry in ENTRIES if len(entry) > 4)


def test_every_emoji_is_one_in_its_full_form_and_without_variation_selectors() -> None:
    for form in FORMS:
        assert emoji_of(form) == form
        assert emoji_of(form.replace("\ufe0f", "")) == form


@pytest.mark.parametrize(
    ("written", "emoji"),
    [
        ("\u2764", "\u2764\ufe0f"),  # ❤
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("\U0001f44d\ufe0f", "\U0001f44d"),  # 👍, which needs no selector
        ("\U0001f44d\U0001f3fd", "\U0001f44d\U0001f3fd"),  # of a medium skin tone
        ("\U0001f1eb\U0001f1f7", "\U0001f1eb\U0001f1f7"),  # the flag of France
        ("#\u20e3", "#\ufe0f\u20e3"),
        ("\U0001faea", "\U0001faea"),  # a face of Unicode 17
        ("\U0001f469\u200d\u2764\u200d\U0001f469", "\U0001f469\u200d\u2764\ufe0f\u200d\U0001f469"),
    ],
)
def test_forms_of_one_emoji_are_one(written: str, emoji: str) -> None:
    assert emoji_of(written) == emoji


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "a", "1", "#", "hello", ":)", ":heart:", "\ufe0f", "\u200d", "\x00", "\ud83d"),
        "\U0001f44d\U0001f44d",  # two
        "\U0001f44d ",
        "\u2764\ufe0e",  # asked for as text
        "\U0001f1eb",  # half a flag
        "\U0001f1ff\U0001f1ff",  # of no country
        "\U0001f3fd",  # a skin tone
        "\U0001f697\U0001f3fd",  # a car has none
        "\U0001f469\u200d\U0001f697",  # joined, but not one of Unicode's
        "\U0001f44d" + "\ufe0f" * LONGEST,
        "x" * 100_000,
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert emoji_of(text) is None


def test_all_ascii_and_letters_of_the_basic_plane_are_none() -> None:
    letters = [chr(code) for code in range(0x10000) if unicodedata.category(chr(code))[0] in "LN"]
    assert len(letters) > 40_000
    # Except for a few squared letters and CJK signs, which Unicode has made emoji.
    assert len([letter for letter in letters if emoji_of(letter)]) < 10
