"""The way of events to the groups of the channel layer.

An event goes to a group as plain JSON types, because the layer's msgpack takes no UUID or datetime.
The layer delivers at most once: whoever needs every change reads what changed after a `rev` from
MongoDB.
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
    return f"chat.{chat_id.hex}"


def user_group(user_id: int) -> str:
    return f"user.{user_id}"


def broadcast(group: str, *events: Event) -> None:
    """Tell a group events in this order, from sync code."""
    send_now(group, _to_hubs(group, *events))


async def abroadcast(group: str, event: Event) -> None:
    """Tell a group an event, from async code."""
    await send(group, _to_hubs(group, event))


def broadcast_to_users(user_ids: Iterable[int], event: Event) -> None:
    """Tell the sockets of each of these people."""
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
    """Close all sockets of a group, those of one sign-in, or all but those, on every process."""
    message = {"type": "hub.close", "group": group, "code": code, "reason": reason}
    which = {"sign_in": sign_in and sign_in.hex, "spared": spared and spared.hex}
    send_now(group, {**message, **which})


async def send(group: str, message: dict[str, Any]) -> None:
    """Send to a group; a layer that is away or slow costs a second and a line in the log."""
    try:
        async with asyncio.timeout(channel_layer.TIMEOUT):  # a task less than `wait_for`
            await _layer().group_send(group, message)
    except Exception as error:
        _not_told(group, error)


def send_now(group: str, message: dict[str, Any]) -> None:
    """The same from sync code."""
    try:
        _layer().group_send_now(group, message)
    except Resting:
        pass  # what it rests from was logged
    except redis.RedisError as error:
        _not_told(group, error)


def _to_hubs(group: str, *events: Event) -> dict[str, Any]:
    return {"type": "hub.events", "group": group, "events": [event.to_json() for event in events]}


def _layer() -> Any:
    return get_channel_layer()


def _not_told(group: str, error: Exception) -> None:
    logger.warning("Not told to %s: %s", group, str(error) or type(error).__name__)
