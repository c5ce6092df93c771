"""Documents, with the indexes that the original's performance guide lists."""

import os
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from beanie import Document, init_beanie
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, IndexModel, WriteConcern


def now() -> datetime:
    return datetime.now(UTC)


class Dated(Document):
    id: UUID = Field(default_factory=uuid4)
    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)


class Chat(Dated):
    name: str
    is_group: bool = False
    owner_id: int
    member_ids: list[int] = Field(default_factory=list)

    class Settings:
        name = "chats"
        indexes = [
            IndexModel([("owner_id", ASCENDING)]),
            IndexModel([("member_ids", ASCENDING)]),
            IndexModel([("created_at", DESCENDING)]),
        ]


class Message(Dated):
    content: str
    is_read: bool = False
    sender_id: int
    chat_id: UUID

    class Settings:
        name = "messages"
        # `chat_id` alone is a prefix of the last.
        indexes = [
            IndexModel([("sender_id", ASCENDING)]),
            IndexModel([("chat_id", ASCENDING), ("created_at", DESCENDING)]),
        ]


class ChatPermissions(Document):
    id: UUID = Field(default_factory=uuid4)
    chat_id: UUID
    user_id: int
    can_send_messages: bool = True
    can_change_permissions: bool = False
    can_remove_members: bool = False
    can_delete_other_messages: bool = False

    class Settings:
        name = "chat_permissions"
        indexes = [
            IndexModel([("user_id", ASCENDING)]),
            IndexModel([("chat_id", ASCENDING), ("user_id", ASCENDING)]),
        ]


async def connect() -> AsyncMongoClient[Any]:
    """Acknowledged means: on disk at a majority of the members, as ours."""
    client: AsyncMongoClient[Any] = AsyncMongoClient(
        os.environ["MONGODB_URI"], uuidRepresentation="standard", tz_aware=True
    )
    database = client.get_database(
        os.environ["PEER_MONGODB_NAME"], write_concern=WriteConcern(w="majority", j=True)
    )
    await init_beanie(database=database, document_models=[Chat, Message, ChatPermissions])
    return client
