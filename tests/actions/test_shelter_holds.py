"""The shelter keeps a place for a caller, and what its words about a place make of a hold."""

from datetime import timedelta

import pytest

from bedboard.actions.counts import count_places
from bedboard.actions.holds import Holder, hold_place, release_hold
from bedboard.actions.occupancy import change_place, undo_change
from bedboard.rules.access import Actor
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.rules.refusals import Invalid, NotFound, Refusal
from bedboard.store.board import get_shelter
from bedboard.store.claims import list_holds
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.cases import MACHINE, MARK, SANNE
from tests.build.holds import HALF_HOUR, hold
from tests.build.rows import do, every_row, refused, run, status

CALLER = Holder("oever", "police")


# ---- for a caller


@pytest.mark.parametrize("who", [SANNE, MACHINE], ids=lambda who: who.id)
async def test_the_shelter_keeps_a_place_for_a_caller(board_database: Database, who: Actor) -> None:
    await hold(board_database, who, given_to=Holder("desk", "coordinator"))
    row = await do(board_database, lambda tx: get_shelter(tx, "linde"))
    claim = row.places[0].claim
    assert (claim.role, claim.organization, claim.holder_key) == ("coordinator", "Plaatsing", None)


async def test_a_shelter_keeps_only_its_own_places_and_names_the_caller(board_database: Database) -> None:
    async def try_it(who: Actor, place_id: str, caller: Holder | None) -> Refusal:
        return await refused(board_database, lambda tx: hold_place(tx, who, [place_id], "h1", NOW, caller))

    assert isinstance(await try_it(SANNE, "ceder-1", CALLER), NotFound)
    assert isinstance(await try_it(SANNE, "linde-1", None), Invalid)
    assert isinstance(await try_it(SANNE, "linde-1", Holder("nobody", "police")), Invalid)
    assert isinstance(await try_it(SANNE, "linde-1", Holder("desk", "staff")), Invalid)
    assert isinstance(await try_it(MARK, "linde-1", CALLER), Invalid)
    await run(board_database, "delete from membership where person_id = 'sanne'")
    assert isinstance(await try_it(SANNE, "linde-1", CALLER), NotFound)


# ---- what the shelter makes of it


@pytest.mark.parametrize(("said", "ending"), [("occupied", "used"), ("closed", "withdrawn")])
async def test_a_place_that_is_taken_or_closed_ends_its_hold_and_undo_brings_it_back(
    board_database: Database, said: str, ending: str
) -> None:
    await hold(board_database)
    change = PlaceChange(said, "repair" if said == "closed" else None)  # type: ignore[arg-type]
    tap = await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", change, NOW))
    rows = await every_row(board_database)
    assert (rows["claim", "h1"]["ended_at"], rows["claim", "h1"]["ending"]) == (NOW, ending)
    assert await do(board_database, lambda tx: list_holds(tx, MARK, NOW)) == []
    back = NOW + timedelta(seconds=5)
    within = timedelta(seconds=10)
    await do(board_database, lambda tx: undo_change(tx, SANNE, "linde", tap.journal_id, back, within))
    assert await status(board_database, "linde-1", back) == "held"
    assert [one.id for one in await do(board_database, lambda tx: list_holds(tx, MARK, back))] == ["h1"]


async def test_a_hold_that_ran_out_meanwhile_does_not_come_back(board_database: Database) -> None:
    await hold(board_database)
    just_before = NOW + HALF_HOUR - timedelta(seconds=2)
    tap = await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("occupied"), just_before))
    after = NOW + HALF_HOUR + timedelta(seconds=2)
    await do(board_database, lambda tx: undo_change(tx, SANNE, "linde", tap.journal_id, after, timedelta(seconds=10)))
    assert await status(board_database, "linde-1", after) == "free"
    assert (await every_row(board_database))["claim", "h1"]["ending"] == "used"


async def test_saying_that_a_held_place_is_free_leaves_it_held(board_database: Database) -> None:
    await hold(board_database)
    await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("free"), NOW))
    assert await status(board_database, "linde-1", NOW) == "held"


async def test_a_number_never_gives_a_held_place_away(board_database: Database) -> None:
    await hold(board_database)
    await do(board_database, lambda tx: count_places(tx, MACHINE, "linde", {"cosm": KindCount(1)}, NOW))
    assert await status(board_database, "linde-1", NOW) == "held"
    assert await status(board_database, "linde-2", NOW) == "occupied"


async def test_a_hold_without_a_place_is_still_its_holders_and_can_be_released(board_database: Database) -> None:
    await hold(board_database)
    await do(board_database, lambda tx: count_places(tx, MACHINE, "linde", {"cosm": KindCount(0)}, NOW))
    assert await status(board_database, "linde-1", NOW) == "occupied"
    assert [one.id for one in await do(board_database, lambda tx: list_holds(tx, MARK, NOW))] == ["h1"]
    await do(board_database, lambda tx: release_hold(tx, MARK, "h1", NOW))
    assert await status(board_database, "linde-1", NOW) == "occupied"
