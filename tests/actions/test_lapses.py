"""The agreed hour passes, or a case goes on for too long: it is told once, and nothing that was asked stays."""

from datetime import UTC, datetime

import pytest

from bedboard.actions.silence import close_desk, lapse_case, tell_late, tell_silence
from bedboard.rules.cases import LONGEST_CASE, OUTCOME_FORGOTTEN
from bedboard.rules.refusals import NotFound
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.cases import (
    DAY,
    HOUR,
    NEEDS,
    TICK,
    ZONE,
    arrive,
    ask,
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
from tests.build.rows import do, every_row, looking, refused, run, status
from tests.build.silence import PATIENCE, look_round, nothing

# ---- the agreed hour


MORNING = datetime(2026, 3, 12, 7, 0, tzinfo=UTC)  # 08:00 in Amsterdam


@pytest.mark.parametrize("so_far", ["provisional", "confirmed"])
async def test_a_passed_hour_is_told_then_an_hour_later_and_in_the_morning(case_database: Database, so_far: str) -> None:
    await bring_to(case_database, so_far)
    hour = NOW + 2 * HOUR
    assert await nothing(case_database, hour - TICK)
    async with looking(case_database) as seen:
        assert await look_round(case_database, hour) == [("late", ["linde"])]
    assert seen.changed["case_record", "r1"]["reminded_at"] == hour
    assert told(seen.added) == [("late", "linde", "clock", "machine")]
    for at in (hour + HOUR, MORNING):
        assert await nothing(case_database, at - TICK)
        assert await look_round(case_database, at) == [("late", ["linde"])]
        assert await nothing(case_database, at)
    assert await nothing(case_database, NOW + 6 * DAY)
    await arrive(case_database, "linde", at=NOW + 6 * DAY)  # late, and there all the same


@pytest.mark.parametrize("so_far", ["asking", "housed", "arrived", "withdrawn", "ended"])
async def test_only_people_for_whom_a_place_is_kept_are_late(case_database: Database, so_far: str) -> None:
    await bring_to(case_database, so_far)
    assert await nothing(case_database, NOW + 3 * HOUR)


CLOSES = datetime(2026, 3, 11, 16, 0, tzinfo=UTC)  # 17:00 in Amsterdam


async def test_a_choice_that_waits_when_the_desk_closes_counts_from_then_on(case_database: Database) -> None:
    await bring_to(case_database, "chosen")
    await look_round(case_database, CLOSES - TICK)
    assert await state(case_database) == "chosen"
    async with looking(case_database) as seen:
        assert await look_round(case_database, CLOSES) == [("desk_closed", ["linde"]), ("late", ["linde"])]
    changed = seen.changed["case_record", "r1"]
    assert (changed["state"], changed["decided_at"]) == ("provisional", CLOSES)
    assert told(seen.added)[0] == ("desk_closed", "linde", "clock", "machine")
    assert await nothing(case_database, CLOSES + TICK)
    assert await status(case_database, "linde-1", CLOSES) == "reserved"


@pytest.mark.parametrize("so_far", ["asking", "provisional", "confirmed", "housed", "withdrawn"])
async def test_the_closing_of_the_desk_touches_nothing_but_what_waits_for_it(case_database: Database, so_far: str) -> None:
    await bring_to(case_database, so_far)
    async with looking(case_database) as seen:
        await do(case_database, lambda tx: close_desk(tx, "r1", ZONE, CLOSES))
    assert seen.nothing


async def test_on_a_holiday_no_choice_waits_for_the_desk(case_database: Database) -> None:
    christmas = datetime(2026, 12, 25, 10, 0, tzinfo=UTC)  # a Friday, 11:00 in Amsterdam
    await ask(case_database, at=christmas)
    await offer(case_database, "linde-1", at=christmas)
    await choose(case_database, "linde", at=christmas)
    assert await state(case_database) == "provisional"


async def test_a_day_off_of_the_desks_own_is_a_holiday_too(case_database: Database) -> None:
    await run(case_database, "insert into holiday values ('2026-03-11')")
    await ask(case_database)
    await offer(case_database, "linde-1")
    await choose(case_database, "linde")
    assert await state(case_database) == "provisional"


async def test_another_choice_has_an_hour_of_its_own(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    await look_round(case_database, NOW + 2 * HOUR)
    await miss(case_database, "linde", at=NOW + 3 * HOUR)
    await ask_also(case_database, "beuk", at=NOW + 3 * HOUR)
    await offer(case_database, "beuk-1", at=NOW + 3 * HOUR)
    await choose(case_database, "beuk", at=NOW + 3 * HOUR)
    assert await nothing(case_database, NOW + 5 * HOUR - TICK)
    assert await look_round(case_database, NOW + 5 * HOUR) == [("late", ["beuk"])]


# ---- too long


@pytest.mark.parametrize("so_far", ["asking", "chosen", "provisional", "confirmed"])
async def test_after_a_week_nothing_that_was_asked_stays_and_no_place_is_kept(case_database: Database, so_far: str) -> None:
    await bring_to(case_database, so_far)
    await look_round(case_database, NOW + LONGEST_CASE - TICK)  # what silence and lateness there was has been told
    assert await nothing(case_database, NOW + LONGEST_CASE - TICK)
    async with looking(case_database) as seen:
        assert await look_round(case_database, NOW + LONGEST_CASE) == [("lapsed", ["linde"])]
    assert await state(case_database) == "withdrawn"
    assert NEEDS.needs.decode() not in repr(await every_row(case_database))
    assert await live_claims(case_database) == {}
    place = (await every_row(case_database))["place", "linde-1"]
    if so_far == "asking":
        assert place["state"] == "open"
    else:  # nobody has said whether people are in it, so it is not free
        assert (place["state"], place["closed_reason"]) == ("closed", "to_check")
    assert told(seen.added) == [("lapsed", None, "clock", "machine")]
    assert await nothing(case_database, NOW + LONGEST_CASE + HOUR)
    await tell(case_database, "hotel", at=NOW + LONGEST_CASE + HOUR)  # that question is still asked
    assert await state(case_database) == "ended"


async def test_after_a_week_without_ratification_an_arrival_is_final_and_counted(case_database: Database) -> None:
    await bring_to(case_database, "housed")
    assert await look_round(case_database, NOW + LONGEST_CASE) == [("lapsed", [])]
    assert await state(case_database) == "arrived"
    assert NEEDS.needs.decode() not in repr(await every_row(case_database))
    assert await status(case_database, "linde-1", NOW + LONGEST_CASE) == "occupied"
    counted = await tallies(case_database)
    assert (counted["request", "", "", "arrived"], counted["placed_kind", "", "cosm", ""]) == (1, 1)
    assert await nothing(case_database, NOW + LONGEST_CASE + HOUR)


@pytest.mark.parametrize("so_far", ["arrived", "withdrawn", "ended"])
async def test_a_case_that_is_over_does_not_lapse(case_database: Database, so_far: str) -> None:
    await bring_to(case_database, so_far)
    at = NOW + OUTCOME_FORGOTTEN - TICK if so_far == "withdrawn" else NOW + 2 * OUTCOME_FORGOTTEN
    assert await nothing(case_database, at)
    async with looking(case_database) as seen:
        await do(case_database, lambda tx: lapse_case(tx, "r1", at, ZONE))
    assert seen.nothing


async def test_when_nobody_says_for_two_weeks_where_the_person_slept_it_counts_as_unknown(case_database: Database) -> None:
    await bring_to(case_database, "withdrawn")
    before = await tallies(case_database)
    async with looking(case_database) as seen:
        assert await look_round(case_database, NOW + OUTCOME_FORGOTTEN) == [("ended", [])]
    assert seen.changed == {("case_record", "r1"): {"version": 5, "state": "ended", "unit_code": None}}
    assert told(seen.added) == [("ended", None, "clock", "machine")]
    counted = {("slept", "noord", "", "unknown"): 1, ("request", "", "", "ended"): 1}
    assert await tallies(case_database) == before | counted
    assert await nothing(case_database, NOW + 2 * OUTCOME_FORGOTTEN)


async def test_an_unknown_case_is_not_found(case_database: Database) -> None:
    for action in (
        lambda tx: tell_silence(tx, "none", PATIENCE, NOW),
        lambda tx: tell_late(tx, "none", ZONE, NOW),
        lambda tx: close_desk(tx, "none", ZONE, NOW),
        lambda tx: lapse_case(tx, "none", NOW, ZONE),
    ):
        assert isinstance(await refused(case_database, action), NotFound)
