"""The log under any interleaving: several processes that know different states of one chat send,
edit, remove, silence and crash, also in the midst of each other's writes. A real MongoDB decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chats import actions
from chats.actions import sending
from chats.actions.known_chats import KnownChats
from chats.errors import Invalid, Refused
from chats.models import Change, Chat, Message, log
from chats.models.log import Log
from chats.models.message import MessageQuerySet
from tests.faults.ledger import violations_of

pytestmark = pytest.mark.django_db

PROCESSES = 3
MOST_NESTED = 2  # writes in the midst of each other
REFUSALS = (Chat.DoesNotExist, Message.DoesNotExist, Refused, Invalid)
STEPS = [
    "send",
    "send",
    "send",
    "retry",
    "edit",
    "edit",
    "delete",
    "remove",
    "add",
    "silence",
    "silence",
    "rename",
]


class Crash(BaseException):
    """The process dies here."""


class World:
    """One chat, the processes that write to it, and what they were told."""

    def __init__(self, owner: Any, people: list[Any], data: st.DataObject) -> None:
        self.owner, self.people, self.data = owner, people, data
        self.chat = actions.create_group(owner, "Looms", [person.pk for person in people])
        self.known_chats = [KnownChats() for _ in range(PROCESSES)]
        self.process = 0  # which of them runs now
        self.depth = 0
        self.sends: list[tuple[Any, str]] = []  # sender and `client_id`
        self.acknowledged: dict[tuple[int, str], Message] = {}
        self.silences: dict[int, bool] = {}  # by `rev`: whether it silenced somebody

    def step(self) -> None:
        """Do something in some process, to its end or to its crash."""
        before, self.process = self.process, self.data.draw(st.integers(0, PROCESSES - 1))
        self.depth += 1
        try:
            getattr(self, self.data.draw(st.sampled_from(STEPS)))()
        except REFUSALS:
            pass
        except Crash:
            self.known_chats[self.process] = KnownChats()  # its successor knows nothing
        finally:
            self.depth -= 1
            self.process = before

    def meanwhile(self) -> None:
        """What others do at this moment, and whether this process survives it."""
        if self.depth <= MOST_NESTED and self.data.draw(st.booleans()):
            self.step()
        self.may_crash()

    def may_crash(self) -> None:
        if self.data.draw(st.integers(0, 11)) == 0:
            raise Crash

    # What processes do

    def send(self) -> None:
        sender = self.data.draw(st.sampled_from([self.owner, *self.people]))
        self.sends.append((sender, f"c{len(self.sends)}"))
        self._post(*self.sends[-1])

    def retry(self) -> None:
        if self.sends:
            self._post(*self.data.draw(st.sampled_from(self.sends)))

    def _post(self, sender: Any, client_id: str) -> None:
        message, _ = actions.post_message(
            sender, self.chat.pk, f"by {sender} {client_id}", client_id=client_id
        )
        known = self.acknowledged.setdefault((sender.pk, client_id), message)
        assert (known.pk, known.seq) == (message.pk, message.seq)

    def edit(self) -> None:
        message = self._some_message()
        sender = next(one for one in (self.owner, *self.people) if one.pk == message.sender_id)
        actions.edit_message(sender, self._chat(), message, "edited")

    def delete(self) -> None:
        actions.delete_message(self.owner, self._chat(), self._some_message())

    def remove(self) -> None:
        actions.remove_member(self.owner, self._chat(), self._person().pk)

    def add(self) -> None:
        actions.add_members(self.owner, self._chat(), [person.pk for person in self.people])

    def silence(self) -> None:
        person, silent = self._person(), self.data.draw(st.booleans())
        allowed = actions.set_permissions(
            self.owner, self._chat(), person.pk, can_send_messages=not silent
        )
        self.silences[allowed.chat.last_rev] = silent

    def rename(self) -> None:
        actions.rename_chat(self.owner, self._chat(), f"Name {self.depth}")

    def _chat(self) -> Chat:
        return Chat.objects.get(pk=self.chat.pk)

    def _person(self) -> Any:
        return self.data.draw(st.sampled_from(self.people))

    def _some_message(self) -> Message:
        rows = list(Message.objects.in_chat(self.chat.pk).oldest_first())
        if not rows:
            raise Message.DoesNotExist
        return self.data.draw(st.sampled_from(rows))


class OwnKnownChats:
    """The known_chats of the process that runs."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.known_chats[self._world.process], name)


@contextmanager
def interleaved(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let others write before and crashes come around each insert, in a transaction or not."""

    def around(insert: Callable[..., Any]) -> Callable[..., Any]:
        def inserted(*args: Any) -> Any:
            world.meanwhile()
            result = insert(*args)
            world.may_crash()  # nobody is told
            return result

        return inserted

    def alone(chat_id: Any, new: sending.Send) -> sending.Outcome:
        return sending._store_group(chat_id, [new])[0]

    with monkeypatch.context() as patch:
        patch.setattr(sending, "known_chats", OwnKnownChats(world))
        patch.setattr(sending, "_store_together", alone)
        patch.setattr(MessageQuerySet, "insert", around(MessageQuerySet.insert))
        patch.setattr(Log, "insert", around(Log.insert))
        yield


@settings(
    max_examples=50,
    derandomize=True,
    phases=[Phase.generate],  # to shrink would take many minutes
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_the_log_is_dense_and_nobody_writes_after_their_removal(
    data: st.DataObject,
    ada: Any,
    grace: Any,
    alan: Any,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    settings.LIMIT_SENDS = settings.LIMIT_SENDS.__class__(100_000, 1)
    world = World(ada, [grace, alan], data)
    with interleaved(world, monkeypatch):
        for _ in range(data.draw(st.integers(3, 14))):
            world.step()
    rows = log.after(world.chat.pk, 0, 10_000)
    chat = log_chat(world.chat)
    assert list(violations_of(rows, chat)) == []
    check_senders(rows, {ada.pk, grace.pk, alan.pk}, world.silences)
    check_sends(world, rows)


def log_chat(chat: Chat) -> dict[str, Any]:
    found: dict[str, Any] = Chat.objects.collection().find_one({"_id": chat.pk.hex}) or {}
    return found


def check_senders(rows: list[dict[str, Any]], members: set[int], silences: dict[int, bool]) -> None:
    """Whoever wrote a row was a member then, and not silenced."""
    silenced: set[int] = set()
    for row in rows:
        writer = row.get("sender_id", row.get("by"))
        assert writer in members, row
        match row["kind"]:
            case "text" | Change.Kind.MESSAGE_EDITED:
                assert writer not in silenced, row
            case Change.Kind.MEMBER_ADDED:
                members.add(row["user_id"])
            case Change.Kind.MEMBER_REMOVED:
                members.discard(row["user_id"])
                silenced.discard(row["user_id"])
            case Change.Kind.PERMISSIONS_CHANGED:
                change = silenced.add if silences[row["rev"]] else silenced.discard
                change(row["user_id"])


def check_sends(world: World, rows: list[dict[str, Any]]) -> None:
    """What was acknowledged is stored, and every send at most once."""
    stored = {}
    for row in rows:
        if row["kind"] == "text":
            key = row["sender_id"], row["client_id"]
            assert key not in stored
            stored[key] = row
    for key, message in world.acknowledged.items():
        assert stored[key]["_id"] == message.pk.hex
        assert stored[key]["seq"] == message.seq
