"""Sends events to the groups of the channel layer.

Events are sent as plain JSON types, because the layer's msgpack takes no UUID or datetime. The
layer delivers at most once: receivers that need every change read those after a `rev` from MongoDB.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Iterable
from typing import Any

import redis
from channels.layers import get_channel_layer

from chatproject.sockets import channel_layer
from chatproject.stores.redis_client import Resting

from .types import Event

logger = logging.getLogger(__name__)


def chat_group(chat_id: uuid.UUID) -> str:
    """The group of the sockets of a chat."""
    return f"chat.{chat_id.hex}"


def user_group(user_id: int) -> str:
    """The group of the sockets of a person."""
    return f"user.{user_id}"


def broadcast(group: str, *events: Event) -> None:
    """Send events to a group, in this order, from sync code."""
    send_now(group, to_hubs(group, *events))


async def abroadcast(group: str, event: Event) -> None:
    """Send an event to a group, from async code."""
    await send(group, to_hubs(group, event))


def broadcast_to_users(user_ids: Iterable[int], event: Event) -> None:
    """Send an event to all sockets of each of these people."""
    for user_id in user_ids:
        broadcast(user_group(user_id), event)


def close_sockets(
    group: str,
    code: int,
    reason: str,
    *,
    sign_in: uuid.UUID | None = None,
    spared: uuid.UUID | None = None,
) -> None:
    """Close the sockets of a group in every process.

    Either all, only those of `sign_in`, or all except those of `spared`.
    """
    message = {"type": "hub.close", "group": group, "code": code, "reason": reason}
    which = {"sign_in": sign_in and sign_in.hex, "spared": spared and spared.hex}
    send_now(group, {**message, **which})


def look_at_blocks(group: str) -> None:
    """Have each process with sockets of a person read their blocks again; no socket is told."""
    send_now(group, {"type": "hub.blocks", "group": group})


async def send(group: str, message: dict[str, Any]) -> None:
    """Send to a group; if the layer is away or slow, this takes a second and logs a line."""
    try:
        async with asyncio.timeout(channel_layer.TIMEOUT):  # saves the task that `wait_for` creates
            await _layer().group_send(group, message)
    except Exception as error:
        _not_told(group, error)


def send_now(group: str, message: dict[str, Any]) -> None:
    """Like `send`, from sync code."""
    try:
        _layer().group_send_now(group, message)
    except Resting:
        pass  # the failure it rests from has been logged
    except redis.RedisError as error:
        _not_told(group, error)


def to_hubs(group: str, *events: Event) -> dict[str, Any]:
    """The message of the layer that brings events to the hubs of a group."""
    return {"type": "hub.events", "group": group, "events": [event.to_json() for event in events]}


def _layer() -> Any:
    return get_channel_layer()


def _not_told(group: str, error: Exception) -> None:
    logger.warning("Not told to %s: %s", group, str(error) or type(error).__name__)
