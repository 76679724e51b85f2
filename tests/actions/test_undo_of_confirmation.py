"""A tap on one place confirms the whole shelter. Undoing the tap takes that back, and leaves the confirmations of others."""

import asyncio
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from bedboard.actions.answers import take_arrival
from bedboard.actions.occupancy import (
    UNDO_GRACE,
    Changed,
    change_place,
    confirm_named_kinds,
    confirm_shelter,
    undo_change,
)
from bedboard.rules.access import Actor
from bedboard.rules.freshness import USUAL_LIMITS, freshness_of
from bedboard.rules.places import PlaceChange
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.cases import ANNEKE, HOUR, MACHINE, SANNE, ZONE, bring_to
from tests.build.occupancy import BEFORE, OCCUPIED, WITHIN
from tests.build.rows import do, every_row

SECOND = timedelta(seconds=1)


async def tap(
    database: Database, at: datetime, place_id: str = "linde-1", by: Actor = SANNE, change: PlaceChange = OCCUPIED
) -> int:
    changed: Changed = await do(database, lambda tx: change_place(tx, by, place_id, change, at))
    assert changed.journal_id is not None
    return changed.journal_id


async def undo(database: Database, tapped: int, at: datetime, by: Actor = SANNE) -> None:
    await do(database, lambda tx: undo_change(tx, by, "linde", tapped, at, WITHIN))


async def linde(database: Database) -> tuple[datetime, str, dict[str, str]]:
    """Return when all of linde was confirmed, by which kind of actor, and its kinds that were confirmed later."""
    row = (await every_row(database))["shelter", "linde"]
    return row["confirmed_at"], row["confirmed_by"], row["kinds_confirmed_at"]


async def confirmed_at(database: Database) -> datetime:
    return (await linde(database))[0]


@pytest.mark.parametrize("limit", [USUAL_LIMITS.fresh, USUAL_LIMITS.ageing])
@pytest.mark.parametrize("side", [-SECOND, timedelta(0), SECOND])
@pytest.mark.parametrize("after", [timedelta(0), SECOND, WITHIN + UNDO_GRACE])
async def test_the_shelter_is_as_old_as_without_the_tap(
    board_database: Database, limit: timedelta, side: timedelta, after: timedelta
) -> None:
    """Look around each limit of freshness, from the tap to the last moment at which it may be undone."""
    at = BEFORE + limit + side - after
    tapped = await tap(board_database, at)
    is_stale = at >= BEFORE + USUAL_LIMITS.ageing
    assert await confirmed_at(board_database) == (BEFORE if is_stale else at), "the control: a tap confirms"
    await undo(board_database, tapped, at + after)
    present = await confirmed_at(board_database)
    assert present == BEFORE
    expected = "fresh" if at + after < BEFORE + USUAL_LIMITS.fresh else "ageing"
    expected = "stale" if at + after >= BEFORE + USUAL_LIMITS.ageing else expected
    assert freshness_of(present, USUAL_LIMITS, at + after) == expected


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_three_taps_of_two_phones_are_taken_back_in_any_order(board_database: Database, order: tuple[int, ...]) -> None:
    """After each undoing the newest of the taps that stand counts, and in the end the time before all of them."""
    who = [(SANNE, "linde-1"), (ANNEKE, "linde-2"), (SANNE, "linde-3")]
    free = PlaceChange("free")
    changes = [OCCUPIED, OCCUPIED, free]
    taps = [
        await tap(board_database, NOW + n * SECOND, place_id, by, change)
        for n, ((by, place_id), change) in enumerate(zip(who, changes, strict=True))
    ]
    standing = {0, 1, 2}
    for turn, number in enumerate(order):
        await undo(board_database, taps[number], NOW + (4 + turn) * SECOND, who[number][0])
        standing.discard(number)
        assert await confirmed_at(board_database) == (NOW + max(standing) * SECOND if standing else BEFORE)


async def test_two_phones_that_take_back_at_once_leave_nothing_confirmed(board_database: Database) -> None:
    one = await tap(board_database, NOW)
    other = await tap(board_database, NOW + SECOND, "linde-2", ANNEKE)
    at = NOW + 3 * SECOND
    await asyncio.gather(undo(board_database, one, at), undo(board_database, other, at, ANNEKE))
    assert await confirmed_at(board_database) == BEFORE


async def test_an_undone_tap_before_is_not_built_on(board_database: Database) -> None:
    first = await tap(board_database, NOW)
    await undo(board_database, first, NOW + SECOND)
    second = await tap(board_database, NOW + 2 * SECOND)
    assert await confirmed_at(board_database) == NOW + 2 * SECOND
    await undo(board_database, second, NOW + 3 * SECOND)
    assert await confirmed_at(board_database) == BEFORE


async def test_the_last_of_two_taps_on_one_place_leaves_the_first(board_database: Database) -> None:
    await tap(board_database, NOW)
    last = await tap(board_database, NOW + SECOND, change=PlaceChange("free"))
    await undo(board_database, last, NOW + 2 * SECOND)
    assert await confirmed_at(board_database) == NOW


async def test_what_a_machine_confirmed_by_itself_meanwhile_stays(board_database: Database) -> None:
    tapped = await tap(board_database, NOW, "linde-1")
    seen_at = NOW + SECOND
    await do(board_database, lambda tx: confirm_named_kinds(tx, MACHINE, "linde", ["women"], seen_at, seen_at))
    await undo(board_database, tapped, NOW + 2 * SECOND)
    assert await linde(board_database) == (BEFORE, "client", {"women": seen_at.isoformat()})


async def test_kinds_that_were_confirmed_before_the_tap_come_back(board_database: Database) -> None:
    seen_at = NOW - 10 * SECOND
    await do(board_database, lambda tx: confirm_named_kinds(tx, MACHINE, "linde", ["cosm"], NOW, seen_at))
    before = await linde(board_database)
    tapped = await tap(board_database, NOW)
    await undo(board_database, tapped, NOW + SECOND)
    assert await linde(board_database) == before == (BEFORE, "client", {"cosm": seen_at.isoformat()})


async def test_an_older_confirmation_that_waited_on_another_phone_counts_once_the_tap_is_gone(
    board_database: Database,
) -> None:
    tapped = await tap(board_database, NOW)
    seen_at = NOW - 20 * 60 * SECOND
    await do(board_database, lambda tx: confirm_shelter(tx, ANNEKE, "linde", NOW + SECOND, seen_at))
    assert await confirmed_at(board_database) == NOW
    await undo(board_database, tapped, NOW + 2 * SECOND)
    assert await confirmed_at(board_database) == seen_at


async def test_an_arrival_that_the_shelter_reported_meanwhile_stays(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    at = NOW + HOUR - SECOND
    tapped = await tap(case_database, at, "linde-2")
    arrived_at = at + SECOND
    await do(case_database, lambda tx: take_arrival(tx, SANNE, "r1", "linde", arrived_at, ZONE, arrived=True))
    await undo(case_database, tapped, at + 2 * SECOND)
    assert await confirmed_at(case_database) == arrived_at
