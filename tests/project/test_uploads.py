"""A file of 100 MB costs a server a few MiB of memory, in and out, whichever serves pages."""

import json
import socket
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings

from chats import actions
from chats.models import Attachment
from tests.project.test_bodies import MIB, Request, memory
from tests.server_process import ServerProcess
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = 100 * MIB
GROWTH = 12 * MIB  # of a process, at most
PIECE = b"0123456789abcdef" * 4096


@pytest.fixture(scope="module", params=["granian", "daphne", "uvicorn"])
def server(request, django_db_setup):
    process = ServerProcess(request.param)
    process.wait_until_ready()
    yield process
    process.stop()


def begin(server, chat, token, length, name="large.bin"):
    """An upload whose body is still to be sent."""
    path = f"/api/v1/chats/{chat.pk}/attachments?name={quote(name)}"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    kind = "application/octet-stream"
    return Request(server, path, Content_Type=kind, Content_Length=length, **headers)


def upload(server, chat, token, size):
    request = begin(server, chat, token, size)
    for _ in range(size // len(PIECE)):
        assert request.send(PIECE)
    status, _, body = request.answer()
    return status, json.loads(body)


def begin_download(server, chat, token, attachment_id, headers=""):
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    path = f"/api/v1/chats/{chat.pk}/attachments/{attachment_id}/file"
    lines = [f"GET {path} HTTP/1.1", f"Host: localhost:{server.port}", "Connection: close"]
    lines += [f"Authorization: Bearer {token}", "Accept-Encoding: gzip"]
    connection.sendall(("\r\n".join(lines) + f"\r\n{headers}\r\n").encode())
    return connection


def download(*which):
    """The status, the head and how many bytes of the body came, which are not kept."""
    connection = begin_download(*which)
    head, count = b"", 0
    while b"\r\n\r\n" not in head:
        head += connection.recv(65536)
    head, _, rest = head.partition(b"\r\n\r\n")
    count = len(rest)
    while part := connection.recv(1 << 20):
        count += len(part)
    return int(head.split()[1]), head.decode().lower(), count


def test_a_large_file_comes_in_and_goes_out_piece_by_piece(server, ada, group, token_of):
    token = token_of(ada)
    assert upload(server, group, token, MIB)[0] == 201  # what is loaded once
    before = memory(server)
    status, data = upload(server, group, token, SIZE)
    assert (status, data["size"]) == (201, SIZE)
    assert memory(server) - before < GROWTH
    status, head, count = download(server, group, token, data["id"])
    assert (status, count) == (200, SIZE)
    assert f"content-length: {SIZE}" in head
    status, head, count = download(server, group, token, data["id"], "Range: bytes=5-14\r\n")
    assert (status, count) == (206, 10)
    assert f"content-range: bytes 5-14/{SIZE}" in head
    assert memory(server) - before < GROWTH


def test_who_reads_slowly_holds_nothing_up_and_costs_no_memory(server, ada, group, token_of):
    token = token_of(ada)
    _, data = upload(server, group, token, SIZE)
    before = memory(server)
    slow = [begin_download(server, group, token, data["id"]) for _ in range(2)]
    for connection in slow:
        assert connection.recv(1 << 20)
    status, _, count = download(server, group, token, data["id"])
    assert (status, count) == (200, SIZE)
    assert memory(server) - before < GROWTH
    for connection in slow:
        connection.close()


def test_a_larger_one_and_one_of_a_stranger_are_refused_before_they_are_read(
    server, ada, stranger, group, token_of
):
    before = memory(server)
    request = begin(server, group, token_of(ada), settings.ATTACHMENT_MAX_SIZE + 1)
    # Daphne reads all, and drops it, before it asks the application.
    for _ in range(SIZE // len(PIECE) if server.server == "daphne" else 1):
        request.send(PIECE)
    request.send(b"x")
    status, _, body = request.answer()
    assert (status, b"at most 104857600 bytes" in body) == (413, True)
    for token, code in ((token_of(stranger), 404), ("", 401)):
        request = begin(server, group, token, 8 * MIB)
        sent = all(request.send(PIECE) for _ in range(8 * MIB // len(PIECE)))
        if sent:
            assert request.answer()[0] == code
    assert memory(server) - before < GROWTH
    assert not Attachment.objects.exists()


def test_an_upload_whose_sender_goes_away_leaves_nothing(server, ada, group, token_of):
    request = begin(server, group, token_of(ada), 8 * MIB)
    for _ in range(10):
        request.send(PIECE)
    if server.server != "daphne":  # which calls the application when all has come
        wait_for(Attachment.objects.exists, 10, "for the upload to begin")
    request.socket.close()
    wait_for(lambda: not Attachment.objects.exists(), 10, "for it to be forgotten")
    folder = Path(settings.VAR_DIR) / "attachments" / group.pk.hex
    assert not folder.exists() or not list(folder.iterdir())
    assert actions.post_message(ada, group.pk, "The server still answers.")[1]
