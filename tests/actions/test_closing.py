"""Closing a shelter for good: it leaves every board with its places, people and tokens, and never harms anybody."""

from typing import Any

import pytest

from bedboard.actions.answers import take_arrival
from bedboard.actions.manage.closing import close_shelter
from bedboard.actions.manage.people import PersonFacts, appoint_person, change_person
from bedboard.actions.manage.tokens import TokenFacts, make_token
from bedboard.actions.silence import lapse_case
from bedboard.rules.refusals import Conflict, NotAllowed, NotFound
from bedboard.store.board import list_shelters
from bedboard.store.database import Database
from bedboard.store.shelters import has_open_asks
from tests.build import NOW, actor
from tests.build.cases import DAY, SANNE, ZONE, arrive, ask, bring_to
from tests.build.rows import claim, do, every_row, looking, refused, run

WOUTER = actor("admin", "wouter", ())
ANNEKE = actor("manager", "anneke", ("linde", "ceder"))


def close(shelter_id: str, who: Any = WOUTER, seen: str | None = None) -> Any:
    return lambda tx: close_shelter(tx, who, shelter_id, NOW, seen)


async def test_a_closed_shelter_is_on_no_board_and_its_past_stays(board_database: Database) -> None:
    machine = TokenFacts("rooster", "machine", {"report"}, 30, "ceder")
    await do(board_database, lambda tx: make_token(tx, WOUTER, "c8", "s" * 43, machine, NOW))
    async with looking(board_database) as seen:
        await do(board_database, close("ceder"))
    lines = {(row["action"], row.get("subject") or row.get("place_id") or row.get("shelter_id")) for row in seen.journal}
    assert lines == {
        ("end_place", "ceder-1"),
        ("end_place", "ceder-2"),
        ("end_shelter", "ceder"),
        ("change_person", "person anneke"),
        ("change_person", "person kofi"),
        ("end_person", "person kofi"),
        ("end_token", "client c8"),
        ("end_token", "client demo-shelter-ceder"),
    }
    assert ("catalogue", "all", 0) in seen.bells
    shelters = await do(board_database, list_shelters)
    assert "ceder" not in [one.id for one in shelters] and "linde" in [one.id for one in shelters]
    rows = await every_row(board_database)
    assert rows[("shelter", "ceder")]["ended_at"] == rows[("place", "ceder-1")]["ended_at"] == NOW
    assert rows[("person", "kofi")]["ended_at"] == rows[("client", "c8")]["ended_at"] == NOW
    assert rows[("person", "anneke")]["ended_at"] is None and ("membership", "anneke", "linde") in rows
    for act in (close("ceder"), lambda tx: appoint_person(tx, WOUTER, "bo", STAFF_OF_CEDER, NOW)):
        refusal = await refused(board_database, act)
        assert isinstance(refusal, NotFound) or [one.code for one in refusal.fields] == ["unknown_location"]  # type: ignore[attr-defined]


STAFF_OF_CEDER = PersonFacts("Bo", "oever", "staff", frozenset({"ceder"}))


async def test_somebody_without_a_shelter_goes_on_in_another_role(board_database: Database) -> None:
    await run(board_database, "update person set role = 'manager' where id = 'kofi'")
    await run(board_database, "insert into appointment (person_id, organization_id, role) values ('kofi', 'oever', 'police')")
    await do(board_database, close("ceder"))
    row = (await every_row(board_database))[("person", "kofi")]
    assert (row["role"], row["ended_at"]) == ("police", None)


ROLE = "insert into appointment (person_id, organization_id, role) values ('kofi', :organization, :role)"


async def test_the_first_role_that_can_still_be_had_is_the_other_one(board_database: Database) -> None:
    await run(board_database, "insert into organization (id, name, ended_at) values ('aar', 'Aar', now())")
    await run(board_database, "insert into organization (id, name) values ('beek', 'Beek')")
    await run(board_database, "update person set role = 'manager' where id = 'kofi'")
    for further in (("aar", "police"), ("beek", "police"), ("oever", "coordinator")):  # gone; without a number; well
        await run(board_database, ROLE, organization=further[0], role=further[1])
    await do(board_database, close("ceder"))
    row = (await every_row(board_database))[("person", "kofi")]
    assert (row["organization_id"], row["role"], row["ended_at"]) == ("oever", "coordinator", None)


EMPTY = "update place set state = 'open' where shelter_id = 'linde' and state = 'occupied'"


@pytest.mark.parametrize("state", ["chosen", "provisional", "confirmed"])
async def test_people_who_chose_a_shelter_are_waited_for(case_database: Database, state: str) -> None:
    await bring_to(case_database, state)
    await run(case_database, EMPTY)
    assert await do(case_database, lambda tx: has_open_asks(tx, "linde"))
    refusal = await refused(case_database, close("linde"))
    assert isinstance(refusal, Conflict) and refusal.code == "shelter_in_use"


async def test_people_whose_placement_lapsed_may_still_come(case_database: Database) -> None:
    late = NOW + 8 * DAY
    await bring_to(case_database, "confirmed")
    await run(case_database, EMPTY)
    await do(case_database, lambda tx: lapse_case(tx, "r1", late, ZONE))
    refusal = await refused(case_database, close("linde"))
    assert isinstance(refusal, Conflict) and refusal.code == "shelter_in_use"
    await arrive(case_database, "linde", at=late)


async def test_nobody_is_waited_for_whose_requester_withdrew(case_database: Database) -> None:
    await bring_to(case_database, "withdrawn")
    await run(case_database, EMPTY)
    await do(case_database, close("linde"))


async def test_an_arrival_at_a_shelter_that_is_closed_by_now_is_refused(case_database: Database) -> None:
    await bring_to(case_database, "ended")
    await run(case_database, EMPTY)
    await do(case_database, close("linde"))
    refusal = await refused(case_database, lambda tx: take_arrival(tx, SANNE, "r1", "linde", NOW, ZONE, arrived=True))
    assert isinstance(refusal, NotFound)


@pytest.mark.parametrize("why", ["occupied", "held", "asked"])
async def test_nothing_is_closed_while_somebody_is_there_or_was_promised_something(case_database: Database, why: str) -> None:
    if why == "occupied":
        await run(case_database, "update place set state = 'occupied' where id = 'ceder-1'")
    elif why == "held":
        await claim(case_database, "h1", "ceder-1", NOW)
    else:
        await ask(case_database, "ceder")
    async with looking(case_database) as seen:
        refusal = await refused(case_database, close("ceder"))
    assert isinstance(refusal, Conflict) and refusal.code == "shelter_in_use" and seen.nothing


async def test_only_an_administrator_closes_a_shelter(board_database: Database) -> None:
    assert isinstance(await refused(board_database, close("ceder", ANNEKE)), NotAllowed)
    refusal = await refused(board_database, close("ceder", seen="0" * 16))
    assert isinstance(refusal, Conflict) and refusal.code == "facts_changed"


async def test_an_administrator_names_a_new_manager_who_then_empties_the_shelter(board_database: Database) -> None:
    new = PersonFacts("Bo", "oever", "manager", frozenset({"ceder"}))
    await do(board_database, lambda tx: appoint_person(tx, WOUTER, "bo", new, NOW))
    await do(
        board_database,
        lambda tx: change_person(tx, WOUTER, "anneke", PersonFacts("Anneke", "oever", "manager", frozenset({"linde"})), NOW),
    )
    assert ("membership", "bo", "ceder") in await every_row(board_database)
