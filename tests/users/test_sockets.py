"""How long a socket may stay: as long as its sign-in, and the token or session of its handshake."""

import asyncio
import time
from datetime import timedelta

import jwt
import orjson
import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatproject.sockets.connection import Connection
from chats.live import expiry, socket_consumer
from chats.live.process import live_process
from chats.live.routing import websocket_urlpatterns
from users.models import SignIn
from users.signing_in import sign_ins, tokens
from users.signing_in.socket_authentication import SocketAuthMiddleware

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

do = database_sync_to_async
LIST = "/api/v1/users/me"
application = SocketAuthMiddleware(URLRouter(websocket_urlpatterns))


class Socket:
    """A socket of one sign-in; `headers` are what its client sends with the handshake."""

    def __init__(self, path, headers):
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        self.connection = WebsocketCommunicator(application, path, headers=raw)

    async def open(self):
        accepted, _ = await self.connection.connect(timeout=5)
        return accepted

    async def send(self, kind, **data):
        await self.connection.send_to(text_data=orjson.dumps({"type": kind, "data": data}).decode())

    async def receive(self, *kinds):
        """The data of the next frame of one of these types."""
        async with asyncio.timeout(5):
            while True:
                output = await self.connection.output_queue.get()
                assert output["type"] == "websocket.send", output
                frame = orjson.loads(output["text"])
                if frame["type"] in kinds:
                    return frame["data"]

    async def closed(self, seconds=5):
        """The code with which the server closes, or None if it doesn't in that time."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    output = await self.connection.output_queue.get()
                    if output["type"] == "websocket.close":
                        return output["code"]
        except TimeoutError:
            return None


@pytest.fixture
async def connect():
    """A function: an open socket on this path."""
    sockets = []

    async def open_socket(path, headers):
        socket = Socket(path, headers)
        assert await socket.open()
        sockets.append(socket)
        await socket.receive("welcome", "watching")
        return socket

    yield open_socket
    for socket in sockets:
        await socket.connection.disconnect(timeout=5)


@do
def by_token(user):
    return bearer(tokens.sign_in(user)["access"])


def bearer(token):
    return {"authorization": f"Bearer {token}"}


@do
def by_session(user):
    client = Client()
    client.force_login(user)
    return {
        "origin": settings.ORIGINS[0],
        "cookie": f"sessionid={client.cookies['sessionid'].value}",
    }


@do
def latest_sign_in(user):
    return SignIn.objects.filter(user=user).latest("created_at").pk


@pytest.fixture(params=[by_token, by_session])
def way(request):
    return request.param


@pytest.fixture(params=["chat", "list"])
def path(request, group):
    return f"/api/v1/chats/{group.pk}" if request.param == "chat" else LIST


@pytest.fixture
def looks(monkeypatch):
    """The looks at the clock and at the sign-ins come more often."""
    monkeypatch.setattr("chats.live.process.EXPIRY_LOOK", 0.1)
    monkeypatch.setattr("chats.live.process.SIGN_IN_LOOK", 0.1)


# Paths -------------------------------------------------------------------------------------------


NOWHERE = [
    "",
    "/",
    "/nothing",
    f"{LIST}//",
    f"{LIST}/x",
    "/api/v1/chats",
    "/api/v1/chats/7",
    "/api/v1/chats/{group}x",
    "/api/v1/chats/{group}//",
    "/api/v1/chats/{group}/messages",
    "/api/v1/chats/\x00",
    "/api/v1/chats/" + "9" * 5_000,
]


async def test_a_path_without_sockets_is_refused_as_a_stranger_is(ada, group, way):
    headers = await way(ada)
    for path in (LIST, f"{LIST}/", f"/api/v1/chats/{group.pk}", f"/api/v1/chats/{group.pk}/"):
        socket = Socket(path, headers)
        assert await socket.open()
        await socket.connection.disconnect(timeout=5)
    for path in NOWHERE:
        assert not await Socket(path.format(group=group.pk), headers).open(), path


# The end of a sign-in ----------------------------------------------------------------------------


async def test_the_end_of_a_sign_in_closes_its_sockets_and_no_others(connect, ada, way, path):
    other = await connect(path, await by_session(ada))
    third = await connect(path, await by_token(ada))
    headers = await way(ada)
    sign_in = await latest_sign_in(ada)
    ended = [await connect(path, headers) for _ in range(2)]
    await do(sign_ins.end)(ada.pk, sign_in, "You have signed out.")
    assert [await socket.closed() for socket in ended] == [4401, 4401]
    assert await other.closed(0.2) is None
    assert await third.closed(0.01) is None
    assert not await Socket(path, headers).open()


async def test_all_but_one_are_closed(connect, ada, path):
    others = [await connect(path, await way_(ada)) for way_ in (by_token, by_session)]
    here = await connect(path, await by_session(ada))
    await do(sign_ins.end_all)(ada.pk, "ended", but=await latest_sign_in(ada))
    assert [await socket.closed() for socket in others] == [4401, 4401]
    assert await here.closed(0.2) is None


async def test_a_sign_in_that_ends_during_the_handshake_lets_no_socket_in(ada, path, monkeypatch):
    """Authenticated, then ended, and only then does the hub of the person listen."""
    token = (await by_token(ada))["authorization"][7:]
    found = await do(SocketAuthMiddleware._by_token)(token)
    assert found["user"] == ada
    monkeypatch.setattr(SocketAuthMiddleware, "_by_token", lambda self, token: found)
    socket = Socket(path, bearer("x"))
    assert await socket.open()
    await socket.connection.disconnect(timeout=5)
    await do(sign_ins.end)(ada.pk, found["sign_in"], "ended")
    assert not await Socket(path, bearer("x")).open()


async def test_an_end_that_no_event_tells_is_found(connect, ada, grace, way, path, looks):
    others = await connect(path, await way(grace)), await connect(path, await way(ada))
    ended = await connect(path, await way(ada))
    await SignIn.objects.filter(pk=await latest_sign_in(ada)).adelete()
    assert await ended.closed() == 4401
    assert [await other.closed(0.3) for other in others] == [None, None]


async def test_an_account_that_is_deactivated_without_an_event_is_found(
    connect, ada, way, path, looks
):
    socket = await connect(path, await way(ada))
    ada.is_active = False
    await ada.asave()
    assert await socket.closed() == 4401


async def test_5000_sockets_are_looked_after_by_ten_queries(ada):
    sockets = {Connection(None, ada.pk) for _ in range(5000)}
    rows = [SignIn(user=ada, kind="api", expires_at=timezone.now() + timedelta(hours=1))]
    rows += [SignIn(user=ada, kind="api", expires_at=rows[0].expires_at) for _ in range(4999)]
    await SignIn.objects.abulk_create(rows)
    for socket, row in zip(sockets, rows, strict=True):
        socket.sign_in = row.pk
    keeper = expiry.Expiry(sockets)
    assert expiry.SIGN_IN_LOOK + expiry.EXPIRY_LOOK < 30
    start = time.process_time()
    await keeper.look()
    assert time.process_time() - start < 0.05 * expiry.SIGN_IN_LOOK  # of a core
    assert {socket.expires_at for socket in sockets} == {rows[0].expires_at.timestamp()}
    assert await do(count_queries)([row.pk for row in rows]) == 10


def count_queries(ids):
    with CaptureQueriesContext(connection) as queries:
        assert len(SignIn.objects.expiries(ids)) == len(ids)
    return len(queries)


# The end of a token or a session -----------------------------------------------------------------


async def test_a_token_that_expires_closes_its_socket(connect, ada, path, looks, settings):
    settings.ACCESS_TOKEN_LIFETIME = 1  # whole seconds: it has some of one left
    other = await connect(path, await by_session(ada))
    socket = await connect(path, await by_token(ada))
    assert await socket.closed() == 4401
    assert await other.closed(0.2) is None


async def test_a_newer_token_keeps_the_socket_open(connect, ada, path, looks, settings):
    settings.ACCESS_TOKEN_LIFETIME = 2
    pair = await do(tokens.sign_in)(ada)
    renewed = await connect(path, bearer(pair["access"]))
    left = await connect(path, bearer(pair["access"]))
    settings.ACCESS_TOKEN_LIFETIME = 600
    _, pair = await do(tokens.rotate)(pair["refresh"])
    await renewed.send("authenticate", token=pair["access"])
    answer = await renewed.receive("authenticated")
    claims = jwt.decode(pair["access"], options={"verify_signature": False})
    ends = timezone.datetime.fromisoformat(answer["expires_at"]).timestamp()
    assert ends == claims["exp"] > time.time() + 500
    assert await left.closed() == 4401
    assert await renewed.closed(0.3) is None


async def test_a_token_of_another_sign_in_moves_the_socket_to_that(connect, ada, path):
    first, second = await by_token(ada), await do(tokens.sign_in)(ada)
    sign_in = await latest_sign_in(ada)
    socket, other = await connect(path, first), await connect(path, first)
    await socket.send("authenticate", token=second["access"])
    await socket.receive("authenticated")
    await do(sign_ins.end)(ada.pk, sign_in, "ended")
    assert await socket.closed() == 4401
    assert await other.closed(0.2) is None


async def test_only_a_good_token_of_the_same_person_is_taken(connect, ada, grace, path):
    socket = await connect(path, await by_token(ada))
    pair, hers = await do(tokens.sign_in)(ada), await do(tokens.sign_in)(grace)
    ended = await do(tokens.sign_in)(ada)
    await do(sign_ins.end)(ada.pk, await latest_sign_in(ada), "ended")
    for data, field in (
        ({"token": hers["access"]}, "token"),
        ({"token": ended["access"]}, "token"),
        ({"token": pair["refresh"]}, "token"),
        ({"token": "nonsense"}, "token"),
        ({"token": "\x00"}, "token"),
        ({"token": ""}, "token"),
        ({"token": None}, "token"),
        ({"token": 5}, "token"),
        ({}, "token"),
        ({"token": pair["access"], "more": 1}, "more"),
    ):
        await socket.send("authenticate", **data)
        error = await socket.receive("error", "authenticated")
        assert (error["code"], error["field"]) == ("validation_error", field), data
    await socket.send("authenticate", token=pair["access"])
    assert await socket.receive("authenticated")


async def test_a_socket_of_a_session_takes_no_token(connect, ada, path):
    socket = await connect(path, await by_session(ada))
    await socket.send("authenticate", token=(await do(tokens.sign_in)(ada))["access"])
    assert (await socket.receive("error"))["field"] == "token"


async def test_a_token_whose_sign_in_ends_meanwhile_closes_the_socket(connect, ada, monkeypatch):
    socket = await connect(LIST, await by_token(ada))
    pair = await do(tokens.sign_in)(ada)
    sign_in = await latest_sign_in(ada)
    read = socket_consumer.read_access_token

    def read_then_end(token):
        access = read(token)
        sign_ins.end(ada.pk, sign_in, "ended")
        return access

    monkeypatch.setattr(socket_consumer, "read_access_token", read_then_end)
    await socket.send("authenticate", token=pair["access"])
    assert await socket.closed() == 4401


async def test_a_session_that_expires_closes_its_sockets(connect, ada, looks, settings):
    settings.SESSION_COOKIE_AGE = 1
    socket = await connect(LIST, await by_session(ada))
    assert await socket.closed() == 4401


async def test_a_session_that_was_used_meanwhile_keeps_its_sockets(connect, ada):
    """Its old end passes before the next look at the sign-ins: it is asked for again."""
    sockets = {await connection_of(connect, ada): ends for ends in (-1, 3600)}
    for one, ends in sockets.items():
        one.expires_at = time.time() - 1
        expires_at = timezone.now() + timedelta(seconds=ends)
        await SignIn.objects.filter(pk=one.sign_in).aupdate(expires_at=expires_at)
    await expiry.Expiry(set(sockets)).close_expired()
    assert [one.closed for one in sockets] == [True, False]


async def connection_of(connect, user):
    """The server's side of a new socket of a new session."""
    await connect(LIST, await by_session(user))
    sign_in = await latest_sign_in(user)
    return next(socket for socket in live_process().hubs.kept if socket.sign_in == sign_in)
