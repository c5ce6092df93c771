"""Several server processes behind a proxy, with a Valkey of their own that may be broken."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx2
import pymongo
from django.conf import settings
from django.db import connections

from chatproject.development.valkey import Valkey
from tests.proxy import Proxy
from tests.server_process import ServerProcess
from tests.waiting import wait_for_async

from .api import Person
from .client import Client
from .ledger import Ledger, last_revs, log_violations, stored_messages
from .wire import Http


class Cluster:
    """Server processes on the databases of the tests, behind one proxy; see `running`.

    `environment` goes to each process: `MONGODB_URI` names another MongoDB than that of the
    session (its databases have to be migrated, and `database` follows it).
    """

    def __init__(self, server: str, processes: int, environment: dict[str, str]) -> None:
        self.server = server
        self.pages: ServerProcess | None = None
        self.folder = Path(tempfile.mkdtemp(prefix="cluster-", dir=settings.VAR_DIR))
        self.valkey = Valkey(self.folder)
        self.environment = environment
        self.ledger = Ledger()
        self.processes: list[ServerProcess] = [None] * processes  # type: ignore[list-item]
        self.proxy = Proxy(self.ports)
        self.clients: list[Client] = []
        self.wire = Http()  # of all clients that have no URL of their own
        self.http = httpx2.AsyncClient(verify=False, timeout=15, limits=httpx2.Limits())

    @classmethod
    @asynccontextmanager
    async def running(
        cls, server: str, processes: int = 2, *, pages: str = "", **environment: str
    ) -> AsyncIterator[Cluster]:
        """So many processes of a server; one of `pages` answers the API instead, if given."""
        cluster = cls(server, processes, environment)
        try:
            await asyncio.to_thread(cluster.valkey.start)
            await asyncio.gather(*map(cluster.start_process, range(processes)))
            if pages:
                cluster.pages = await cluster.new_process(pages)
            async with cluster.proxy:
                yield cluster
                await cluster.close_clients()
        finally:
            cluster.wire.close()
            await cluster.http.aclose()
            for process in filter(None, [*cluster.processes, cluster.pages]):
                if process.is_running():
                    process.stop()
            cluster.resume_valkey()
            cluster.valkey.stop()

    # Processes

    def ports(self) -> list[int]:
        return [process.port for process in self.processes if process and process.is_running()]

    async def start_process(self, number: int, **environment: str) -> ServerProcess:
        """Start the process of this number (again), on a new port."""
        self.processes[number] = await self.new_process(self.server, **environment)
        return self.processes[number]

    async def add_process(self, **environment: str) -> ServerProcess:
        """Start one more process, with these variables."""
        self.processes.append(None)  # type: ignore[arg-type]
        return await self.start_process(len(self.processes) - 1, **environment)

    async def new_process(self, server: str, **environment: str) -> ServerProcess:
        own = {"REDIS_URL": self.valkey.url, **self.environment, **environment}
        process = ServerProcess(server, own)
        await asyncio.to_thread(process.wait_until_ready)
        return process

    def kill(self, number: int) -> None:
        """SIGKILL."""
        self.processes[number].kill()

    def output(self) -> str:
        return "\n".join(process.output() for process in self.processes)

    # Valkey

    def kill_valkey(self) -> None:
        """SIGKILL; what it knew is gone."""
        assert self.valkey.process
        self.valkey.process.kill()
        self.valkey.process.wait()

    async def start_valkey(self) -> None:
        """Start it again, empty, on the same port."""
        port = self.valkey.port
        await asyncio.to_thread(self.valkey.start)
        assert self.valkey.port == port

    def stop_valkey(self) -> None:
        """SIGSTOP: it takes connections and answers nothing."""
        assert self.valkey.process
        os.kill(self.valkey.process.pid, signal.SIGSTOP)

    def resume_valkey(self) -> None:
        if self.valkey.process and self.valkey.process.poll() is None:
            os.kill(self.valkey.process.pid, signal.SIGCONT)

    # MongoDB

    @cached_property
    def database(self) -> Any:
        """The processes' MongoDB database, for the check."""
        uri = self.environment.get("MONGODB_URI", settings.DATABASES["chat"]["HOST"])
        client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(uri)
        return client[connections["chat"].settings_dict["NAME"]]

    # Clients

    @property
    def api_url(self) -> str:
        return self.pages.url if self.pages else self.proxy.url

    async def create_group(self, *members: Person) -> str:
        """A new group of these people, made by the first of them; answers the chat's id."""
        ids = [person.user_id for person in members[1:]]
        answer = await self.http.post(
            f"{self.api_url}/api/v1/chats/group",
            json={"name": "Engines", "member_ids": ids},
            headers=members[0].headers,
        )
        assert answer.status_code == 201, answer.text
        chat_id = str(answer.json()["id"])
        self.ledger.joined(chat_id, *(person.user_id for person in members))
        return chat_id

    def open(
        self, person: Person, chat_id: str, *, url: str = "", socket: str = "", rev: int = 0
    ) -> Client:
        """A client of this person that is connecting; by a proxy of its own if `url` is given.

        `socket` is the URL for its socket alone.
        """
        client = Client(
            self.ledger,
            url or self.api_url,
            person,
            chat_id,
            rev=rev,
            http=None if url else self.wire,
            socket_url=socket or url or self.proxy.url,
        )
        self.clients.append(client)
        client.open()
        return client

    def clients_on(self, number: int) -> list[Client]:
        """The clients whose socket this process has, by the cluster's proxy."""
        port = self.processes[number].port
        there = {link.client_address() for link in self.proxy.links if link.port == port}
        return [
            client
            for client in self.clients
            if client.socket and client.socket.local_address[:2] in there
        ]

    async def all_ready(self, seconds: float, clients: Iterable[Client] | None = None) -> None:
        """Wait until every client is connected with nothing missing."""
        await asyncio.gather(*(client.ready(seconds) for client in clients or self.clients))

    async def everyone_has_all(self, seconds: float) -> float:
        """Wait until every client shows what was acknowledged until now; answers how long."""
        start = time.monotonic()
        promises = {
            chat_id: self.ledger.promises(chat_id, start)
            for chat_id in {client.chat_id for client in self.clients}
        }
        missing = [(client, promises[client.chat_id].copy()) for client in self.present()]

        def nothing_is_missing() -> bool:
            for client, promised in missing:
                for message_id, (rev, deleted) in tuple(promised.items()):
                    if not client.view.has(message_id, rev, deleted=deleted):
                        return False
                    del promised[message_id]
            return True

        await wait_for_async(nothing_is_missing, seconds, "for everyone to have everything")
        return time.monotonic() - start

    async def settle(self, seconds: float) -> None:
        """Wait until every outbox is empty and every client has all up to the last change."""
        deadline = time.monotonic() + seconds
        await asyncio.gather(*(client.sent(seconds) for client in self.present()))
        last = last_revs(self.database)
        await wait_for_async(
            lambda: all(
                client.cursor.rev >= last.get(client.chat_id, 0) for client in self.present()
            ),
            deadline - time.monotonic(),
            f"for everyone to be at {last}",
        )
        await self.everyone_has_all(deadline - time.monotonic())

    def present(self) -> list[Client]:
        """The clients that are in their chats."""
        return [c for c in self.clients if c.ended is None and c.view.closed is None]

    async def close_clients(self) -> None:
        await asyncio.gather(*(client.close() for client in self.clients))

    def check(self) -> None:
        """Hold the ledger to what is stored; call it once `settle` has come back."""
        self.ledger.check(stored_messages(self.database))
        assert log_violations(self.database) == []
