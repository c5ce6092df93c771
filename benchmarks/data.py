"""The data of a run, built once and kept: the same people, chats and messages for everyone.

Chats and messages are computed from their numbers, so that every page can be checked. Ours are in
the form that our models store, the original's design has the same content in its own form.
"""

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pymongo

from . import accounts, documents, stage
from .documents import Plan
from .meter import FOLDER

VERSION = 3
STAMP = FOLDER / "data.json"

NAMESPACE = uuid.UUID("6f3c8f0e-6c5c-4f6e-9d52-0d6c1b7f5a11")
READER = 1  # member of the big chat, and of 499 more
LIST_USERS = {10: 2, 100: 3, 1_000: 4}  # a person by the number of their chats
SENDER = 11  # owns the rooms and the chats of several sizes
USERS = 1_010
ROOM_MESSAGES = 200


def chat_id(name: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, name)


BIG_CHAT = chat_id("big")
SIZED_CHATS = {size: chat_id(f"size {size}") for size in (1_000, 10_000, 100_000, 1_000_000)}
SPREAD_CHATS = [chat_id(f"spread {number}") for number in range(16)]
ROOM_CHATS = {members: chat_id(f"room {members}") for members in (10, 100, 1_000)}
SCREEN_CHAT = chat_id("screen")  # of 200 members
# As the room of 1,000: servers that share a Valkey would tell each other's sockets.
OTHER_ROOMS = [chat_id(f"other room {number}") for number in range(3)]
SMALL_CHAT = chat_id("small 0")  # the reader's


@dataclass(frozen=True)
class Scale:
    """How much there is."""

    big: int = 500_000  # messages of the big chat
    chats: int = 5_000  # small ones
    small: int = 100  # messages of each of them
    largest: int = 1_000_000  # of the chats of several sizes

    @property
    def sizes(self) -> list[int]:
        return [size for size in SIZED_CHATS if size <= self.largest]


FULL = Scale()
QUICK = Scale(big=50_000, chats=1_700, small=30, largest=10_000)

_tokens: dict[int, str] = {}


def build(stores: Mapping[str, str], *, quick: bool) -> None:
    """Make what isn't there yet; a folder that has the full data keeps it for quick runs too."""
    stage.set_up_django(stores)
    wanted = {"version": VERSION, "form": documents.form(), **asdict(QUICK if quick else FULL)}
    kept = json.loads(STAMP.read_text()) if STAMP.exists() else {}
    if kept not in (wanted, {**wanted, **asdict(FULL)}):
        _build(stores, QUICK if quick else FULL)
        STAMP.write_text(json.dumps(wanted))
    else:
        accounts.migrate()
        reset_readers(stores)  # a run may have been cut off
    _make_tokens()


def scale() -> Scale:
    """How much the folder has."""
    kept = json.loads(STAMP.read_text())
    return Scale(**{name: kept[name] for name in asdict(FULL)})


def token(user_id: int) -> str:
    """An access token of ours, which the peers read as well."""
    return _tokens[user_id]


def plan(chat: uuid.UUID) -> Plan:
    """What a chat consists of."""
    return next(found for found in plans(scale()) if found.id == chat)


def plans(scale: Scale) -> Iterator[Plan]:
    """Every chat, the most recent first."""
    yield Plan(BIG_CHAT, 0, scale.big, (READER, *range(SENDER, SENDER + 9)))
    yield from room_plans()
    for number, size in enumerate(scale.sizes, 10):
        yield Plan(SIZED_CHATS[size], number, size, tuple(range(SENDER, SENDER + 10)))
    yield from _small_plans(scale)


def room_plans() -> Iterator[Plan]:
    """Chats that messages are sent to: of many members, and sixteen of ten."""
    others = [(1_000, room) for room in OTHER_ROOMS]
    rooms = [*ROOM_CHATS.items(), (200, SCREEN_CHAT), *others]
    for number, (members, room) in enumerate(rooms, 1):
        yield Plan(room, number, ROOM_MESSAGES, tuple(range(SENDER, SENDER + members)))
    for number, room in enumerate(SPREAD_CHATS, 20):
        yield Plan(room, number, ROOM_MESSAGES, tuple(range(SENDER, SENDER + 10)))


def _small_plans(scale: Scale) -> Iterator[Plan]:
    """Every second one a private chat; first the readers', then those of nobody in particular."""
    listed = {READER: 499, **{user: size for size, user in LIST_USERS.items()}}
    owners = [(user, rank) for user, size in listed.items() for rank in range(size)]
    for number in range(scale.chats):
        owner, rank = owners[number] if number < len(owners) else (SENDER + number % 900, 0)
        others = [SENDER + (rank + step * 97) % (USERS - SENDER + 1) for step in range(4)]
        is_group = bool(number % 2) or number >= len(owners)
        members = (owner, *(other for other in others[: 4 if is_group else 1] if other != owner))
        yield Plan(chat_id(f"small {number}"), 100 + number, scale.small, members, is_group)


def client(stores: Mapping[str, str], **options: Any) -> pymongo.MongoClient[dict[str, Any]]:
    return pymongo.MongoClient(stores["MONGODB_URI"], uuidRepresentation="standard", **options)


def reset_rooms(stores: Mapping[str, str]) -> None:
    """Put the rooms back as they were before anything was sent to them."""
    with client(stores) as mongo:
        for form in (documents.Ours(mongo), documents.Peers(mongo)):
            for plan in room_plans():
                form.remove(plan)
            form.load(room_plans())


def reset_readers(stores: Mapping[str, str]) -> None:
    """Make unread again what was opened in a browser."""
    people = (READER, *LIST_USERS.values())
    updates = [
        pymongo.UpdateOne(
            {"chat_id": plan.id.hex, "user_id": user_id}, {"$set": {"seq": plan.read_to(user_id)}}
        )
        for plan in plans(scale())
        for user_id in people
        if user_id in plan.member_ids
    ]
    with client(stores) as mongo:
        mongo["bench"]["chats_readmarker"].bulk_write(updates, ordered=False)


def _build(stores: Mapping[str, str], scale: Scale) -> None:
    started = time.monotonic()
    STAMP.unlink(missing_ok=True)
    with client(stores) as mongo:
        for name in ("bench", "bench_peer"):
            mongo.drop_database(name)
        accounts.make(USERS)
        chats = list(plans(scale))
        for form in (documents.Ours(mongo), documents.Peers(mongo)):
            indexes = form.take_indexes()
            form.load(chats)
            form.put_indexes(indexes)
            mongo.admin.command("fsync")  # what is on disk is written during no measurement
            print(f"  {form.name} after {time.monotonic() - started:.0f} s", flush=True)


def _make_tokens() -> None:
    _tokens.update(accounts.tokens())
