"""HEAD is GET without the body (RFC 9110, 9.3.2)."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from chats import actions
from tests.urls import addresses

pytestmark = pytest.mark.django_db(transaction=True)


def test_whatever_has_a_page_has_its_head(group: Any, ada: Any, grace: Any) -> None:
    message, _ = actions.post_message(ada, group.pk, "Hello")
    ids = {"chat_id": group.pk, "message_id": message.pk, "user_id": grace.pk, "object_id": ada.pk}
    ada.is_staff = ada.is_superuser = True
    ada.save()
    client = Client()
    client.force_login(ada)
    tried = 0
    for address in addresses():
        path = address.path(ids)
        if "sign-out" in path or "logout" in path or "photo" in path:
            continue
        shown = client.get(path)
        if shown.status_code == 200:
            assert client.head(path).status_code == 200, path
            tried += 1
    assert tried > 40


def answer_of(url: str, method: str, path: str) -> tuple[bytes, bytes]:
    """The head and the body of a server's answer."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), 20) as connection:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        connection.settimeout(20)
        data = b""
        while piece := connection.recv(65536):
            data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize(
    "path", ["/accounts/sign-in/", "/api/v1/schema/", "/nothing", "/static/js/application.js"]
)
def test_a_server_sends_no_body_with_head(live_server_process: Any, path: str) -> None:
    shown, body = answer_of(live_server_process.url, "GET", path)
    assert len(body) > 100
    head, nothing = answer_of(live_server_process.url, "HEAD", path)
    assert head.split(b"\r\n")[0] == shown.split(b"\r\n")[0]
    assert nothing == b""
