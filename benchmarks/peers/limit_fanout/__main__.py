"""A picows server with one room: what a socket sends, every socket gets. Takes the port."""

import struct
import sys
from typing import Any

import picows
import uvloop

from ..collector import tune


class Member(picows.WSListener):
    room: set[Any] = set()  # the asyncio transports of everyone

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.connection = transport.underlying_transport
        self.room.add(self.connection)

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self.room.discard(self.connection)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type != picows.WSMsgType.TEXT:
            return
        payload = frame.get_payload_as_bytes()
        built = struct.pack("!BBH", 0x81, 126, len(payload)) + payload
        for connection in self.room:
            connection.write(built)


async def serve(port: int) -> None:
    def admit(request: picows.WSUpgradeRequest) -> picows.WSListener:
        return Member()

    server = await picows.ws_create_server(admit, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


tune()
uvloop.run(serve(int(sys.argv[1])))
