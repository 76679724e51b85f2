"""Kinds of place and police units come and go: in use they stay, and of two people at once one closes."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bedboard.actions import criteria
from bedboard.actions.criteria import set_terms
from bedboard.actions.manage import places, shelters
from bedboard.actions.manage.catalogue import (
    KindFacts,
    UnitFacts,
    add_kind,
    add_unit,
    begin_language,
    end_kind,
    end_language,
    end_unit,
    seen_kind,
)
from bedboard.actions.manage.common import stamp_of
from bedboard.actions.manage.places import PlaceFacts, open_places
from bedboard.actions.manage.shelters import ShelterFacts, found_shelter
from bedboard.rules.criteria import SPOKEN_LANGUAGES
from bedboard.rules.fit import make_terms
from bedboard.rules.refusals import Conflict, Invalid, NotAllowed
from bedboard.store.board import get_catalogue
from bedboard.store.catalogue import list_languages, lock_kind
from bedboard.store.database import Database
from tests.actions.races import Action, not_yet_committed, outcome, waits
from tests.build import NOW, SEAL, actor
from tests.build.cases import ZONE
from tests.build.rows import do, every_row, goes, looking, refused, run

WOUTER, ANNEKE = actor("admin", "wouter", ()), actor("manager", "anneke", ("linde", "ceder"))
FAMILY = KindFacts("Gezinnen", "Families", "", "", "shelter")
OOST = UnitFacts("Oost", "O", {"noord": 60}, 3, 1)
ROOM = PlaceFacts("kamer 9", "family", 2, 0)
ELS = ShelterFacts("Els", ("07:30",), "oever", "oost", "010 55 66", "Kade 3, Zwolle")


async def add_both(database: Database) -> None:
    await do(database, lambda tx: add_kind(tx, WOUTER, "family", FAMILY, NOW))
    await do(database, lambda tx: add_unit(tx, WOUTER, "oost", OOST, NOW))


ENDS: dict[str, Action] = {
    "kind": lambda tx: end_kind(tx, WOUTER, "family", NOW),
    "unit": lambda tx: end_unit(tx, WOUTER, "oost", NOW),
}


def open_room() -> Action:
    return lambda tx: open_places(tx, ANNEKE, "linde", ROOM, ["new"], NOW, ZONE)


def found_els() -> Action:
    return lambda tx: found_shelter(tx, WOUTER, "els", ELS, SEAL, NOW)


async def test_a_kind_and_a_unit_are_added_and_closed_with_a_line_for_each(board_database: Database) -> None:
    async with looking(board_database) as seen:
        await add_both(board_database)
        catalogue = await do(board_database, get_catalogue)
        assert list(catalogue.kinds) == ["cosm", "women", "men", "family"]  # after all others
        assert catalogue.units["oost"].map_column == 3 and catalogue.minutes_between("noord", "oost") == 60
        await do(board_database, lambda tx: end_kind(tx, WOUTER, "family", NOW))
        await do(board_database, lambda tx: end_unit(tx, WOUTER, "oost", NOW))
    assert [(row["action"], row["subject"]) for row in seen.journal] == [
        *(("add_kind", "kind family"), ("add_unit", "unit oost")),
        *(("end_kind", "kind family"), ("end_unit", "unit oost")),
    ]
    assert seen.bells.count(("catalogue", "all", 0)) == 4
    catalogue = await do(board_database, get_catalogue)
    assert "family" not in catalogue.kinds and "oost" not in catalogue.units
    assert "family" in catalogue.every_kind and "oost" in catalogue.every_unit
    for closed in (open_room(), found_els()):
        assert isinstance(await refused(board_database, closed), Invalid)
    await do(board_database, lambda tx: end_kind(tx, WOUTER, "family", NOW))  # it begins again
    await do(board_database, open_room())


async def test_a_code_is_given_once_and_a_tile_has_one_unit(board_database: Database) -> None:
    await add_both(board_database)
    for act, field in (
        (lambda tx: add_kind(tx, WOUTER, "family", FAMILY, NOW), "code"),
        (lambda tx: add_unit(tx, WOUTER, "oost", OOST, NOW), "code"),
        (lambda tx: add_unit(tx, WOUTER, "west", UnitFacts("West", "W", {}, 3, 1), NOW), "map_row"),
        (lambda tx: add_unit(tx, WOUTER, "west", UnitFacts("West", "W", {"nowhere": 3}, 4, 1), NOW), "minutes.nowhere"),
    ):
        refusal = await refused(board_database, act)
        assert isinstance(refusal, Invalid) and [one.field for one in refusal.fields] == [field]


async def test_what_is_in_use_is_not_closed_and_the_counts_say_why(board_database: Database) -> None:
    kind = await refused(board_database, lambda tx: end_kind(tx, WOUTER, "cosm", NOW))
    unit = await refused(board_database, lambda tx: end_unit(tx, WOUTER, "noord", NOW))
    assert isinstance(kind, Conflict) and (kind.code, kind.detail) == ("kind_in_use", {"places": 3, "shelters": 1})
    assert isinstance(unit, Conflict) and (unit.code, unit.detail) == ("unit_in_use", {"shelters": 2, "numbers": 0})
    await run(board_database, "update place set ended_at = :now where kind_code = 'cosm'", now=NOW)
    await do(board_database, lambda tx: end_kind(tx, WOUTER, "cosm", NOW))


@pytest.mark.parametrize(
    "act",
    [
        lambda tx, who: add_kind(tx, who, "family", FAMILY, NOW),
        lambda tx, who: end_kind(tx, who, "cosm", NOW),
        lambda tx, who: begin_language(tx, who, "sv", NOW),
        lambda tx, who: end_language(tx, who, "nl", NOW),
        lambda tx, who: add_unit(tx, who, "oost", OOST, NOW),
        lambda tx, who: end_unit(tx, who, "noord", NOW),
    ],
)
async def test_only_administrators_do_that(board_database: Database, act: Callable[..., Any]) -> None:
    assert isinstance(await refused(board_database, lambda tx: act(tx, ANNEKE)), NotAllowed)


@pytest.mark.parametrize("locked", [False, True], ids=["no lock", "lock"])
@pytest.mark.parametrize("what", ["kind", "unit"])
async def test_what_is_taken_into_use_at_that_moment_is_not_closed(
    pools: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch, locked: bool, what: str
) -> None:
    await add_both(pools[0])
    if not locked:

        async def is_there(*_: object) -> bool:
            return True

        monkeypatch.setattr(places, "has_kind", is_there)
        monkeypatch.setattr(shelters, "has_unit", is_there)
    use, code = (open_room(), "kind_in_use") if what == "kind" else (found_els(), "unit_in_use")
    async with not_yet_committed(pools[0], use):
        waiting = asyncio.create_task(outcome(pools[1], ENDS[what]))
        await asyncio.wait([waiting, asyncio.create_task(waits(pools[0]))], return_when=asyncio.FIRST_COMPLETED)
    said = await waiting

    def check() -> None:
        assert said == code

    goes(locked, check)


async def test_of_two_that_close_a_kind_at_once_the_second_does_not_open_it_again(pools: tuple[Database, Database]) -> None:
    await add_both(pools[0])
    row = await do(pools[0], lambda tx: lock_kind(tx, "family"))
    seen = stamp_of(seen_kind(row))
    async with not_yet_committed(pools[0], lambda tx: end_kind(tx, WOUTER, "family", NOW, seen)):
        second = asyncio.create_task(outcome(pools[1], lambda tx: end_kind(tx, WOUTER, "family", NOW, seen)))
        await waits(pools[0])
    assert await second == "facts_changed"
    rows = await every_row(pools[0])
    assert rows["kind", "family"]["ended_at"] == NOW


TERMS = make_terms({"woman": "yes"}, {}, (0, 1440), ("nl", "sv"))
DUTCH = make_terms({"woman": "yes"}, {}, (0, 1440), ("nl",))


async def test_a_language_is_added_spoken_and_removed_once_nobody_has_it(board_database: Database) -> None:
    strange = await refused(board_database, lambda tx: set_terms(tx, ANNEKE, "linde", TERMS, NOW))
    assert isinstance(strange, Invalid) and [one.field for one in strange.fields] == ["languages.sv"]
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: begin_language(tx, WOUTER, "sv", NOW))
    assert [(row["action"], row["subject"]) for row in seen.journal] == [("add_language", "language sv")]
    assert seen.bells == [("catalogue", "all", 0)]
    assert (await do(board_database, get_catalogue)).languages == (*SPOKEN_LANGUAGES, "sv")
    assert isinstance(await refused(board_database, lambda tx: begin_language(tx, WOUTER, "sv", NOW)), Invalid)
    await do(board_database, lambda tx: set_terms(tx, ANNEKE, "linde", TERMS, NOW))
    kept = await refused(board_database, lambda tx: end_language(tx, WOUTER, "sv", NOW))
    assert (kept.code, kept.detail) == ("language_in_use", {"shelters": 1})
    await do(board_database, lambda tx: set_terms(tx, ANNEKE, "linde", DUTCH, NOW))
    await do(board_database, lambda tx: end_language(tx, WOUTER, "sv", NOW))
    assert (await do(board_database, get_catalogue)).languages == SPOKEN_LANGUAGES


@pytest.mark.parametrize("locked", [False, True], ids=["no lock", "lock"])
async def test_a_language_that_a_shelter_takes_at_that_moment_stays(
    pools: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    await do(pools[0], lambda tx: begin_language(tx, WOUTER, "sv", NOW))
    if not locked:
        monkeypatch.setattr(criteria, "list_known_languages", list_languages)
    async with not_yet_committed(pools[0], lambda tx: set_terms(tx, ANNEKE, "linde", TERMS, NOW)):
        waiting = asyncio.create_task(outcome(pools[1], lambda tx: end_language(tx, WOUTER, "sv", NOW)))
        await asyncio.wait([waiting, asyncio.create_task(waits(pools[0]))], return_when=asyncio.FIRST_COMPLETED)
    said = await waiting

    def check() -> None:
        assert said == "language_in_use"

    goes(locked, check)
