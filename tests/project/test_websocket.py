"""Frames on the wire, of each server: RFC 6455, order, flow control, the end of a process."""

import asyncio
import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
import uvicorn
from asgiref.sync import sync_to_async
from uvicorn.server import ServerState
from websockets.asyncio.client import connect
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader
from websockets.uri import parse_uri

from chatproject.sockets.connection import EXTENSION, Connection, text_frame
from chatproject.sockets.subscribers import Subscribers
from chatproject.sockets.uvicorn import FrameProtocol
from chats.events import Error
from tests.server_process import COMMANDS, ServerProcess
from tests.waiting import wait_for_async
from users.signing_in import tokens

DEFLATE = ["12.*", "13.*"]  # cases of an extension that is off
LARGE = ["9.*"]  # cases of up to 16 MiB: ten seconds a server
# Daphne sends no empty binary message; and takes none above 1 MiB, as all of LARGE.
DAPHNE_FAILS = {"1.2.1"}
# The `websockets` library: a close between fragments fails the connection. Ours mends it.
FAILS = {"daphne": DAPHNE_FAILS, "uvicorn": {"7.1.5"}, "uvicorn-frames": set()}


@pytest.fixture
def serve(django_db_setup):
    """A function that starts a server of `COMMANDS` on an application."""
    started = []

    def start(server, application="chatproject.asgi:application"):
        process = ServerProcess(server, application=application)
        started.append(process)
        process.wait_until_ready()
        return process

    yield start
    for process in started:
        process.stop()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("server", COMMANDS)
def test_a_server_passes_the_autobahn_cases(serve, server, request, tmp_path):
    """All that deflate isn't needed for with `--all-cases`, otherwise without large messages."""
    process = serve(server, "tests.echo:application")
    large = request.config.getoption("--all-cases") and server != "daphne"
    excluded = DEFLATE if large else [*DEFLATE, *LARGE]
    # A process, because it brings stand-ins for modules that are loaded here.
    command = [Path(sys.executable).with_name("kosoku"), "--parallelism", "8"]
    run = subprocess.run(
        [*command, "-o", tmp_path, *(f"-x{case}" for case in excluded), process.websocket_url[5:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert re.search(r"wrote reports for (247|301) cases", run.stdout), run.stdout
    failed = re.findall(r"^ +([\d.]+): behavior=", run.stdout, re.MULTILINE)
    assert set(failed) == FAILS[server]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 100_000])
def test_a_frame_is_what_another_implementation_reads(size):
    reader = StreamReader()
    payload = b"x" * size
    reader.feed_data(text_frame(payload) + text_frame(b"next"))
    for expected in (payload, b"next"):
        parser = Frame.parse(reader.read_exact, mask=False, max_size=None)
        with pytest.raises(StopIteration) as parsed:
            next(parser)
        assert parsed.value.value == Frame(Opcode.TEXT, expected)


# On a server in this process, whose connections can be looked at


class Json(dict):
    """Something to tell a socket."""

    def encode(self):
        return orjson.dumps(self)


class Room:
    """An application whose sockets are told the same, and the server that it runs on."""

    def __init__(self):
        self.subscribers = Subscribers()
        self.sockets = []
        self.connections = []
        self.config = uvicorn.Config(self, ws_per_message_deflate=False, log_level="warning")

    async def __call__(self, scope, receive, send):
        connection = scope["extensions"].get(EXTENSION)
        self.sockets.append(socket := Connection(send, len(self.sockets), connection))
        await send({"type": "websocket.accept"})
        self.subscribers.add(socket)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self.subscribers.discard(socket)

    def connection(self):
        made = FrameProtocol(self.config, ServerState(), {})
        self.connections.append(made)
        return made


@pytest.fixture
async def room():
    room = Room()
    room.config.load()
    server = await asyncio.get_running_loop().create_server(room.connection, "127.0.0.1", 0)
    room.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield room
    for connection in room.connections:
        connection.transport.abort()
    server.close()


class SlowReader:
    """A client that has made its handshake and doesn't read on."""

    def __init__(self, url):
        host, _, port = url.removeprefix("ws://").partition(":")
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.connect((host, int(port)))
        self._protocol = ClientProtocol(parse_uri(url), max_size=None)
        self._protocol.send_request(self._protocol.connect())
        self._socket.sendall(b"".join(self._protocol.data_to_send()))

    def read(self):
        """Everything until the server closes: the messages, and the code."""
        self._socket.settimeout(10)
        while not self._protocol.close_rcvd:
            self._protocol.receive_data(self._socket.recv(65536))
        frames = [event for event in self._protocol.events_received() if isinstance(event, Frame)]
        messages = [json.loads(frame.data) for frame in frames if frame.opcode is Opcode.TEXT]
        return messages, self._protocol.close_rcvd.code

    def close(self):
        self._socket.close()


@pytest.fixture
async def slow(room):
    reader = await asyncio.to_thread(SlowReader, room.url)
    await wait_for_async(lambda: len(room.subscribers) == 1)
    yield reader
    reader.close()


async def block(room):
    """Tell the room events until a socket is blocked; answers how many."""
    told = 0
    while all(connection.writable.is_set() for connection in room.connections):
        room.subscribers.tell(Json({"number": told, "text": "x" * 10_000}))
        told += 1
        await asyncio.sleep(0)
    return told


async def test_a_slow_reader_is_closed_within_2_mib_and_delays_nobody(room, slow):
    async with connect(room.url) as quick:
        await wait_for_async(lambda: len(room.subscribers) == 2)
        told, held = await block(room), 0
        while not room.sockets[0].closed:
            room.subscribers.tell(Json({"number": told, "text": "x" * 10_000}))
            told += 1
            assert json.loads(await asyncio.wait_for(quick.recv(), 5))["number"] < told
            held = max(
                held,
                room.sockets[0]._queued + room.connections[0].transport.get_write_buffer_size(),
            )
        assert 1024 * 1024 < held < 2 * 1024 * 1024
        room.subscribers.tell(Json({"number": told, "text": "the last"}))
        while (event := json.loads(await asyncio.wait_for(quick.recv(), 5)))["text"] != "the last":
            pass
        assert event["number"] == told
    events, code = await asyncio.to_thread(slow.read)
    assert [event["number"] for event in events] == list(range(len(events)))
    assert code == 1013


async def test_a_reader_that_goes_on_gets_everything_in_order_with_what_send_sends(room, slow):
    told = await block(room)
    room.connections[0].send_keepalive_ping()
    for number in range(told, told + 20):
        room.subscribers.tell(Json({"number": number}))
        await asyncio.sleep(0)
    room.sockets[0].tell(Error(code="server_error", message="The last"))
    reading = asyncio.create_task(asyncio.to_thread(slow.read))
    await wait_for_async(lambda: room.sockets[0]._queue is None)
    room.subscribers.close(4403, "Enough.")
    events, code = await reading
    assert [event["number"] for event in events[:-1]] == list(range(told + 20))
    assert events[-1]["data"]["message"] == "The last"
    assert code == 4403


@pytest.mark.parametrize("end", ["close", "shutdown", "keepalive_timeout"])
async def test_who_never_reads_again_doesn_t_keep_the_connection(room, slow, end):
    await block(room)
    connection = room.connections[0]
    connection.close_timeout = 0.1
    if end == "close":
        room.subscribers.close(1013, "Reads too slowly.")
    else:
        getattr(connection, end)()
    await wait_for_async(lambda: connection.disconnected, 5)
    assert not room.sockets[0].closed or end == "close"


async def test_events_of_one_turn_are_one_write_and_others_wait_for_nothing(room):
    async with connect(room.url) as client:
        await wait_for_async(lambda: len(room.subscribers) == 1)
        transport, writes = room.connections[0].transport, []

        class Counted:
            def __getattr__(self, name):
                return getattr(transport, name)

            def write(self, data):
                writes.append(data)
                transport.write(data)

        room.connections[0].transport = Counted()
        for number in range(5):
            room.subscribers.tell(Json({"number": number}))
        assert writes == []
        await asyncio.sleep(0)
        assert len(writes) == 1
        room.subscribers.tell(Json({"number": 5}))
        await asyncio.sleep(0)
        assert len(writes) == 2
        assert [json.loads(await client.recv())["number"] for _ in range(6)] == list(range(6))


async def test_a_socket_with_deflate_is_sent_its_messages_by_the_server(room):
    room.config.ws_per_message_deflate = True
    async with connect(room.url) as client:
        await wait_for_async(lambda: len(room.subscribers) == 1)
        assert client.protocol.extensions
        assert room.sockets[0]._writer is None
        room.subscribers.tell(Json({"text": "compressed " * 100}))
        assert json.loads(await client.recv()) == {"text": "compressed " * 100}


# Of a process


@pytest.mark.django_db(transaction=True)
async def test_a_process_that_is_stopped_closes_its_sockets_with_1012(serve, ada, group):
    process = await asyncio.to_thread(serve, "uvicorn-frames")
    token = (await sync_to_async(tokens.sign_in)(ada))["access"]
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{process.websocket_url}/api/v1/chats/{group.pk}"
    async with connect(url, additional_headers=headers) as client:
        assert json.loads(await client.recv())["type"] == "welcome"
        await asyncio.to_thread(process.stop)
        await client.wait_closed()
        assert client.close_code == 1012
