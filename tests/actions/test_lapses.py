"""The agreed hour passes, or a case goes on for too long: it is told once, and nothing that was asked stays."""

from datetime import UTC, datetime

import pytest

from bedboard.actions.answers import end_stay, take_arrival
from bedboard.actions.holds import hold_place
from bedboard.actions.occupancy import change_place
from bedboard.actions.silence import close_desk, lapse_case, tell_late, tell_silence
from bedboard.rules.access import Actor
from bedboard.rules.cases import LONGEST_CASE, OUTCOME_FORGOTTEN
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import NotFound
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.cases import (
    DAY,
    HANNEKE,
    HOUR,
    KOFI,
    NEEDS,
    NOOR,
    SANNE,
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
    refuse,
    resume,
    state,
    tallies,
    tell,
    told,
    withdraw,
)
from tests.build.rows import do, every_row, looking, refused, run, status
from tests.build.silence import PATIENCE, look_round, nothing
from tests.build.wrong import wrong_with

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


LAPSED = NOW + 2 * HOUR + LONGEST_CASE  # a week after the agreed hour


@pytest.mark.parametrize("so_far", ["asking", "chosen", "provisional", "confirmed"])
async def test_after_a_week_nothing_that_was_asked_stays_and_no_place_is_kept(case_database: Database, so_far: str) -> None:
    await bring_to(case_database, so_far)
    end = NOW + LONGEST_CASE + (0 * HOUR if so_far == "asking" else 2 * HOUR)  # from the agreed hour on
    await look_round(case_database, end - TICK)  # what silence and lateness there was has been told
    assert await nothing(case_database, end - TICK)
    async with looking(case_database) as seen:
        assert await look_round(case_database, end) == [("lapsed", ["linde"])]
    assert await state(case_database) == "withdrawn"
    assert NEEDS.needs.decode() not in repr(await every_row(case_database))
    assert await live_claims(case_database) == {}
    place = (await every_row(case_database))["place", "linde-1"]
    if so_far == "asking":
        assert place["state"] == "open"
    else:  # nobody has said whether people are in it, so it is not free
        assert (place["state"], place["closed_reason"]) == ("closed", "to_check")
    assert told(seen.added) == [("lapsed", None, "clock", "machine")]
    assert await nothing(case_database, end + HOUR)
    await tell(case_database, "hotel", at=end + HOUR)  # that question is still asked
    assert await state(case_database) == "ended"


@pytest.mark.parametrize("who", [SANNE, HANNEKE], ids=lambda who: who.id)
@pytest.mark.parametrize("so_far", ["chosen", "provisional", "confirmed"])
async def test_people_who_come_after_the_week_are_let_in_all_the_same(case_database: Database, so_far: str, who: Actor) -> None:
    await bring_to(case_database, so_far)
    await look_round(case_database, LAPSED)
    before = await tallies(case_database)
    refusal = await refused(case_database, lambda tx: take_arrival(tx, SANNE, "r1", "linde", LAPSED, ZONE, arrived=False))
    assert refusal.code == "request_over", "nobody has to be missed any more"
    at = LAPSED + 3 * DAY
    refusal = await refused(case_database, lambda tx: take_arrival(tx, KOFI, "r1", "ceder", at, ZONE, arrived=True))
    assert refusal.code == "request_over", "they were never expected there"
    async with looking(case_database) as seen:
        await arrive(case_database, "linde", who=who, at=at)
    rows = await every_row(case_database)
    assert (rows["case_record", "r1"]["state"], rows["case_record", "r1"]["over_at"]) == ("arrived", at)
    assert rows["case_record", "r1"]["unit_code"] is None
    place = rows["place", "linde-1"]
    assert (place["state"], place["closed_reason"], place["expected_free_at"]) == ("occupied", None, None)
    assert rows["ask", "r1", "linde"]["settled"] == "chosen"
    assert told(seen.added) == [("arrived", "linde", who.id, who.role)]
    counted = {("request", "", "", "arrived"): 1, ("placed_unit", "noord", "", ""): 1, ("placed_kind", "", "cosm", ""): 1}
    assert await tallies(case_database) == before | counted
    assert wrong_with(rows) == []
    assert await nothing(case_database, at + 9 * DAY)


async def test_a_tap_that_waited_on_a_phone_since_before_the_end_of_the_week_still_counts(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    await look_round(case_database, LAPSED)
    tapped = PlaceChange("occupied", observed_at=LAPSED - HOUR)
    await do(case_database, lambda tx: change_place(tx, SANNE, "linde-1", tapped, LAPSED + HOUR))
    assert await status(case_database, "linde-1", LAPSED + HOUR) == "occupied"


async def test_once_somebody_has_said_where_they_slept_or_has_the_place_nobody_is_let_in(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    await look_round(case_database, LAPSED)
    await do(case_database, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("free"), LAPSED))
    await do(case_database, lambda tx: hold_place(tx, NOOR, ["linde-1"], "h", LAPSED))
    before = await every_row(case_database)
    refusal = await refused(case_database, lambda tx: take_arrival(tx, SANNE, "r1", "linde", LAPSED, ZONE, arrived=True))
    assert (refusal.code, await every_row(case_database)) == ("not_free", before)
    await tell(case_database, "hotel", at=LAPSED)
    refusal = await refused(case_database, lambda tx: take_arrival(tx, SANNE, "r1", "linde", LAPSED, ZONE, arrived=True))
    assert refusal.code == "request_over"


async def test_people_who_were_called_off_are_not_expected(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    await withdraw(case_database, at=NOW + DAY)
    refusal = await refused(case_database, lambda tx: take_arrival(tx, SANNE, "r1", "linde", LAPSED, ZONE, arrived=True))
    assert refusal.code == "request_over"


async def test_a_place_that_was_found_after_a_week_of_searching_is_kept_like_any_other(case_database: Database) -> None:
    late = NOW + LONGEST_CASE - HOUR  # a search of nearly a week
    await ask(case_database)
    await offer(case_database, "linde-1", at=late)
    await choose(case_database, "linde", at=late)
    await look_round(case_database, NOW + LONGEST_CASE)
    assert await state(case_database) in ("chosen", "provisional")
    assert await status(case_database, "linde-1", NOW + LONGEST_CASE) == "reserved"
    end = late + 2 * HOUR + LONGEST_CASE
    await look_round(case_database, end - TICK)
    assert await status(case_database, "linde-1", end - TICK) == "reserved"
    assert await look_round(case_database, end) == [("lapsed", ["linde"])]
    assert await nothing(case_database, end + LONGEST_CASE - TICK), "there is a week to say where they slept"
    assert await look_round(case_database, end + LONGEST_CASE) == [("ended", [])]


@pytest.mark.parametrize("how", ["missed", "refused", "resumed", "stay_ended"])
async def test_a_search_that_begins_again_has_a_week_again(case_database: Database, how: str) -> None:
    await bring_to(case_database, {"refused": "provisional", "stay_ended": "housed"}.get(how, "confirmed"))
    at = NOW + LONGEST_CASE + HOUR  # before the agreed hour is a week ago
    if how == "missed":
        await miss(case_database, "linde", at=at)
    elif how == "refused":
        await refuse(case_database, at=at)
    elif how == "resumed":
        await resume(case_database, at=at)
    else:
        until = (at + 6 * DAY).date()
        await do(case_database, lambda tx: end_stay(tx, HANNEKE, "r1", "other", until, at, ZONE))
    await ask_also(case_database, "linde", at=at)  # the very shelter of before
    await look_round(case_database, at + LONGEST_CASE - TICK)
    assert await state(case_database) == "asking"
    assert await look_round(case_database, at + LONGEST_CASE) == [("lapsed", [])]
    assert await state(case_database) == "withdrawn"


async def test_after_a_week_without_ratification_an_arrival_is_final_and_counted(case_database: Database) -> None:
    await bring_to(case_database, "housed")
    assert await nothing(case_database, LAPSED - TICK)
    assert await look_round(case_database, LAPSED) == [("lapsed", [])]
    assert await state(case_database) == "arrived"
    assert NEEDS.needs.decode() not in repr(await every_row(case_database))
    assert await status(case_database, "linde-1", LAPSED) == "occupied"
    counted = await tallies(case_database)
    assert (counted["request", "", "", "arrived"], counted["placed_kind", "", "cosm", ""]) == (1, 1)
    assert await nothing(case_database, LAPSED + HOUR)


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
