"""A member who floods: memory stays, and the others are served."""

import asyncio
import json
import socket
import statistics
import threading
import time
from itertools import chain

import httpx2
import pytest
from websockets.asyncio.client import connect

from tests.server_process import ServerProcess

from . import figures
from .attacker import (
    BINARY,
    CONTINUATION,
    FINAL,
    PING,
    TEXT,
    Attacker,
    frame,
    repeated,
    resident,
)

pytestmark = pytest.mark.django_db(transaction=True)

MIB = 1024 * 1024
TYPING = b'{"type":"typing_indicator","data":{"is_typing":true}}'
READ = b'{"type":"message_read","data":{"message_id":"00000000-0000-4000-8000-000000000000"}}'
BEGUN = frame(TEXT, b"x")
# What is sent, and whether the answers are read.
FLOODS = {
    "fragments of a byte": (lambda: chain([BEGUN], repeated(frame(CONTINUATION, b"x"))), True),
    "empty fragments": (lambda: chain([BEGUN], repeated(frame(CONTINUATION))), True),
    "a message without end": (
        lambda: chain([BEGUN], repeated(frame(CONTINUATION, b"x" * 60_000))),
        True,
    ),
    "a frame without end": (
        lambda: chain([frame(TEXT, claimed=2**40)], repeated(b"x" * 60_000)),
        True,
    ),
    "messages of a megabyte": (
        lambda: repeated(frame(FINAL | BINARY, b"x" * (MIB - 100))),
        False,
    ),
    "pings": (lambda: repeated(frame(FINAL | PING, b"x" * 125)), True),
    "pings without reading": (lambda: repeated(frame(FINAL | PING, b"x" * 125)), False),
    "frames that are refused": (lambda: repeated(frame(FINAL | TEXT, b"{")), True),
    "frames that are refused, without reading": (
        lambda: repeated(frame(FINAL | TEXT, b"{")),
        False,
    ),
    "good frames": (lambda: repeated(frame(FINAL | TEXT, TYPING)), True),
    "frames that ask MongoDB": (lambda: repeated(frame(FINAL | TEXT, READ)), False),
}
LEAST = 3  # messages of a bystander; some floods are ended at once
HALF_OPEN = 200  # connections that never end their handshake


class Watch:
    """The most memory that a process has had, looked at all the time."""

    def __init__(self, pid):
        self.pid = pid
        self.start = self.most = resident(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self):
        while not self._ended.wait(0.01):
            self.most = max(self.most, resident(self.pid))

    def growth(self):
        """Bytes beyond the start."""
        self._ended.set()
        self._thread.join()
        return max(self.most, resident(self.pid)) - self.start


class Bystander:
    """Somebody else, who writes and reads, and how long that takes."""

    def __init__(self, server, person, chat_id):
        self.url = f"{server.websocket_url}/api/v1/chats/{chat_id}"
        self.http = httpx2.AsyncClient(base_url=server.url, headers=person.headers, timeout=20)
        self.path, self.headers = f"/api/v1/chats/{chat_id}/messages", person.headers
        self.seconds = []

    async def write_until(self, ended):
        async with connect(self.url, additional_headers=self.headers) as reader:
            while not ended.is_set() or len(self.seconds) < LEAST:
                start, text = time.monotonic(), f"Still here {len(self.seconds)}"
                answer = await self.http.post(self.path, json={"content": text})
                assert answer.status_code == 201, answer.text
                async with asyncio.timeout(20):
                    while json.loads(await reader.recv())["data"].get("content") != text:
                        pass
                self.seconds.append(time.monotonic() - start)
                await asyncio.sleep(0.05)


async def beside(server, person, chat_id, attack):
    """Run a blocking attack beside a bystander; the latter's times."""
    ended, bystander = asyncio.Event(), Bystander(server, person, chat_id)
    writing = asyncio.create_task(bystander.write_until(ended))
    try:
        await asyncio.to_thread(attack)
    finally:
        ended.set()
        await writing
        await bystander.http.aclose()
    return bystander.seconds


@pytest.fixture
def limits(is_long):
    """The bytes and seconds of a flood, and by how many bytes memory may grow."""
    return (400 * MIB, 12.0, 50 * MIB) if is_long else (16 * MIB, 0.5, 12 * MIB)


@pytest.fixture(params=["daphne", "uvicorn-frames"])
def flooded(transactional_db, request):
    """A server process; uvicorn as it comes takes no such care."""
    process = ServerProcess(request.param, {"LIMIT_SENDS": "100000/1s"})
    process.wait_until_ready()
    yield process
    process.stop()


async def test_a_flood_takes_no_memory_and_the_others_are_served(
    flooded, crowd, crowd_chat, limits, request
):
    most, seconds, growth_limit = limits
    url = f"{flooded.websocket_url}/api/v1/chats/{crowd_chat}"
    server = request.node.callspec.params["flooded"]
    await beside(flooded, crowd[1], crowd_chat, lambda: time.sleep(0.5))  # all is loaded now
    failed = []
    for name, (chunks, reads) in FLOODS.items():
        attacker, watch = Attacker(url, crowd[0].headers), Watch(flooded.pid)
        sent = []

        def attack(attacker=attacker, chunks=chunks, reads=reads, sent=sent):
            until = time.monotonic() + seconds
            sent.append(attacker.flood(chunks(), most, until, reads))

        times = await beside(flooded, crowd[1], crowd_chat, attack)
        growth = watch.growth()
        attacker.close()
        line = (
            f"{sent[0] / MIB:.1f} MiB sent, memory grew by {growth / MIB:.1f} MiB, {len(times)} "
            f"messages of another in {statistics.median(times):.3f} s, at most {max(times):.3f} s"
        )
        figures.report(f"{server}: {name}", line)
        if growth >= growth_limit or statistics.median(times) >= 0.5 or max(times) >= 3:
            failed.append(name)
    assert failed == []
    assert flooded.is_running()


async def test_handshakes_that_never_end_keep_nobody_out(flooded, crowd, crowd_chat):
    request = (
        f"GET /api/v1/chats/{crowd_chat} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    )
    watch, waiting = Watch(flooded.pid), []

    def attack():
        for number in range(HALF_OPEN):
            waiting.append(socket.create_connection(("127.0.0.1", flooded.port), timeout=10))
            waiting[-1].sendall(request[: 1 + number % len(request)].encode())
        time.sleep(1)

    times = await beside(flooded, crowd[1], crowd_chat, attack)
    for connection in waiting:
        connection.close()
    assert watch.growth() < 50 * MIB
    assert max(times) < 3
