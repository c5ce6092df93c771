"""What a socket reads: piece by piece, never while it is held, and less of many small frames."""

import asyncio

import pytest

from chatproject.sockets.inbound import FRAME_TIME, PIECE, Inbound
from tests.waiting import wait_for_async


class Peer:
    """What came through, and whether the transport reads."""

    def __init__(self, frames=1):
        self.frames, self.pieces, self.reads = frames, [], True
        self.inbound = Inbound(self.feed, self.pause, self.resume)

    def feed(self, piece):
        self.pieces.append(piece)
        return self.frames

    def pause(self):
        self.reads = False

    def resume(self):
        self.reads = True


async def test_what_is_small_goes_through_at_once():
    peer = Peer()
    peer.inbound.receive(b"hello")
    assert (peer.pieces, peer.reads) == ([b"hello"], True)


async def test_others_have_their_turn_between_two_pieces():
    peer, turns = Peer(), []
    data = bytes(range(256)) * (3 * PIECE // 256) + b"rest"
    peer.inbound.receive(data)
    assert (len(peer.pieces), peer.reads) == (1, False)
    while not peer.reads:
        turns.append(len(peer.pieces))
        await asyncio.sleep(0)
    assert set(turns) == {1, 2, 3}
    assert b"".join(peer.pieces) == data


async def test_who_sends_many_frames_is_read_more_slowly():
    peer, loop = Peer(frames=500), asyncio.get_running_loop()
    start = loop.time()
    peer.inbound.receive(b"x")
    assert not peer.reads
    await wait_for_async(lambda: peer.reads)
    assert loop.time() - start >= 500 * FRAME_TIME


@pytest.mark.parametrize("order", [("application", "writing"), ("writing", "application")])
async def test_nothing_is_taken_while_there_is_a_reason_to_wait(order):
    peer = Peer()
    for reason in order:
        peer.inbound.hold(reason)
    peer.inbound.receive(b"later")
    peer.inbound.release(order[0])
    assert (peer.pieces, peer.reads) == ([], False)
    peer.inbound.release(order[1])
    assert (peer.pieces, peer.reads) == ([b"later"], True)


async def test_a_reason_that_comes_with_a_piece_keeps_the_next_one_back():
    peer = Peer()

    def feed(piece):
        peer.pieces.append(piece)
        peer.inbound.hold("application")
        return 1

    peer.inbound._feed = feed
    peer.inbound.receive(b"x" * (PIECE + 1))
    await asyncio.sleep(0.01)
    assert (len(peer.pieces), peer.reads) == (1, False)
    peer.inbound.release("application")
    assert [len(piece) for piece in peer.pieces] == [PIECE, 1]


async def test_after_the_end_nothing_comes_through():
    peer = Peer()
    peer.inbound.receive(b"x" * 3 * PIECE)
    peer.inbound.end()
    await asyncio.sleep(0.01)
    assert len(peer.pieces) == 1
