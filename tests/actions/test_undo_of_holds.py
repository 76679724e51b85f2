"""A wrong tap on one place of a hold of several: its undo brings the hold back whole, or not at all."""

from datetime import datetime, timedelta

import pytest

from bedboard.actions.answers import answer_case
from bedboard.actions.cases import open_case
from bedboard.actions.holds import extend_hold, hold_place, release_hold
from bedboard.actions.occupancy import Changed, change_place, undo_change
from bedboard.rules.cases import ShelterAnswer
from bedboard.rules.claims import HOLD
from bedboard.rules.fit import Profile
from bedboard.rules.places import PlaceChange
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.cases import LUCIA, MARK, NEEDS, SANNE, live_claims, rows_of
from tests.build.occupancy import OCCUPIED, WITHIN
from tests.build.rows import do, every_row, status

CLOSED = PlaceChange("closed", "repair")
SECOND = timedelta(seconds=1)
THREE = ["linde-1", "linde-2", "linde-3"]
WHOLE = {"linde-1": "h1", "linde-2": "h1.02", "linde-3": "h1.03"}


async def hold(database: Database) -> None:
    await do(database, lambda tx: change_place(tx, SANNE, "linde-3", PlaceChange("free"), NOW))
    await do(database, lambda tx: hold_place(tx, MARK, THREE, "h1", NOW, group=3))


async def tap(database: Database, place_id: str, change: PlaceChange = OCCUPIED, at: datetime = NOW) -> int:
    changed: Changed = await do(database, lambda tx: change_place(tx, SANNE, place_id, change, at))
    assert changed.journal_id is not None
    return changed.journal_id


async def undo(database: Database, tapped: int, at: datetime = NOW + 2 * SECOND) -> None:
    await do(database, lambda tx: undo_change(tx, SANNE, "linde", tapped, at, WITHIN))


async def ends(database: Database) -> set[tuple[datetime, datetime | None]]:
    return {(row["expires_at"], row["extended_at"]) for row in rows_of(await every_row(database), "claim")}


@pytest.mark.parametrize("change", [OCCUPIED, CLOSED])
@pytest.mark.parametrize("place_id", THREE)
async def test_the_hold_comes_back_whole(case_database: Database, place_id: str, change: PlaceChange) -> None:
    await hold(case_database)
    tapped = await tap(case_database, place_id, change)
    assert await live_claims(case_database) == {one: claim for one, claim in WHOLE.items() if one != place_id}
    await undo(case_database, tapped)
    assert await live_claims(case_database) == WHOLE
    assert {await status(case_database, one, NOW) for one in THREE} == {"held"}
    await do(case_database, lambda tx: release_hold(tx, MARK, "h1", NOW))
    assert await live_claims(case_database) == {}


async def test_it_ends_when_the_rest_of_an_extended_hold_ends(case_database: Database) -> None:
    await hold(case_database)
    tapped = await tap(case_database, "linde-1")
    await do(case_database, lambda tx: extend_hold(tx, MARK, "h1", NOW + SECOND))
    await undo(case_database, tapped)
    assert await live_claims(case_database) == WHOLE
    assert await ends(case_database) == {(NOW + 2 * HOLD, NOW + SECOND)}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
async def test_every_place_may_be_tapped_and_taken_back(case_database: Database, order: tuple[int, ...]) -> None:
    await hold(case_database)
    tapped = [
        await tap(case_database, place_id, change) for place_id, change in zip(THREE, (OCCUPIED, CLOSED, OCCUPIED), strict=True)
    ]
    assert await live_claims(case_database) == {}
    for number in order:
        await undo(case_database, tapped[number])
    assert await live_claims(case_database) == WHOLE


async def test_a_hold_that_was_released_meanwhile_does_not_come_back_in_part(case_database: Database) -> None:
    await hold(case_database)
    tapped = await tap(case_database, "linde-2")
    await do(case_database, lambda tx: release_hold(tx, MARK, "h1", NOW + SECOND))
    await undo(case_database, tapped)
    assert await live_claims(case_database) == {}
    assert await status(case_database, "linde-2", NOW) == "free"


async def test_a_released_hold_stays_released_when_others_hold_its_places(case_database: Database) -> None:
    await hold(case_database)
    tapped = await tap(case_database, "linde-1")
    await do(case_database, lambda tx: release_hold(tx, MARK, "h1", NOW + SECOND))
    await do(case_database, lambda tx: hold_place(tx, LUCIA, THREE[1:], "hers", NOW + SECOND, group=2))
    await undo(case_database, tapped)
    assert await live_claims(case_database) == {"linde-2": "hers", "linde-3": "hers.02"}


async def test_a_hold_that_a_case_has_used_meanwhile_does_not_come_back(case_database: Database) -> None:
    await hold(case_database)
    tapped = await tap(case_database, "linde-1")
    await do(case_database, lambda tx: open_case(tx, MARK, "r1", NEEDS, "noord", {"linde": "cosm"}, NOW))
    said = ShelterAnswer("yes", "linde-2", more_place_ids=("linde-3",))
    two = Profile(man=2, group=2, split=True)
    await do(case_database, lambda tx: answer_case(tx, SANNE, "r1", "linde", said, "o1", NOW, needs=lambda _: two))
    await undo(case_database, tapped)
    assert await live_claims(case_database) == {"linde-2": "o1", "linde-3": "o1.02"}


async def test_a_hold_past_its_hour_stays_over(case_database: Database) -> None:
    await hold(case_database)
    at = NOW + HOLD - SECOND
    tapped = await tap(case_database, "linde-1", at=at)
    await undo(case_database, tapped, at + 2 * SECOND)
    assert await status(case_database, "linde-1", at + 2 * SECOND) == "free"
