"""Requests as Daphne's server knows them."""

from types import SimpleNamespace

import pytest
from daphne.http_protocol import HTTPFactory
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from chatproject.sockets.daphne_requests import WebRequest

HEAD = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"


@pytest.mark.parametrize("part", [HEAD[:40], HEAD, HEAD + b"\r\n{"])
def test_nothing_is_kept_of_a_request_that_breaks_off(part):
    known = set()
    server = SimpleNamespace(
        protocol_connected=known.add, protocol_disconnected=known.discard, request_buffer_size=8192
    )
    factory = HTTPFactory(server)
    channel = factory.buildProtocol(None)
    channel.requestFactory = WebRequest
    channel.timeOut = None
    channel.makeConnection(StringTransport())
    channel.dataReceived(HEAD.partition(b"\r\n")[0] + b"\r\n")
    assert len(known) == 1
    channel.dataReceived(part.partition(b"\r\n")[2])
    channel.connectionLost(Failure(ConnectionDone()))
    assert not known
