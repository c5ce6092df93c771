"""Closes the sockets whose sign-in has ended, or whose token or session has expired.

The end of a sign-in is announced at once (`actions.close_user_sockets`). This finds the sockets
that no event has reached, with one query for all sockets of the process.
"""

from __future__ import annotations

import time
from collections.abc import Set

from chatproject.sockets.connection import Connection
from chats.protocol import CLOSE_SIGNED_OUT

from .reads import read_expiries

EXPIRY_LOOK = 2.0  # seconds between looks at the clock
SIGN_IN_LOOK = 20.0  # seconds between looks at the sign-ins of all sockets


class Expiry:
    """Tracks how long each socket of a process may stay open."""

    def __init__(self, sockets: Set[Connection]) -> None:
        self._sockets = sockets

    async def close_expired(self) -> None:
        """Close sockets whose time is up, unless their session has been extended meanwhile."""
        moment = time.time()
        expired = {socket for socket in self._sockets if (socket.expires_at or moment) < moment}
        by_session = {socket for socket in expired if not socket.by_token}
        for socket in expired - by_session:
            socket.close(CLOSE_SIGNED_OUT, "The access token has expired.")
        if by_session:
            await self.look_at(by_session)

    async def look(self) -> None:
        """Close sockets whose sign-in has ended, and update when sessions expire."""
        await self.look_at({socket for socket in self._sockets if socket.sign_in})

    async def look_at(self, sockets: set[Connection]) -> None:
        """Like `look`, for these sockets only."""
        asked = {socket.sign_in for socket in sockets if socket.sign_in}
        if not asked:
            return
        expiries = await read_expiries(asked)
        for socket in sockets:
            if socket.sign_in not in asked:  # renewed meanwhile
                continue
            if socket.sign_in not in expiries:
                socket.close(CLOSE_SIGNED_OUT, "This sign-in has ended.")
            elif not socket.by_token:
                socket.expires_at = expiries[socket.sign_in]
