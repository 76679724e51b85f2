"""Organizations as they are managed: the rows, the journal and the bells of each change; nothing after a refusal."""

import asyncio
from typing import Any

import pytest

from bedboard.actions.manage.organizations import (
    OrganizationFacts,
    change_organization,
    end_organization,
    found_organization,
)
from bedboard.actions.manage.people import PersonFacts, appoint_person
from bedboard.rules.access import Actor
from bedboard.rules.refusals import Invalid, NotAllowed
from bedboard.store.database import Database
from tests.actions.races import not_yet_committed, outcome, waits
from tests.build import CALLBACKS, NOW, actor
from tests.build.rows import do, looking, refused

WOUTER = actor("admin", "wouter", ())
ANNEKE = actor("manager", "anneke", ("linde", "ceder"))
CATALOGUE = ("catalogue", "all", 0)


def told(seen: Any) -> list[tuple[str, str, Any, Any]]:
    return [(row["action"], row["subject"], row["before"], row["after"]) for row in seen.journal]


async def test_an_organization_is_added_changed_and_ended_with_a_line_for_each(board_database: Database) -> None:
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: found_organization(tx, WOUTER, "new", OrganizationFacts("Kade"), NOW))
        new = OrganizationFacts("Kade", {"police": "010 1234"})
        await do(board_database, lambda tx: change_organization(tx, WOUTER, "new", new, NOW))
        await do(board_database, lambda tx: end_organization(tx, WOUTER, "new", NOW))
    assert seen.added[("organization", "new")]["ended_at"] == NOW
    assert told(seen) == [
        ("add_organization", "organization new", None, {"name": "Kade", "telephones": {}}),
        (
            "change_organization",
            "organization new",
            {"telephones": {}},
            {"telephones": {"police": "010 1234"}},
        ),
        ("end_organization", "organization new", {"ended": False}, {"ended": True}),
    ]
    assert seen.bells.count(CATALOGUE) >= 3


@pytest.mark.parametrize("name", ["Plaatsing", "PLAATSING", "plaatsing", " Plaatsing  "])
async def test_two_organizations_do_not_have_the_same_name(board_database: Database, name: str) -> None:
    taken, wrong = OrganizationFacts(name), [("name", "organization_name_taken")]
    for act in (
        lambda tx: found_organization(tx, WOUTER, "new", taken, NOW),
        lambda tx: change_organization(tx, WOUTER, "oever", taken, NOW),
    ):
        refusal = await refused(board_database, act)
        assert isinstance(refusal, Invalid) and [(one.field, one.code) for one in refusal.fields] == wrong
    await do(board_database, lambda tx: change_organization(tx, WOUTER, "desk", OrganizationFacts("PLAATSING"), NOW))  # its own


async def test_of_two_organizations_that_are_added_at_once_one_gets_the_name(board_database: Database) -> None:
    async with not_yet_committed(
        board_database, lambda tx: found_organization(tx, WOUTER, "a", OrganizationFacts("Kade"), NOW)
    ):
        second = asyncio.create_task(
            outcome(board_database, lambda tx: found_organization(tx, WOUTER, "b", OrganizationFacts("kade"), NOW))
        )
        await waits(board_database)
    assert await second == "invalid"


async def test_a_new_name_of_an_organization_reaches_the_cards_of_its_shelters(board_database: Database) -> None:
    async with looking(board_database) as seen:
        await do(
            board_database, lambda tx: change_organization(tx, WOUTER, "oever", OrganizationFacts("Oeverlicht", CALLBACKS), NOW)
        )
    assert {key: row["version"] for key, row in seen.changed.items() if key[0] == "shelter"} == {
        ("shelter", one): 2 for one in ("ceder", "linde", "wilg")
    }


async def test_an_organization_in_use_does_not_end(board_database: Database) -> None:
    refusal = await refused(board_database, lambda tx: end_organization(tx, WOUTER, "oever", NOW))
    assert (refusal.code, refusal.detail) == ("organization_in_use", {"people": 9, "shelters": 3, "tokens": 0})


@pytest.mark.parametrize("who", [ANNEKE, actor("desk", "hanneke", ()), actor("admin", "gerda", ())])
async def test_only_an_administrator_changes_organizations(board_database: Database, who: Actor) -> None:
    refusal = await refused(board_database, lambda tx: found_organization(tx, who, "new", OrganizationFacts("Kade"), NOW))
    assert isinstance(refusal, NotAllowed)


async def test_somebody_added_while_the_organization_ends_is_not_left_in_it(board_database: Database) -> None:
    await do(board_database, lambda tx: found_organization(tx, WOUTER, "new", OrganizationFacts("Kade"), NOW))
    bo = PersonFacts("Bo", "new", "police")
    async with not_yet_committed(board_database, lambda tx: end_organization(tx, WOUTER, "new", NOW)):
        second = asyncio.create_task(outcome(board_database, lambda tx: appoint_person(tx, WOUTER, "bo", bo, NOW)))
        await waits(board_database)
    assert await second == "invalid"
    with pytest.raises(Invalid):
        await do(board_database, lambda tx: appoint_person(tx, WOUTER, "bo", bo, NOW))
