"""A crowd at one shelter keeps no other shelter, no pulse and no page waiting, and each of the crowd hears what is true."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from math import inf

import httpx
import pytest

from bedboard.actions.occupancy import change_place
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Busy
from bedboard.store.crowds import Crowded, Crowds
from bedboard.store.database import CALLER_CONNECTIONS, STRANGER_CONNECTIONS, Database
from bedboard.store.shelters import lock_shelter
from tests.build import NOW, FixedClock, actor, until
from tests.build.passkeys import ask
from tests.build.site import PATIENT, Site, served

CROWD = 40
OTHERS = 9
FORTY_PEOPLE = replace(PATIENT, at_work=inf)
"""As if each call of the crowd came from somebody else."""


@asynccontextmanager
async def locked(site: Site) -> AsyncIterator[None]:
    async with site.process.database.transaction() as tx:
        await lock_shelter(tx, "linde")
        yield


def tap(client: httpx.AsyncClient, place: str, number: int) -> asyncio.Task[httpx.Response]:
    headers = {"Idempotency-Key": f"{place} {number}"}
    return asyncio.create_task(client.patch(f"/places/{place}", json={"status": "free"}, headers=headers))


@pytest.mark.parametrize("protected", [True, False], ids=["protected", "unprotected"])
async def test_a_locked_shelter_with_forty_callers_holds_back_no_other_shelter(
    board_database: Database, clock: FixedClock, protected: bool
) -> None:
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(served(board_database.url, clock, own_pulse=False, limits=FORTY_PEOPLE))
        presses = site.process.pools.presses
        if not protected:
            presses.crowds = Crowds()
        linde, wilg = site.api("demo-shelter-linde"), site.api("demo-shelter-wilg")
        for one in (linde, wilg):
            stack.push_async_callback(one.aclose)
            assert (await one.get("/board")).status_code == 200
        async with locked(site):
            crowd = [tap(linde, "linde-1", number) for number in range(CROWD)]

            async def has_come() -> bool:
                return presses.crowds._at["linde"] >= (2 if protected else site.process.settings.pool_size // 2)

            await until(has_come, "the crowd waits")
            others = Counter([(await tap(wilg, "wilg-1", number)).status_code for number in range(OTHERS if protected else 1)])
            await until(site.process.pulse.beat, "a pulse goes out")
        heard = Counter([reply.status_code for reply in await asyncio.gather(*crowd)])
        assert (await tap(linde, "linde-1", CROWD)).status_code == 200
    print(f"{'protected' if protected else 'unprotected'}: taps of another shelter {others}, of the crowd {heard}")  # noqa: T201
    assert set(heard) <= {200, 503} and heard.total() == CROWD
    if protected:
        assert others == {200: OTHERS}
    else:
        assert others == {503: 1}


async def test_the_pulse_goes_out_while_all_connections_of_others_are_taken(
    board_database: Database, clock: FixedClock
) -> None:
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(served(board_database.url, clock, own_pulse=False))
        pools = site.process.pools
        await until(site.process.pulse.beat, "a pulse goes out")
        for pool, size in ((pools.callers, CALLER_CONNECTIONS), (pools.presses, 5), (pools.rest, 5)):
            for _ in range(size):
                await stack.enter_async_context(pool.transaction())
        await until(site.process.pulse.beat, "another one goes out")
        site.process.identity._of_pulse = pools.presses  # without connections of its own
        assert not await site.process.pulse.beat()


async def test_a_flood_of_tries_to_sign_in_keeps_no_press_waiting(board_database: Database, clock: FixedClock) -> None:
    async with served(board_database.url, clock) as site, AsyncExitStack() as stack:
        pools = site.process.pools
        for _ in range(STRANGER_CONNECTIONS):
            await stack.enter_async_context(pools.strangers.transaction())
        async with site.client() as stranger:
            waiting = asyncio.create_task(ask(stranger, "/sign-in/options"))
            async with site.api("demo-shelter-linde") as linde:
                assert (await tap(linde, "linde-1", 1)).status_code == 200
            assert not waiting.done(), "it waits for the others"
            await stack.aclose()
            assert (await waiting)["challenge"]


async def test_a_crowd_that_meets_no_long_lock_is_answered_whole(board_database: Database, clock: FixedClock) -> None:
    async with served(board_database.url, clock, limits=FORTY_PEOPLE) as site:
        linde = site.api("demo-shelter-linde")
        heard = Counter(
            [reply.status_code for reply in await asyncio.gather(*(tap(linde, "linde-1", n) for n in range(CROWD)))]
        )
        await linde.aclose()
    assert heard == {200: CROWD}


async def test_a_transaction_that_would_be_one_too_many_in_the_crowd_is_turned_away_at_once(board_database: Database) -> None:
    database = Database(board_database.url, board_database.marks, pool_size=5, crowds=Crowds(each=1, together=2))
    sanne = actor()

    async def change() -> None:
        async with database.transaction() as tx:
            await change_place(tx, sanne, "linde-1", PlaceChange("occupied"), NOW)

    async with board_database.transaction() as other:
        await lock_shelter(other, "linde")
        first = asyncio.create_task(change())

        async def waits() -> bool:
            return database.crowds._at["linde"] == 1

        await until(waits, "the first one waits")
        with pytest.raises(Crowded):
            await change()
    await first
    assert database.crowds._at == {}
    await change()  # and with nobody in the way it goes through
    await database.dispose()


async def test_callers_wait_in_memory_in_their_order_and_too_many_hear_at_once_that_it_is_busy() -> None:
    crowds, order = Crowds(each=1, together=2, most_in_memory=3), list[int]()
    until_then = asyncio.get_running_loop().time() + 60

    async def come(number: int) -> None:
        await crowds.room("linde", until_then)
        with crowds.waiting("linde"):
            order.append(number)

    with crowds.waiting("linde"):
        waiting = [asyncio.create_task(come(number)) for number in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await crowds.room("linde", until_then)
        with pytest.raises(Crowded), crowds.waiting("linde"):
            pass
        with crowds.waiting("wilg"):  # another shelter has room
            with pytest.raises(Busy):  # and a caller that waits for it too long hears the same
                await crowds.room("wilg", asyncio.get_running_loop().time())
    await asyncio.gather(*waiting)
    assert order == [0, 1, 2] and not crowds._queues
