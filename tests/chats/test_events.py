"""docs/events.md and chats/events say the same; payloads are plain JSON."""

import re
from pathlib import Path

import orjson
import pytest
from django.conf import settings

from chats import actions, events, protocol
from chats.live import consumers
from tests.chats.files import send_image, settle_image

PAGE = (Path(settings.BASE_DIR) / "docs" / "events.md").read_text()


def subclasses(kind):
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


TYPES = {kind.type: kind for kind in subclasses(events.Event) if kind.type}


def section(title):
    return PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0].split("\n### ", 1)[0]


def rows(title):
    """`{type: {field, …}}` of the table in a section."""
    pattern = re.compile(r"^\| `(\w+)` \| ([^|]*) \|", re.MULTILINE)
    return {
        name: set(re.findall(r"`(\w+)`", cell)) for name, cell in pattern.findall(section(title))
    }


DOCUMENTED = {**rows("What a chat's socket sends"), **rows("What the chat list's socket sends")}


def test_every_type_is_documented_and_every_documented_type_exists():
    assert len(TYPES) >= 18
    assert DOCUMENTED.keys() == TYPES.keys()


@pytest.mark.parametrize("name", TYPES)
def test_the_fields_of_a_type_are_the_documented_ones(name):
    assert TYPES[name].names() == DOCUMENTED[name]


def test_the_frames_of_clients_are_the_documented_ones():
    handled = {name[3:] for name in dir(consumers.ChatConsumer) if name.startswith("on_")}
    assert handled == rows("What a client sends to a chat's socket").keys()


def test_the_close_codes_are_the_documented_ones():
    documented = {int(code) for code in re.findall(r"^\| (\d{4}) \|", PAGE, re.MULTILINE)}
    ours = {value for name, value in vars(protocol).items() if name.startswith("CLOSE_")}
    assert documented == ours | {1012}


def test_an_event_refuses_unknown_and_missing_fields():
    assert events.UserJoined(user_id=1, username=None).to_json()["type"] == "user_joined"
    with pytest.raises(TypeError):
        events.UserJoined(user_id=1, username=None, shoe_size=43)
    with pytest.raises(TypeError):
        events.UserJoined(user_id=1)


@pytest.mark.django_db
def test_every_event_of_a_message_is_plain_json(group, ada, grace, captured_events):
    told = captured_events(events.chat_group(group.pk))
    message, _ = actions.post_message(ada, group.pk, "Hello")
    reply, _ = actions.post_message(grace, group.pk, "Hi", reply_to=message.pk, client_id="x")
    photo = {"image_url": "u", "alt": "a", "author": "b", "author_url": "c", "page_url": "d"}
    actions.post_bot_message(message, "A photo", client_id="y", photo=photo)
    actions.edit_message(ada, group, message, "Hello!")
    send_image(ada, group)
    settle_image(group)
    actions.delete_message(grace, group, reply)
    actions.add_reaction(grace, group, message, "\u2764")
    frames = told.all()
    assert [frame["type"] for frame in frames] == [
        *("text_message", "text_message", "text_message", "message_edited"),
        *("text_message", "message_updated", "message_deleted"),
        "message_reaction",
    ]
    assert frames[2]["data"]["photo"] == photo
    assert [frame["data"]["rev"] for frame in frames] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [orjson.loads(events.event_of(frame).encode()) for frame in frames] == frames
