"""What a stranger or a member does to be a burden, for some seconds, from a process of their own.

`python -m tests.faults.attack` reads an `Attack` as JSON, and writes how often each status came.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from .wire import Http

Work = Coroutine[Any, Any, None]

PACE = 0.02  # seconds between the changes, and the refreshes, of one connection


@dataclass(frozen=True)
class Attack:
    """Which one, against what, by whom."""

    name: str
    seconds: float
    url: str  # of the API
    sockets: str  # of a process of sockets, ws://
    tokens: tuple[str, str]  # of two members
    refresh: str  # of a third
    chat_id: str  # of a large group that they may rename
    victim_id: int

    def to_json(self) -> str:
        return json.dumps(asdict(self))


class Attacker:
    """Asks again and again until the time is up, and counts the answers."""

    def __init__(self, attack: Attack) -> None:
        self.attack = attack
        self.ends = time.monotonic() + attack.seconds
        self.answers: Counter[str] = Counter()
        self.http = Http()

    async def repeat(
        self,
        method: str,
        path: str,
        body: Any,
        token: str = "",
        accept: str = "application/json",
        every: float = 1.0,
    ) -> None:
        """Ask once every so many seconds, or as soon as there is an answer if that takes longer.

        `body` is JSON, or makes it.
        """
        headers = {"Accept": accept}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        while time.monotonic() < self.ends:
            content = body() if callable(body) else body
            due = time.monotonic() + every
            try:
                answer = await self.http.request(
                    method, f"{self.attack.url}/api/v1/{path}", headers=headers, json=content
                )
                self.answers[str(answer.status_code)] += 1
            except (OSError, EOFError, TimeoutError) as error:
                self.answers[type(error).__name__] += 1
            await asyncio.sleep(max(due - time.monotonic(), 0))

    async def renew(self, refresh: str) -> None:
        """Change a refresh token for the next, as often as that is let."""
        while time.monotonic() < self.ends:
            url = f"{self.attack.url}/api/v1/auth/refresh"
            answer = await self.http.request("POST", url, headers={}, json={"refresh": refresh})
            self.answers[str(answer.status_code)] += 1
            if answer.is_success:
                refresh = answer.json()["refresh"]
            await asyncio.sleep(PACE)

    async def hold(self, token: str) -> None:
        """Keep a socket open for the rest of the time."""
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with connect(
                f"{self.attack.sockets}/api/v1/users/me", additional_headers=headers
            ):
                self.answers["101"] += 1
                await asyncio.sleep(max(self.ends - time.monotonic(), 0))
        except InvalidStatus as refusal:
            self.answers[str(refusal.response.status_code)] += 1


def bodies(attacker: Attacker) -> list[Work]:
    """Each second 32 large bodies of strangers, and lists that take long to check."""
    too_large = {f"unknown{number}": 1 for number in range(60_000)}  # 1 MB
    large = {f"unknown{number}": 1 for number in range(14_000)}  # 240 KB
    group = {"name": "Blanks", "member_ids": [" "] * 60_000}
    token = attacker.attack.tokens[0]
    strangers = [
        attacker.repeat("POST", "auth/login", body, accept="text/html")
        for body in (too_large, large)
        for _ in range(16)
    ]
    return [*strangers, *(attacker.repeat("POST", "chats/group", group, token) for _ in range(4))]


def questions(attacker: Attacker) -> list[Work]:
    """Each second twenty calls of two members, of a provider that doesn't answer."""
    asked = {"user_input": "What is the answer?"}
    return [
        attacker.repeat("POST", "ai/ask", asked, token)
        for token in attacker.attack.tokens
        for _ in range(20)
    ]


def changes(attacker: Attacker) -> list[Work]:
    """New names of a large group, groups with somebody who wants none, refreshes, sockets."""
    attack, first, second = attacker.attack, *attacker.attack.tokens
    names = iter(range(10**9))
    with_victim = {"name": "Come in", "member_ids": [attack.victim_id]}
    return [
        *(
            attacker.repeat(
                "PATCH",
                f"chats/{attack.chat_id}",
                lambda: {"name": f"N{next(names)}"},
                first,
                every=PACE,
            )
            for _ in range(2)
        ),
        *(
            attacker.repeat("POST", "chats/group", with_victim, second, every=PACE)
            for _ in range(4)
        ),
        attacker.renew(attack.refresh),
        *(attacker.hold(first) for _ in range(600)),
    ]


ATTACKS: dict[str, Callable[[Attacker], list[Work]]] = {
    "bodies": bodies,
    "questions": questions,
    "changes": changes,
}


async def main() -> None:
    given = json.load(sys.stdin)
    attacker = Attacker(Attack(**given))
    await asyncio.gather(*ATTACKS[attacker.attack.name](attacker))
    print(json.dumps(attacker.answers))


if __name__ == "__main__":
    asyncio.run(main())
