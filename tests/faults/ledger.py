"""What clients did and saw, kept to be compared with what is stored.

    ledger = Ledger()
    ledger.joined(chat_id, user_id)          # who is entitled, until `left(chat_id, user_id, rev)`
    ...                                      # clients enter what they do and see
    ledger.check(stored_messages(database))  # AssertionError names the first violations

The rules are in `rules.py`.
"""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pymongo.read_concern import ReadConcern

from . import rules

MESSAGES = {"text_message", "message_edited", "message_updated", "message_deleted"}
SHOWN = 5  # violations that an error names


@dataclass
class Send:
    """A message that a client wants stored, and every answer that said it is."""

    chat_id: str
    sender_id: int
    client_id: str
    content: str
    attempted_at: float
    answers: list[tuple[float, str, int, int, int]] = field(default_factory=list)
    """(moment, message id, seq, rev, HTTP status)"""
    refused: int | None = None  # by this HTTP status

    @property
    def acknowledged_at(self) -> float:
        """The moment of the first answer; infinite without one."""
        return self.answers[0][0] if self.answers else float("inf")


@dataclass(slots=True, frozen=True)
class Change:
    """An acknowledged edit, or deletion (which has no content)."""

    at: float
    chat_id: str
    message_id: str
    rev: int  # 0: not told
    content: str

    @property
    def deletes(self) -> bool:
        return not self.content


@dataclass(slots=True, frozen=True)
class Receipt:
    """A state of a message that reached a client."""

    at: float
    connection: int  # number of the socket; 0: by the API
    message_id: str
    chat_id: str
    seq: int
    rev: int
    is_new: bool  # neither edited nor deleted


@dataclass
class View:
    """What one client saw of one chat, over all of its connections."""

    chat_id: str
    user_id: int
    from_rev: int  # it began with all changes up to this one
    connections: int = 0
    receipts: list[Receipt] = field(default_factory=list)
    chat_revs: list[int] = field(default_factory=list)  # of events about the chat itself
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)  # messages that were shown as new twice
    closed: tuple[float, int] | None = None  # when, and with all up to which `rev`

    def connected(self) -> None:
        self.connections += 1

    def left(self, rev: int) -> None:
        """The client closes for good, having seen everything up to `rev`."""
        self.closed = (time.monotonic(), rev)

    def received(self, kind: str, data: dict[str, Any]) -> None:
        """A frame of the socket."""
        if kind in MESSAGES:
            self._note(self.connections, {**data, "id": data["message_id"]})
        elif data.get("rev"):
            self.chat_revs.append(data["rev"])

    def caught_up(self, message: dict[str, Any]) -> None:
        """A message of an answer of the API."""
        self._note(0, message)

    def shows(self, message: dict[str, Any], *, is_new: bool) -> None:
        """The client shows this state now."""
        message_id = message["id"]
        if is_new and message_id in self.shown:
            self.doubled.append(message_id)
        self.shown[message_id] = {
            name: message.get(name) for name in ("seq", "rev", "content", "deleted_at", "sender_id")
        }

    def has(self, message_id: str, rev: int, *, deleted: bool) -> bool:
        """Whether it shows this state of a message, or a later one."""
        shown = self.shown.get(message_id)
        if shown is None or shown["rev"] < rev:
            return rev <= self.from_rev and shown is None
        return bool(shown["deleted_at"]) or not deleted

    def _note(self, connection: int, message: dict[str, Any]) -> None:
        is_new = not (message.get("edited_at") or message.get("deleted_at"))
        self.receipts.append(
            Receipt(
                time.monotonic(),
                connection,
                message["id"],
                message["chat_id"],
                message["seq"],
                message["rev"],
                is_new,
            )
        )


class Ledger:
    """Everything that was attempted, acknowledged and received, of any number of chats."""

    def __init__(self) -> None:
        self.sends: dict[str, Send] = {}  # by `client_id`
        self.changes: list[Change] = []
        self.views: list[View] = []
        self.stays: dict[tuple[str, int], list[float]] = defaultdict(list)  # last `rev` of each

    # Who is entitled

    def joined(self, chat_id: str, *user_ids: int) -> None:
        """These people are members now (again)."""
        for user_id in user_ids:
            self.stays[chat_id, user_id].append(float("inf"))

    def left(self, chat_id: str, user_id: int, rev: int) -> None:
        """A member left, or was removed, by the change `rev`."""
        self.stays[chat_id, user_id][-1] = rev

    # What clients do and see

    def open_view(self, chat_id: str, user_id: int, *, from_rev: int = 0) -> View:
        view = View(chat_id, user_id, from_rev)
        self.views.append(view)
        return view

    def attempted(self, chat_id: str, sender_id: int, client_id: str, content: str) -> None:
        send = Send(chat_id, sender_id, client_id, content, time.monotonic())
        self.sends.setdefault(client_id, send)

    def acknowledged(self, client_id: str, message: dict[str, Any], status: int) -> None:
        """The API answered that the message is stored."""
        answer = (time.monotonic(), message["id"], message["seq"], message["rev"], status)
        self.sends[client_id].answers.append(answer)

    def refused(self, client_id: str, status: int) -> None:
        self.sends[client_id].refused = status

    def edited(self, chat_id: str, message: dict[str, Any], content: str) -> None:
        """The API answered an edit; a later change may have won already."""
        rev = message["rev"] if message["content"] == content else 0
        self.changes.append(Change(time.monotonic(), chat_id, message["id"], rev, content))

    def deleted(self, chat_id: str, message_id: str) -> None:
        """The API answered a deletion."""
        self.changes.append(Change(time.monotonic(), chat_id, message_id, 0, ""))

    # What came of it

    @property
    def acknowledged_sends(self) -> list[Send]:
        return [send for send in self.sends.values() if send.answers]

    def promises(self, chat_id: str, before: float = float("inf")) -> dict[str, tuple[int, bool]]:
        """What was acknowledged before this moment: the `rev` and whether deleted, by message."""
        found = {
            message_id: (rev, False)
            for send in self.sends.values()
            if send.chat_id == chat_id and send.acknowledged_at < before
            for _, message_id, _, rev, _ in send.answers[:1]
        }
        for change in self.changes:
            if change.chat_id == chat_id and change.at < before:
                rev, deleted = found.get(change.message_id, (0, False))
                found[change.message_id] = (max(rev, change.rev), deleted or change.deletes)
        return found

    def latencies(self, since: float = 0) -> list[float]:
        """Seconds from each attempt after this moment to each arrival by a socket, in order."""
        attempts = {
            send.answers[0][1]: send.attempted_at
            for send in self.acknowledged_sends
            if send.attempted_at > since
        }
        return sorted(
            receipt.at - attempts[receipt.message_id]
            for view in self.views
            for receipt in view.receipts
            if receipt.connection and receipt.is_new and receipt.message_id in attempts
        )

    def violations(self, stored: Iterable[dict[str, Any]]) -> list[str]:
        """Every rule that is broken, in words; `stored` as `stored_messages` gives them."""
        return rules.violations(self, list(stored))

    def check(self, stored: Iterable[dict[str, Any]]) -> None:
        found = self.violations(stored)
        more = f"\nand {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        assert not found, "\n".join(found[:SHOWN]) + more


def log_rows(database: Any, chat_id: str | None = None) -> list[dict[str, Any]]:
    """The rows of the logs in MongoDB (of one chat), read from a majority, in order."""
    rows = database.get_collection("chats_message", read_concern=ReadConcern("majority"))
    chosen = {} if chat_id is None else {"chat_id": uuid.UUID(chat_id).hex}
    return list(rows.find(chosen).sort([("chat_id", 1), ("rev", 1)]))


def stored_messages(database: Any, chat_id: str | None = None) -> list[dict[str, Any]]:
    """The messages in MongoDB (of one chat), with ids and `rev` as the API has them."""
    return [
        {
            **row,
            "id": str(uuid.UUID(row["_id"])),
            "chat_id": str(uuid.UUID(row["chat_id"])),
            "rev": row["changed_rev"] or row["rev"],
        }
        for row in log_rows(database, chat_id)
        if "seq" in row
    ]


def last_revs(database: Any) -> dict[str, int]:
    """The last `rev` of each chat that has one."""
    return {str(uuid.UUID(row["chat_id"])): row["rev"] for row in log_rows(database)}


def log_violations(database: Any) -> list[str]:
    """What is wrong with the logs: numbers that aren't dense, changes without their effect."""
    logs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in log_rows(database):
        logs[row["chat_id"]].append(row)
    chats = {chat["_id"]: chat for chat in database.chats_chat.find()}
    return [
        f"{chat_id}: {violation}"
        for chat_id, rows in logs.items()
        if chat_id in chats  # else it was deleted
        for violation in violations_of(rows, chats[chat_id])
    ]


def violations_of(rows: list[dict[str, Any]], chat: dict[str, Any]) -> Iterator[str]:
    if [row["rev"] for row in rows] != list(range(1, len(rows) + 1)):
        yield f"rev has holes: {[row['rev'] for row in rows]}"
    seq, changed = 0, {}
    for row in rows:
        if "seq" in row:
            seq += 1
        elif row["message_id"]:
            changed[row["message_id"]] = row["rev"]
        if row.get("seq", row.get("after_seq")) != seq:
            yield f"row {row['rev']} has seq {row.get('seq', row.get('after_seq'))}, not {seq}"
    for row in rows:
        if "seq" in row and row["changed_rev"] != changed.get(row["_id"]):
            yield f"message {row['_id']} doesn't have its change {changed.get(row['_id'])}"
    of_members = [row for row in rows if row["kind"] in ("member_added", "member_removed")]
    for user_id, kind in {row["user_id"]: row["kind"] for row in of_members}.items():
        if (kind == "member_added") != (user_id in chat["member_ids"]):
            yield f"user {user_id} is not what the last change says: {kind}"
    if (chat["last_rev"], chat["last_seq"]) > (len(rows), seq):
        yield f"the chat's hints {chat['last_rev']}, {chat['last_seq']} are ahead of the log"
