"""The REST API as a client uses it: one try, or tries until there is an answer."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from .wire import Answer, Http


def backoff(attempt: int) -> float:
    """Seconds before try number `attempt` (from 0): doubling, with jitter (backoff.js)."""
    most = min(0.5 * 2**attempt, 30)
    return most / 2 + most / 2 * random.random()


def is_retriable(answer: Answer | None) -> bool:
    """Whether the same request may succeed later; None: nobody answered."""
    return answer is None or answer.status_code >= 500 or answer.status_code in (408, 429)


@dataclass(frozen=True)
class Person:
    """Somebody with an account and an access token."""

    user_id: int
    username: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Api:
    """One chat at `url`, by one person."""

    def __init__(self, url: str, person: Person, http: Http | None = None) -> None:
        self.url = url
        self.person = person
        self.refusals: list[tuple[str, int]] = []  # method and status of what wasn't 2xx
        self._http = http or Http()
        self._owns_http = http is None

    def close(self) -> None:
        if self._owns_http:
            self._http.close()

    async def ask(self, method: str, path: str, json: Any = None) -> Answer | None:
        """The answer; None if there is none."""
        try:
            answer = await self._http.request(
                method, self.url + path, headers=self.person.headers, json=json
            )
        except (OSError, EOFError, TimeoutError):
            return None
        if answer.status_code >= 300:
            self.refusals.append((method, answer.status_code))
        return answer

    async def insist(self, method: str, path: str, json: Any = None) -> Answer:
        """The first answer that isn't worth another try."""
        attempt = 0
        while True:
            answer = await self.ask(method, path, json)
            if answer is not None and not is_retriable(answer):
                return answer
            await asyncio.sleep(backoff(attempt))
            attempt += 1
