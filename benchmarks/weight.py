"""Bytes of a page, as it is and compressed, through the documented nginx.

The answer to a client that takes gzip and Brotli, and to one that takes neither.
"""

import gzip
import http.client
from collections.abc import Mapping
from pathlib import Path

from . import browser, data, pages
from .http_servers import OURS, PEER
from .proxy import NGINX, deployed
from .results import Results, Target
from .stage import all_serving, environment

TOPIC = "weight"
CHAT, HISTORY = "page of a chat", "history page (JSON)"
RAW, COMPRESSED = "bytes", "bytes compressed"
LEVEL = 4  # of gzip in the documented nginx

TARGETS = [
    Target(
        "page of a chat: bytes over the wire",
        *(TOPIC, (CHAT, OURS.name), None, COMPRESSED),
        at_most=25_000,
    )
]


def run(results: Results, stores: Mapping[str, str], *, quick: bool) -> None:
    """Once: there is no chance in it."""
    plan, bearer = data.plan(data.BIG_CHAT), f"Bearer {data.token(data.READER)}"
    history = pages.path(OURS.name, plan, data.READER, 0)
    if Path(NGINX).exists():
        cookie = f"sessionid={browser.session(data.READER)}"
        with deployed(environment(stores), browser.collect_static()) as deployment:
            port = deployment.port
            _note(results, CHAT, OURS.name, port, f"/chats/{plan.id}/", {"Cookie": cookie})
            _note(results, HISTORY, OURS.name, port, history, {"Authorization": bearer})
    else:
        print("  nginx isn't installed: left out")
    with all_serving([PEER], stores) as servers:
        for name, server in servers.items():
            path = pages.path(name, plan, data.READER, 0)
            body = _get(server.port, path, {"Authorization": bearer})
            figures = {RAW: len(body), COMPRESSED: len(gzip.compress(body, LEVEL))}
            results.note((TOPIC, HISTORY, name), 0, figures)
    data.reset_readers(stores)


def _note(
    results: Results, case: str, name: str, port: int, path: str, headers: dict[str, str]
) -> None:
    encodings = {RAW: "identity", COMPRESSED: "gzip, deflate, br"}
    figures = {
        unit: float(len(_get(port, path, {**headers, "Accept-Encoding": encoding})))
        for unit, encoding in encodings.items()
    }
    results.note((TOPIC, case, name), 0, figures)


def _get(port: int, path: str, headers: dict[str, str]) -> bytes:
    """The body as it came."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise AssertionError(f"{path}: {answer.status}")
    return body
