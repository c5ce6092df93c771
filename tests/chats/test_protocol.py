"""The numbers of chats/protocol.py: what the documents say, and how they fit each other."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from chats import protocol

EVENTS = (Path(settings.BASE_DIR) / "docs" / "events.md").read_text()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (r"more than ([\d,]+) changes were missed", protocol.MOST_MISSED),
        (r"`preview` has up to (\d+) characters", protocol.PREVIEW_LENGTH),
        (r"`content` \((\d+) characters\)", protocol.PREVIEW_LENGTH),
        (r"At most (\d+) KiB a frame", protocol.FRAME_MAX_BYTES // 1024),
    ],
)
def test_the_documents_say_the_same_numbers(text: str, number: int) -> None:
    said = re.findall(text, EVENTS)
    assert said
    assert {int(one.replace(",", "")) for one in said} == {number}


def test_scripts_use_the_numbers_that_pages_bring_and_no_others() -> None:
    scripts = (Path(settings.BASE_DIR) / "static" / "js").rglob("*.js")
    used = {
        name
        for script in scripts
        for name in re.findall(r"(?<![.\w])protocol\.(?!js\b|py\b)(\w+)", script.read_text())
    }
    assert used == protocol.for_browser().keys()
