"""A file with shelters, places and people: of two who save it at once one adds everything, and a lost right adds nothing."""

import asyncio
from collections.abc import Sequence
from functools import partial

import pytest

from bedboard.actions.manage.people import PersonFacts
from bedboard.actions.manage.places import PlaceFacts
from bedboard.actions.manage.roster import Entry, Outcome, PersonEntry, PlaceEntry, Roster, ShelterEntry
from bedboard.actions.manage.shelters import ShelterFacts
from bedboard.rules.access import Actor
from bedboard.rules.refusals import NotAllowed
from bedboard.store.database import Database, Transaction
from tests.actions.races import not_yet_committed, waits
from tests.build import SEAL, FixedClock, actor
from tests.build.cases import ZONE
from tests.build.rows import do, looking, refused, run

WOUTER = actor("admin", "wouter", ())
BEUK = ShelterEntry(2, ShelterFacts("Beuk", ["08:00"], "oever", "zuid", "010 555", "Kade 3"))
ROOMS = PlaceEntry(3, PlaceFacts("kamer", "women", 2, 0), "beuk", 2)
IN_LINDE = PlaceEntry(4, PlaceFacts("kamer 9", "cosm", 1, 0), "Linde")
BO = PersonEntry(5, PersonFacts("Bo Bos", "oever", "manager"), ("Beuk", "linde"))
FILE: Sequence[Entry] = (BO, IN_LINDE, ROOMS, BEUK)  # in any order


async def take(tx: Transaction, who: Actor = WOUTER, entries: Sequence[Entry] = FILE) -> list[Outcome]:
    class Ids(FixedClock):
        """A clock whose ids no other run of the test has."""

        def new_id(self) -> str:
            return f"{id(tx)}-{super().new_id()}"

    outcomes = await Roster(tx, who, SEAL, Ids(), ZONE, demo=True).run(entries)
    return sorted(outcomes, key=lambda one: one.line)


async def test_the_lines_are_added_in_an_order_in_which_each_finds_what_it_needs(board_database: Database) -> None:
    async with looking(board_database) as seen:
        outcomes = await do(board_database, take)
    assert [(one.line, one.state, one.added) for one in outcomes] == [
        (2, "new", 1),
        (3, "new", 2),
        (4, "new", 1),
        (5, "new", 1),
    ]
    assert sorted(key[0] for key in seen.added if key[0] in ("shelter", "place", "person")) == [
        "person",
        *["place"] * 3,
        "shelter",
    ]
    assert [row["action"] for row in seen.journal] == ["add_shelter", "add_place", "add_place", "add_place", "add_person"]


async def test_a_wrong_line_leaves_nothing_of_its_own_and_the_others_are_looked_at(board_database: Database) -> None:
    wrong = PlaceEntry(6, PlaceFacts("kamer", "nothing", 1, 0), "Linde")
    outcomes = await do(board_database, partial(take, entries=(*FILE, wrong)))
    assert [(one.field, one.code) for one in outcomes[-1].wrong] == [("kind", "unknown_kind")]
    assert {one.state for one in outcomes[:-1]} == {"new"}


async def test_the_second_of_two_who_save_the_same_file_at_once_adds_nothing(board_database: Database) -> None:
    async with not_yet_committed(board_database, take):
        second = asyncio.create_task(do(board_database, take))
        await waits(board_database)
    assert {one.state for one in await second} == {"there"}


async def test_somebody_who_is_no_administrator_any_more_adds_nothing(board_database: Database) -> None:
    assert (await refused(board_database, partial(take, who=actor("manager", "anneke", ("linde",))))).code == "not_your_role"
    await run(board_database, "update person set role = 'police' where id = 'wouter'")
    with pytest.raises(NotAllowed):
        await do(board_database, take)
