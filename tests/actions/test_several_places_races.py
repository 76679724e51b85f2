"""Groups that want several places at one moment: each gets all of its places, or none. First without the lock."""

import asyncio

from bedboard.actions.holds import hold_place
from bedboard.actions.setup import add_shelter
from bedboard.rules.refusals import Busy, Conflict
from bedboard.store.database import Database
from tests.actions.test_hold_races import CONTROL, locked, pools, taker
from tests.build import NOW, SEAL, place, shelter
from tests.build.rows import every_row, goes, run

__all__ = ["locked", "pools"]  # fixtures

THREE = [f"wilgen-{number}" for number in range(1, 4)]
GROUPS = 8


async def take(database: Database, n: int, places: list[str]) -> str:
    try:
        async with database.transaction() as tx:
            held = await hold_place(tx, taker(n), places, f"h{n}", NOW, group=2)
            return " ".join(held.place_ids)
    except Conflict as refusal:
        return refusal.code
    except Busy:  # others came first for too long, and nothing was done
        return await take(database, n, places)


@CONTROL
async def test_of_groups_that_want_places_in_common_one_gets_all_and_the_others_none(
    pools: tuple[Database, Database], locked: bool
) -> None:
    """Each wants two of three places, so that any two groups want one in common."""
    async with pools[0].transaction() as tx:
        await add_shelter(tx, shelter("wilgen", [place(name, "men") for name in THREE]), SEAL, NOW)
    if not locked:
        await run(pools[0], "drop index uq_claim_live_place_id")
    wanted = [[THREE[n % 3], THREE[(n + 1) % 3]] for n in range(GROUPS)]
    said = await asyncio.gather(*(take(pools[n % 2], n, wanted[n]) for n in range(GROUPS)), return_exceptions=True)
    claims = [row for key, row in (await every_row(pools[0])).items() if key[0] == "claim" and row["ended_at"] is None]

    def check() -> None:
        winners = [one for one in map(str, said) if one != "not_free"]
        assert len(winners) == 1
        assert sorted(row["place_id"] for row in claims) == sorted(winners[0].split())
        assert len({row["first_id"] or row["id"] for row in claims}) == 1

    goes(locked, check)
