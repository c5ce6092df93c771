"""Generated frames that no socket takes: an error for their sender, and nothing else happens."""

import asyncio
import json
from itertools import islice

import pytest
from websockets.asyncio.client import connect

from chats import actions
from chats.models import Chat, Message, ReadMarker
from users.models import User

from . import figures
from .bad_frames import bad_frames

pytestmark = pytest.mark.django_db(transaction=True)

SEED = 4
SHORT, LONG = 2_000, 100_000  # frames of a chat's socket; a tenth of it of the chat list's
BATCH = 200  # frames that are sent before their errors are read
ERROR_LIMIT = 1_000  # bytes: no frame is answered by something much larger


async def frame_of(socket, kind):
    async with asyncio.timeout(20):
        while True:
            frame = json.loads(await socket.recv())
            if frame["type"] == kind:
                return frame


def check(text, frame, code):
    """The answer is the one typed error that this frame deserves."""
    answer = json.loads(text)
    assert answer.keys() == {"type", "data"}, (frame, answer)
    error = answer["data"]
    assert answer["type"] == "error", (frame, answer)
    assert error["code"] == code, (frame, answer)
    assert isinstance(error["message"], str), frame
    assert error["message"], frame
    assert (code == "validation_error") == isinstance(error["field"], str), (frame, answer)
    assert len(text) < ERROR_LIMIT, frame


async def send_all(socket, frames):
    """Send every frame, and read an error for each, in order."""
    count = 0
    while batch := list(islice(frames, BATCH)):
        for frame, _ in batch:
            await socket.send(frame)
        for frame, code in batch:
            async with asyncio.timeout(20):
                check(await socket.recv(), frame, code)
        count += len(batch)
    return count


def stored():
    return [sorted(model.objects.values_list(), key=str) for model in (Chat, Message, ReadMarker)]


@pytest.fixture
def stage(crowd, crowd_chat):
    """Two members, their chat, a message of it, and the id of one of another chat."""
    sender, witness = crowd[:2]
    user = User.objects.get(pk=witness.user_id)
    mine, _ = actions.post_message(user, Chat.objects.get().pk, "Hello")
    other = actions.create_group(user, "Not for the sender", [crowd[2].user_id])
    secret, _ = actions.post_message(user, other.pk, "Hello")
    return sender, witness, crowd_chat, str(mine.pk), str(secret.pk)


async def test_bad_frames_are_errors_of_their_sender_alone_and_change_nothing(
    stage, start_server, is_long
):
    sender, witness, chat_id, message_id, secret_id = stage
    server = await asyncio.to_thread(start_server, LIMIT_FRAMES="1000000/1s")
    chat = f"{server.websocket_url}/api/v1/chats/{chat_id}"
    chats = f"{server.websocket_url}/api/v1/users/me"
    before, count = await asyncio.to_thread(stored), LONG if is_long else SHORT
    async with (
        connect(chat, additional_headers=sender.headers) as socket,
        connect(chats, additional_headers=sender.headers) as list_socket,
        connect(chat, additional_headers=witness.headers) as other,
        connect(chats, additional_headers=witness.headers) as other_list,
    ):
        for each, first in [(socket, "welcome"), (list_socket, "watching")]:
            await frame_of(each, first)
        await frame_of(other_list, "watching")
        while (await frame_of(socket, "user_joined"))["data"]["user_id"] != witness.user_id:
            pass
        frames = bad_frames(SEED, [secret_id])
        sent = await send_all(socket, islice(frames, count))
        sent += await send_all(list_socket, islice(frames, count // 10))
        assert sent == count + count // 10
        assert await asyncio.to_thread(stored) == before

        # The sockets live, and the witness hears of the good frames and of nothing else.
        good = {"type": "message_read", "data": {"message_id": message_id}}
        await socket.send(json.dumps(good))
        await frame_of(socket, "message_read")
        heard = [await frame_of(other, "welcome")]
        while heard[-1]["type"] != "message_read":
            heard.append(json.loads(await asyncio.wait_for(other.recv(), 20)))
        told = [frame["type"] for frame in heard]
        assert set(told[1:-1]) <= {"user_joined"}
        assert heard[-1]["data"]["user_id"] == sender.user_id
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(other_list.recv(), 0.2)
    assert server.is_running()
    assert "Traceback" not in server.output()
    figures.report("bad frames", f"{sent}, each answered by its error, to its sender alone")
