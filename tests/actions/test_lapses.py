"""The agreed hour passes, or a case goes on for too long: it is told once, and nothing that was asked stays."""

import pytest

from bedboard.actions.silence import lapse_case, tell_late, tell_silence
from bedboard.rules.cases import FORGOTTEN, LONGEST
from bedboard.rules.refusals import NotFound
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.cases import (
    HOUR,
    NEEDS,
    TICK,
    ZONE,
    arrive,
    ask_also,
    bring_to,
    choose,
    live_claims,
    miss,
    offer,
    state,
    tallies,
    tell,
    told,
)
from tests.build.rows import do, every_row, looking, refused, status
from tests.build.silence import PATIENCE, look_round, nothing

# ---- the agreed hour


@pytest.mark.parametrize("so_far", ["provisional", "confirmed"])
async def test_when_the_agreed_hour_passes_it_is_told_once(field: Database, so_far: str) -> None:
    await bring_to(field, so_far)
    hour = NOW + 2 * HOUR
    assert await nothing(field, hour - TICK)
    async with looking(field) as seen:
        assert await look_round(field, hour) == [("late", ["linde"])]
    assert seen.changed["case_record", "r1"]["reminded_at"] == hour
    assert told(seen.added) == [("late", "linde", "clock", "machine")]
    assert await nothing(field, hour + HOUR)
    await arrive(field, "linde", at=hour + HOUR)  # late, and there all the same


@pytest.mark.parametrize("so_far", ["asking", "chosen", "housed", "arrived", "withdrawn", "ended"])
async def test_only_people_on_the_way_are_late(field: Database, so_far: str) -> None:
    await bring_to(field, so_far)
    assert await nothing(field, NOW + 3 * HOUR)


async def test_another_choice_has_an_hour_of_its_own(field: Database) -> None:
    await bring_to(field, "confirmed")
    await look_round(field, NOW + 2 * HOUR)
    await miss(field, "linde", at=NOW + 3 * HOUR)
    await ask_also(field, "beuk", at=NOW + 3 * HOUR)
    await offer(field, "beuk-1", at=NOW + 3 * HOUR)
    await choose(field, "beuk", at=NOW + 3 * HOUR)
    assert await nothing(field, NOW + 5 * HOUR - TICK)
    assert await look_round(field, NOW + 5 * HOUR) == [("late", ["beuk"])]


# ---- too long


@pytest.mark.parametrize("so_far", ["asking", "chosen", "provisional", "confirmed"])
async def test_after_a_week_nothing_that_was_asked_stays_and_no_place_is_kept(field: Database, so_far: str) -> None:
    await bring_to(field, so_far)
    await look_round(field, NOW + LONGEST - TICK)  # what silence and lateness there was has been told
    assert await nothing(field, NOW + LONGEST - TICK)
    async with looking(field) as seen:
        assert await look_round(field, NOW + LONGEST) == [("lapsed", ["linde"])]
    assert await state(field) == "withdrawn"
    assert NEEDS.decode() not in repr(await every_row(field))
    assert await live_claims(field) == {}
    assert told(seen.added) == [("lapsed", None, "clock", "machine")]
    assert await nothing(field, NOW + LONGEST + HOUR)
    await tell(field, "hotel", at=NOW + LONGEST + HOUR)  # that question is still asked
    assert await state(field) == "ended"


async def test_after_a_week_without_ratification_an_arrival_is_final_and_counted(field: Database) -> None:
    await bring_to(field, "housed")
    assert await look_round(field, NOW + LONGEST) == [("lapsed", [])]
    assert await state(field) == "arrived"
    assert NEEDS.decode() not in repr(await every_row(field))
    assert await status(field, "linde-1", NOW + LONGEST) == "occupied"
    counted = await tallies(field)
    assert (counted["request", "", "", "arrived"], counted["placed_kind", "", "cosm", ""]) == (1, 1)
    assert await nothing(field, NOW + LONGEST + HOUR)


@pytest.mark.parametrize("so_far", ["arrived", "withdrawn", "ended"])
async def test_a_case_that_is_over_does_not_lapse(field: Database, so_far: str) -> None:
    await bring_to(field, so_far)
    at = NOW + FORGOTTEN - TICK if so_far == "withdrawn" else NOW + 2 * FORGOTTEN
    assert await nothing(field, at)
    async with looking(field) as seen:
        await do(field, lambda tx: lapse_case(tx, "r1", at, ZONE))
    assert seen.nothing


async def test_when_nobody_says_for_two_weeks_where_the_person_slept_it_counts_as_unknown(field: Database) -> None:
    await bring_to(field, "withdrawn")
    before = await tallies(field)
    async with looking(field) as seen:
        assert await look_round(field, NOW + FORGOTTEN) == [("ended", [])]
    assert seen.changed == {("case_record", "r1"): {"version": 5, "state": "ended", "unit_code": None}}
    assert told(seen.added) == [("ended", None, "clock", "machine")]
    counted = {("slept", "noord", "", "unknown"): 1, ("request", "", "", "ended"): 1}
    assert await tallies(field) == before | counted
    assert await nothing(field, NOW + 2 * FORGOTTEN)


async def test_an_unknown_case_is_not_found(field: Database) -> None:
    for action in (
        lambda tx: tell_silence(tx, "none", PATIENCE, NOW),
        lambda tx: tell_late(tx, "none", NOW),
        lambda tx: lapse_case(tx, "none", NOW, ZONE),
    ):
        assert isinstance(await refused(field, action), NotFound)
