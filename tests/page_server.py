"""Web servers on this machine, whose pages are linked: honest ones, and such as harm who reads."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HTML = "text/html; charset=utf-8"


class PageServer(ThreadingHTTPServer):
    """Answers with what is in `pages`, by path: (content type, body) or a function."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, Any] = {}
        self.asked: list[str] = []
        self.headers: list[Any] = []

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    @property
    def address(self) -> tuple[str, int]:
        """As `LINK_PREVIEWS_TEST_SERVERS` names it."""
        return "127.0.0.1", self.port

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of a page."""
        return f"http://{host}:{self.port}{path}"

    def page(self, path: str, head: str, kind: str = HTML) -> str:
        """Have a page with this head; its address."""
        body = f"<!doctype html><html><head>{head}</head><body>Text</body></html>"
        self.pages[path] = (kind, body.encode())
        return self.url(path)

    def redirect(self, path: str, target: str) -> str:
        """Have an address that leads to another."""
        self.pages[path] = lambda handler: send(handler, 302, {"Location": target})
        return self.url(path)


class _Handler(BaseHTTPRequestHandler):
    server: PageServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.headers.append(self.headers)
        page = self.server.pages.get(self.path)
        with suppress(OSError):
            if page is None:
                send(self, 404, {})
            elif callable(page):
                page(self)
            else:
                send(self, 200, {"Content-Type": page[0]}, page[1])

    def log_message(self, *_: Any) -> None:
        pass


def send(handler: Any, status: int, headers: dict[str, str], body: bytes = b"") -> None:
    """A whole answer."""
    handler.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def endless(piece: bytes, wait: float = 0) -> Any:
    """A body without an end; with `wait` seconds between its pieces, which drip."""

    def answer(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", HTML)
        handler.end_headers()
        stop = threading.Event()
        while not stop.wait(wait):
            handler.wfile.write(piece)

    return answer


def packed(size: int) -> Any:
    """A page of this many bytes, packed to a thousandth."""
    body = gzip.compress(b"<title>Packed</title>" + b" " * size)
    headers = {"Content-Type": HTML, "Content-Encoding": "gzip"}
    return lambda handler: send(handler, 200, headers, body)


@contextmanager
def page_server(settings: Any) -> Iterator[PageServer]:
    """A server that may be fetched from, though it isn't public."""
    with PageServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        settings.LINK_PREVIEWS = True
        settings.LINK_PREVIEWS_TEST_SERVERS = frozenset({server.address})
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def resolving(monkeypatch: Any, names: dict[str, list[list[str]]]) -> list[str]:
    """Let these names have these addresses: each time they are asked for, the next ones.

    Returns the list of the names that were asked for.
    """
    real, asked = socket.getaddrinfo, []

    def resolve(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host not in names:
            return real(host, port, *args, **options)
        asked.append(host)
        answers = names[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [row for one in found for row in real(one, port, *args, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked
