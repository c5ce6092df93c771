"""Chats and messages in the stored form of our models, and in that of the original's design."""

import asyncio
import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pymongo
from pymongo import IndexModel

Document = dict[str, Any]
Mongo = pymongo.MongoClient[Document]

BATCH = 5_000  # documents
LATEST = datetime(2026, 11, 1, tzinfo=UTC)  # when the last message of the first chat was sent
WORDS = "the history of a long chat is read a page at a time and nobody waits for what they skip "


@dataclass(frozen=True)
class Plan:
    """A chat that is to be made: messages 1 to `size`, a second apart, from its members in turn."""

    id: uuid.UUID
    number: int
    size: int
    member_ids: tuple[int, ...]
    is_group: bool = True

    @property
    def name(self) -> str:
        return f"Chat {self.number}" if self.is_group else ""

    def sender_id(self, seq: int) -> int:
        return self.member_ids[seq % len(self.member_ids)]

    def content(self, seq: int) -> str:
        """About 100 characters."""
        return f"{seq} of {self.number}: {WORDS}"

    def created_at(self, seq: int) -> datetime:
        return LATEST - timedelta(seconds=60 * self.number + self.size - seq)

    def message_id(self, seq: int) -> str:
        """A UUID of version 7, in hexadecimal, of the time of the message."""
        time = int(self.created_at(seq).timestamp() * 1000)
        return f"{time:012x}7{seq & 0xFFF:03x}8{self.number:07x}{seq:08x}"

    def read_to(self, user_id: int) -> int:
        """How far a member has read."""
        return max(self.size - user_id % 7, 0)


class Form:
    """One form of the data, in a database of its own."""

    name: str
    messages_name: str

    def __init__(self, mongo: Mongo) -> None:
        self.database = mongo.get_database(self.name, write_concern=pymongo.WriteConcern(w=1))

    def wants(self, plan: Plan) -> bool:
        return True

    def rows(self, plan: Plan) -> Iterator[tuple[str, Document]]:
        """What a chat consists of: each document with the name of its collection."""
        raise NotImplementedError

    def remove(self, plan: Plan) -> None:
        raise NotImplementedError

    def load(self, chats: Iterable[Plan]) -> None:
        """Store these chats; quickly, by many documents at once."""
        waiting: dict[str, list[Document]] = {}
        for plan in chats:
            for name, row in self.rows(plan) if self.wants(plan) else ():
                batch = waiting.setdefault(name, [])
                batch.append(row)
                if len(batch) == BATCH:
                    self.database[name].insert_many(waiting.pop(name), ordered=False)
        for name, batch in waiting.items():
            self.database[name].insert_many(batch, ordered=False)

    def take_indexes(self) -> list[IndexModel]:
        """Drop the indexes that the form's own code has made of the messages; answers them."""
        messages = self.database[self.messages_name]
        indexes = messages.index_information()
        messages.drop_indexes()
        return [_index(name, index) for name, index in indexes.items() if name != "_id_"]

    def put_indexes(self, indexes: list[IndexModel]) -> None:
        self.database[self.messages_name].create_indexes(indexes)


class Ours(Form):
    """The collections of `chats.models`."""

    name = "bench"

    def __init__(self, mongo: Mongo) -> None:
        from chats.models import Chat, ChatPermissions, Message, ReadMarker

        self.models = {"chat": Chat, "message": Message, "marker": ReadMarker}
        self.owned = [m._meta.db_table for m in (Message, ChatPermissions, ReadMarker)]
        self.messages_name = Message._meta.db_table
        super().__init__(mongo)

    def rows(self, plan: Plan) -> Iterator[tuple[str, Document]]:
        yield self._row("chat", self._chat(plan))
        for user_id in plan.member_ids:
            marker = {"chat_id": plan.id, "user_id": user_id, "seq": plan.read_to(user_id)}
            yield self._row("marker", marker)
        for message in self._messages(plan):
            yield self.messages_name, message

    def _row(self, kind: str, values: Document) -> tuple[str, Document]:
        model = self.models[kind]
        return model._meta.db_table, stored(model, values)

    def _chat(self, plan: Plan) -> Document:
        return {
            "id": plan.id,
            "name": plan.name,
            "is_group": plan.is_group,
            "owner_id": plan.member_ids[0],
            "member_ids": list(plan.member_ids),
            "last_seq": plan.size,
            "last_rev": plan.size,
            "last_message_at": plan.created_at(plan.size),
            "last_message_id": uuid.UUID(plan.message_id(plan.size)),
            "created_at": plan.created_at(0),
            "updated_at": plan.created_at(plan.size),
        }

    def _messages(self, plan: Plan) -> Iterator[Document]:
        from chats.models.message import rendered

        values = {"chat_id": plan.id, "seq": 1, "rev": 1, **rendered(plan.content(1))}
        shape = stored(self.models["message"], values)  # the texts have nothing to mark up
        for seq in range(1, plan.size + 1):
            row, key, moment = dict(shape), plan.message_id(seq), plan.created_at(seq)
            row["_id"] = key
            row["seq"] = row["rev"] = seq
            row["sender_id"] = plan.sender_id(seq)
            row["content"] = plan.content(seq)
            row["client_id"] = str(uuid.UUID(key[::-1]))
            row["created_at"] = row["updated_at"] = moment
            yield row

    def remove(self, plan: Plan) -> None:
        for table in self.owned:
            self.database[table].delete_many({"chat_id": plan.id.hex})
        self.database[self.models["chat"]._meta.db_table].delete_one({"_id": plan.id.hex})


class Peers(Form):
    """The collections of the original's design."""

    name = "bench_peer"
    messages_name = "messages"
    MOST = 500_000  # messages of a chat that it gets: a longer one would show nothing new

    def wants(self, plan: Plan) -> bool:
        return plan.size <= self.MOST

    def rows(self, plan: Plan) -> Iterator[tuple[str, Document]]:
        yield "chats", self._chat(plan)
        for user_id in plan.member_ids:
            yield "chat_permissions", self._permissions(plan, user_id)
        for seq in range(1, plan.size + 1):
            yield self.messages_name, self._message(plan, seq)

    def _chat(self, plan: Plan) -> Document:
        return {
            "_id": plan.id,
            "created_at": plan.created_at(0),
            "updated_at": plan.created_at(plan.size),
            "name": plan.name,
            "is_group": plan.is_group,
            "owner_id": plan.member_ids[0],
            "member_ids": list(plan.member_ids),
        }

    def _permissions(self, plan: Plan, user_id: int) -> Document:
        return {
            "_id": uuid.uuid5(plan.id, str(user_id)),
            "chat_id": plan.id,
            "user_id": user_id,
            "can_send_messages": True,
            "can_change_permissions": False,
            "can_remove_members": False,
            "can_delete_other_messages": False,
        }

    def _message(self, plan: Plan, seq: int) -> Document:
        moment = plan.created_at(seq)
        return {
            "_id": uuid.UUID(plan.message_id(seq)),
            "created_at": moment,
            "updated_at": moment,
            "content": plan.content(seq),
            "is_read": False,
            "sender_id": plan.sender_id(seq),
            "chat_id": plan.id,
        }

    def remove(self, plan: Plan) -> None:
        self.database.messages.delete_many({"chat_id": plan.id})
        self.database.chat_permissions.delete_many({"chat_id": plan.id})
        self.database.chats.delete_one({"_id": plan.id})

    def take_indexes(self) -> list[IndexModel]:
        from .peers.fastapi_beanie.models import connect

        asyncio.run(connect())
        return super().take_indexes()


def stored(model: Any, values: Mapping[str, Any]) -> Document:
    """The document that the ORM would write; values of fields that there aren't are left out."""
    from django.db import connections

    fields = model._meta.concrete_fields
    known = {field.attname: field for field in fields}
    instance = model(**{name: value for name, value in values.items() if name in known})
    return {
        field.column: field.get_db_prep_save(getattr(instance, field.attname), connections["chat"])
        for field in fields
        if getattr(instance, field.attname) is not None or not field.primary_key
    }


def form() -> str:
    """Changes with our models or the texts: the data of another form is of no use."""
    from django.apps import apps

    from chats.models import Chat, Message, ReadMarker

    models: list[Any] = [Chat, Message, ReadMarker, *apps.get_app_config("users").get_models()]
    columns = [[f.column for f in m._meta.concrete_fields] for m in models]
    indexes = [index.deconstruct() for m in (Chat, Message) for index in m._meta.indexes]
    return hashlib.sha256(repr((columns, indexes, WORDS)).encode()).hexdigest()[:12]


def _index(name: str, index: Mapping[str, Any]) -> IndexModel:
    options = {key: value for key, value in index.items() if key not in {"v", "ns", "key"}}
    return IndexModel(index["key"], name=name, **options)
