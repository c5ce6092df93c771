"""The rules that a ledger is held to; each yields its violations in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ledger import Ledger, View

Stored = list[dict[str, Any]]

# Seconds between the server's write of an event and the moment at which the test notes it.
IN_FLIGHT = 0.25
SETTLING = 5.0  # seconds in which what was acknowledged must have reached a client that leaves


def violations(ledger: Ledger, stored: Stored) -> list[str]:
    found = [
        *acknowledged_is_stored_once(ledger, stored),
        *numbers_are_unique(stored),
        *changes_are_stored(ledger, stored),
    ]
    by_chat = defaultdict(list)
    for message in stored:
        by_chat[message["chat_id"]].append(message)
    acknowledged = {
        send.answers[0][1]: send.acknowledged_at for send in ledger.sends.values() if send.answers
    }
    for view in ledger.views:
        found += [
            *nobody_else_receives(ledger, view),
            *received_once(view),
            *received_in_order(acknowledged, view),
        ]
        if _stays(ledger, view):
            found += shown_as_stored(ledger, view, by_chat[view.chat_id])
    return found


def acknowledged_is_stored_once(ledger: Ledger, stored: Stored) -> Iterator[str]:
    """Every acknowledged `client_id` is stored exactly once, as every answer said."""
    by_client_id = defaultdict(list)
    for message in stored:
        key = (message["chat_id"], message["sender_id"], message["client_id"])
        by_client_id[key].append(message)
    for send in ledger.sends.values():
        copies = by_client_id[send.chat_id, send.sender_id, send.client_id]
        if len(copies) > 1:
            seqs = [message["seq"] for message in copies]
            yield f"doubled: {send.client_id} is stored {len(copies)} times, as {seqs}"
        if send.answers and not copies:
            yield f"lost: {send.client_id} was acknowledged and isn't stored"
        for _, message_id, seq, _, status in send.answers:
            if copies and (message_id, seq) != (copies[0]["id"], copies[0]["seq"]):
                said, is_now = (message_id, seq), (copies[0]["id"], copies[0]["seq"])
                yield f"answered {said} ({status}) for {send.client_id}, stored as {is_now}"
        unchanged = [copy for copy in copies[:1] if not (copy["edited_at"] or copy["deleted_at"])]
        if unchanged and unchanged[0]["content"] != send.content:
            yield f"changed: {send.client_id} is stored as {unchanged[0]['content']!r}"


def numbers_are_unique(stored: Stored) -> Iterator[str]:
    """No two messages of a chat have the same `seq` or `rev`."""
    for name in ("seq", "rev"):
        taken: dict[tuple[str, int], str] = {}
        for message in stored:
            other = taken.setdefault((message["chat_id"], message[name]), message["id"])
            if other != message["id"]:
                yield f"{name} {message[name]} belongs to {other} and to {message['id']}"


def changes_are_stored(ledger: Ledger, stored: Stored) -> Iterator[str]:
    """Every acknowledged edit and deletion is stored, or a later change is."""
    by_id = {message["id"]: message for message in stored}
    for change in ledger.changes:
        message = by_id.get(change.message_id)
        if change.deletes:
            if message is None or not message["deleted_at"]:
                yield f"deletion lost: {change.message_id} is not deleted"
        elif message is None or message["rev"] < change.rev:
            yield f"edit lost: {change.message_id} was edited by change {change.rev}"
        elif message["rev"] == change.rev and message["content"] != change.content:
            yield f"edit lost: {message['id']} has {message['content']!r}, not {change.content!r}"


def nobody_else_receives(ledger: Ledger, view: View) -> Iterator[str]:
    """Nothing of another chat, and nothing from after one's membership."""
    last = max(ledger.stays.get((view.chat_id, view.user_id), [0]))
    who = f"user {view.user_id} in {view.chat_id}"
    for receipt in view.receipts:
        if receipt.chat_id != view.chat_id:
            yield f"leaked: {who} received {receipt.message_id} of {receipt.chat_id}"
        elif receipt.rev > last:
            yield f"leaked: {who} received change {receipt.rev}, entitled up to {last}"
    for rev in view.chat_revs:
        if rev > last:
            yield f"leaked: {who} received change {rev} of the chat, entitled up to {last}"


def received_once(view: View) -> Iterator[str]:
    """No socket brings the same change of a message twice, and no message is shown twice."""
    seen = set()
    for receipt in view.receipts:
        key = (receipt.connection, receipt.message_id, receipt.rev)
        if receipt.connection and key in seen:
            yield (
                f"received twice: change {receipt.rev} of {receipt.message_id} by user "
                f"{view.user_id} on connection {receipt.connection}"
            )
        seen.add(key)
    for message_id in view.doubled:
        yield f"shown twice: {message_id} by user {view.user_id}"


def received_in_order(acknowledged: dict[str, float], view: View) -> Iterator[str]:
    """On a socket, what was acknowledged before a later message arrived comes before it.

    What the API answers at a reconnect may cross what the new socket brings: clients place both by
    `seq`. A write that was still under way then may come late (docs/decisions/0006-hub.md).
    """
    # By connection: `seq` and `rev`, and when it came.
    highest: dict[int, tuple[int, int, float]] = {}
    for receipt in view.receipts:
        if not receipt.connection or not receipt.is_new:
            continue
        seq, rev, arrived = highest.get(receipt.connection, (0, 0, 0.0))
        if receipt.seq > seq:
            highest[receipt.connection] = (receipt.seq, receipt.rev, receipt.at)
        elif receipt.rev > rev:
            # The retry of a send that had taken its number, and failed: stored after the other.
            continue
        elif acknowledged.get(receipt.message_id, float("inf")) < arrived - IN_FLIGHT:
            yield (
                f"out of order: user {view.user_id} received {receipt.seq} after {seq}, though "
                f"it was acknowledged {arrived - acknowledged[receipt.message_id]:.2f} s earlier"
            )


def shown_as_stored(ledger: Ledger, view: View, stored: Stored) -> Iterator[str]:
    """A client ends with every message of its time, as it is stored now."""
    who = f"user {view.user_id}"
    if view.closed:
        yield from _had_all_when_it_left(ledger, view)
        return
    for message in stored:
        if message["rev"] <= view.from_rev:
            continue
        shown = view.shown.get(message["id"])
        if shown is None:
            yield f"missing: {who} never received {message['seq']} ({message['client_id']})"
        elif shown["rev"] != message["rev"]:
            yield f"stale: {who} shows {message['seq']} as of {shown['rev']}, not {message['rev']}"
        elif shown["seq"] != message["seq"]:
            yield f"misplaced: {who} shows {message['seq']} as {shown['seq']}"
        elif bool(shown["deleted_at"]) != bool(message["deleted_at"]):
            yield f"not applied: {who} shows {message['seq']}, whose deletion is stored"
        elif not message["deleted_at"] and shown["content"] != message["content"]:
            yield f"not applied: {who} shows another content of {message['seq']} than is stored"
    for message_id in view.shown.keys() - {message["id"] for message in stored}:
        yield f"invented: {who} shows {message_id}, which isn't stored"


def _had_all_when_it_left(ledger: Ledger, view: View) -> Iterator[str]:
    assert view.closed is not None
    moment, last = view.closed
    for send in ledger.sends.values():
        if send.chat_id != view.chat_id or send.acknowledged_at > moment - SETTLING:
            continue
        _, message_id, seq, rev, _ = send.answers[0]
        if view.from_rev < rev <= last and message_id not in view.shown:
            yield f"missing: user {view.user_id}, who left at {last}, never received {seq}"


def _stays(ledger: Ledger, view: View) -> bool:
    """Whether the person is a member to the end."""
    return max(ledger.stays.get((view.chat_id, view.user_id), [0])) == float("inf")
