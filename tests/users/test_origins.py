"""A session opens a socket from our own pages only: every other form of Origin is refused."""

import socket
import uuid

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db(transaction=True)

# `{port}` is the server's, `{other}` another one; "http://localhost:{port}" alone is good.
BAD = [
    (),
    (b"",),
    (b"null",),
    (b"*",),
    (b"localhost:{port}",),
    (b"//localhost:{port}",),
    (b"http:/localhost:{port}",),
    (b"http:localhost:{port}",),
    (b"http://localhost",),
    (b"http://localhost:80",),
    (b"http://localhost:{other}",),
    (b"http://localhost:0{port}",),
    (b"http://localhost:{port}0",),
    (b"http://localhost:+{port}",),
    (b"http://localhost:99999",),
    (b"http://localhost:{port}/",),
    (b"http://localhost:{port}/chats/",),
    (b"http://localhost:{port}?",),
    (b"http://localhost:{port}#",),
    (b"http://localhost:{port}\\",),
    (b"http://localhost.:{port}",),
    (b"http://LOCALHOST:{port}",),
    (b"HTTP://localhost:{port}",),
    (b"https://localhost:{port}",),
    (b"ws://localhost:{port}",),
    (b"wss://localhost:{port}",),
    (b"file://localhost:{port}",),
    (b"file://",),
    (b"javascript:alert(1)",),
    (b"data:text/html,x",),
    (b"chrome-extension://localhost:{port}",),
    (b"http://[::1]:{port}",),
    (b"http://[",),
    (b"http://127.1:{port}",),
    (b"http://2130706433:{port}",),
    (b"http://0x7f000001:{port}",),
    (b"http://0.0.0.0:{port}",),
    (b"http://evil.localhost:{port}",),
    (b"http://localhost.evil.example:{port}",),
    (b"http://evillocalhost:{port}",),
    (b"http://localhost:{port}.evil.example",),
    (b"http://localhost:{port}@evil.example",),
    (b"http://evil.example@localhost:{port}",),
    (b"http://evil.example#localhost:{port}",),
    (b"http://evil.example/http://localhost:{port}",),
    (b"http://localhost:{port}, http://evil.example",),
    (b"http://localhost:{port} http://evil.example",),
    (b"http://localhost%3A{port}",),
    (b"http://localh\xc3\xb6st:{port}",),
    (b"http://\xff\xfe:{port}",),
    (b"http://local\x7fhost:{port}",),
    (b"http://localhost:{port}" + b"/" * 5000,),
    (b"http://evil.example", b"http://localhost:{port}"),
    (b"http://localhost:{port}", b"http://evil.example"),
    (b"http://localhost:{port}", b"http://localhost:{port}"),
]


def status(port: int, path: str, origins: tuple[bytes, ...], cookie: str) -> int:
    """The HTTP status of a handshake with these Origin headers, byte for byte."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: localhost:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        f"Cookie: sessionid={cookie}",
    ]
    head = b"\r\n".join(line.encode() for line in lines)
    for origin in origins:
        filled = origin.replace(b"{port}", b"%d" % port).replace(b"{other}", b"%d" % (port + 1))
        head += b"\r\nOrigin: " + filled
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head + b"\r\n\r\n")
        answer = b""
        while b"\r\n" not in answer and (data := connection.recv(4096)):
            answer += data
    return int(answer.split(b" ")[1])


@pytest.mark.parametrize("path", ["/api/v1/chats/{chat}", "/api/v1/users/me"])
def test_a_session_with_a_bad_origin_is_refused(live_server_process, group, ada, path):
    client = Client()
    client.force_login(ada)
    cookie = client.cookies["sessionid"].value
    port, path = live_server_process.port, path.format(chat=group.pk)
    good = (b"http://localhost:{port}",)
    assert status(port, path, good, cookie) == 101
    assert status(port, path, good, uuid.uuid4().hex) == 403
    assert len(set(BAD)) >= 40
    # A server may refuse by itself what isn't the form of an origin.
    answers = {origins: status(port, path, origins, cookie) for origins in BAD}
    assert {origins: code for origins, code in answers.items() if code not in {400, 403}} == {}
