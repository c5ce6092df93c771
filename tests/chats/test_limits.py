"""How much one may send: messages and edits, questions to the bot, frames of a socket."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from chatproject.limits.rates import Rate
from chats import actions
from chats.models import Message, ReadMarker
from tests.provider_server import ProviderServer
from tests.server_process import ServerProcess
from users.signing_in import tokens

THREE = Rate(3, 3600)


# Messages ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_who_sends_too_fast_is_told_when_to_come_back_and_nothing_is_stored(
    settings: Any, api: Any, ada: Any, grace: Any, group: Any, private_chat: Any
) -> None:
    settings.LIMIT_SENDS = THREE
    client = api(ada)
    path = f"/api/v1/chats/{group.pk}/messages"
    sent = client.post(path, {"content": "One"})
    assert sent.status_code == 201
    # An edit goes to everybody as a message does; a retry asks as much of the stores.
    assert client.patch(f"{path}/{sent.json()['id']}", {"content": "1"}).status_code == 200
    other = f"/api/v1/chats/{private_chat.pk}/messages"
    assert client.post(other, {"content": "Two", "client_id": "2"}).status_code == 201
    for answer in (
        client.post(path, {"content": "Three"}),
        client.post(other, {"content": "Two", "client_id": "2"}),
        client.patch(f"{path}/{sent.json()['id']}", {"content": "one"}),
    ):
        assert answer.status_code == 429
        assert answer.json() == {
            "detail": "You are sending too fast. Please try again in 20 minutes.",
            "limit": "sends",
            "retry_after": answer.json()["retry_after"],
        }
        assert 1190 < int(answer.headers["Retry-After"]) <= 1200
    assert [message.content for message in Message.objects.in_chat(group.pk)] == ["1"]
    # What is wrong anyway is said first, and costs nothing.
    assert client.post(path, {"content": " "}).status_code == 400
    assert api(grace).post(path, {"content": "Mine"}).status_code == 201


@pytest.mark.django_db
def test_the_form_of_a_browser_without_scripts_is_answered_by_a_page(
    settings: Any, client: Client, ada: Any, group: Any
) -> None:
    settings.LIMIT_SENDS = Rate(1, 60)
    client.force_login(ada)
    path = f"/chats/{group.pk}/send/"
    assert client.post(path, {"content": "One"}).status_code == 302
    answer = client.post(path, {"content": "Two"})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    assert "You are sending too fast. Please try again in 60 seconds." in answer.content.decode()
    assert Message.objects.in_chat(group.pk).count() == 1


@pytest.mark.django_db
def test_what_was_written_offline_passes_at_the_default(
    settings: Any, ada: Any, group: Any
) -> None:
    settings.LIMIT_SENDS = Rate.parse("300/1m")
    for number in range(200):
        actions.post_message(ada, group.pk, f"Written offline, {number}")
    assert Message.objects.in_chat(group.pk).count() == 200


@pytest.mark.django_db
def test_questions_to_the_bot_are_limited_wherever_they_are_asked(
    settings: Any, api: Any, ada: Any, group: Any, provider: ProviderServer
) -> None:
    settings.LIMIT_QUESTIONS = THREE
    client = api(ada)
    path = f"/api/v1/chats/{group.pk}/messages"
    assert client.post("/api/v1/ai/ask", {"user_input": "How?"}).status_code == 200
    assert client.get("/api/v1/ai/photo?query=loom").status_code == 200
    question = client.post(path, {"content": "@ai How?"})
    assert question.status_code == 201
    asked = len(provider.requests)
    for answer in (
        client.post("/api/v1/ai/ask", {"user_input": "How?"}),
        client.get("/api/v1/ai/photo?query=loom"),
        client.post(path, {"content": "@photo loom"}),
        client.patch(f"{path}/{question.json()['id']}", {"content": "@ai Why?"}),
    ):
        assert (answer.status_code, answer.json()["limit"]) == (429, "questions")
    assert len(provider.requests) == asked
    assert client.post(path, {"content": "No question"}).status_code == 201


@pytest.mark.django_db
def test_questions_have_budgets_a_day_for_a_person_and_for_all(
    settings: Any, api: Any, ada: Any, grace: Any, group: Any, provider: ProviderServer
) -> None:
    settings.LIMIT_QUESTIONS_DAY = Rate.parse("2/1d")
    settings.LIMIT_QUESTIONS_SITE = Rate.parse("3/1d")
    path = f"/api/v1/chats/{group.pk}/messages"
    for client, expected in (
        (api(ada), [200, 201, 429, 429]),
        (api(grace), [200, 429, 429, 429]),
    ):
        answers = [
            client.post("/api/v1/ai/ask", {"user_input": "How?"}),
            *(client.post(path, {"content": f"@ai {number}"}) for number in range(2)),
            client.get("/api/v1/ai/photo?query=loom"),
        ]
        assert [answer.status_code for answer in answers] == expected
        refused = [answer.json() for answer in answers if answer.status_code == 429]
        budget = "questions_day" if len(refused) == 2 else "questions_site"
        # The site's refusals don't count for the person: the last would be another.
        assert {body["limit"] for body in refused} == {budget}
        assert "in a day" in refused[0]["detail"]
        assert client.post(path, {"content": "No question"}).status_code == 201
    assert len(provider.requests) == 2


@pytest.mark.django_db
def test_the_schema_names_429_where_a_limit_is(api: Any) -> None:
    schema = api().get("/api/v1/schema/?format=json").json()
    unlimited = {
        f"{method} {path.removeprefix('/api/v1')}"
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if "429" not in operation["responses"]
    }
    assert {each.split()[0] for each in unlimited} == {"get"}
    assert unlimited.isdisjoint({"get /users", "get /ai/photo"})
    assert "get /chats/{chat_id}/messages" in unlimited
    assert schema["components"]["schemas"]["TooOften"]["required"] == [
        *("detail", "limit", "retry_after"),
    ]


# Frames ------------------------------------------------------------------------------------------


@pytest.fixture
async def path_and_headers(group: Any, ada: Any, grace: Any) -> tuple[str, Any, Any]:
    """The socket of the group, and the headers of ada and grace."""

    def bearer(user: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {tokens.sign_in(user)['access']}"}

    path = f"/api/v1/chats/{group.pk}"
    return path, await sync_to_async(bearer)(ada), await sync_to_async(bearer)(grace)


async def frame_of(socket: Any, *types: str) -> Any:
    """The next frame of one of these types, with its type among its data."""
    async with asyncio.timeout(10):
        while True:
            frame = json.loads(await socket.recv())
            if frame["type"] in types:
                return {"type": frame["type"], **frame["data"]}


async def type_something(socket: Any) -> None:
    await socket.send('{"type": "typing_indicator", "data": {"is_typing": true}}')


@pytest.mark.django_db(transaction=True)
async def test_a_frame_too_many_is_dropped_and_told_to_its_sender_only(
    start_server: Callable[..., ServerProcess],
    path_and_headers: Any,
    group: Any,
    ada: Any,
    grace: Any,
) -> None:
    server = await sync_to_async(start_server)(LIMIT_FRAMES="4/2s")
    message, _ = await sync_to_async(actions.post_message)(grace, group.pk, "Read this")
    read = json.dumps({"type": "message_read", "data": {"message_id": str(message.pk)}})
    path, adas, graces = path_and_headers
    url = server.websocket_url + path
    async with (
        connect(url, additional_headers=adas) as one,
        connect(url, additional_headers=adas) as own_other,
        connect(url, additional_headers=graces) as other,
    ):
        for socket in (one, own_other, other):
            await frame_of(socket, "welcome")
        for _ in range(4):
            await type_something(one)
        await one.send(read)
        error = await frame_of(one, "error")
        assert (error["code"], error["field"]) == ("rate_limited", None)
        assert error["message"] == "At most 4 frames in 2 s are taken; this one was not."
        assert 0 < error["retry_after"] <= 0.5
        assert ada.pk not in await sync_to_async(ReadMarker.objects.of_chat)(group)
        # A socket is limited, not its user.
        await own_other.send(read)
        told = await frame_of(other, "message_read", "error")
        assert (told["type"], told["user_id"]) == ("message_read", ada.pk)
        # It goes on after the wait.
        await asyncio.sleep(error["retry_after"])
        await one.send('{"type": "shout", "data": {}}')
        assert (await frame_of(one, "error"))["code"] == "validation_error"


@pytest.mark.django_db(transaction=True)
async def test_a_socket_that_floods_is_closed_and_no_other(
    start_server: Callable[..., ServerProcess], path_and_headers: Any, group: Any, grace: Any
) -> None:
    server = await sync_to_async(start_server)(LIMIT_FRAMES="4/60s")
    path, adas, graces = path_and_headers
    url = server.websocket_url + path
    async with (
        connect(url, additional_headers=adas) as one,
        connect(url, additional_headers=graces) as other,
    ):
        await frame_of(other, "welcome")
        await frame_of(one, "welcome")
        for _ in range(40):
            await type_something(one)
        codes = [(await frame_of(one, "error"))["code"] for _ in range(36)]
        assert codes == ["rate_limited"] * 36
        await type_something(one)
        with pytest.raises(ConnectionClosed) as closed:
            await frame_of(one, "error")
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "Too many frames.")
        await sync_to_async(actions.post_message)(grace, group.pk, "Still here")
        assert (await frame_of(other, "text_message", "error"))["type"] == "text_message"
