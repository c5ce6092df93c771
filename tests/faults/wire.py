"""HTTP/1.1 with few steps: with httpx2, thousands of clients would wait for each other."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

TIMEOUT = 15.0  # seconds for an answer, as in the browser
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Answer:
    """What a server answered; the names of its headers are in small letters."""

    status_code: int
    headers: dict[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status_code < 300

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        return orjson.loads(self.content)


class Http:
    """Connections that are kept, by host and port; each carries one request at a time.

    OSError, EOFError or TimeoutError when there is no answer.
    """

    def __init__(self) -> None:
        self._idle: dict[str, list[Stream]] = defaultdict(list)

    async def request(
        self, method: str, url: str, *, headers: dict[str, str], json: Any = None
    ) -> Answer:
        """Ask once; never again by itself, whatever happened to the connection."""
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        body = b"" if json is None else orjson.dumps(json)
        lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if json is not None:
            lines.append("Content-Type: application/json")
        if method not in ("GET", "DELETE"):
            lines.append(f"Content-Length: {len(body)}")
        async with asyncio.timeout(TIMEOUT):
            return await self._ask(parts.netloc, "\r\n".join([*lines, "", ""]).encode() + body)

    def close(self) -> None:
        for streams in self._idle.values():
            for _, writer in streams:
                writer.transport.abort()

    async def _ask(self, address: str, request: bytes) -> Answer:
        reader, writer = await self._stream(address)
        is_whole = False
        try:
            writer.write(request)
            answer = await _read_answer(reader)
            is_whole = True
        finally:
            if not is_whole or answer.headers.get("connection") == "close":
                writer.transport.abort()
            else:
                self._idle[address].append((reader, writer))
        return answer

    async def _stream(self, address: str) -> Stream:
        while self._idle[address]:
            reader, writer = self._idle[address].pop()
            if not (reader.at_eof() or writer.is_closing()):
                return reader, writer
            writer.transport.abort()
        host, _, port = address.partition(":")
        return await asyncio.open_connection("127.0.0.1" if host == "localhost" else host, port)


async def _read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    content = await reader.readexactly(int(headers.get("content-length", 0)))
    return Answer(int(head[0].split(" ")[1]), headers, content)
