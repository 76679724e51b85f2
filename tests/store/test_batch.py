"""Questions that arrive together are read together."""

import asyncio
from collections.abc import Mapping

import pytest

from bedboard.batch import Batch
from bedboard.rules.refusals import Unavailable


class Shelf:
    """Answers a number with its square, but not 13; notes what was asked, and waits until the test lets it."""

    def __init__(self) -> None:
        self.reads: list[list[int]] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.asked = asyncio.Event()
        self.is_away = False

    async def read(self, keys: list[int]) -> Mapping[int, int]:
        self.reads.append(keys)
        self.asked.set()
        await self.go_on.wait()
        if self.is_away:
            raise Unavailable("database_away")
        return {key: key * key for key in keys if key != 13}


async def test_keys_that_come_together_are_one_read_and_each_gets_its_own_answer() -> None:
    shelf = Shelf()
    batch = Batch(shelf.read)
    assert await asyncio.gather(*(batch.get(key) for key in (1, 2, 13, 2))) == [1, 4, None, 4]
    assert shelf.reads == [[1, 2, 13]]


async def test_what_comes_during_a_read_is_read_after_it() -> None:
    shelf = Shelf()
    shelf.go_on.clear()
    batch = Batch(shelf.read)
    first = asyncio.create_task(batch.get(1))
    await shelf.asked.wait()
    again, second = asyncio.create_task(batch.get(1)), asyncio.create_task(batch.get(2))
    await asyncio.sleep(0)
    shelf.go_on.set()
    assert [await first, await again, await second] == [1, 1, 4]
    assert shelf.reads == [[1], [1, 2]], "an answer is read after its question, never before it"


async def test_no_read_is_larger_than_it_may_be() -> None:
    shelf = Shelf()
    batch = Batch(shelf.read, most=2)
    assert await asyncio.gather(*(batch.get(key) for key in range(5))) == [0, 1, 4, 9, 16]
    assert shelf.reads == [[0, 1], [2, 3], [4]]


async def test_a_read_that_fails_fails_for_all_of_it_and_the_next_one_goes_on() -> None:
    shelf = Shelf()
    shelf.is_away = True
    batch = Batch(shelf.read)
    failed = await asyncio.gather(batch.get(1), batch.get(2), return_exceptions=True)
    assert [type(error) for error in failed] == [Unavailable, Unavailable]
    shelf.is_away = False
    assert await batch.get(1) == 1


async def test_a_caller_that_leaves_takes_nothing_from_the_others() -> None:
    shelf = Shelf()
    shelf.go_on.clear()
    batch = Batch(shelf.read)
    leaving, staying = asyncio.create_task(batch.get(1)), asyncio.create_task(batch.get(1))
    await shelf.asked.wait()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    shelf.go_on.set()
    assert await staying == 1
