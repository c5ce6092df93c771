"""Typed events, and the connections of this process by chat."""

from collections import defaultdict
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import WebSocket
from pydantic import BaseModel


class TextMessageData(BaseModel):
    message_id: UUID
    content: str
    sender_id: int
    chat_id: UUID
    created_at: datetime


class TextMessage(BaseModel):
    type: Literal["text_message"] = "text_message"
    data: TextMessageData


class TypingData(BaseModel):
    user_id: int
    is_typing: bool


class TypingIndicator(BaseModel):
    type: Literal["typing_indicator"] = "typing_indicator"
    data: TypingData


class MemberData(BaseModel):
    user_id: int
    username: str | None = None


class Membership(BaseModel):
    type: Literal["user_joined", "user_left"]
    data: MemberData


class ErrorData(BaseModel):
    code: Literal["invalid_json", "validation_error", "server_error"]
    message: str


class Error(BaseModel):
    type: Literal["error"] = "error"
    data: ErrorData


class TypingIn(BaseModel):
    """With a `text`, what a message with it would tell: a send without its cost in MongoDB."""

    is_typing: bool = True
    text: str | None = None


class FrameIn(BaseModel):
    type: Literal["typing_indicator"]
    data: TypingIn


class ConnectionManager:
    """In the memory of one process, as the original has it."""

    def __init__(self) -> None:
        self.connections: dict[UUID, set[WebSocket]] = defaultdict(set)

    def add(self, chat_id: UUID, websocket: WebSocket) -> None:
        self.connections[chat_id].add(websocket)

    def remove(self, chat_id: UUID, websocket: WebSocket) -> None:
        self.connections[chat_id].discard(websocket)
        if not self.connections[chat_id]:
            del self.connections[chat_id]

    async def broadcast(self, chat_id: UUID, event: BaseModel) -> None:
        """Encode once, then write to one connection after the other."""
        text = event.model_dump_json()
        for websocket in list(self.connections.get(chat_id, ())):
            try:
                await websocket.send_text(text)
            except (RuntimeError, OSError):
                self.remove(chat_id, websocket)


def text_message(**data: Any) -> TextMessage:
    return TextMessage(data=TextMessageData(**data))
