"""Whom a text mentions, by which user names, and the elements that mentions become."""

import re
import time

import pytest

from chatproject.text import markdown
from chatproject.text.mentions import LONGEST, names_at, names_in

PEOPLE = {"ada": 1, "grace": 2, "ada.": 3, "ada@example.com": 4, "ada-mary": 5, "_x_": 6, "all": 0}


def meant(text: str) -> list[int]:
    """The ids of those mentioned, as often as they are."""
    html = markdown.render(text, PEOPLE) or ""
    return [int(found) for found in re.findall(r'data-user-id="(\d+)"', html)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("@ada", [1]),
        ("Hi @ADA, and @Grace!", [1, 2]),
        ("(@ada) @ada's «@ada»: @ada?", [1] * 4),
        # The longest name, with or without the signs of the sentence.
        ("@ada-mary", [5]),
        ("@ada@example.com", [4]),
        ("See @ada.", [3]),
        ("See @grace...", [2]),
        ("@adalbert @ada-marya @ada@elsewhere.org", []),
        # Marks of emphasis around it; names that begin or end with them.
        ("**@ada** _@ada_ __@ada__ ~~@ada~~ @_x_", [*[1] * 4, 6]),
        # Not inside a word, a mail address, an address, or a link.
        ("x@ada foo_@ada é@ada @adaé ada@ada.org", []),
        ("https://example.org/@ada?to=@ada www.example.org/@ada example.org/@ada", []),
        ("[@ada](https://example.org) [text](https://example.org) @grace", [2]),
        ("@ada/core", []),
        ("@ada/@grace", [1, 2]),
        # Scripts without blanks between words, and particles.
        ("你好@ada你好 @adaさん @ada님", [1] * 3),
        # Not in code, nor where it is escaped.
        ("`@ada` ``a ` @ada`` \\@ada @grace", [2]),
        ("```\n@ada\n```\n@grace\n\n    @ada", [2]),
        ("it`s\n\n@ada`s", [1]),
        ("> @ada\n\n- @grace", [1, 2]),
        # Commands are nobody; everybody is.
        ("@ai @AI @photo, @all", [0]),
        ("@", []),
        ("@@ada", []),
    ],
)
def test_who_is_meant(text: str, ids: list[int]) -> None:
    assert meant(text) == ids
    assert markdown.mentioned(markdown.render(text, PEOPLE)) == list(dict.fromkeys(ids))
    assert not meant(text.replace("@", ""))
    # Nobody is asked for who isn't found: all that the parser finds are among them.
    names = names_in(text)
    assert all(name in names for name, user_id in PEOPLE.items() if user_id in ids)


def test_no_name_is_longer_than_one_can_be() -> None:
    name = "a" * LONGEST
    assert names_at(f"@{name}...", 0) == (name,)
    assert names_at(f"@{name}b", 0) == ()


@pytest.mark.parametrize(
    "text",
    [
        *("@a" * 5000, "@" * 10_000, "@" + "." * 9_999, "@ada/" * 2000, "@ada " * 2000),
        *("_@ada" * 2000, "*@ada" * 2000, "a.a." * 2500 + "@ada", "`@ada``" * 1400),
        "".join("`" * length + "@ada" for length in range(1, 140)),
    ],
)
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    names = names_in(text)
    markdown.render(text, PEOPLE)
    assert time.process_time() - start < 0.5
    assert len(names) <= 4 * len(text) / 3


def test_the_elements_of_mentions_become_others() -> None:
    html = markdown.render("@ada & @all", PEOPLE)
    assert html
    shown = markdown.with_mentions(html, lambda user_id, written: f"<b>{user_id} {written}</b>")
    assert shown == '<p dir="auto"><b>1 @ada</b> &amp; <b>0 @all</b></p>'
