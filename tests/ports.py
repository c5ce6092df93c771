"""Ports of this session alone, so that several sessions may start servers at the same time."""

import socket
from itertools import cycle

from chatproject.development.server import port_is_free

# Below those that the kernel gives to outgoing connections: none of them takes a port between
# its choice and the start of its server, or while a server restarts.
FIRST, LAST = 20_000, 32_000
SIZE = 500  # of a session's block; its first port is held as long as the session lasts


def _claim_block() -> socket.socket:
    for port in range(FIRST, LAST, SIZE):
        holder = socket.socket()
        try:
            holder.bind(("127.0.0.1", port))
        except OSError:
            holder.close()
        else:
            holder.listen()
            return holder
    raise RuntimeError("Every block of ports is taken by another session.")


_holder = _claim_block()
_first = _holder.getsockname()[1]
_block = cycle(range(_first + 1, _first + SIZE))


def free_port() -> int:
    """The next port of this session's block that nobody listens on."""
    return next(port for port in _block if port_is_free(port))
