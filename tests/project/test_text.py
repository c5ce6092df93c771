"""What names may hold, what looks alike, and what is shown of text that turns text around."""

import unicodedata

import pytest

from chatproject.text.bidi import isolate, shown
from chatproject.text.confusables import LOOK_ALIKES, coarse_skeleton, skeleton
from chatproject.text.counts import plural
from chatproject.text.cuts import cut
from chatproject.text.names import is_blank, mixes_alphabets, refusal

TURNING = [
    *(chr(code) for code in range(0x202A, 0x202F)),
    *(chr(code) for code in range(0x2066, 0x2070)),
]
MARKS = ["\u061c", "\u200e", "\u200f"]
INVISIBLE = [
    *("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u115f", "\u1160"),
    *("\u17b4", "\u180e", "\u2800", "\u3164", "\uffa0", "\U000e0041", "\U0001d159", "\x00", "\n"),
    *("\t", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ue000", "\ud800"),
]


@pytest.mark.parametrize("letter", [*TURNING, *MARKS, *INVISIBLE])
def test_a_name_holds_nothing_that_can_t_be_seen_or_turns_text(letter: str) -> None:
    for name in (letter, f"Ada{letter}", f"{letter}Ada", f"A{letter}da"):
        assert f"U+{ord(letter):04X}" in (refusal(name) or "")
    assert refusal("Ada") is None


@pytest.mark.parametrize(
    "name",
    [
        *("Zoë", "O'Neil", "Ada-Mary", "Jean Luc", "李小龍", "עדה", "علي", "Никита", "Ελένη"),
        *("می\u200cخواهم", "क\u094d\u200dष", "👨\u200d👩\u200d👧", "❤\ufe0f", "1\ufe0f\u20e3 team"),
    ],
)
def test_names_of_all_scripts_and_emoji_are_names(name: str) -> None:
    assert refusal(name) is None
    assert not is_blank(name)
    assert not mixes_alphabets(name)


@pytest.mark.parametrize("name", ["", " ", "\u00a0\u3000", "\u200b \u2800", "\u0301", "\u3164"])
def test_what_nobody_can_see_is_blank(name: str) -> None:
    assert is_blank(name)
    assert not is_blank(f"{name}a")


def test_a_word_is_of_one_alphabet() -> None:
    assert mixes_alphabets("p\u0430ypal")
    assert mixes_alphabets("Ada Lovel\u0430ce")
    assert mixes_alphabets("\u0391da")
    assert not mixes_alphabets("Ada \u0410\u0434\u0430")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("admin", "\u0430dm\u0456n"), ("alan", "aIan"), ("alan", "a1an")),
        *(("mary", "rnary"), ("root", "r00t"), ("grace", "gr\u00e1ce"), ("grace", "\uff47race")),
        *(("wendy", "vvendy"), ("ada", "\U0001d41ada"), ("support", "\u0455upp\u043ert")),
    ],
)
def test_what_looks_alike_has_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


def test_what_looks_different_has_another_skeleton() -> None:
    names = ["ada", "adam", "alan", "ian", "lan", "user1", "user2", "user12", "mary", "nary"]
    assert len({skeleton(name) for name in names}) == len(names)
    assert coarse_skeleton("adm1n") == coarse_skeleton("admin")


def test_every_letter_of_the_table_looks_like_what_it_stands_for() -> None:
    others = [other for group in LOOK_ALIKES.values() for other in group]
    assert len(others) == len(set(others)) > 250
    assert all(unicodedata.category(other)[0] in "LN" and other > "\x7f" for other in others)
    for letter, group in LOOK_ALIKES.items():
        assert {skeleton(other) for other in group} == {skeleton(letter)}


def test_text_is_shown_without_what_turns_it() -> None:
    assert shown("".join(["a", *TURNING, "b"])) == "ab"
    assert shown("שלום\u200f!") == "שלום\u200f!"


FAMILY = "👨\u200d👩\u200d👧\u200d👦"
CUTS = [
    ("a" * 5, 5, "a" * 5),
    ("abcdef", 5, "abcde"),
    (f"abc{FAMILY}", 5, "abc"),
    (f"abc{FAMILY}d", 10, f"abc{FAMILY}"),
    (f"abc{FAMILY}d", 4, "abc"),
    ("ab👍🏽c", 3, "ab"),
    ("ab❤\ufe0fc", 3, "ab"),
    ("abe\u0301c", 3, "ab"),
    ("🇩🇪🇫🇷🇬🇧", 3, "🇩🇪"),
    ("🇩🇪🇫🇷🇬🇧", 4, "🇩🇪🇫🇷"),
    (
        "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f!",
        3,
        "🏴\U000e0067\U000e0062",
    ),
    ("a\r\nb\u00eb", 2, "a"),
    ("a" + "\u0301" * 100, 90, "a" + "\u0301" * 89),
]


@pytest.mark.parametrize(("text", "most", "start"), CUTS[:10])
def test_a_text_is_cut_between_characters(text: str, most: int, start: str) -> None:
    assert cut(text, most) == start


@pytest.mark.parametrize(("text", "most", "start"), CUTS[10:])
def test_what_is_no_character_any_more_is_cut_anyway(text: str, most: int, start: str) -> None:
    assert cut(text, most) == start


def test_text_that_runs_the_other_way_is_isolated_in_a_sentence() -> None:
    assert isolate("Ada") == "Ada"
    assert isolate("Zoë\u202e") == "Zoë"
    assert isolate("עדה") == "\u2068עדה\u2069"
    assert isolate("علي\u2069") == "\u2068علي\u2069"


@pytest.mark.parametrize(
    ("count", "words", "text"),
    [
        (0, ("message",), "0 messages"),
        (1, ("message",), "1 message"),
        (2000, ("message",), "2,000 messages"),
        (1, ("person", "people"), "1 person"),
        (2, ("person", "people"), "2 people"),
    ],
)
def test_one_thing_is_no_plural(count: int, words: tuple[str, ...], text: str) -> None:
    assert plural(count, *words) == text
