"""HTTP to other services, whose answers are bounded in time and size.

httpx2 is loaded with the first request: with what it loads itself, it takes 2 to 6 MiB, and most
processes never ask anybody.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

RESPONSE_MAX_BYTES = 4 * 1024 * 1024
KEPT, RATES = {"content-type"}, "x-ratelimit-"  # headers of a response


def response(method: str, url: str, seconds: float, **request: Any) -> httpx2.Response:
    """The whole response within this time; redirects aren't followed.

    Raises `TimeoutError`, or what httpx2 raises.
    """
    return asyncio.run(_response(method, url, seconds, request))


def lines(method: str, url: str, seconds: float, **request: Any) -> Generator[str, None, None]:
    """The lines of a response as they come, as far as that is within this time.

    Raises `NotOK`, `TimeoutError`, or what httpx2 raises. Close it to end the request early.
    """
    end = time.monotonic() + seconds
    with asyncio.Runner() as runner:
        found = _lines(method, url, seconds, request)
        try:
            while (line := runner.run(_next_line(found, end))) is not None:
                yield line
        finally:
            runner.run(found.aclose())


class NotOK(Exception):
    """The response to a request for lines has another status than 200."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__(response.status_code)
        self.response = response


async def _next_line(lines: AsyncGenerator[str, None], end: float) -> str | None:
    async with asyncio.timeout(end - time.monotonic()):
        return await anext(lines, None)


async def _lines(
    method: str, url: str, seconds: float, request: dict[str, Any]
) -> AsyncGenerator[str, None]:
    import httpx2

    async with (
        httpx2.AsyncClient(timeout=seconds) as client,
        client.stream(method, url, **request) as response,
    ):
        if response.status_code != HTTPStatus.OK:
            raise NotOK(httpx2.Response(response.status_code, headers=_kept(response)))
        size, begun = 0, ""
        async for text in response.aiter_text():
            size += len(text)
            if size > RESPONSE_MAX_BYTES:
                raise httpx2.DecodingError("The response is too long.")
            *whole, begun = (begun + text).split("\n")
            for line in whole:
                yield line
        yield begun


async def _response(
    method: str, url: str, seconds: float, request: dict[str, Any]
) -> httpx2.Response:
    """The whole response within this time; httpx2's own timeouts restart with every byte."""
    import httpx2

    async with (
        asyncio.timeout(seconds),
        httpx2.AsyncClient(timeout=seconds) as client,
        client.stream(method, url, **request) as response,
    ):
        content = b""
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > RESPONSE_MAX_BYTES:
                raise httpx2.DecodingError("The response is too long.")
        return httpx2.Response(response.status_code, headers=_kept(response), content=content)


def _kept(response: httpx2.Response) -> dict[str, str]:
    """The headers that matter; not those that describe the compression of its content."""
    return {k: v for k, v in response.headers.items() if k in KEPT or k.startswith(RATES)}
