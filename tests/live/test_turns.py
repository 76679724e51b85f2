"""Long work goes round the people and programs that wait, however many pages one of them has."""

import asyncio
import json
from contextlib import suppress
from itertools import chain

import pytest

from bedboard.live.search import SearchChannel
from bedboard.live.turns import Turns
from bedboard.rules.fit import Profile
from tests.build import until
from tests.build.searching import searching
from tests.build.site import Site

CROWD = 300  # search pages of one person


async def order_of(turns: Turns, keys: list[str]) -> list[int]:
    """Return the numbers of these pieces of work in the order of their turns; all of them wait together."""
    done: list[int] = []

    async def work(number: int, key: str) -> None:
        async with turns.of(key):
            done.append(number)

    async with turns.of("somebody"):
        waiting = [asyncio.create_task(work(number, key)) for number, key in enumerate(keys)]
        await asyncio.sleep(0)
        assert len(turns) == len(keys)
    await asyncio.gather(*waiting)
    return done


async def test_three_hundred_pages_of_one_person_keep_nobody_waiting_for_more_than_one_of_them() -> None:
    fair = (await order_of(Turns(), ["mark"] * CROWD + ["hanneke"])).index(CROWD)
    # Without the protection: the turn does not know whose the pages are.
    unfair = (await order_of(Turns(), ["anybody"] * CROWD + ["anybody"])).index(CROWD)
    print(f"searches before hers: {fair}; in one queue for everybody: {unfair}")  # noqa: T201
    assert (fair, unfair) == (1, CROWD)


async def test_turns_go_round_and_keep_the_order_of_each_person() -> None:
    keys = ["a"] * 3 + ["b"] * 2 + ["c"]
    assert await order_of(Turns(), keys) == [0, 3, 5, 1, 4, 2]


async def test_work_that_is_given_up_takes_no_turn_and_loses_none() -> None:
    turns, done = Turns(), list[str]()

    async def work(name: str) -> None:
        async with turns.of(name):
            done.append(name)

    async with turns.of("first"):
        waiting = {name: asyncio.create_task(work(name)) for name in ("leaves", "stays")}
        await asyncio.sleep(0)
        waiting["leaves"].cancel()
    for task in waiting.values():
        with suppress(asyncio.CancelledError):
            await task
    assert done == ["stays"]
    await work("later")
    assert done == ["stays", "later"]


@pytest.mark.parametrize("steps", range(4))
async def test_a_turn_is_passed_on_whenever_its_owner_leaves(steps: int) -> None:
    """At the moment in which the turn comes, too."""
    turns = Turns()

    async def hold() -> None:
        async with turns.of("mark"):
            await asyncio.sleep(0)

    async with turns.of("first"):
        task = asyncio.create_task(hold())
        await asyncio.sleep(0)
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert await asyncio.wait_for(order_of(turns, list(chain("ab"))), 5) == [0, 1]


async def test_a_newer_search_of_a_page_takes_the_place_of_those_that_still_wait(site: Site) -> None:
    woman = {"adults.woman": "1"}
    async with searching(site, woman) as page:
        (channel,) = (one for one in site.process.board.watchers if isinstance(one, SearchChannel))
        for number in range(2, 5):
            await page.ask(number, woman)  # with nobody in the way each is answered
        async with site.process.turns.of("person:somebody"):
            for number in range(5, 25):
                await page.line.send(json.dumps({"type": "search", "n": number, "fields": woman}))

            async def has_heard_all() -> bool:
                return isinstance(channel._said, dict) and channel._said["n"] == 24 and len(site.process.turns) == 1

            await until(has_heard_all, "the server has heard every search")
        assert (await page.hear())["found"]["n"] == 24
        await page.line.send(json.dumps({"type": "search", "n": 25, "fields": woman}))
        assert (await page.hear())["found"]["n"] == 25


async def test_other_searches_go_between_the_shelters_of_a_group_that_may_be_split(site: Site) -> None:
    searches, group = site.process.searches, Profile(woman=3, group=3, split=True)
    splitting = asyncio.create_task(searches.found("person:one", "police", group, None))
    others = 0
    while not splitting.done():
        await searches.found("person:another", "police", Profile(woman=1), None)
        others += 1
    assert others >= len(site.process.board.cards) - 1
    assert (await splitting).is_split
