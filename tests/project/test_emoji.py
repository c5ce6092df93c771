"""What is an emoji, and that the file of them is Unicode's."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from chatproject.text.emoji import DATA, LONGEST, emoji_of, is_few_emoji

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


THUMB, HEART, FRANCE = "\U0001f44d", "\u2764\ufe0f", "\U0001f1eb\U0001f1f7"
COUPLE = "\U0001f469\U0001f3fd\u200d\u2764\ufe0f\u200d\U0001f468\U0001f3ff"  # of two skin tones
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    "text",
    [
        *(THUMB, HEART, FRANCE, COUPLE, SCOTLAND, "1\ufe0f\u20e3", "\u00a9\ufe0f"),
        THUMB + "\U0001f3fd",  # with a skin tone
        THUMB + "\ufe0f",  # with a selector that it doesn't need
        COUPLE.replace(HEART, "\u2764"),  # without one that is within
        *(THUMB * 2, FRANCE * 2, SCOTLAND + FRANCE + COUPLE, COUPLE * 3),
        *(f"{THUMB} {HEART} {FRANCE}", f" {THUMB}\n{THUMB} \u3000"),  # blanks don't count
    ],
)
def test_one_to_three_emoji_are_few(text: str) -> None:
    assert is_few_emoji(text)


def test_every_emoji_is_shown_large_alone_and_with_two_others() -> None:
    assert all(is_few_emoji(form) and is_few_emoji(f"{form}{FRANCE}{form}") for form in FORMS)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "1", "12", "#", "*", "a", ":)", "\u0434\u0430", "\ufe0f", "\u200d"),
        *("\u00a9", "\u2122", "\u2764", "1\u20e3", "\u203c"),  # text without a selector: ©, ™, ❤
        "\u2764\ufe0e",  # asked for as text
        *(THUMB * 4, " ".join(THUMB * 4), FRANCE * 4, COUPLE * 4),
        *(f"{THUMB} ok", f"ok {THUMB}", f"{THUMB}.", f"{THUMB}1", f"**{THUMB}**", f"@ai {THUMB}"),
        *(FRANCE[:1], FRANCE + FRANCE[:1], "\U0001f3fd", f"{THUMB}\u200d", f"\ufe0f{THUMB}"),
        "\U0001f469\u200d\U0001f697",  # joined, but not one of Unicode's
        THUMB * 100_000,
    ],
)
def test_anything_else_isnt_few_emoji(text: str) -> None:
    assert not is_few_emoji(text)
