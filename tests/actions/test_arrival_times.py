"""Another hour of arrival after the choice: said by the requester or the desk, and all that follows from it."""

from datetime import datetime, timedelta

import pytest

from bedboard.actions.case_arrival import change_arrival
from bedboard.actions.case_lock import LockedCase
from bedboard.actions.disclosures import disclose_address
from bedboard.actions.notify import list_notices
from bedboard.actions.silence import find_lapsed, find_late, tell_late
from bedboard.actions.taking import take_place
from bedboard.rules.access import Actor
from bedboard.rules.cases import LONGEST_CASE, ShelterAnswer
from bedboard.store.database import Database
from tests.actions.races import CASE_CONTROL, overtaken
from tests.build import NOW, SEAL
from tests.build.cases import (
    EMRE,
    HANNEKE,
    HOUR,
    ILSE,
    LUCIA,
    MARK,
    MINUTE,
    NOOR,
    POLICE_SYSTEM,
    SANNE,
    TICK,
    ZONE,
    arrive,
    ask,
    bring_to,
    live_claims,
    state,
    told,
)
from tests.build.rows import codes, do, every_row, goes, looking, refused
from tests.build.wrong import wrong_with

AGREED = NOW + 2 * HOUR  # as bring_to agrees
LATER = NOW + 5 * HOUR


async def say_hour(
    database: Database, arrives_at: datetime = LATER, *, who: Actor = MARK, at: datetime = NOW + HOUR
) -> LockedCase:
    case: LockedCase = await do(database, lambda tx: change_arrival(tx, who, "r1", arrives_at, at))
    return case


@pytest.mark.parametrize("so_far", ["chosen", "provisional", "confirmed"])
@pytest.mark.parametrize("who", [MARK, EMRE, POLICE_SYSTEM, HANNEKE], ids=lambda who: who.id)
async def test_the_requester_a_colleague_or_the_desk_says_another_hour(
    case_database: Database, so_far: str, who: Actor
) -> None:
    await bring_to(case_database, so_far)
    async with looking(case_database) as seen:
        case = await say_hour(case_database, who=who)
    assert seen.changed["case_record", "r1"].keys() == {"version", "arrives_at"}
    assert seen.changed["claim", "r1-linde-1"] == {"expected_at": LATER}
    [line] = seen.journal
    assert (line["action"], line["place_id"]) == ("reserve", "linde-1")
    assert [datetime.fromisoformat(line[side]["expected_at"]) for side in ("before", "after")] == [AGREED, LATER]
    assert told(seen.added) == [("arrival_changed", "linde", who.id, who.role)]
    assert [noun for noun, *_ in seen.bells] == ["shelter", "case"]
    assert (case.state, case.events) == (so_far, [("arrival_changed", ["linde"])])
    assert await live_claims(case_database) == {"linde-1": "r1-linde-1"}
    assert wrong_with(await every_row(case_database)) == []
    notices = await do(case_database, lambda tx: list_notices(tx, case, is_desk_open=True))
    assert {"sanne", "mark"} <= {person for person, _ in notices}, "both sides hear of it"


async def test_it_is_taken_back_by_saying_the_first_hour_and_the_same_hour_changes_nothing(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    await say_hour(case_database)
    async with looking(case_database) as seen:
        await say_hour(case_database)
    assert (seen.changed, dict(seen.added), seen.bells) == ({}, {}, [])
    await say_hour(case_database, AGREED)
    assert (await every_row(case_database))["case_record", "r1"]["arrives_at"] == AGREED


async def test_lateness_the_address_and_the_week_follow_the_new_hour(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")

    async def late(at: datetime) -> list[str]:
        found: list[str] = await do(case_database, lambda tx: find_late(tx, ZONE, at))
        return found

    await do(case_database, lambda tx: tell_late(tx, "r1", ZONE, AGREED))
    await say_hour(case_database, NOW + 20 * HOUR, at=AGREED + MINUTE)
    assert (await every_row(case_database))["case_record", "r1"]["reminded_at"] is None
    assert [await late(NOW + 20 * HOUR + by) for by in (-TICK, 0 * HOUR)] == [[], ["r1"]]
    assert await do(case_database, lambda tx: disclose_address(tx, MARK, "r1", SEAL, NOW + 25 * HOUR)) == "CANARY-ADR-linde"
    ends = NOW + 20 * HOUR + LONGEST_CASE
    assert [await do(case_database, lambda tx, at=at: find_lapsed(tx, at)) for at in (ends - TICK, ends)] == [[], ["r1"]]  # type: ignore[misc]
    await arrive(case_database, "linde", at=NOW + 21 * HOUR)
    assert await state(case_database) == "arrived"


async def test_strangers_and_the_shelter_do_not_say_when_they_come(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    for who in (LUCIA, NOOR, SANNE, ILSE):
        refusal = await refused(case_database, lambda tx, who=who: change_arrival(tx, who, "r1", LATER, NOW))  # type: ignore[misc]
        assert refusal.code == "no_such_request"
    assert (await refused(case_database, lambda tx: change_arrival(tx, MARK, "none", LATER, NOW))).code == "no_such_request"


@pytest.mark.parametrize(
    ("so_far", "code"),
    [("asking", "not_chosen"), ("housed", "arrived"), ("arrived", "arrived"), ("withdrawn", "over"), ("ended", "over")],
)
async def test_only_people_on_the_way_come_at_another_hour(case_database: Database, so_far: str, code: str) -> None:
    await bring_to(case_database, so_far)
    refusal = await refused(case_database, lambda tx: change_arrival(tx, MARK, "r1", LATER, NOW))
    assert refusal.code == f"request_{code}"


@pytest.mark.parametrize(
    ("ahead", "code"),
    [(timedelta(minutes=-2), "in_the_past"), (24 * HOUR + TICK, "more_than_a_day"), (None, "missing")],
)
async def test_an_impossible_hour_is_refused(case_database: Database, ahead: timedelta | None, code: str) -> None:
    await bring_to(case_database, "confirmed")
    at = None if ahead is None else NOW + ahead
    refusal = await refused(case_database, lambda tx: change_arrival(tx, MARK, "r1", at, NOW))
    assert codes(refusal) == [("arrives_at", code)]


async def test_a_place_that_the_police_took_is_not_kept_for_longer_by_saying_hours(case_database: Database) -> None:
    await ask(case_database, "nood")
    said = ShelterAnswer("yes", "nood-1")
    await do(case_database, lambda tx: take_place(tx, MARK, "r1", "nood", said, "c", NOW, ZONE, NOW + HOUR))
    await say_hour(case_database, NOW + 8 * HOUR)
    refusal = await refused(case_database, lambda tx: change_arrival(tx, MARK, "r1", NOW + 8 * HOUR + TICK, NOW + 7 * HOUR))
    assert codes(refusal) == [("arrives_at", "taken_too_long")]


@CASE_CONTROL
async def test_two_who_say_an_hour_at_once_do_it_one_after_the_other(
    pools: tuple[Database, Database], case_locked: bool
) -> None:
    await bring_to(pools[0], "confirmed")
    said = await overtaken(
        pools,
        lambda tx: change_arrival(tx, HANNEKE, "r1", NOW + 3 * HOUR, NOW),
        lambda tx: change_arrival(tx, MARK, "r1", LATER, NOW),
    )
    rows = await every_row(pools[0])

    def check() -> None:
        assert said == "done"
        assert rows["case_record", "r1"]["arrives_at"] == rows["claim", "r1-linde-1"]["expected_at"] == LATER
        assert rows["case_record", "r1"]["version"] == 7, "one after the other"

    goes(case_locked, check)
