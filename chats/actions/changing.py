"""How anything but a new message changes: a row of the log and its effect, in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextvars import Context
from typing import Any, TypeVar

import pymongo
from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError, PyMongoError
from pymongo.read_concern import ReadConcern

from chatproject.stores.mongodb.documents import Document, now_or_after
from chatproject.stores.retries import Retries
from chats.models import Change, Chat, ChatPermissions, Head, log
from chats.permissions import Permissions, permissions_by

from .rules import require_permission

T = TypeVar("T")

ABORT_TIMEOUT = 0.5  # seconds


class Transaction:
    """A transaction that takes the next numbers of a chat's log.

    Begin with `add`: from then on nothing else is written to this log until the end; or, for what
    is kept beside the log, with `hold`.
    """

    def __init__(self, chat_id: uuid.UUID, session: ClientSession) -> None:
        self.chat_id = chat_id
        self.session = session
        self.head = log.head(chat_id, session)

    def add(self, kind: Change.Kind, by: int, *about: dict[str, Any]) -> int:
        """Add a row for each of `about`, which are fields of `Change`; returns the last `rev`."""
        moment = now_or_after(self.head.at)
        rows = [
            Change(
                chat_id=self.chat_id,
                rev=rev,
                after_seq=self.head.seq,
                kind=kind.value,
                by=by,
                created_at=moment,
                **fields,
            )
            for rev, fields in enumerate(about, self.head.rev + 1)
        ]
        log.insert(rows, self.session)
        self.head = Head(rows[-1].rev, self.head.seq, moment)
        return self.head.rev

    def chat(self, **conditions: Any) -> Chat:
        """The chat if it meets these conditions; else raises `DoesNotExist`."""
        query = {"_id": self.chat_id.hex, **conditions}
        return _existing(Chat.objects.collection().find_one(query, session=self.session))

    def hold(self, **conditions: Any) -> Chat:
        """Let nobody else change the chat until the end, for what is kept beside its log.

        Raises `DoesNotExist` unless the chat meets these conditions.
        """
        return self.change_chat({}, **conditions)

    def require(self, user_id: int, permission: str) -> Permissions:
        """What a member may do, if they have this permission (a property of `Permissions`) now.

        Else raises `Refused`, or `Chat.DoesNotExist` for no member. It is asked again here, because
        it may have ended since the request was let in.
        """
        [allowed] = self.permissions(user_id)
        require_permission(allowed, permission)
        return allowed

    def permissions(self, *user_ids: int) -> list[Permissions]:
        """What each of these members may do now; raises `Chat.DoesNotExist` if one is no member."""
        chat = self.chat(member_ids={"$all": user_ids})
        found = ChatPermissions.objects.collection().find(
            {"chat_id": self.chat_id.hex, "user_id": {"$in": user_ids}}, session=self.session
        )
        rows = {row["user_id"]: row for row in found}
        return [permissions_by(rows.get(pk, {}), chat, pk, chat.silenced_ids) for pk in user_ids]

    def change_chat(self, update: dict[str, Any], **conditions: Any) -> Chat:
        """Update the chat if it meets these conditions; else raises `DoesNotExist`."""
        numbers = {"last_rev": self.head.rev, "last_seq": self.head.seq}
        found = Chat.objects.collection().find_one_and_update(
            {"_id": self.chat_id.hex, **conditions},
            {
                **update,
                "$max": {**numbers, **update.get("$max", {})},
                "$currentDate": {"updated_at": True},
            },
            return_document=ReturnDocument.AFTER,
            session=self.session,
        )
        return _existing(found)


def _existing(found: Document | None) -> Chat:
    if found is None:
        raise Chat.DoesNotExist
    chat: Chat = Chat.objects.from_document(found)
    return chat


def in_transaction(work: Callable[[ClientSession], T]) -> T:
    """Do all of `work` or, if it raises, nothing; again from the start if others were faster.

    When it returns, a majority holds what was read and written.
    """
    retries = Retries()
    failure: Exception | None
    with Chat.objects.collection().database.client.start_session() as session:
        while True:
            try:
                session.start_transaction(read_concern=ReadConcern("snapshot"))
                result = work(session)
                _commit(session)
                return result
            except DuplicateKeyError as error:
                failure = error
            except PyMongoError as error:
                if not error.has_error_label("TransientTransactionError"):
                    raise
                failure = error
            finally:
                if session.in_transaction:
                    # Also after the deadline, so in a context without one: until the transaction
                    # ends, nobody else can write to this log.
                    Context().run(_abort, session)
            retries.wait(failure)


def _abort(session: ClientSession) -> None:
    """Abort; MongoDB does so at once, but then waits for a majority, which may be away."""
    with pymongo.timeout(ABORT_TIMEOUT):
        session.abort_transaction()


def change(chat_id: uuid.UUID, work: Callable[[Transaction], T]) -> T:
    """Change a chat by a transaction, which `work` begins with `add` or `hold`."""
    return in_transaction(lambda session: work(Transaction(chat_id, session)))


def _commit(session: ClientSession) -> None:
    """Commit; again while the outcome is unknown, which MongoDB does once."""
    retries = Retries()
    while True:
        try:
            return session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label("UnknownTransactionCommitResult"):
                raise
            failure = error
        retries.wait(failure)
