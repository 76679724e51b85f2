"""The last tap on a place is taken back: in time, by the same person, and only as long as nothing came after it."""

from datetime import datetime, timedelta

import pytest

from bedboard.actions.counts import count_places
from bedboard.actions.occupancy import UNDO_GRACE, Changed, change_place, confirm_shelter, undo_change
from bedboard.rules.access import Actor
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.rules.refusals import Conflict, NotFound
from bedboard.store.board import get_shelter
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.cases import ANNEKE, MACHINE, SANNE, TICK
from tests.build.occupancy import BEFORE, LINDE, OCCUPIED, WITHIN, words, written
from tests.build.rows import do, journal_of, looking


async def tap(
    board_database: Database, by: Actor = SANNE, at: datetime = NOW, change: PlaceChange = OCCUPIED, place_id: str = "linde-1"
) -> int:
    changed: Changed = await do(board_database, lambda tx: change_place(tx, by, place_id, change, at))
    assert changed.journal_id is not None
    return changed.journal_id


async def test_undo_restores_the_place_as_it_was(board_database: Database) -> None:
    end = NOW + timedelta(days=1)
    tapped = await tap(board_database, place_id="linde-4", change=PlaceChange("free"))
    later = NOW + timedelta(seconds=4)
    async with looking(board_database) as seen:
        changed: Changed = await do(board_database, lambda tx: undo_change(tx, SANNE, "linde", tapped, later, WITHIN))
    assert seen.changed == {
        LINDE: {"version": 3, "confirmed_at": BEFORE},
        ("place", "linde-4"): {
            "state": "closed",
            "since": BEFORE,
            "observed_at": later,
            "expected_free_at": end,
            "closed_reason": "repair",
        },
    }
    assert seen.journal == [
        written(
            "undo",
            "linde-4",
            words("open", NOW) | {"undoes": tapped},
            words("closed", BEFORE, end, "repair") | {"confirmed": {"at": BEFORE.isoformat(), "by": "person", "kinds": {}}},
            received_at=later,
            observed_at=later,
            version=3,
        )
    ]
    assert seen.bells == [("shelter", "linde", 3)]
    assert changed.journal_id is None


@pytest.mark.parametrize(("change", "state"), [(OCCUPIED, "open"), (PlaceChange("closed", "safety"), "open")])
async def test_undo_of_a_free_place_makes_it_free_again(board_database: Database, change: PlaceChange, state: str) -> None:
    before = (await do(board_database, lambda tx: get_shelter(tx, "linde"))).places[0]
    tapped = await tap(board_database, change=change)
    changed: Changed = await do(board_database, lambda tx: undo_change(tx, SANNE, "linde", tapped, NOW, WITHIN))
    assert changed.shelter.places[0] == before._replace(observed_at=NOW)
    assert changed.shelter.places[0].state == state


@pytest.mark.parametrize(("late", "possible"), [(timedelta(0), True), (TICK, False)])
async def test_undo_is_possible_within_its_time_and_the_way_of_the_tap(
    board_database: Database, late: timedelta, possible: bool
) -> None:
    tapped = await tap(board_database)
    async with looking(board_database) as seen:
        at = NOW + WITHIN + UNDO_GRACE + late
        if possible:
            await do(board_database, lambda tx: undo_change(tx, SANNE, "linde", tapped, at, WITHIN))
        else:
            with pytest.raises(Conflict) as refused:
                await do(board_database, lambda tx: undo_change(tx, SANNE, "linde", tapped, at, WITHIN))
            assert refused.value.code == "too_late_to_undo"
    assert seen.nothing is not possible


async def test_undo_by_a_clock_that_lags_leaves_the_news_as_new_as_it_was(board_database: Database) -> None:
    """Of two machines one may be some seconds behind; what came in between must not overwrite the place afterwards."""
    tapped = await tap(board_database)
    lagging = NOW - timedelta(seconds=3)
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: undo_change(tx, SANNE, "linde", tapped, lagging, WITHIN))
    place = {"state": "open", "since": BEFORE}
    assert seen.changed == {LINDE: {"version": 3, "confirmed_at": BEFORE}, ("place", "linde-1"): place}
    with pytest.raises(Conflict, match="overtaken"):
        late = PlaceChange("occupied", observed_at=NOW - timedelta(seconds=1))
        await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", late, NOW))


async def test_only_ones_own_last_tap_can_be_undone(board_database: Database) -> None:
    first = await tap(board_database)
    second = await tap(board_database, change=PlaceChange("free"))
    elsewhere = await tap(board_database, place_id="linde-2")  # another place does not come in between
    anothers = await tap(board_database, by=ANNEKE, place_id="linde-3")

    async def undo(by: Actor, journal_id: int) -> None:
        await do(board_database, lambda tx: undo_change(tx, by, "linde", journal_id, NOW, WITHIN))

    async with looking(board_database) as seen:
        for by, journal_id in [(SANNE, first), (SANNE, anothers), (ANNEKE, second)]:
            with pytest.raises(Conflict) as refused:
                await undo(by, journal_id)
            assert refused.value.code == "too_late_to_undo"
    assert seen.nothing
    await undo(SANNE, second)
    await undo(SANNE, elsewhere)
    await undo(ANNEKE, anothers)
    for by, journal_id in [(SANNE, second), (SANNE, first)]:  # not twice, and not one further back
        with pytest.raises(Conflict):
            await undo(by, journal_id)


async def test_an_undo_cannot_be_undone(board_database: Database) -> None:
    tapped = await tap(board_database)
    await do(board_database, lambda tx: undo_change(tx, SANNE, "linde", tapped, NOW, WITHIN))
    rows = await journal_of(board_database, "linde")
    with pytest.raises(Conflict):
        await do(board_database, lambda tx: undo_change(tx, SANNE, "linde", rows[-1].id or 0, NOW, WITHIN))


async def test_a_number_that_moved_the_place_since_stands(board_database: Database) -> None:
    tapped = await tap(board_database)
    await do(board_database, lambda tx: count_places(tx, MACHINE, "linde", {"cosm": KindCount(3)}, NOW))
    with pytest.raises(Conflict):
        await do(board_database, lambda tx: undo_change(tx, SANNE, "linde", tapped, NOW, WITHIN))


async def test_a_confirmation_is_no_tap_on_a_place(board_database: Database) -> None:
    await do(board_database, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW))
    [row] = await journal_of(board_database, "linde")
    with pytest.raises(NotFound):
        await do(board_database, lambda tx: undo_change(tx, SANNE, "linde", row.id or 0, NOW, WITHIN))


async def test_a_tap_at_one_shelter_cannot_be_undone_by_way_of_another(board_database: Database) -> None:
    """Anneke works at both; the lock that is held must be that of the place's shelter."""
    tapped = await tap(board_database, by=ANNEKE, place_id="ceder-1")
    async with looking(board_database) as seen:
        with pytest.raises(NotFound):
            await do(board_database, lambda tx: undo_change(tx, ANNEKE, "linde", tapped, NOW, WITHIN))
    assert seen.nothing
