"""Work that is asked for one by one and done together."""

import asyncio

import pytest

from chatproject.sockets.coalescer import Coalescer


class Doubler:
    """Answers each number with its double, and remembers the batches."""

    def __init__(self):
        self.batches = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, numbers):
        self.batches.append(list(numbers))
        await self.gate.wait()
        return [ValueError(str(number)) if number < 0 else 2 * number for number in numbers]


async def test_a_lone_request_goes_at_once_and_others_together_after_it():
    doubler = Doubler()
    coalescer = Coalescer(doubler)
    assert await coalescer.ask(1) == 2
    doubler.gate.clear()
    first = asyncio.create_task(coalescer.ask(2))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(coalescer.ask(number)) for number in (3, 4, 5)]
    await asyncio.sleep(0.01)
    assert doubler.batches == [[1], [2]]  # whoever asks later gets an answer from later
    doubler.gate.set()
    assert await asyncio.gather(first, *others) == [4, 6, 8, 10]
    assert doubler.batches == [[1], [2], [3, 4, 5]]


async def test_a_batch_has_at_most_so_many():
    doubler = Doubler()
    coalescer = Coalescer(doubler, at_most=2)
    assert await asyncio.gather(*map(coalescer.ask, range(5))) == [0, 2, 4, 6, 8]
    assert doubler.batches == [[0, 1], [2, 3], [4]]


async def test_an_error_of_one_is_its_own_and_one_of_the_work_is_everybodys():
    coalescer = Coalescer(Doubler())
    answers = await asyncio.gather(*map(coalescer.ask, (1, -1, 2)), return_exceptions=True)
    assert (answers[0], answers[2]) == (2, 4)
    assert isinstance(answers[1], ValueError)

    async def broken(numbers):
        raise OSError("away")

    broken_coalescer = Coalescer(broken)
    answers = await asyncio.gather(*map(broken_coalescer.ask, (1, 2)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError, OSError]
    with pytest.raises(OSError, match="away"):
        await broken_coalescer.ask(3)


async def test_who_has_gone_takes_nobody_elses_answer():
    doubler = Doubler()
    coalescer = Coalescer(doubler)
    doubler.gate.clear()
    tasks = [asyncio.create_task(coalescer.ask(number)) for number in (1, 2)]
    await asyncio.sleep(0.01)
    tasks[0].cancel()
    await asyncio.sleep(0)
    doubler.gate.set()
    assert await tasks[1] == 4
    assert tasks[0].cancelled()
    assert await coalescer.ask(3) == 6
