"""A local server that speaks the protocols of the providers: chat completions and Unsplash."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "sk-local"
PHOTO: dict[str, Any] = {
    "id": "abc123",
    "alt_description": "a grey cat on a red sofa",
    "description": None,
    "urls": {
        "raw": "https://images.unsplash.com/photo-1?ixid=M3w",
        "regular": "https://images.unsplash.com/photo-1?ixid=M3w&w=1080",
    },
    "links": {"html": "https://unsplash.com/photos/abc123"},
    "user": {"name": "Ann Lee", "links": {"html": "https://unsplash.com/@ann"}},
}


def completion(content: Any) -> dict[str, Any]:
    """The body of an answer to POST /chat/completions."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "local",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, "refusal": None},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


def delta(**values: Any) -> dict[str, Any]:
    """The data of an event of a streamed answer."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "local",
        "choices": [{"index": 0, "delta": values, "finish_reason": None}],
    }


def search_results(*photos: dict[str, Any]) -> dict[str, Any]:
    """The body of an answer to GET /search/photos."""
    return {"total": len(photos), "total_pages": min(len(photos), 1), "results": list(photos)}


@dataclass(frozen=True)
class Request:
    """What the server was asked."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


@dataclass
class ProviderServer:
    """Answers every question by an echo, every search by one photo, unless told otherwise."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None  # JSON, or bytes as they are
    # Cleared: requests hang until it is set again.
    go_on: threading.Event = field(default_factory=threading.Event)
    trickle: bool = False  # a byte at a time, for ever
    # An answer that is streamed in these pieces, each once this many have been let go.
    pieces: list[str] = field(default_factory=list)
    let_go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    breaks_off: bool = False  # after the last piece

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def answer(self, request: Request) -> tuple[int, Any]:
        accepted = {f"Bearer {KEY}", f"Client-ID {KEY}"}
        if request.headers.get("authorization") not in accepted:
            return 401, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}
        if self.status is not None or self.body is not None:
            return self.status or 200, self.body
        if request.path == "/chat/completions":
            return 200, completion(f"Echo: {request.body['messages'][-1]['content']}")
        if request.path == "/search/photos":
            links = {**PHOTO["links"], "download_location": f"{self.url}/photos/abc123/download"}
            return 200, search_results({**PHOTO, "links": links})
        if request.path == "/photos/abc123/download":
            return 200, {"url": "https://images.unsplash.com/photo-1"}
        return 404, {"errors": ["Not found"]}


def _handler_of(server: ProviderServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            parts = urlsplit(self.path)
            request = Request(
                self.command,
                parts.path,
                parse_qs(parts.query),
                {name.lower(): value for name, value in self.headers.items()},
                json.loads(self.rfile.read(length)) if length else None,
            )
            server.requests.append(request)
            server.go_on.wait()
            if server.pieces and request.body and request.body.get("stream"):
                self._stream()
                return
            status, body = server.answer(request)
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **server.headers}.items():
                self.send_header(name, value)
            if server.trickle:
                self._trickle()
                return
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _stream(self) -> None:
            """Server-sent events, as chat completions are streamed; then what was used."""
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            if server.breaks_off:
                self.send_header("Content-Length", "1000000")
            self.end_headers()
            self._event(delta(role="assistant", content=""))
            for piece in server.pieces:
                server.let_go.acquire()
                self._event(delta(content=piece))
            if not server.breaks_off:
                self._event({"choices": [], "usage": {"total_tokens": 2}})
                self._event("[DONE]")
            self.close_connection = True

        def _event(self, data: Any) -> None:
            text = data if isinstance(data, str) else json.dumps(data)
            self.wfile.write(f"data: {text}\n\n".encode())

        def _trickle(self) -> None:
            self.end_headers()
            pause = threading.Event()
            try:
                while server.trickle and not pause.wait(0.05):
                    self.wfile.write(b" ")
            except OSError:  # the client has had enough
                return

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:  # a client that was killed or gave up
                return

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    return Handler


@contextmanager
def running() -> Iterator[ProviderServer]:
    """A provider on a free port, until the end of the block."""
    provider = ProviderServer()
    provider.go_on.set()
    listener = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(provider))
    listener.daemon_threads = True
    provider.url = f"http://127.0.0.1:{listener.server_port}"
    thread = threading.Thread(target=listener.serve_forever, args=[0.05], daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.trickle = False
        provider.go_on.set()
        listener.shutdown()
        listener.server_close()
