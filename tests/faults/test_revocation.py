"""Who may not read any more doesn't: removed, banned, signed out, silenced, while others write.

After the answer to such an action the chat's last `seq` and `rev` are noted. No socket that the
action ends may be sent anything later; each must be closed within a second, on every process.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import httpx2
import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.test import Client as Browser

from chats import actions as chat_actions
from chats.models import Chat
from tests.conftest import PASSWORD
from tests.waiting import wait_for_async
from users.models import User
from users.signing_in import tokens

from . import figures
from .api import Person
from .cluster import Cluster
from .watch import Watch

pytestmark = pytest.mark.django_db(transaction=True)

TRIALS = {"short": 20, "long": 300}
AT_ONCE = 4  # trials that run beside each other
RATE = 30.0  # messages a second
TALKERS = 6  # the crowd
CLOSED_WITHIN = 1.0  # seconds after the answer
NEW_PASSWORD = "another long battery"
CSRF = "c" * 32

do = database_sync_to_async


def cookie(key: str) -> dict[str, str]:
    return {"Cookie": f"sessionid={key}; csrftoken={CSRF}"}


@dataclass
class SignedIn:
    """One sign-in of the victim, and its sockets on every process."""

    headers: dict[str, str]
    chats: list[Watch] = field(default_factory=list)
    lists: list[Watch] = field(default_factory=list)

    @property
    def sockets(self) -> list[Watch]:
        return [*self.chats, *self.lists]


class Trial:
    """A person who is in the chat by two browsers and a client of the API."""

    def __init__(self, stage: Stage, number: int) -> None:
        self.stage = stage
        self.number = number
        self.bases = [process.url for process in stage.cluster.processes]
        self.base = self.bases[number // len(ACTIONS) % len(self.bases)]  # answers the action

    async def prepare(self) -> None:
        self.user, keys, token = await do(self._sign_in)()
        self.browser, self.other, self.client = (
            *(SignedIn(cookie(key)) for key in keys),
            SignedIn({"Authorization": f"Bearer {token}"}),
        )
        for signed_in in self.everywhere:
            self._open(signed_in)
        sockets = [socket for signed_in in self.everywhere for socket in signed_in.sockets]
        await wait_for_async(lambda: all(s.opened.is_set() for s in sockets), 20, "to be let in")
        await wait_for_async(
            lambda: all(socket.chat_frames for socket in sockets), 20, "for what is written"
        )

    @property
    def everywhere(self) -> list[SignedIn]:
        return [self.browser, self.other, self.client]

    def _sign_in(self) -> tuple[User, list[str], str]:
        user = User.objects.create_user(f"victim{self.number}", password=PASSWORD)
        owner = User.objects.get(pk=self.stage.owner.user_id)
        chat = Chat.objects.get(pk=uuid.UUID(self.stage.chat_id))
        chat_actions.add_members(owner, chat, [user.pk])
        browsers = [Browser(), Browser()]
        for browser in browsers:
            browser.force_login(user)
        keys = [browser.cookies["sessionid"].value for browser in browsers]
        return user, keys, tokens.sign_in(user)["access"]

    def _open(self, signed_in: SignedIn) -> None:
        for base in self.bases:
            headers = {**signed_in.headers, "Origin": base}
            signed_in.chats.append(Watch(f"{base}{self.stage.chat_path}", headers))
            signed_in.lists.append(Watch(f"{base}/api/v1/users/me", headers))

    async def run(self, action: Callable[[Trial], Any]) -> None:
        await self.prepare()
        try:
            knocking = asyncio.create_task(self._knock())
            expected = await action(self)
            answered = time.monotonic()
            last = self.stage.last()
            knocking.cancel()
            await self._hold(expected, answered, last)
        finally:
            sockets = [socket for signed_in in self.everywhere for socket in signed_in.sockets]
            await asyncio.gather(*(socket.close() for socket in sockets))

    async def _knock(self) -> None:
        """Open more sockets while the action is answered: it comes amid their handshakes."""
        while True:
            await asyncio.sleep(random.uniform(0, 0.02))
            if all(len(signed_in.chats) < 4 for signed_in in self.everywhere):
                for signed_in in self.everywhere:
                    self._open(signed_in)

    async def _hold(self, expected: Expected, answered: float, last: tuple[int, int]) -> None:
        closing = expected.closing
        for socket, code in closing.items():
            await self._ended(socket)
            if socket.was_refused:  # it was still knocking
                self.stage.refused[expected.name] += 1
                continue
            assert socket.code == code, (expected.name, socket.url, socket.code)
            self.stage.times[expected.name].append(socket.ended_at - answered)
        await self._refused(closing)
        await wait_for_async(lambda: self.stage.last()[0] >= last[0] + 5, 20, "for more to come")
        for socket in expected.silent | closing.keys():
            seq, rev = socket.highest()
            assert seq <= last[0], (expected.name, socket.url, seq, last)
            assert rev <= last[1], (expected.name, socket.url, rev, last)
        staying = [s for one in self.everywhere for s in one.sockets if s not in closing]
        hearing = [s for s in staying if s not in expected.silent and not s.was_refused]
        await wait_for_async(
            lambda: all(s.highest()[0] > last[0] for s in hearing), 20, "for those who may read"
        )
        assert not [s.code for s in staying if s.ended.is_set() and not s.was_refused]
        self.stage.stayed[expected.name] += len(hearing)

    async def _refused(self, closing: dict[Watch, int]) -> None:
        """Every process refuses who was signed out, and nobody else."""
        for one in self.everywhere:
            ended = all(closing.get(socket) == 4401 for socket in one.sockets)
            for base in self.bases:
                answer = await self.stage.http.get(f"{base}/api/v1/users/me", headers=one.headers)
                assert answer.status_code == (401 if ended else 200), answer.text

    async def _ended(self, socket: Watch) -> None:
        try:
            async with asyncio.timeout(20):
                await socket.ended.wait()
        except TimeoutError:
            raise AssertionError(f"{socket.url} stays open") from None

    async def ask(self, method: str, path: str, headers: dict[str, str], **body: Any) -> Any:
        csrf = {"X-CSRFToken": CSRF} if "Cookie" in headers else {}
        return await self.stage.http.request(
            method, f"{self.base}{path}", headers={**headers, **csrf}, **body
        )


@dataclass
class Expected:
    """The sockets that an action closes, with which code, and those that it silences."""

    name: str
    closing: dict[Watch, int]
    silent: set[Watch] = field(default_factory=set)


def all_of(*signed_ins: SignedIn, code: int = 4401) -> dict[Watch, int]:
    return {socket: code for signed_in in signed_ins for socket in signed_in.sockets}


async def removal(trial: Trial) -> Expected:
    path = f"{trial.stage.chat_path}/members/{trial.user.pk}"
    answer = await trial.ask("DELETE", path, trial.stage.owner.headers)
    assert answer.status_code == 204, answer.text
    chats = {socket: 4403 for one in trial.everywhere for socket in one.chats}
    lists = {socket for one in trial.everywhere for socket in one.lists}
    return Expected("removal", chats, lists)


async def ban(trial: Trial) -> Expected:
    form = {"action": "deactivate", "_selected_action": str(trial.user.pk)}
    answer = await trial.ask("POST", "/admin/users/user/", trial.stage.moderator, data=form)
    assert answer.status_code == 302, answer.text
    return Expected("ban", all_of(*trial.everywhere))


async def logout_of_a_browser(trial: Trial) -> Expected:
    answer = await trial.ask("POST", "/accounts/sign-out/", trial.browser.headers)
    assert answer.status_code == 302, answer.text
    return Expected("logout of a browser", all_of(trial.browser))


async def logout_of_a_client(trial: Trial) -> Expected:
    answer = await trial.ask("POST", "/api/v1/auth/logout", trial.client.headers)
    assert answer.status_code == 204, answer.text
    return Expected("logout of a client", all_of(trial.client))


async def password_change(trial: Trial) -> Expected:
    form = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    answer = await trial.ask("POST", "/accounts/password/", trial.browser.headers, data=form)
    assert answer.status_code == 302, answer.text
    # The sign-in goes on by another key.
    trial.browser.headers = cookie(answer.cookies["sessionid"])
    return Expected("password change", all_of(trial.other, trial.client))


async def permission_change(trial: Trial) -> Expected:
    """The victim writes on and on; the first answer after the action refuses, as do all others."""
    path, sent = f"{trial.stage.chat_path}/messages", []

    async def write() -> None:
        while True:
            body = {"content": "Still here", "client_id": str(uuid.uuid4())}
            answer = await trial.ask("POST", path, trial.client.headers, json=body)
            sent.append(answer.status_code)

    writing = asyncio.create_task(write())
    await wait_for_async(lambda: 201 in sent, 20, "for a message of the victim")
    answer = await trial.ask(
        "PATCH",
        f"{trial.stage.chat_path}/members/{trial.user.pk}/permissions",
        trial.stage.owner.headers,
        json={"can_send_messages": False},
    )
    assert answer.status_code == 200, answer.text
    last_seq, _ = trial.stage.last()
    await wait_for_async(lambda: 403 in sent, 20, "for a refusal")
    writing.cancel()
    assert set(sent[sent.index(403) :]) == {403}
    trial.stage.silenced[trial.user.pk] = last_seq
    sockets = [socket for one in trial.everywhere for socket in one.chats[:2]]
    await wait_for_async(
        lambda: all("permissions_changed" in socket.types for socket in sockets), 20, "to be told"
    )
    return Expected("permission change", {})


ACTIONS = [
    *(removal, ban, logout_of_a_browser, logout_of_a_client, password_change, permission_change),
]


class Stage:
    """The chat in which the trials take place, and what is counted."""

    def __init__(self, cluster: Cluster, owner: Person, chat_id: str) -> None:
        self.cluster = cluster
        self.owner = owner
        self.chat_id = chat_id
        self.chat_path = f"/api/v1/chats/{chat_id}"
        self.http = httpx2.AsyncClient(timeout=20)
        self.times: dict[str, list[float]] = defaultdict(list)
        self.stayed: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.silenced: dict[int, int] = {}  # user: the last `seq` when it was done
        self._rows = cluster.database.chats_message

    async def prepare(self) -> None:
        self.moderator = cookie(await do(self._root)())

    def _root(self) -> str:
        root = User.objects.create_user("root", is_staff=True, is_superuser=True)
        browser = Browser()
        browser.force_login(root)
        return browser.cookies["sessionid"].value

    def last(self) -> tuple[int, int]:
        """The chat's last `seq` and `rev`."""
        row = self._rows.find_one({"chat_id": uuid.UUID(self.chat_id).hex}, sort=[("rev", -1)])
        return (row.get("seq") or row["after_seq"], row["rev"]) if row else (0, 0)

    async def talk(self, person: Person) -> None:
        """Write at a steady rate, by each process in turn."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        for process in cycle(self.cluster.processes):
            due += TALKERS / RATE
            await asyncio.sleep(due - loop.time())
            answer = await self.http.post(
                f"{process.url}{self.chat_path}/messages",
                json={"content": "And so on", "client_id": str(uuid.uuid4())},
                headers=person.headers,
            )
            assert answer.status_code == 201, answer.text

    def check_silence(self) -> None:
        """Nothing of somebody silenced was stored after that."""
        stored = self.cluster.database.chats_message
        for user_id, last_seq in self.silenced.items():
            own = {"chat_id": uuid.UUID(self.chat_id).hex, "sender_id": user_id}
            assert stored.count_documents(own)
            assert not stored.count_documents({**own, "seq": {"$gt": last_seq}})

    def report(self) -> None:
        for name, times in self.times.items():
            figures.seconds(f"sockets closed after {name}", times)
        figures.report("sockets that stayed and read on", str(dict(self.stayed)))
        figures.report("sockets refused at their handshake", str(dict(self.refused)))


async def test_nothing_later_reaches_who_may_not_read_any_more(
    start_cluster: Callable[..., Any], crowd: list[Person], crowd_chat: str, is_long: bool
) -> None:
    assert settings.PASSWORD_HASHERS[0].endswith("MD5PasswordHasher")  # or it would take hours
    stage = Stage(await start_cluster(), crowd[0], crowd_chat)
    await stage.prepare()
    trials = TRIALS["long" if is_long else "short"]
    gate = asyncio.Semaphore(AT_ONCE)

    async def run(number: int) -> None:
        async with gate:
            await Trial(stage, number).run(ACTIONS[number % len(ACTIONS)])

    start, first = time.monotonic(), stage.last()[0]
    talking = [asyncio.create_task(stage.talk(person)) for person in crowd]
    async with asyncio.TaskGroup() as group:
        for number in range(trials):
            group.create_task(run(number))
    rate = (stage.last()[0] - first) / (time.monotonic() - start)
    assert not [task for task in talking if task.done()]
    for task in talking:
        task.cancel()
    stage.check_silence()
    stage.report()
    figures.report("revocations", f"{trials} trials under {rate:.0f} messages/s")
    late = {name: max(times) for name, times in stage.times.items() if max(times) > CLOSED_WITHIN}
    assert late == {}
    assert rate >= (20 if is_long else 8)  # there was something to be told
    assert len(stage.silenced) == len(range(ACTIONS.index(permission_change), trials, len(ACTIONS)))
    await stage.http.aclose()
