"""Bodies are limited by each server, by their length and while they come, without a proxy."""

import json
import os
import re
import socket
import time
from pathlib import Path

import pytest

from tests.faults.attacker import resident
from tests.server_process import ServerProcess

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = 256 * 1024
MIB = 1024 * 1024
SENT = 24 * MIB  # of a body without an end
GROWTH = 10 * MIB  # of a process, at most
KINDS = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data; boundary=x",
}
FILE = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
PATHS = ["/api/v1/auth/login", "/accounts/sign-in/"]


@pytest.fixture(scope="module")
def temporary(tmp_path_factory):
    """Where the servers would have their temporary files."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module", params=["granian", "daphne", "uvicorn"])
def server(request, temporary, django_db_setup):
    """A server process that has answered all kinds of requests once."""
    process = ServerProcess(request.param, {"TMPDIR": str(temporary)})
    process.wait_until_ready()
    for path in PATHS * 4:
        small = Request(process, path, Content_Type=KINDS["multipart"], Content_Length=len(FILE))
        small.send(FILE)
        small.answer()
    yield process
    process.stop()


class Request:
    """A request whose body is sent piece by piece."""

    def __init__(self, server, path="/api/v1/auth/login", **headers):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        lines = [f"POST {path} HTTP/1.1", f"Host: localhost:{server.port}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def send(self, data):
        """Whether it was taken; a server may have answered and ended the connection."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def chunks(self, total, piece=b"x" * 65536):
        """Send a chunked body of as many bytes, with its end."""
        chunk = b"%x\r\n%s\r\n" % (len(piece), piece)
        went_on = all(self.send(chunk) for _ in range(total // len(piece)))
        return went_on and self.send(b"0\r\n\r\n")

    def answer(self):
        """The status, the headers, and the body of the answer."""
        data, length = b"", None
        while length is None or len(data) < length:
            received = self.socket.recv(65536)
            if not received:
                break
            data += received
            head, mark, _ = data.partition(b"\r\n\r\n")
            if mark:
                found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                length = len(head) + 4 + int(found[1]) if found else None
        self.socket.close()
        head, _, body = data.partition(b"\r\n\r\n")
        return int(head.split()[1]), head.decode().lower(), body


def processes(server):
    """The process and its workers."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    return [server.pid, *map(int, children)]


def memory(server):
    return max(resident(pid) for pid in processes(server))


def cpu_seconds(server):
    ticks = 0
    for pid in processes(server):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def temporary_files(server, folder):
    """The open files of the processes that are in this folder, deleted ones too."""
    links = [link for pid in processes(server) for link in Path(f"/proc/{pid}/fd").iterdir()]
    return [name for link in links if str(folder) in (name := os.readlink(link))]


@pytest.mark.parametrize("path", PATHS)
def test_a_body_that_says_it_is_too_large_is_refused(server, path):
    for kind in KINDS.values():
        request = Request(server, path, Content_Type=kind, Content_Length=LIMIT + 1)
        request.send(FILE + b"x" * (LIMIT + 1 - len(FILE)))
        status, head, body = request.answer()
        assert status == 413
        assert b"at most 262144 bytes" in body
        assert "x-content-type-options: nosniff" in head
        if path.startswith("/api/"):
            assert list(json.loads(body)) == ["detail"]


def test_a_body_without_a_length_ends_at_the_limit(server):
    before = memory(server)
    for kind in KINDS.values():
        request = Request(server, Content_Type=kind, Transfer_Encoding="chunked")
        piece = (FILE + b"x" * 65536)[:65536]
        if request.chunks(SENT, piece):
            status, _, body = request.answer()
            assert (status, b"at most 262144 bytes" in body) == (413, True)
    assert memory(server) - before < GROWTH
    assert Request(server, Content_Length=0).answer()[0] in (400, 415)


def test_a_chunked_body_within_the_limit_is_read(server, ada):
    credentials = json.dumps({"username": "ada", "password": "correct horse battery staple"})
    body = credentials.encode() + b" " * (LIMIT - len(credentials))
    request = Request(server, Content_Type=KINDS["json"], Transfer_Encoding="chunked")
    request.chunks(len(body), body)
    assert request.answer()[0] == 200


def test_nothing_of_a_body_is_spooled_to_the_disk(server, temporary):
    before = memory(server)
    requests = [
        Request(server, path, Content_Type=KINDS["multipart"], Content_Length=length)
        for path in PATHS
        for length in (LIMIT, 64 * MIB)
    ]
    for request in requests:
        request.send(FILE + b"x" * 200_000)
    time.sleep(0.3)  # an absence has no event to wait for
    assert temporary_files(server, temporary) == []
    assert memory(server) - before < GROWTH
    for request in requests:
        request.socket.close()


@pytest.mark.parametrize("count", [14_000, 4_900])
def test_thousands_of_unknown_names_cost_a_stranger_s_server_little(server, count):
    body = json.dumps({f"field{number}": 1 for number in range(count)}).encode()
    assert len(body) < LIMIT
    headers = {"Content_Type": KINDS["json"], "Content_Length": len(body), "Accept": "text/html"}
    start, before = cpu_seconds(server), memory(server)
    for _ in range(96):
        request = Request(server, **headers)
        request.send(body)
        status, head, answer = request.answer()
        assert status == 400
        assert "content-type: application/json" in head
        assert len(json.loads(answer)) <= 10
    assert cpu_seconds(server) - start < 6
    assert memory(server) - before < 6 * GROWTH
