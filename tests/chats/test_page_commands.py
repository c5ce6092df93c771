"""A page of history asks the stores for the same, however many messages of whatever kind it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chats import actions
from chats.models import Message
from tests.commands_sent import sent_commands
from users import names

from .files import sent

pytestmark = pytest.mark.django_db

Asked = tuple[list[tuple[str, str]], int]
# Of a page: the chat, its markers, its messages, and the list of chats; in a group the lines, too.
HISTORY = [
    ("find", "chats_chat"),
    ("aggregate", "chats_readmarker"),
    ("find", "chats_message"),
    ("aggregate", "chats_chat"),
    ("aggregate", "chats_message"),
]
LINES = ("find", "chats_message")


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Any) -> None:
    """A storage of the test's own."""
    storage = settings.STORAGES["attachments"]
    storage = {**storage, "OPTIONS": {**storage["OPTIONS"], "location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "attachments": storage}


@pytest.fixture(autouse=True)
def _no_names_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page asks for names, whether a moment has passed or not."""
    monkeypatch.setattr(names, "KEPT", 0.0)


def asked(load: Callable[[], Any]) -> Asked:
    """What a page asks for: the commands to MongoDB, and how many queries of people."""
    load()  # what a process keeps
    with sent_commands() as commands, CaptureQueriesContext(connection) as queries:
        assert load().status_code == 200
    return [(one.name, one.collection) for one in commands], len(queries)


def say_everything(group: Any, ada: Any, grace: Any) -> None:
    """A message of each kind, and whatever one may have."""

    def say(user: Any, text: str, **values: Any) -> Message:
        return actions.post_message(user, group.pk, text, **values)[0]

    root = say(ada, "**Marks**, `code`, and https://example.org")
    say(grace, "Dear @ada and @alan, and @all", reply_to=root.pk)
    say(ada, "A reply to none", reply_to=say(grace, "A root").pk)
    sent(ada, group, text="A file")
    actions.add_reaction(grace, group, say(ada, "Reactions"), "\N{THUMBS UP SIGN}")
    actions.edit_message(ada, group, say(ada, "Before"), "After")
    actions.delete_message(ada, group, say(ada, "Gone", reply_to=root.pk))
    actions.pin_message(ada, group, say(ada, "A pin"))
    actions.post_bot_message(root, "It grows", client_id=f"answer:{root.pk}", is_streaming=True)


def test_a_page_of_everything_asks_no_more_the_more_of_it_there_is(
    group: Any, ada: Any, grace: Any, api: Any
) -> None:
    client = Client()
    client.force_login(ada)
    pages = {
        "api": lambda: api(ada).get(f"/api/v1/chats/{group.pk}/messages"),
        "html": lambda: client.get(f"/chats/{group.pk}/"),
        "pins": lambda: api(ada).get(f"/api/v1/chats/{group.pk}/pins"),
    }
    actions.post_message(ada, group.pk, "Plain")
    plain = {name: asked(load) for name, load in pages.items()}
    assert plain["api"] == ([("aggregate", "chats_chat")], 3)
    assert plain["html"] == ([*HISTORY[:3], LINES, *HISTORY[3:]], 6)
    say_everything(group, ada, grace)
    once = {name: asked(load) for name, load in pages.items()}
    for _ in range(3):
        say_everything(group, ada, grace)
    assert {name: asked(load) for name, load in pages.items()} == once


def test_a_plain_page_of_a_private_chat_asks_for_nothing_of_groups(
    private_chat: Any, ada: Any
) -> None:
    client = Client()
    client.force_login(ada)
    actions.post_message(ada, private_chat.pk, "Plain")
    assert asked(lambda: client.get(f"/chats/{private_chat.pk}/")) == (HISTORY, 6)
