"""A client of a chat that keeps to the rules of the browser (static/js/models)."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import orjson
import websockets
from websockets.asyncio.client import ClientConnection

from .api import Api, Person, backoff, is_retriable
from .cursor import Cursor
from .ledger import MESSAGES, Ledger
from .outbox import Outbox
from .wire import Http

FINAL = {4401, 4403, 4404}  # close codes after which there is nothing to come back to
GAP_PATIENCE = 3.0  # seconds for a missing change to arrive by itself


class Client:
    """One person's window of one chat: a socket that comes back, an outbox, and what is shown.

        client = Client(ledger, proxy.url, person, chat_id)
        client.open()                       # as a page that was just loaded: from `rev` on
        await client.ready(10)              # connected, and nothing is missing
        client_id = client.send("Hello")    # queued, and sent until it is acknowledged
        await client.edit(message_id, "Hello!")
        await client.close()

    Everything that arrives is entered in the ledger; what is shown now is `view.shown`.
    """

    def __init__(
        self,
        ledger: Ledger,
        url: str,
        person: Person,
        chat_id: str,
        *,
        rev: int = 0,
        http: Http | None = None,
        socket_url: str = "",
    ) -> None:
        self.ledger = ledger
        self.person = person
        self.chat_id = chat_id
        self.path = f"/api/v1/chats/{chat_id}"
        self.view = ledger.open_view(chat_id, person.user_id, from_rev=rev)
        self.cursor = Cursor(rev)
        self.api = Api(url, person, http)
        self.socket_url = (socket_url or url).replace("http", "ws", 1) + self.path
        self.outbox = Outbox(ledger, self.api, chat_id, self._show)
        self.markers: dict[int, int] = {}  # up to which `seq` each member has read
        self.close_codes: list[int] = []
        self.errors: list[dict[str, Any]] = []  # `error` events
        self.ended: int | None = None  # the close code after which it doesn't come back
        self.socket: ClientConnection | None = None
        self.is_ready = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._asking = asyncio.Lock()
        self._minds_gap = False

    # The connection

    def open(self) -> None:
        """Connect, and again whenever the connection breaks."""
        self._spawn(self._live())
        self._spawn(self.outbox.flush())

    async def close(self) -> None:
        """Leave for good; the outbox isn't sent any more."""
        if self.view.closed is None:
            self.view.left(self.cursor.rev)
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.api.close()

    def drop(self) -> None:
        """Lose the connection, as when a network goes."""
        if self.socket is not None:
            self.socket.transport.abort()

    async def ready(self, seconds: float) -> float:
        """Wait until it is connected with nothing missing; answers the seconds that it took."""
        start = time.monotonic()
        # Not by looking again and again: there may be thousands.
        with suppress(TimeoutError):
            await asyncio.wait_for(self.is_ready.wait(), seconds)
        assert self.is_ready.is_set(), f"{self.person.username} wasn't back after {seconds} s"
        return time.monotonic() - start

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _live(self) -> None:
        attempt = 0
        while self.ended is None:
            opened = await self._connect()
            self.is_ready.clear()
            if self.ended is None:
                attempt = 0 if opened else attempt + 1
                await asyncio.sleep(backoff(attempt))

    async def _connect(self) -> bool:
        """One connection from its handshake to its end; False if it didn't open."""
        opened = False
        try:
            async with websockets.connect(
                self.socket_url,
                additional_headers=self.person.headers,
                compression=None,
                max_size=2**22,
                ping_interval=None,  # as a browser: it sends none
                close_timeout=1,
                open_timeout=60,  # as patient as a browser
                proxy=None,
            ) as self.socket:
                opened = True
                self.view.connected()
                with suppress(websockets.ConnectionClosed):
                    while True:
                        await self._receive(orjson.loads(await self.socket.recv()))
                self._closed(self.socket.close_code or 1006)
        except (OSError, TimeoutError, EOFError, websockets.WebSocketException):
            pass
        finally:
            self.socket = None
        return opened

    def _closed(self, code: int) -> None:
        self.close_codes.append(code)
        if code in FINAL:
            self.ended = code

    async def frame(self, kind: str, **data: Any) -> None:
        """Send a frame to the socket, which must be open."""
        assert self.socket is not None
        await self.socket.send(orjson.dumps({"type": kind, "data": data}).decode())

    async def _receive(self, frame: dict[str, Any]) -> None:
        kind, data = frame["type"], frame["data"]
        self.view.received(kind, data)
        if kind in MESSAGES:
            self._show({**data, "id": data["message_id"]})
        elif kind == "welcome":
            self._welcome(data["last_rev"])
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

    def _welcome(self, last_rev: int) -> None:
        if last_rev > self.cursor.rev:
            self._spawn(self._catch_up())
        else:
            self.is_ready.set()

    def _note(self, rev: int) -> None:
        self.cursor.note(rev)
        if self.cursor.has_gap and not self._minds_gap:
            self._minds_gap = True
            self._spawn(self._mind_gap())

    async def _mind_gap(self) -> None:
        await asyncio.sleep(GAP_PATIENCE)
        self._minds_gap = False
        if self.cursor.has_gap:
            await self._catch_up()

    async def _catch_up(self) -> None:
        """Ask for what changed since the last change that is here, until there is an answer."""
        if self._asking.locked():
            return
        async with self._asking:
            attempt = 0
            while self.socket is not None:
                path = f"{self.path}/messages?changed_after={self.cursor.rev}"
                answer = await self.api.ask("GET", path)
                if answer is not None and not is_retriable(answer):
                    changes = answer.json() if answer.is_success else {}
                    if changes:
                        await self._take_changes(changes)
                    if not changes.get("next"):
                        return
                    continue
                await asyncio.sleep(backoff(attempt))
                attempt += 1

    async def _take_changes(self, changes: dict[str, Any]) -> None:
        if changes["too_far_behind"]:
            await self._reload()
        else:
            self._take(changes["results"])
            self.cursor.move_to(changes["last_rev"])
            self._read(changes["read_markers"])
        if self.socket is not None:
            self.is_ready.set()

    async def _reload(self) -> None:
        """Load the page again, and all of the history, as scrolling up does."""
        after, page = 0, None
        while page is None or page["results"]:
            path = f"{self.path}/messages?ordering=created_at&limit=100&after={after}"
            page = (await self.api.insist("GET", path)).json()
            self._take(page["results"])
            after = page["results"][-1]["seq"] if page["results"] else after
        self.cursor.move_to(page["chat"]["last_rev"])

    def _take(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            self.view.caught_up(message)
            self._show(message)

    def _show(self, message: dict[str, Any]) -> None:
        """Show a message as it is now; an older state changes nothing (message_log.js)."""
        known = self.view.shown.get(message["id"])
        if known is None or known["rev"] < message["rev"]:
            self.view.shows(message, is_new=known is None)
        if message.get("client_id") and message["sender_id"] == self.person.user_id:
            self.outbox.confirm(message["client_id"])
        self._note(message["rev"])

    def _read(self, markers: dict[Any, int]) -> None:
        for user_id, seq in markers.items():
            self.markers[int(user_id)] = max(self.markers.get(int(user_id), 0), seq)

    # What the person does

    def send(self, content: str, client_id: str | None = None) -> str:
        """Put a message into the outbox; answers its `client_id`."""
        client_id = client_id or str(uuid.uuid4())
        self.outbox.add(client_id, content)
        return client_id

    async def sent(self, seconds: float) -> None:
        """Wait until the outbox has been empty; it may be filled again by now."""
        try:
            await asyncio.wait_for(self.outbox.is_empty.wait(), seconds)
        except TimeoutError:
            waiting = f"{len(self.outbox)} messages to send after {seconds} s"
            raise AssertionError(f"{self.person.username} had {waiting}") from None

    async def read(self, message_id: str) -> None:
        """Tell the chat that everything up to this message is read, if there is a connection."""
        with suppress(websockets.ConnectionClosed):
            await self.frame("message_read", message_id=message_id)

    async def edit(self, message_id: str, content: str) -> bool:
        """Edit until it is done or refused; False if it was refused."""
        path = f"{self.path}/messages/{message_id}"
        answer = await self.api.insist("PATCH", path, json={"content": content})
        if answer.is_success:
            self.ledger.edited(self.chat_id, answer.json(), content)
        return answer.is_success

    async def delete(self, message_id: str) -> bool:
        """Delete until it is done or refused; False if it was refused."""
        answer = await self.api.insist("DELETE", f"{self.path}/messages/{message_id}")
        if answer.is_success:
            self.ledger.deleted(self.chat_id, message_id)
        return answer.is_success
