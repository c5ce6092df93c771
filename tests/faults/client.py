"""A client of a chat that keeps to the rules of the browser (static/js/models)."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import websockets
from websockets.asyncio.client import ClientConnection

from tests.waiting import wait_for_async

from .ledger import Ledger

FINAL = {4401, 4403, 4404}  # close codes after which there is nothing to come back to
GAP_PATIENCE = 3.0  # seconds for a missing change to arrive by itself
MARGIN = 20  # changes that may have been under way when a connection broke (docs/events.md)
TIMEOUT = 15.0  # seconds for an answer of the API


def backoff(attempt: int) -> float:
    """Seconds before try number `attempt` (from 0): doubling, with jitter, as backoff.js."""
    most = min(0.5 * 2**attempt, 30)
    return most / 2 + most / 2 * random.random()


@dataclass(frozen=True)
class Person:
    """Somebody with an account and an access token."""

    user_id: int
    username: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Cursor:
    """Up to which change (`rev`) of a chat a client has everything (cursor.js)."""

    def __init__(self, rev: int) -> None:
        self.rev = rev
        self._seen: set[int] = set()

    @property
    def has_gap(self) -> bool:
        return bool(self._seen)

    def note(self, rev: int) -> None:
        if rev > self.rev:
            self._seen.add(rev)
        self._advance()

    def move_to(self, rev: int) -> None:
        self.rev = max(self.rev, rev)
        self._seen = {each for each in self._seen if each > self.rev}
        self._advance()

    def _advance(self) -> None:
        while self.rev + 1 in self._seen:
            self.rev += 1
            self._seen.discard(self.rev)


class Client:
    """One person's window of one chat: a socket that comes back, an outbox, and what is shown.

        client = Client(ledger, proxy.url, person, chat_id)
        client.open()                       # as a page that was just loaded: from `rev` on
        await client.ready(10)              # connected, and nothing is missing
        client_id = client.send("Hello")    # queued, and sent until it is acknowledged
        await client.edit(message_id, "Hello!")
        await client.close()

    `shown` is the chat as this client shows it, by message id. Everything that arrives is entered
    in the ledger.
    """

    def __init__(
        self,
        ledger: Ledger,
        url: str,
        person: Person,
        chat_id: str,
        *,
        rev: int = 0,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.ledger = ledger
        self.person = person
        self.chat_id = chat_id
        self.path = f"/api/v1/chats/{chat_id}"
        self.url = url
        self.cursor = Cursor(rev)
        self.shown: dict[str, dict[str, Any]] = {}
        self.markers: dict[int, int] = {}
        self.connections = 0  # so far
        self.close_codes: list[int] = []
        self.statuses: list[int] = []  # of every answer to a send
        self.errors: list[dict[str, Any]] = []  # `error` events
        self.ended: int | None = None  # the close code after which it doesn't come back
        self.socket: ClientConnection | None = None
        self.is_ready = asyncio.Event()
        self.outbox: dict[str, dict[str, Any]] = {}
        self.view = ledger.open_view(chat_id, person.user_id, from_rev=rev)
        self._http = http or httpx.AsyncClient(verify=False, timeout=TIMEOUT)
        self._owns_http = http is None
        self._tasks: list[asyncio.Task[None]] = []
        self._queued = asyncio.Event()
        self._asking = asyncio.Lock()
        self._gap_timer: asyncio.Task[None] | None = None

    # The connection

    def open(self) -> None:
        """Connect, and again whenever the connection breaks."""
        self._tasks = [asyncio.create_task(self._live()), asyncio.create_task(self._flush())]

    async def close(self) -> None:
        """Leave for good; the outbox isn't sent any more."""
        for task in (*self._tasks, *([self._gap_timer] if self._gap_timer else [])):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._owns_http:
            await self._http.aclose()

    async def ready(self, seconds: float) -> float:
        """Wait until it is connected with nothing missing; answers the seconds that it took."""
        start = time.monotonic()
        async with asyncio.timeout(seconds):
            await self.is_ready.wait()
        return time.monotonic() - start

    async def _live(self) -> None:
        attempt = 0
        while self.ended is None:
            opened = await self._connect()
            self.is_ready.clear()
            self.view.disconnected()
            if self.ended is None:
                attempt = 0 if opened else attempt + 1
                await asyncio.sleep(backoff(attempt))

    async def _connect(self) -> bool:
        """One connection from its handshake to its end; False if it didn't open."""
        url = self.url.replace("http", "ws", 1) + self.path
        try:
            connection = websockets.connect(
                url,
                additional_headers=self.person.headers,
                compression=None,
                max_size=2**22,
                ping_interval=None,  # as a browser: it sends none
                close_timeout=1,
                proxy=None,
            )
            async with connection as self.socket:
                self.connections += 1
                self.view.connected()
                with suppress(websockets.ConnectionClosed):
                    while True:
                        await self._receive(orjson.loads(await self.socket.recv()))
                self._closed(self.socket.close_code)
                return True
        except (OSError, TimeoutError, EOFError, websockets.WebSocketException):
            return False
        finally:
            self.socket = None

    def _closed(self, code: int | None) -> None:
        self.close_codes.append(code or 1006)
        if code in FINAL:
            self.ended = code

    async def frame(self, kind: str, **data: Any) -> None:
        """Send a frame to the socket, which must be open."""
        assert self.socket is not None
        await self.socket.send(orjson.dumps({"type": kind, "data": data}).decode())

    async def _receive(self, frame: dict[str, Any]) -> None:
        kind, data = frame["type"], frame["data"]
        self.view.received(kind, data)
        if kind == "welcome":
            if data["last_rev"] > self.cursor.rev or self.connections > 1:
                self._tasks.append(asyncio.create_task(self._catch_up()))
            else:
                self.is_ready.set()
        elif kind in ("text_message", "message_edited", "message_deleted"):
            self._show({**data, "id": data["message_id"]})
        elif kind == "chat_state":
            self._read(data["read_markers"])
        elif kind == "message_read":
            self._read({data["user_id"]: data["seq"]})
        elif kind == "resync":
            await self._reload()
        elif kind == "error":
            self.errors.append(data)
        if data.get("rev"):
            self._note(data["rev"])

    # What was missed

    def _note(self, rev: int) -> None:
        self.cursor.note(rev)
        if self.cursor.has_gap and (self._gap_timer is None or self._gap_timer.done()):
            self._gap_timer = asyncio.create_task(self._mind_gap())

    async def _mind_gap(self) -> None:
        await asyncio.sleep(GAP_PATIENCE)
        if self.cursor.has_gap:
            await self._catch_up()

    async def _catch_up(self) -> None:
        """Ask for what changed since the last change that is here, until there is an answer."""
        if self._asking.locked():
            return
        async with self._asking:
            attempt = 0
            while self.socket is not None:
                after = max(self.cursor.rev - MARGIN, 0)
                answer = await self._ask("GET", f"/messages?changed_after={after}")
                if answer is None or answer.status_code >= 500 or answer.status_code == 429:
                    await asyncio.sleep(backoff(attempt))
                    attempt += 1
                    continue
                if answer.status_code == 200:
                    await self._take_changes(answer.json())
                return

    async def _take_changes(self, changes: dict[str, Any]) -> None:
        if changes["too_far_behind"]:
            await self._reload()
        else:
            for message in changes["results"]:
                self.view.caught_up(message)
                self._show(message)
            self.cursor.move_to(changes["last_rev"])
            self._read(changes["read_markers"])
        if self.socket is not None:
            self.is_ready.set()

    async def _reload(self) -> None:
        """Load the page again: all of the history, by pages, as scrolling up does."""
        after = 0
        while True:
            path = f"/messages?ordering=created_at&limit=100&after={after}"
            answer = await self._ask("GET", path)
            if answer is None or answer.status_code != 200:
                await asyncio.sleep(backoff(0))
                continue
            page = answer.json()
            if not page["results"]:
                break
            for message in page["results"]:
                self.view.caught_up(message)
                self._show(message)
            after = page["results"][-1]["seq"]
        self.cursor.move_to(page["chat"]["last_rev"])

    def _show(self, message: dict[str, Any]) -> None:
        """Show a message as it is now; an older state changes nothing (message_log.js)."""
        known = self.shown.get(message["id"])
        if known is None or known["rev"] < message["rev"]:
            self.shown[message["id"]] = message
            self.view.shows(message, is_new=known is None)
        if message.get("client_id") and message["sender_id"] == self.person.user_id:
            self.outbox.pop(message["client_id"], None)
        self._note(message["rev"])

    def _read(self, markers: dict[Any, int]) -> None:
        for user_id, seq in markers.items():
            self.markers[int(user_id)] = max(self.markers.get(int(user_id), 0), seq)

    # Sending

    def send(self, content: str, client_id: str | None = None) -> str:
        """Put a message into the outbox; answers its `client_id`."""
        client_id = client_id or str(uuid.uuid4())
        self.outbox[client_id] = {"content": content, "client_id": client_id}
        self.ledger.attempted(self.chat_id, self.person.user_id, client_id, content)
        self._queued.set()
        return client_id

    async def sent(self, seconds: float) -> None:
        """Wait until the outbox is empty."""
        await wait_for_async(lambda: not self.outbox, seconds, "for an outbox")

    async def _flush(self) -> None:
        """One after the other, so that the order is kept; each until it is stored or refused."""
        attempt = 0
        while True:
            await self._queued.wait()
            entry = next(iter(self.outbox.values()), None)
            if entry is None:
                self._queued.clear()
                continue
            if await self._post(entry):
                attempt = 0
            else:
                await asyncio.sleep(backoff(attempt))
                attempt += 1

    async def _post(self, entry: dict[str, Any]) -> bool:
        answer = await self._ask("POST", "/messages", json=entry)
        if answer is None:
            return False
        self.statuses.append(answer.status_code)
        if answer.status_code in (200, 201):
            message = answer.json()
            self.ledger.acknowledged(entry["client_id"], message, answer.status_code)
            self._show(message)
        elif answer.status_code >= 500 or answer.status_code in (408, 429):
            return False
        else:
            self.ledger.refused(entry["client_id"], answer.status_code)
        self.outbox.pop(entry["client_id"], None)
        return True

    async def edit(self, message_id: str, content: str) -> bool:
        """Edit until it is done or refused; False if it was refused."""
        answer = await self._insist("PATCH", f"/messages/{message_id}", json={"content": content})
        if answer.status_code == 200:
            self.ledger.edited(answer.json(), content)
        return answer.status_code == 200

    async def delete(self, message_id: str) -> bool:
        """Delete until it is done or refused; False if it was refused."""
        answer = await self._insist("DELETE", f"/messages/{message_id}")
        if answer.status_code == 204:
            self.ledger.deleted(message_id)
        return answer.status_code == 204

    async def _insist(self, method: str, path: str, **options: Any) -> httpx.Response:
        attempt = 0
        while True:
            answer = await self._ask(method, path, **options)
            if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                return answer
            await asyncio.sleep(backoff(attempt))
            attempt += 1

    async def _ask(self, method: str, path: str, **options: Any) -> httpx.Response | None:
        """The answer of the API; None if there is none."""
        try:
            return await self._http.request(
                method, self.url + self.path + path, headers=self.person.headers, **options
            )
        except (httpx.HTTPError, OSError):
            return None
