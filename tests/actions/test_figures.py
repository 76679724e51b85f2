"""The counts of the monitor: searches, the steps of a case, and once an hour the board and all that ended by itself."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bedboard.actions.holds import hold_place
from bedboard.actions.occupancy import change_place, undo_change
from bedboard.actions.retention import add_tallies
from bedboard.actions.tallies import count_sought, note_sought, take_stock
from bedboard.rules.fit import Profile
from bedboard.rules.places import PlaceChange, Reported
from bedboard.rules.retention import TALLIES_ADDED
from bedboard.rules.tallies import LONGER, STAYS, WAITS, Household, bucket_of, household_of
from bedboard.store.database import Database
from bedboard.store.tallies import Tally, list_counts
from tests.build import NOW
from tests.build.cases import (
    DAY,
    HOUR,
    MARK,
    MINUTE,
    SANNE,
    arrive,
    ask,
    choose,
    confirm,
    offer,
    rows_of,
    say,
    step_tallies,
    tallies,
    withdraw,
)
from tests.build.rows import do, every_row, run

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOTHING: Mapping[tuple[str, str, str, str], int] = {}


@pytest.mark.parametrize(
    ("profile", "household"),
    [
        (Profile(), "unknown"),
        (Profile(woman=1), "woman"),
        (Profile(man=1), "man"),
        (Profile(other_gender=1), "other_gender"),
        (Profile(woman=1, man=1), "couple"),
        (Profile(woman=1, child_0_3=1), "family"),
        (Profile(woman=1, boy_12_17=1), "family"),
        (Profile(woman=3), "group"),
        (Profile(group=4, woman=1), "group"),
        (Profile(minor_alone=True, child_12_17=1), "minor"),
    ],
)
def test_a_household_is_counted_by_a_rough_word(profile: Profile, household: Household) -> None:
    assert household_of(profile) == household


def test_a_duration_counts_up_to_its_limit() -> None:
    tick = timedelta(seconds=1)
    assert [bucket_of(limit) for limit in WAITS.values()] == list(WAITS)
    assert [bucket_of(limit + tick) for limit in WAITS.values()] == [*list(WAITS)[1:], LONGER]
    assert (bucket_of(-tick), bucket_of(timedelta(days=400), STAYS)) == ("to_5", LONGER)


async def test_a_search_is_counted_by_weekday_unit_household_and_exploitation_each_by_itself(board_database: Database) -> None:
    noted: list[tuple[datetime, Tally]] = []
    at = NOW.astimezone(AMSTERDAM)
    note_sought(noted, Profile(woman=1, exploitation="labour", near="noord"), at)
    note_sought(noted, Profile(), at + MINUTE)
    assert await do(board_database, lambda tx: count_sought(tx, noted, at + TALLIES_ADDED - MINUTE)) == 0
    assert await tallies(board_database) == {}, "for an hour they are in memory only, not beside their cases"
    assert await do(board_database, lambda tx: count_sought(tx, noted, at + TALLIES_ADDED)) == len(noted) == 8
    assert await tallies(board_database) == {
        ("sought", "", "", "3"): 2,  # a Wednesday
        ("sought_unit", "noord", "", ""): 1,
        ("sought_unit", "", "", ""): 1,
        ("household", "", "", "woman"): 1,
        ("household", "", "", "unknown"): 1,
        ("exploitation", "", "", "labour"): 1,
        ("exploitation", "", "", "unknown"): 1,
    }


async def test_the_steps_of_a_case_that_ends_with_a_place_are_counted_once(case_database: Database) -> None:
    await ask(case_database, "linde", "ceder", "wilg")
    await say(case_database, "ceder", "no", None, "household", at=NOW + 3 * MINUTE)
    await offer(case_database, "linde-1", at=NOW + 10 * MINUTE)
    await choose(case_database, "linde", at=NOW + 20 * MINUTE)
    await confirm(case_database, at=NOW + 30 * MINUTE)
    await arrive(case_database, "linde", at=NOW + 3 * HOUR)
    assert await step_tallies(case_database) == {
        ("answer", "yes"): 1,
        ("answer", "no"): 1,
        ("answer", "silent"): 1,
        ("asked_of", "linde"): 1,
        ("asked_of", "ceder"): 1,
        ("asked_of", "wilg"): 1,
        ("shown_free", "linde"): 1,
        ("shown_free", "ceder"): 1,
        ("shown_free", "wilg"): 1,
        ("refused_by", "ceder"): 1,
        ("first_answer", "to_5"): 1,
        ("first_yes", "to_15"): 1,
        ("decided", "to_60"): 1,
        ("arrival", "to_240"): 1,
    }


@pytest.mark.parametrize("shown", [True, False])
async def test_a_shelter_that_showed_a_free_place_and_had_none_is_counted(case_database: Database, shown: bool) -> None:
    if not shown:
        await run(case_database, "update place set state = 'occupied' where shelter_id = 'ceder'")
    await ask(case_database, "ceder")
    await say(case_database, "ceder", "no", None, "no_place")
    await withdraw(case_database)
    assert (await step_tallies(case_database)).get(("free_no_place", "ceder"), 0) == int(shown)


async def test_a_late_no_is_counted_in_the_month_in_which_its_case_ends(case_database: Database) -> None:
    """The month of the answer may be over by then, and its figures shown."""
    end = NOW.replace(day=31, hour=20)
    await ask(case_database, "ceder", at=end)
    await say(case_database, "ceder", "no", None, "household", at=end)
    await withdraw(case_database, at=end + DAY)
    rows = [row for row in rows_of(await every_row(case_database), "tally_waiting") if row["what"] == "refused"]
    assert [(row["month"], row["hour"]) for row in rows] == [(date(2026, 4, 1), 22)]


async def stock(database: Database, at: timedelta, present: Mapping[tuple[str, str, str, str], int] = NOTHING) -> bool:
    return bool(await do(database, lambda tx: take_stock(tx, AMSTERDAM, present, NOW + at)))


async def test_once_an_hour_the_board_is_counted(board_database: Database) -> None:
    present = {
        ("occupancy", "", "cosm", "free"): 2,
        ("freshness", "noord", "", "stale"): 3,
        ("occupancy", "", "men", "held"): 0,
    }
    assert await stock(board_database, timedelta(), present)
    assert not await stock(board_database, TALLIES_ADDED - timedelta(seconds=1), present)
    assert await stock(board_database, TALLIES_ADDED, present)
    expected = {("occupancy", "", "cosm", "free"): 4, ("freshness", "noord", "", "stale"): 6}
    assert await tallies(board_database) == expected
    await do(board_database, lambda tx: add_tallies(tx, NOW))
    assert await tallies(board_database) == expected, "several at once are added as such"
    async with board_database.transaction() as tx:
        month = NOW.date().replace(day=1)
        counts = await list_counts(tx, month, month)
        assert {(one.what, one.count) for one in counts} == {("occupancy", 4), ("freshness", 6)}


async def test_a_stay_is_counted_when_its_place_is_free_unless_that_is_undone(board_database: Database) -> None:
    async def tap(status: Reported, minutes: int) -> int:
        change, at = PlaceChange(status), NOW + minutes * MINUTE
        changed = await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", change, at))
        return int(changed.journal_id)

    await stock(board_database, timedelta())
    await tap("occupied", 2)
    wrong = await tap("free", 5)
    await do(board_database, lambda tx: undo_change(tx, SANNE, "linde", wrong, NOW + 5 * MINUTE, timedelta(seconds=10)))
    await tap("free", 7)
    assert await stock(board_database, TALLIES_ADDED)
    assert await tallies(board_database) == {("stay", "", "cosm", "to_1"): 1, ("departure", "", "", "not_said"): 1}


async def test_a_hold_that_runs_out_is_counted(board_database: Database) -> None:
    await stock(board_database, timedelta())
    await do(board_database, lambda tx: hold_place(tx, MARK, ["linde-1"], "h", NOW))
    assert await stock(board_database, TALLIES_ADDED)
    assert await tallies(board_database) == {("hold", "", "", "lapsed"): 1}
    assert await stock(board_database, 2 * TALLIES_ADDED)
    assert await tallies(board_database) == {("hold", "", "", "lapsed"): 1}, "once"
