"""Sockets of server processes, as clients of the network see them."""

import asyncio
import contextlib
import json

import httpx2
import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chats import actions
from tests.conftest import PASSWORD
from users.actions import deactivate
from users.signing_in import tokens

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


def bearer(user):
    return {"Authorization": f"Bearer {tokens.sign_in(user)['access']}"}


def cookie(user):
    client = Client()
    client.force_login(user)
    return {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}


async def next_of(socket, kind, seconds=10):
    """The data of the next frame of this type."""
    async with asyncio.timeout(seconds):
        while True:
            frame = json.loads(await socket.recv())
            if frame["type"] == kind:
                return frame["data"]


async def refusal(url, headers, origin=None):
    """The HTTP status with which a handshake is refused."""
    with pytest.raises(InvalidStatus) as refused:
        async with connect(url, additional_headers=headers, origin=origin):
            pass
    return refused.value.response.status_code


async def test_a_client_with_a_token_is_let_in_whatever_its_origin(
    live_server_process, group, ada, stranger
):
    url = f"{live_server_process.websocket_url}/api/v1/chats/{group.pk}"
    headers, others = await sync_to_async(bearer)(ada), await sync_to_async(bearer)(stranger)
    for origin in (None, "https://elsewhere.example"):
        async with connect(url, additional_headers=headers, origin=origin) as socket:
            assert (await next_of(socket, "welcome"))["user_id"] == ada.pk
    assert await refusal(url, others) == 403
    assert await refusal(url, {"Authorization": "Bearer nonsense"}) == 403
    assert await refusal(url, {}) == 403


async def test_a_session_is_let_in_from_our_own_pages_only(live_server_process, group, ada):
    url = f"{live_server_process.websocket_url}/api/v1/chats/{group.pk}"
    headers, own = await sync_to_async(cookie)(ada), live_server_process.url
    async with connect(url, additional_headers=headers, origin=own) as socket:
        assert (await next_of(socket, "welcome"))["user_id"] == ada.pk
    port = own.rpartition(":")[2]
    for origin in (
        None,
        "null",
        "",
        f"https://localhost:{port}",
        "http://localhost",
        f"http://localhost:{int(port) + 1}",
        f"http://localhost.example:{port}",
        f"http://evil.localhost:{port}",
        f"{own}/",
        f"{own}@elsewhere.example",
        "http://[",
        "http://localhost:99999",
        "*",
    ):
        # Daphne itself answers an origin that is no URL with 400.
        assert await refusal(url, headers, origin) in {400, 403}, origin


async def test_a_token_in_the_url_lets_nobody_in(live_server_process, group, ada):
    headers = await sync_to_async(bearer)(ada)
    token = headers["Authorization"].partition(" ")[2]
    url = f"{live_server_process.websocket_url}/api/v1/chats/{group.pk}?token={token}"
    assert await refusal(url, {}) == 403


async def test_one_person_has_so_many_sockets_in_a_process_and_keeps_nobody_else_out(
    start_server, server_name, group, ada, grace
):
    server = await sync_to_async(start_server)(SOCKETS_PER_PERSON="3")
    chat = f"{server.websocket_url}/api/v1/chats/{group.pk}"
    chat_list = f"{server.websocket_url}/api/v1/users/me"
    headers, others = await sync_to_async(bearer)(ada), await sync_to_async(bearer)(grace)
    full = 403 if server_name == "daphne" else 429
    async with contextlib.AsyncExitStack() as opened:
        for url in (chat, chat, chat_list):
            socket = await opened.enter_async_context(connect(url, additional_headers=headers))
            await next_of(socket, "watching" if url == chat_list else "welcome")
        refused = await asyncio.gather(*(refusal(url, headers) for url in (chat, chat_list) * 10))
        assert set(refused) == {full}
        async with connect(chat, additional_headers=others) as socket:
            await next_of(socket, "welcome")
        await socket.close()
    async with asyncio.timeout(10):  # until the server has noticed that they are closed
        while True:
            with contextlib.suppress(InvalidStatus):
                async with connect(chat, additional_headers=headers) as socket:
                    await next_of(socket, "welcome")
                break


async def test_one_person_has_so_many_sockets_in_all_processes(
    start_server, server_name, group, ada, grace
):
    settings = {"SOCKETS_PER_PERSON": "4", "PRESENCE_LEASE": "4"}
    servers = [await sync_to_async(start_server)(**settings) for _ in range(2)]
    headers, others = await sync_to_async(bearer)(ada), await sync_to_async(bearer)(grace)
    full = 403 if server_name == "daphne" else 429
    first, second = (f"{server.websocket_url}/api/v1/chats/{group.pk}" for server in servers)
    async with contextlib.AsyncExitStack() as opened:
        for url in (first, second, first, second):
            socket = await opened.enter_async_context(connect(url, additional_headers=headers))
            await next_of(socket, "welcome")
        refused = await asyncio.gather(*(refusal(url, headers) for url in (first, second) * 10))
        assert set(refused) == {full}
        async with connect(first, additional_headers=others) as socket:
            await next_of(socket, "welcome")
        servers[1].kill()  # its two sockets don't count for longer than a lease
        async with asyncio.timeout(15):
            for _ in range(2):
                await opened.enter_async_context(await opening(first, headers))
        assert await refusal(first, headers) == full


async def opening(url, headers):
    """A socket that was let in, after as many tries as it takes."""
    while True:
        with contextlib.suppress(InvalidStatus):
            return await connect(url, additional_headers=headers)


async def test_what_one_process_stores_the_sockets_of_another_are_told(
    start_server, group, ada, grace
):
    one, other = await sync_to_async(start_server)(), await sync_to_async(start_server)()
    url = f"{other.websocket_url}/api/v1/chats/{group.pk}/"
    ada_headers, grace_headers = (
        await sync_to_async(bearer)(ada),
        await sync_to_async(bearer)(grace),
    )
    async with (
        connect(url, additional_headers=grace_headers) as socket,
        httpx2.AsyncClient(base_url=one.url, headers=ada_headers) as api,
    ):
        await next_of(socket, "welcome")
        path = f"/api/v1/chats/{group.pk}/messages"
        answer = await api.post(path, json={"content": "Across"})
        assert answer.status_code == 201
        told = await next_of(socket, "text_message")
        assert (told["content"], told["message_id"]) == ("Across", answer.json()["id"])
        assert told["created_at"] == answer.json()["created_at"]
        for number in range(30):
            await api.post(path, json={"content": str(number)})
        seqs = [(await next_of(socket, "text_message"))["seq"] for _ in range(30)]
        assert seqs == list(range(2, 32))


async def test_people_join_and_leave_once_over_processes_and_a_killed_one(
    start_server, group, ada, grace
):
    start = sync_to_async(start_server)
    one, other = await start(PRESENCE_LEASE="2"), await start(PRESENCE_LEASE="2")
    path = f"/api/v1/chats/{group.pk}"
    ada_headers, grace_headers = (
        await sync_to_async(bearer)(ada),
        await sync_to_async(bearer)(grace),
    )
    async with connect(f"{one.websocket_url}{path}", additional_headers=ada_headers) as watcher:
        await next_of(watcher, "welcome")
        tabs = [
            await connect(f"{server.websocket_url}{path}", additional_headers=grace_headers)
            for server in (one, other)
        ]
        joined = await next_of(watcher, "user_joined")
        joined = joined if joined["user_id"] == grace.pk else await next_of(watcher, "user_joined")
        assert joined["username"] == "grace"
        await tabs[0].close()  # the other tab, of the other process, is still there
        await sync_to_async(other.kill)()
        assert await next_of(watcher, "user_left") == {"user_id": grace.pk, "username": "grace"}
        with contextlib.suppress(TimeoutError):
            again = await next_of(watcher, "user_left", seconds=1)
            raise AssertionError(f"left twice: {again}")


async def test_a_deactivated_person_is_closed_and_refused_at_once(live_server_process, group, ada):
    url = f"{live_server_process.websocket_url}/api/v1/chats/{group.pk}"
    headers = await sync_to_async(bearer)(ada)
    async with connect(url, additional_headers=headers) as socket:
        await next_of(socket, "welcome")
        await sync_to_async(deactivate)(ada)
        with pytest.raises(ConnectionClosed) as closed:
            await next_of(socket, "nothing")
    assert closed.value.rcvd.code == 4401
    assert await refusal(url, headers) == 403
    async with httpx2.AsyncClient(base_url=live_server_process.url) as api:
        assert (await api.get("/api/v1/chats/", headers=headers)).status_code == 401
        credentials = {"username": "ada", "password": PASSWORD}
        assert (await api.post("/api/v1/auth/login", json=credentials)).status_code == 401


async def test_frames_of_a_bad_size_or_kind_leave_the_socket_usable(
    live_server_process, group, ada
):
    url = f"{live_server_process.websocket_url}/api/v1/chats/{group.pk}"
    headers = await sync_to_async(bearer)(ada)
    async with connect(url, additional_headers=headers) as socket:
        await next_of(socket, "welcome")
        for frame, code in (
            (b"\x00\xff", "invalid_json"),
            ("x" * 70_000, "validation_error"),
            ("{", "invalid_json"),
        ):
            await socket.send(frame)
            assert (await next_of(socket, "error"))["code"] == code
        await socket.send('{"type": "typing_indicator", "data": {"is_typing": true}}')
        assert (await next_of(socket, "typing_indicator"))["is_typing"] is True


async def test_a_message_of_a_removed_member_s_chat_does_not_reach_them(
    live_server_process, group, ada, grace
):
    url = f"{live_server_process.websocket_url}/api/v1/chats/{group.pk}"
    headers = await sync_to_async(bearer)(grace)
    async with connect(url, additional_headers=headers) as socket:
        await next_of(socket, "welcome")
        await sync_to_async(actions.remove_member)(ada, group, grace.pk)
        await sync_to_async(actions.post_message)(ada, group.pk, "We are two now")
        with pytest.raises(ConnectionClosed) as closed:
            await next_of(socket, "text_message")
    assert closed.value.rcvd.code == 4403
