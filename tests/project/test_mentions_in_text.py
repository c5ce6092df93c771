"""Where a text may mention somebody, and by which user names."""

import time

import pytest

from chatproject.text.mentions import LONGEST, places, replaced

KNOWN = {"ada", "grace", "ada.", "ada@example.com", "ada-mary", "_x_", "all"}


def meant(text: str) -> list[str | None]:
    """The first known name of each place."""
    found = [next((n for n in place.names if n in KNOWN), None) for place in places(text)]
    return [name for name in found if name]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ada", ["ada"]),
        ("Hi @ADA, and @Grace!", ["ada", "grace"]),
        ("(@ada) @ada's «@ada»: @ada?", ["ada"] * 4),
        # The longest name, with or without the signs of the sentence.
        ("@ada-mary", ["ada-mary"]),
        ("@ada@example.com", ["ada@example.com"]),
        ("See @ada.", ["ada."]),
        ("See @grace...", ["grace"]),
        ("@adalbert @ada-marya @ada@elsewhere.org", []),
        # Marks of emphasis around it; names that begin or end with them.
        ("**@ada** _@ada_ __@ada__ ~~@ada~~ @_x_", [*["ada"] * 4, "_x_"]),
        # Not inside a word, a mail address, or an address.
        ("x@ada foo_@ada é@ada @adaé mail@ada.org", []),
        ("https://example.org/@ada?to=@ada www.example.org/@ada example.org/@ada", []),
        ("@ada:https://example.org/@grace", ["ada"]),
        ("@ada/core", []),
        ("@ada/@grace", ["ada", "grace"]),
        # Scripts without blanks between words, and particles.
        ("你好@ada你好 @adaさん @ada님", ["ada"] * 3),
        # Not in code.
        ("`@ada` ``a ` @ada`` @grace", ["grace"]),
        ("```\n@ada\n```\n@grace", ["grace"]),
        ("~~~py\n@ada\n", []),
        ("it`s\n\n@ada`s", ["ada"]),
        # Commands are nobody; everybody is.
        ("@ai @AI @photo, @all", ["all"]),
        ("@", []),
        ("@@ada", []),
    ],
)
def test_who_is_meant(text: str, names: list[str]) -> None:
    assert meant(text) == names


def test_no_name_is_longer_than_one_can_be() -> None:
    name = "a" * LONGEST
    [place] = places(f"@{name}...")
    assert place.names == (name,)
    assert list(places(f"@{name}b")) == []


@pytest.mark.parametrize(
    "text",
    [
        *("@a" * 5000, "@" * 10_000, "@" + "." * 9_999, "@a/" * 3333, "@a " * 3333, "_@a" * 3333),
        *("a.a." * 2500 + "@a", "~~~\n@" * 2000, "`@a``@b" * 1400, "``@a`" * 2000),
        "".join("`" * length + "@a" for length in range(1, 140)),
    ],
)
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    names = [name for place in places(text) for name in place.names]
    assert time.process_time() - start < 1
    assert len(names) <= 4 * len(text) / 3


def test_a_text_is_shown_with_other_names() -> None:
    shown = {"ada": "Ada Lovelace", "grace": "Grace"}
    text = "@ADA, `@ada` and @grace. @alan"
    assert replaced(text, shown) == "@Ada Lovelace, `@ada` and @Grace. @alan"
    assert replaced(text, {}) == text
