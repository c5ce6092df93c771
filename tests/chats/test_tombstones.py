"""A deleted message keeps its place and who deleted it when, and nothing of what it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chats import actions
from chats.actions import removed_files
from chats.models import Attachment, Chat, Message, log
from tests.jobs import run_due

from .files import uploaded

pytestmark = pytest.mark.django_db

NUMBERS = {"_id", "chat_id", "rev", "changed_rev", "html_version"}
ITS_PLACE = {"seq", "sender_id", "client_id", "reply_to", "root_id", "has_replies", "kind"}
TIMES = {"created_at", "updated_at", "edited_at"}
DELETION = {"deleted_at", "deleted_by"}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """A storage of the test's own."""
    storage = settings.STORAGES["attachments"]
    options = {**storage["OPTIONS"], "location": str(tmp_path / "files")}
    settings.STORAGES = {**settings.STORAGES, "attachments": {**storage, "OPTIONS": options}}
    removed_files._next_look = 0.0
    return tmp_path / "files"


@pytest.fixture
def full(group: Any, ada: Any, grace: Any) -> Message:
    """A message that has whatever one may have."""
    file = uploaded(ada, group)
    root, _ = actions.post_message(grace, group.pk, "Root")
    message, _ = actions.post_message(
        ada,
        group.pk,
        "**Canary** of @grace and @all",
        client_id="once",
        reply_to=root.pk,
        attachment_ids=[file.pk],
    )
    actions.post_message(grace, group.pk, "A reply", reply_to=message.pk)
    actions.add_reaction(grace, group, message, "\N{THUMBS UP SIGN}")
    message = actions.edit_message(ada, group, message, "**Canary** anew, @grace")
    message = actions.pin_message(ada, group, message)
    rows = Message.objects.collection()
    rows.update_one(
        {"_id": message.pk.hex, "chat_id": group.pk.hex},
        {"$set": {"is_streaming": True, "stop_asked_at": message.created_at}},
    )
    return Message.objects.get(pk=message.pk)


def left(chat: Any, message: Message) -> set[str]:
    """The fields of a message that still say something."""
    row = log.rows().find_one({"_id": message.pk.hex, "chat_id": chat.pk.hex})
    assert row is not None
    return {name for name, value in row.items() if value not in (None, "", [], False)}


@pytest.mark.parametrize("by", ["author", "moderator"])
def test_a_deletion_takes_all_that_a_message_was(
    full: Message, group: Any, ada: Any, person: Any, folder: Path, by: str
) -> None:
    assert left(group, full) >= {"html", "attachments", "reactions", "mention_ids", "edit_revs"}
    someone = ada if by == "author" else person("mod", "Mo", "D")
    actions.delete_message(someone, group, full, moderator=by == "moderator")
    run_due()
    assert left(group, full) <= NUMBERS | ITS_PLACE | TIMES | DELETION
    assert "anary" not in str(log.rows().find({"chat_id": group.pk.hex}).to_list())
    assert not Attachment.objects.exists()
    assert not [path for path in folder.rglob("*") if path.is_file()]
    assert Chat.objects.get(pk=group.pk).pin_count == 0


def test_the_deletion_of_a_chat_takes_all_that_its_messages_were(
    full: Message, group: Any, ada: Any, folder: Path
) -> None:
    actions.delete_chat(ada, group)
    run_due()
    others = ITS_PLACE - {"seq", "client_id"} | {"expires_at"}
    assert left(group, full) <= NUMBERS | others | TIMES
    assert "anary" not in str(log.rows().find({"chat_id": group.pk.hex}).to_list())
    assert not Attachment.objects.exists()
    assert not [path for path in folder.rglob("*") if path.is_file()]
