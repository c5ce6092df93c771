"""Every kind of write, tried while MongoDB has no majority, and again when it is back."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass
from typing import Any

import httpx2
import websockets

from tests.waiting import wait_for_async

from .api import Person
from .client import Client
from .cluster import Cluster

ANSWERED = 10.0  # seconds within which a request is answered, on a busy machine
TRIES = 2  # at least; the second meets what the first may have left


@dataclass(frozen=True)
class Write:
    """A request that changes something, and what it is answered when it is done."""

    method: str
    path: str
    json: dict[str, Any] | None
    done: set[int]


class Outage:
    """The writes of one member of a chat (its owner), by the API.

    outage = await Outage.prepare(cluster, crowd)
    ...                                # the majority goes
    await outage.try_until(moment)     # AssertionError unless each is answered 503, in time
    ...                                # it comes back
    await outage.resolve(30)           # each is done now, once
    """

    content = "written without a majority"

    def __init__(self, cluster: Cluster, person: Person, chat_id: str) -> None:
        self.cluster = cluster
        self.person = person
        self.chat_id = chat_id
        self.client_id = str(uuid.uuid4())
        self.path = f"/api/v1/chats/{chat_id}"
        self.waits: list[float] = []  # seconds until each refusal
        cluster.ledger.attempted(chat_id, person.user_id, self.client_id, self.content)

    @classmethod
    async def prepare(cls, cluster: Cluster, crowd: list[Person]) -> Outage:
        """Send messages to be edited, deleted and read; the last of the crowd is a stranger yet.

        In another group, whose owner does this too, somebody is to be removed.
        """
        outage = cls(cluster, crowd[0], cluster.clients[0].chat_id)
        client, other = cluster.clients[:2]
        outage.edited = await outage.sent(client, "to be edited")
        outage.deleted = await outage.sent(client, "to be deleted")
        outage.unread = await outage.sent(other, "to be read")
        outage.newcomer = crowd[-1].user_id
        outage.leaver, outage.helper = (person.user_id for person in crowd[1:3])
        group = {"name": "Spindles", "member_ids": [outage.leaver, outage.helper]}
        answer, _ = await outage.ask("POST", "/api/v1/chats/group", group)
        outage.other_path = f"/api/v1/chats/{answer.json()['id']}"
        return outage

    edited: str  # ids
    deleted: str
    unread: str
    newcomer: int
    leaver: int
    helper: int
    other_path: str

    async def sent(self, client: Client, content: str) -> str:
        """The id of a message that a client sends."""
        send = self.cluster.ledger.sends[client.send(content)]
        await wait_for_async(lambda: send.answers, what="for a message")
        return send.answers[0][1]

    @property
    def writes(self) -> list[Write]:
        messages, message = f"{self.path}/messages", f"{self.path}/messages/{self.edited}"
        send = {"content": self.content, "client_id": self.client_id}
        flags = {"can_remove_members": True}
        return [
            Write("POST", messages, send, {200, 201}),
            Write("PATCH", message, {"content": "edited meanwhile"}, {200}),
            Write("DELETE", f"{messages}/{self.deleted}", None, {204}),
            Write("POST", f"{messages}/{self.unread}/read", None, {204}),
            Write("PATCH", self.path, {"name": "Looms"}, {200}),
            Write("POST", f"{self.path}/members", {"user_ids": [self.newcomer]}, {201}),
            Write("PATCH", f"{self.other_path}/members/{self.helper}/permissions", flags, {200}),
            # 404: the first try got through, and was kept.
            Write("DELETE", f"{self.other_path}/members/{self.leaver}", None, {204, 404}),
            Write("POST", f"/api/v1/chats/private/{self.newcomer}", None, {200, 201}),
        ]

    async def ask(self, method: str, path: str, json: Any = None) -> tuple[httpx2.Response, float]:
        """The answer, and the seconds that it took."""
        start = time.monotonic()
        answer = await self.cluster.http.request(
            method, self.cluster.api_url + path, json=json, headers=self.person.headers
        )
        return answer, time.monotonic() - start

    async def try_until(self, moment: float) -> None:
        """Try each write, and reading, again and again until then; nothing may be acknowledged."""
        tries = [self._try(write, moment) for write in self.writes]
        await asyncio.gather(*tries, self._read(moment), self._send_frame(), self._connect(moment))

    async def _try(self, write: Write, moment: float) -> None:
        tries = 0
        while tries < TRIES or time.monotonic() < moment:
            answer, seconds = await self.ask(write.method, write.path, write.json)
            said = f"{write.method} {write.path}: {answer.status_code} after {seconds:.1f} s"
            assert answer.status_code == 503, said
            assert int(answer.headers["Retry-After"]) > 0
            assert seconds < ANSWERED, said
            self.waits.append(seconds)
            tries += 1
            await asyncio.sleep(0.2)

    async def _read(self, moment: float) -> None:
        """Reading works while there is a primary, and is refused like writing otherwise."""
        while time.monotonic() < moment:
            answer, seconds = await self.ask("GET", f"{self.path}/messages")
            assert answer.status_code in (200, 503), answer.text
            assert seconds < ANSWERED
            await asyncio.sleep(0.2)

    async def _send_frame(self) -> None:
        """A mark needs a primary alone: it is told, or answered by an `error`; nobody is cut.

        The person hasn't sent anything since, which would have moved the marker already, and what
        is marked here is later than what `writes` mark.
        """
        client = self.cluster.clients[0]
        user_id = client.person.user_id
        marked = client.markers.get(user_id, 0)
        newest = next(
            message_id
            for message_id, message in reversed(client.view.shown.items())
            if message["sender_id"] != user_id
        )
        await client.frame("message_read", message_id=newest)
        await wait_for_async(
            lambda: client.errors or client.markers.get(user_id, 0) > marked,
            ANSWERED,
            "for the mark or an error event",
        )
        for error in client.errors:
            assert error["code"] == "unavailable"
            assert error["retry_after"] > 0

    async def _connect(self, moment: float) -> None:
        """A new socket is let in while there is a primary, and put off while there is none."""
        url, refusals = self.cluster.proxy.websocket_url + self.path, set[int]()
        while time.monotonic() < moment:
            try:
                options: Any = {"additional_headers": self.person.headers, "proxy": None}
                async with websockets.connect(url, open_timeout=ANSWERED, **options):
                    pass
            except websockets.InvalidStatus as refusal:
                refusals.add(refusal.response.status_code)
            except (websockets.InvalidMessage, EOFError):
                pass  # Daphne cuts a handshake after five seconds
            await asyncio.sleep(1)
        assert refusals <= {503, 403}  # Daphne knows no other than 403

    async def resolve(self, seconds: float) -> None:
        """Try each again until it is done, and enter it in the ledger."""
        async with asyncio.timeout(seconds):
            answers = await asyncio.gather(*(self._insist(write) for write in self.writes))
        sent, edited = answers[0].json(), answers[1].json()
        ledger = self.cluster.ledger
        ledger.acknowledged(self.client_id, sent, answers[0].status_code)
        ledger.edited(self.chat_id, edited, "edited meanwhile")
        ledger.deleted(self.chat_id, self.deleted)
        ledger.joined(self.chat_id, self.newcomer)
        chats = self.cluster.database.chats_chat
        assert chats.count_documents({"is_group": False}) == 1
        (group,) = chats.find({"_id": uuid.UUID(self.chat_id).hex})
        assert group["name"] == "Looms"
        assert group["member_ids"].count(self.newcomer) == 1
        (other,) = chats.find({"name": "Spindles"})
        assert other["member_ids"] == [self.person.user_id, self.helper]
        rows = self.cluster.database.chats_chatpermissions
        (row,) = rows.find({"chat_id": other["_id"], "gone": None})
        assert (row["user_id"], row["can_remove_members"]) == (self.helper, True)

    async def _insist(self, write: Write) -> httpx2.Response:
        while True:
            answer, _ = await self.ask(write.method, write.path, write.json)
            if answer.status_code != 503:
                assert answer.status_code in write.done, f"{write}: {answer.text}"
                return answer
            await asyncio.sleep(0.2)
