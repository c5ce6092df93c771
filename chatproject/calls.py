"""HTTP to other services, whose answers are bounded in time and size.

httpx2 is loaded with the first request: with what it loads itself, it takes 2 to 6 MiB, and most
processes never ask anybody.
"""

from __future__ import annotations

import asyncio
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
        # The content is decompressed: drop the headers that describe its compression.
        kept = {k: v for k, v in response.headers.items() if k in KEPT or k.startswith(RATES)}
        return httpx2.Response(response.status_code, headers=kept, content=content)
