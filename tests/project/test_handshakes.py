"""How many handshakes are worked on at once."""

import asyncio

import pytest

from chatproject.sockets import handshakes
from chatproject.sockets.handshakes import AT_ONCE, Handshakes


async def test_only_some_pass_at_once_and_in_the_order_in_which_they_came():
    entrance, inside, passed, most = Handshakes(), 0, [], 0

    async def come(number):
        nonlocal inside, most
        async with entrance.turn():
            inside += 1
            most = max(most, inside)
            passed.append(number)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*map(come, range(5 * AT_ONCE)))
    assert most == AT_ONCE
    assert passed == list(range(5 * AT_ONCE))


async def test_who_waits_too_long_is_put_off_and_takes_nobodys_turn(monkeypatch):
    entrance = Handshakes()
    monkeypatch.setattr(handshakes, "PATIENCE", 0.01)
    turns = [entrance.turn() for _ in range(AT_ONCE)]
    for turn in turns:
        await turn.__aenter__()
    with pytest.raises(TimeoutError):
        async with entrance.turn():
            raise AssertionError("passed")
    for turn in turns:
        await turn.__aexit__(None, None, None)
    async with entrance.turn():
        pass
