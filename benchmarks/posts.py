"""Sends messages to rooms, and proves that what was acknowledged is stored once and in order."""

import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson

from . import data
from .documents import WORDS, Plan
from .http_load import load, post
from .http_servers import PEER
from .load import Load
from .meter import Server


class Posts:
    """The requests of one contender, and what was answered to them; every answer is checked."""

    def __init__(self, contender: str, *rooms: Plan) -> None:
        self.contender = contender
        self.rooms = rooms
        self.run = uuid.uuid4().hex[:8]
        self.burst = 0
        self.token = data.token(data.SENDER)
        self.acknowledged: Counter[str] = Counter()

    def content(self, number: int) -> str:
        return f"{self.run} {self.burst} {number}: {WORDS}"

    def request(self, number: int) -> bytes:
        """To each room in turn, as a client of each design sends it: ours marks it, to be able to
        repeat it.
        """
        room = self.rooms[number % len(self.rooms)]
        body = {"content": self.content(number)}
        if self.contender != PEER.name:
            body["client_id"] = str(uuid.uuid4())
        return post(f"/api/v1/chats/{room.id}/messages", self.token, orjson.dumps(body))

    def check(self, number: int, body: bytes) -> None:
        answer = orjson.loads(body)
        if (answer["content"], answer["sender_id"]) != (self.content(number), data.SENDER):
            raise AssertionError("the answer is not the message that was sent")
        self.acknowledged[answer["content"]] += 1

    def load(self, server: Server, *, connections: int, seconds: float, rate: float = 0.0) -> Load:
        """Send for some seconds."""
        self.burst += 1
        return load(
            *(server, self.request, self.check),
            connections=connections,
            seconds=seconds,
            status=201,
            checked=1,
            rate=rate,
        )

    def verify(self, stores: Mapping[str, str]) -> None:
        """Each acknowledged message is stored exactly once, ours with dense numbers."""
        with data.client(stores) as mongo:
            rows = [row for room in self.rooms for row in self._stored(mongo, room)]
        stored = Counter(row["content"] for row in rows if row["content"].startswith(self.run))
        if stored != self.acknowledged:
            raise AssertionError(f"{self.contender}: stored is not what was acknowledged")

    def _stored(self, mongo: Any, room: Plan) -> list[dict[str, Any]]:
        if self.contender == PEER.name:
            return list(mongo.bench_peer.messages.find({"chat_id": room.id}))
        own = {"chat_id": room.id.hex, "seq": {"$gt": 0}}
        rows = list(mongo.bench.chats_message.find(own).sort("seq", 1))
        if [row["seq"] for row in rows] != list(range(1, len(rows) + 1)):
            raise AssertionError("the numbers of the messages are not dense")
        return rows
