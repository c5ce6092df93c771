"""`find` and `dumps`, and nothing that a product needs besides: no sign-in, no checks, no fields.

`/messages/<chat>?user=&skip=&limit=` is a page of the history, `/chats?user=&limit=` a chat list.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

import orjson
import pymongo

from ..collector import tune

Document = dict[str, Any]

client: pymongo.MongoClient[Document] = pymongo.MongoClient(os.environ["MONGODB_URI"])
database = client[os.environ["MONGODB_NAME"]]
chats, messages, markers = (
    database[name] for name in ("chats_chat", "chats_message", "chats_readmarker")
)
accounts = sqlite3.connect(
    os.environ["DATABASE_URL"].removeprefix("sqlite:///"), check_same_thread=False
)
PREVIEW = dict.fromkeys(
    ("chat_id", "seq", "sender_id", "content", "kind", "created_at", "deleted_at"), 1
)


def application(environ: Document, start_response: Callable[..., Any]) -> Iterable[bytes]:
    query = {name: int(value) for name, value in parse_qsl(environ["QUERY_STRING"])}
    path: str = environ["PATH_INFO"]
    if path == "/chats":
        answer: Document | None = chat_list(**query)
    else:
        answer = page(path.rpartition("/")[2], **query)
    body = orjson.dumps(answer)
    length = ("Content-Length", str(len(body)))
    start_response("200 OK", [("Content-Type", "application/json"), length])
    return [body]


def page(chat_id: str, user: int = 0, skip: int = 0, limit: int = 50) -> Document | None:
    """A page of the history, newest first: a range of numbers, as they are dense."""
    chat = chats.find_one({"_id": chat_id, "member_ids": user})
    if chat is None:
        return None
    high = chat["last_seq"] - skip
    found = messages.find({"chat_id": chat_id, "seq": {"$gt": high - limit, "$lte": high}})
    return {"count": chat["last_seq"], "chat": chat, "results": list(found.sort("seq", -1))}


def chat_list(user: int, limit: int = 100) -> Document:
    """The latest chats of a person, with what isn't read, the last messages and the names."""
    count = chats.count_documents({"member_ids": user})
    found = list(chats.find({"member_ids": user}).sort("last_message_at", -1).limit(limit))
    ids = [chat["_id"] for chat in found]
    read = markers.find({"user_id": user, "chat_id": {"$in": ids}}, {"chat_id": 1, "seq": 1})
    seqs = {row["chat_id"]: row["seq"] for row in read}
    ends = [{"chat_id": chat["_id"], "seq": chat["last_seq"]} for chat in found]
    latest = messages.find({"$or": ends}, PREVIEW)
    last = {row["chat_id"]: row for row in latest}
    people = {row["sender_id"] for row in last.values()}
    people |= {other for chat in found if not chat["is_group"] for other in chat["member_ids"]}
    names = names_of(people)
    for chat in found:
        chat["unread_count"] = chat["last_seq"] - seqs.get(chat["_id"], 0)
        chat["last_message"] = last.get(chat["_id"])
    return {"count": count, "results": found, "names": names}


def names_of(people: set[int]) -> Document:
    marks = ",".join("?" * len(people))
    rows = accounts.execute(
        f"SELECT id, first_name FROM users_user WHERE id IN ({marks})", list(people)
    )
    return {str(user_id): name for user_id, name in rows}


tune()
