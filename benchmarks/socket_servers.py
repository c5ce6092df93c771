"""The servers of sockets that are compared, and how their clients speak."""

import importlib.util
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from typing import Any

import orjson
import redis

from . import data, stage
from .meter import REPO, Server
from .results import Target
from .room import Room
from .socket_load import Door, Socket

FRAME_SIZE = 512  # bytes of an event's payload, for everyone: that of a short message of ours
OURS = "/api/v1/chats/{chat}"
FRAMES = "chatproject.sockets.uvicorn:FrameProtocol"
SOCKETIO = REPO / "benchmarks" / "peers" / "socketio"


def uvicorn(
    application: str, protocol: str = "websockets-sansio", http: str = "h11"
) -> tuple[str, ...]:
    """As in docs/deployment.md; httptools isn't among what we deploy."""
    return (
        *(sys.executable, "-m", "uvicorn", application, "--host", "127.0.0.1", "--port", "{port}"),
        *("--loop", "uvloop", "--ws", protocol, "--ws-per-message-deflate", "false"),
        *("--http", http, "--log-level", "warning"),
    )


def daphne(application: str, module: str = "daphne") -> tuple[str, ...]:
    return (*(sys.executable, "-m", module, "-b", "127.0.0.1", "-p", "{port}"), application)


# Events ------------------------------------------------------------------------------------------


def text_of(name: str, *, prefix: bytes = b"") -> Callable[[bytes], str | None]:
    """Finds the text of an event in a JSON payload `{…, "data": {name: text}}`."""

    def decode(payload: bytes) -> str | None:
        frame = orjson.loads(payload.removeprefix(prefix))
        content = frame.get("data") if isinstance(frame, dict) else frame[1]
        return content.get(name) if isinstance(content, dict) else None

    return decode


class SocketIoRoom(Room):
    """A room of Engine.IO 4 and Socket.IO 5: https://socket.io/docs/v4/engine-io-protocol/."""

    def heard(self, socket: Socket, payloads: list[bytes]) -> None:
        texts = []
        for payload in payloads:
            if payload[:1] == b"0":  # open: connect to the main namespace
                socket.send(b"40")
            elif payload == b"2":  # ping
                socket.send(b"3")
            else:
                texts.append(payload)
        super().heard(socket, texts)


@dataclass(frozen=True)
class Party:
    """A contender, and how its clients speak. Without `frame`, events come by the channel layer."""

    contender: stage.Contender
    path: str
    decode: Callable[[bytes], str | None]
    frame: Callable[[str], bytes] | None = None
    text_size: int = 68  # characters of an event's own text that make its payload FRAME_SIZE
    signed_in: bool = True
    room: type[Room] = Room
    chat: uuid.UUID = data.ROOM_CHATS[1_000]
    processes: int = 1

    @property
    def name(self) -> str:
        return self.contender.name

    def doors(self, user_ids: Iterable[int]) -> list[Door]:
        """The members' ways into the chat."""
        path = self.path.format(chat=self.chat)
        return [(path, data.token(user_id) if self.signed_in else None) for user_id in user_ids]


def ours(name: str, command: tuple[str, ...], **options: Any) -> Party:
    return Party(stage.Contender(name, command), OURS, text_of("content"), **options)


def echo(text: str) -> bytes:
    return orjson.dumps({"type": "text_message", "data": {"text": text}})


def textbook(name: str, command: tuple[str, ...]) -> Party:
    settings = {"DJANGO_SETTINGS_MODULE": "benchmarks.peers.channels_textbook.settings"}
    return Party(
        stage.Contender(name, command, environment=settings),
        path="/chats/room",
        decode=text_of("text"),
        frame=echo,
        text_size=FRAME_SIZE - len(echo("")),
        signed_in=False,
    )


APPLICATION = "chatproject.asgi:application"
TEXTBOOK = "benchmarks.peers.channels_textbook.asgi:application"

BASELINE = Party(
    stage.Contender(
        "fastapi_beanie", uvicorn("benchmarks.peers.fastapi_beanie.app:app", http="httptools")
    ),
    path=OURS,
    decode=text_of("content"),
    frame=lambda text: orjson.dumps({"type": "typing_indicator", "data": {"text": text}}),
    text_size=FRAME_SIZE - 207,
)
UVICORN = ours("ours-uvicorn", uvicorn(APPLICATION), chat=data.OTHER_ROOMS[0])
OWN_PROTOCOL = ours("ours-own", uvicorn(APPLICATION, FRAMES))
TWO = ours("ours-own-2", uvicorn(APPLICATION, FRAMES), chat=data.OTHER_ROOMS[1], processes=2)
DAPHNE = ours(
    "ours-daphne", daphne(APPLICATION, "chatproject.sockets.daphne"), chat=data.OTHER_ROOMS[2]
)
CHANNELS_DAPHNE = textbook("channels-daphne", daphne(TEXTBOOK))
CHANNELS_UVICORN = textbook("channels-uvicorn", uvicorn(TEXTBOOK))
SOCKETIO_PARTY = Party(
    stage.Contender("socketio", ("node", "server.js", "{port}"), cwd=SOCKETIO),
    path="/socket.io/?EIO=4&transport=websocket",
    decode=text_of("text", prefix=b"42"),
    frame=lambda text: b"42" + orjson.dumps(["send", {"text": text}]),
    text_size=FRAME_SIZE - len('42["text_message",{"text":""}]'),
    signed_in=False,
    room=SocketIoRoom,
)
LIMIT = Party(
    stage.Contender("limit", (sys.executable, "-m", "benchmarks.peers.limit_fanout", "{port}")),
    path="/",
    decode=text_of("text"),
    frame=echo,
    text_size=FRAME_SIZE - len(echo("")),
    signed_in=False,
)


def missing(party: Party) -> str | None:
    """Why a contender can't take part here; installs socket.io where npm is."""
    if party is OWN_PROTOCOL and importlib.util.find_spec("chatproject.sockets.uvicorn") is None:
        return "there is no such protocol"
    if party is not SOCKETIO_PARTY:
        return None
    if not (shutil.which("node") and shutil.which("npm")):
        return "there is no npm"
    if (SOCKETIO / "node_modules" / ".package-lock.json").exists():
        return None
    command = ["npm", "ci", "--no-audit", "--no-fund", "--silent"]
    install = subprocess.run(command, cwd=SOCKETIO, capture_output=True, timeout=300, check=False)
    return f"npm ci failed: {install.stderr.decode()[-300:]}" if install.returncode else None


@contextmanager
def served(party: Party, stores: dict[str, str]) -> Iterator[Server]:
    """The server of a contender, with nobody online from before."""
    with all_served([party], stores) as servers:
        yield servers[party.name]


@contextmanager
def all_served(parties: Iterable[Party], stores: dict[str, str]) -> Iterator[dict[str, Server]]:
    """The servers of contenders at once, by name, with nobody online from before."""
    with redis.Redis.from_url(stores["REDIS_URL"]) as valkey:
        valkey.flushdb()
    serve = partial(stage.serving, environment=stage.environment(stores))
    with ExitStack() as stack:
        yield {
            party.name: reduce(
                add, [stack.enter_context(serve(party.contender)) for _ in range(party.processes)]
            )
            for party in parties
        }


def taking_part(parties: Iterable[Party]) -> list[Party]:
    """Those that were asked for and can."""
    return [party for party in parties if stage.chosen([party.contender]) and not missing(party)]


def to_peer(
    topic: str, text: str, case: str, unit: str, *, of: Party, to: Party = BASELINE, **options: Any
) -> Target:
    """A target of ours that is a ratio to the peer's figure of the same case."""
    return Target(text, topic, (case, of.name), (case, to.name), unit, **options)
