"""The API of the original's design: history, send, and the sockets of a chat."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID, uuid4

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query, WebSocket, WebSocketDisconnect
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field, ValidationError

from ..collector import tune
from .models import Chat, ChatPermissions, Message, connect, now
from .sockets import (
    ConnectionManager,
    Error,
    ErrorData,
    FrameIn,
    MemberData,
    Membership,
    TypingData,
    TypingIndicator,
    text_message,
)

SECRET_KEY = os.environ["SECRET_KEY"]
bearer = HTTPBearer()
manager = ConnectionManager()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    client = await connect()
    tune()
    yield
    await client.close()


app = FastAPI(lifespan=lifespan)


class History(BaseModel):
    """Documents go out as they are: Pydantic writes them as JSON without checking them again."""

    chat: Chat
    messages: list[Message]


class NewMessage(BaseModel):
    content: str = Field(min_length=1, max_length=10_000)


def user_id_of(token: str) -> int:
    """The user that a token names; nothing is read for it."""
    return int(jwt.decode(token, SECRET_KEY, ["HS256"])["sub"])


async def current_user_id(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)],
) -> int:
    try:
        return user_id_of(credentials.credentials)
    except (jwt.InvalidTokenError, ValueError):
        raise HTTPException(401, "Invalid token") from None


UserId = Annotated[int, Depends(current_user_id)]


async def chat_of_member(chat_id: UUID, user_id: int) -> Chat | None:
    return await Chat.find_one({"_id": chat_id, "member_ids": user_id})


async def current_chat(chat_id: UUID, user_id: UserId) -> Chat:
    chat = await chat_of_member(chat_id, user_id)
    if chat is None:
        raise HTTPException(404, "Chat not found")
    return chat


MemberChat = Annotated[Chat, Depends(current_chat)]


@app.get("/api/v1/chats/{chat_id}/messages", response_model_by_alias=False)
async def history(
    chat: MemberChat,
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> History:
    found = Message.find({"chat_id": chat.id}).sort("-created_at").skip(skip).limit(limit)
    return History.model_construct(chat=chat, messages=await found.to_list())


@app.post("/api/v1/chats/{chat_id}/messages", status_code=201, response_model_by_alias=False)
async def send(chat: MemberChat, user_id: UserId, new: NewMessage) -> Message:
    allowed = await ChatPermissions.find_one({"chat_id": chat.id, "user_id": user_id})
    if allowed is None or not allowed.can_send_messages:
        raise HTTPException(403, "You may not send messages in this chat")
    message = Message(content=new.content, sender_id=user_id, chat_id=chat.id)
    await message.insert()
    event = text_message(
        message_id=message.id,
        content=message.content,
        sender_id=user_id,
        chat_id=chat.id,
        created_at=message.created_at,
    )
    await manager.broadcast(chat.id, event)
    return message


@app.websocket("/api/v1/chats/{chat_id}")
async def socket(websocket: WebSocket, chat_id: UUID) -> None:
    scheme, _, token = websocket.headers.get("authorization", "").partition(" ")
    try:
        user_id = user_id_of(token) if scheme.lower() == "bearer" else 0
    except (jwt.InvalidTokenError, ValueError):
        user_id = 0
    if not user_id or await chat_of_member(chat_id, user_id) is None:
        await websocket.close(1008)
        return
    await websocket.accept()
    manager.add(chat_id, websocket)
    person = MemberData(user_id=user_id)
    await manager.broadcast(chat_id, Membership(type="user_joined", data=person))
    try:
        while True:
            await answer(websocket, chat_id, user_id, await websocket.receive_text())
    except WebSocketDisconnect:
        manager.remove(chat_id, websocket)
        await manager.broadcast(chat_id, Membership(type="user_left", data=person))


async def answer(websocket: WebSocket, chat_id: UUID, user_id: int, text: str) -> None:
    """Broadcast what a frame tells; its sender alone hears of a wrong one."""
    try:
        frame = FrameIn.model_validate_json(text)
    except ValidationError as error:
        problem = ErrorData(code="validation_error", message=str(error))
        await websocket.send_text(Error(data=problem).model_dump_json())
        return
    if frame.data.text is None:
        typing = TypingData(user_id=user_id, is_typing=frame.data.is_typing)
        await manager.broadcast(chat_id, TypingIndicator(data=typing))
        return
    event = text_message(
        message_id=uuid4(),
        content=frame.data.text,
        sender_id=user_id,
        chat_id=chat_id,
        created_at=now(),
    )
    await manager.broadcast(chat_id, event)
