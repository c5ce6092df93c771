"""How a message with files is sent: in one transaction with taking its files.

So two messages never have one file, and a message that is refused has taken none. A message
without files is one insert (`sending.py`).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.conf import settings
from pymongo.errors import DuplicateKeyError

from chatproject.stores.mongodb.documents import Document
from chats.errors import Invalid, Refused
from chats.models import Attachment, Chat, Head, Message, MessageRow
from chats.models.attachment import shown
from chats.models.message import refused_by
from users.models import User

from . import mentions
from .changing import Transaction, change
from .sending import Send, announce, names_of, number, stored, why_silent

FIELD = "attachment_ids"


class Repeated(Exception):
    """There is a message of the sender with this `client_id`."""


def valid_attachment_ids(ids: Sequence[uuid.UUID]) -> None:
    """Raise `Invalid` for more than `ATTACHMENTS_PER_MESSAGE` files, and for one that is twice."""
    most = settings.ATTACHMENTS_PER_MESSAGE
    if len(ids) > most:
        raise Invalid(FIELD, f"At most {most} files a message; these are {len(ids)}.")
    if len(set(ids)) < len(ids):
        raise Invalid(FIELD, "A file is in it twice.")


def send_with_files(
    message: Message,
    sender: User,
    replied: MessageRow | None,
    ids: Sequence[uuid.UUID],
    mentioned: mentions.Mentions,
) -> tuple[Message, bool]:
    """Store and announce a message with files; as `sending.send`, also in what it raises.

    Raises `Invalid` for a file that isn't the sender's, isn't of this chat, or was sent.
    """
    new = Send(message, sender, replied, names_of(sender, replied, mentioned), mentioned)

    def work(transaction: Transaction) -> Chat:
        return _store(transaction, new, ids)

    try:
        chat = change(message.chat_id, work)
    except Repeated:
        earlier = stored(message)
        Chat.objects.hint(message.chat_id, earlier.rev, earlier.seq, earlier.created_at)
        return earlier, False
    head = Head(message.rev, message.seq, message.created_at)
    announce(message.chat_id, head, [new], frozenset(map(int, chat.floors)))
    return message, True


def _store(transaction: Transaction, new: Send, ids: Sequence[uuid.UUID]) -> Chat:
    message, sender = new.message, new.sender
    chat = transaction.chat(member_ids=sender.pk)
    _refuse_repeated(transaction, message)
    if sender.pk in chat.silenced_ids:
        raise Refused(why_silent(chat, sender))
    number(message, transaction.head, 1)
    mentions.mention(message, new.mentions, sender, frozenset(chat.member_ids))
    about = (message.pk, message.seq)
    rows = Attachment.objects.claim(ids, chat.pk, sender.pk, about, transaction.session)
    _require_all(ids, rows)
    message.attachments = [shown(row) for row in rows]
    try:
        Message.objects.collection().insert_one(
            Message.objects.document(message), session=transaction.session
        )
    except DuplicateKeyError as error:
        if refused_by(error.details) == "client_id":
            raise Repeated from error
        raise
    return chat


def _refuse_repeated(transaction: Transaction, message: Message) -> None:
    """Its files are taken then, by the message that is stored."""
    if message.client_id is None:
        return
    key = {
        "chat_id": message.chat_id.hex,
        "sender_id": message.sender_id,
        "client_id": message.client_id,
    }
    rows = Message.objects.collection()
    if rows.find_one(key, {"_id": 1}, session=transaction.session):
        raise Repeated


def _require_all(ids: Sequence[uuid.UUID], rows: Sequence[Document]) -> None:
    known = {row["_id"] for row in rows}
    missing = [str(one) for one in ids if one.hex not in known]
    if missing:
        raise Invalid(FIELD, f"You have no such file here that isn't sent: {', '.join(missing)}.")
