"""Organizations, people and roles: the rows, the journal and the bells of each change; nothing at all after a refusal."""

import asyncio
from typing import Any

import pytest

from bedboard.actions.manage import people
from bedboard.actions.manage.people import (
    PersonFacts,
    add_appointment,
    appoint_person,
    change_person,
    end_appointment,
    end_person,
    stamp_of_person,
    take_role,
)
from bedboard.actions.signin import begin_session
from bedboard.rules.access import Actor
from bedboard.rules.refusals import Conflict, NotAllowed, NotFound
from bedboard.store.database import Database, Transaction
from bedboard.store.people import get_person, may_act
from tests.actions.races import Action, not_yet_committed, outcome, waits
from tests.build import NOW, FixedClock, actor
from tests.build.rows import codes, do, goes, looking, refused, run

WOUTER = actor("admin", "wouter", ())
ANNEKE = actor("manager", "anneke", ("linde", "ceder"))
SANNE_FACTS = PersonFacts("Sanne", "oever", "staff", frozenset({"linde"}))
SANNE_STAMP = stamp_of_person("Sanne", "oever", "staff", ["linde"], ended=False)
CATALOGUE = ("catalogue", "all", 0)


async def signed_in(database: Database, person_id: str) -> bytes:
    """Begin a session for this person, and return its hash."""
    clock = FixedClock()

    async def begin(tx: Transaction) -> None:
        person = await get_person(tx, person_id)
        assert person is not None
        await begin_session(tx, person, clock)

    async with looking(database) as seen:
        await do(database, begin)
    [row] = [row for key, row in seen.added.items() if key[0] == "session"]
    return bytes(row["token_hash"])


def told(seen: Any) -> list[tuple[str, str, Any, Any]]:
    return [(row["action"], row["subject"], row["before"], row["after"]) for row in seen.journal]


# --- people


async def test_a_person_is_added_with_shelters_and_a_line(board_database: Database) -> None:
    new = PersonFacts("Bo de Wit", "oever", "manager", frozenset({"wilg"}))
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: appoint_person(tx, WOUTER, "bo", new, NOW))
    assert seen.added[("person", "bo")]["role"] == "manager"
    assert ("membership", "bo", "wilg") in seen.added
    after = {"name": "Bo de Wit", "organization": "oever", "role": "manager", "shelters": ["wilg"], "ended": False}
    assert told(seen) == [("add_person", "person bo", None, after)]
    assert seen.bells == [CATALOGUE]


async def test_a_change_of_role_ends_every_session_and_rings(board_database: Database) -> None:
    session = await signed_in(board_database, "sanne")
    new = PersonFacts("Sanne", "oever", "police")
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: change_person(tx, WOUTER, "sanne", new, NOW, SANNE_STAMP))
    assert seen.changed[("session", session)] == {"ended_at": NOW}
    assert seen.removed == {("membership", "sanne", "linde")}
    assert ("session", session.hex(), 0) in seen.bells
    before, after = {"role": "staff", "shelters": ["linde"]}, {"role": "police", "shelters": []}
    assert told(seen) == [("change_person", "person sanne", before, after)]


async def test_another_shelter_or_organization_ends_sessions_and_another_name_does_not(board_database: Database) -> None:
    session = await signed_in(board_database, "sanne")
    await do(board_database, lambda tx: change_person(tx, WOUTER, "sanne", SANNE_FACTS, NOW))
    async with looking(board_database) as seen:
        renamed = PersonFacts("Sanne Bos", "oever", "staff", frozenset({"linde"}))
        await do(board_database, lambda tx: change_person(tx, WOUTER, "sanne", renamed, NOW))
    assert set(seen.changed) == {("person", "sanne")}
    elsewhere = PersonFacts("Sanne Bos", "oever", "staff", frozenset({"wilg"}))
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: change_person(tx, WOUTER, "sanne", elsewhere, NOW))
    assert ("session", session) in seen.changed


async def test_a_person_who_is_ended_is_signed_out_and_may_come_back(board_database: Database) -> None:
    session = await signed_in(board_database, "sanne")
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: end_person(tx, WOUTER, "sanne", NOW, SANNE_STAMP))
    assert seen.changed == {("person", "sanne"): {"ended_at": NOW}, ("session", session): {"ended_at": NOW}}
    assert ("session", session.hex(), 0) in seen.bells
    await do(board_database, lambda tx: end_person(tx, WOUTER, "sanne", NOW))
    assert await do(board_database, lambda tx: may_act(tx, actor(), "linde"))


async def test_the_last_administrator_stays(board_database: Database) -> None:
    for action in (
        lambda tx: end_person(tx, WOUTER, "wouter", NOW),
        lambda tx: change_person(tx, WOUTER, "wouter", PersonFacts("Wouter", "oever", "desk"), NOW),
    ):
        assert (await refused(board_database, action)).code == "last_admin"


@pytest.mark.parametrize(
    ("new", "wrong"),
    [
        (PersonFacts("Bo", "oever", "staff"), ("shelters", "shelter_needed")),
        (PersonFacts("Bo", "oever", "police", frozenset({"linde"})), ("shelters", "only_for_shelter_roles")),
        (PersonFacts("Bo", "oever", "staff", frozenset({"nowhere"})), ("shelters", "unknown_location")),
        (PersonFacts("Bo", "nobody", "police"), ("organization", "unknown_organization")),
    ],
)
async def test_what_cannot_be_of_a_person_is_said(board_database: Database, new: PersonFacts, wrong: tuple[str, str]) -> None:
    assert codes(await refused(board_database, lambda tx: appoint_person(tx, WOUTER, "bo", new, NOW))) == [wrong]
    assert codes(await refused(board_database, lambda tx: change_person(tx, WOUTER, "mark", new, NOW))) == [wrong]


# --- a manager


async def test_a_manager_adds_and_renames_the_staff_of_its_own_shelters(board_database: Database) -> None:
    new = PersonFacts("Bo", "oever", "staff", frozenset({"linde"}))
    await do(board_database, lambda tx: appoint_person(tx, ANNEKE, "bo", new, NOW))
    both = PersonFacts("Bo Bos", "oever", "staff", frozenset({"linde", "ceder"}))
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: change_person(tx, ANNEKE, "bo", both, NOW))
    assert ("membership", "bo", "ceder") in seen.added and seen.changed == {("person", "bo"): {"name": "Bo Bos"}}


@pytest.mark.parametrize(
    "new",
    [
        PersonFacts("Bo", "oever", "staff", frozenset({"wilg"})),
        PersonFacts("Bo", "oever", "staff", frozenset({"linde", "wilg"})),
        PersonFacts("Bo", "oever", "manager", frozenset({"linde"})),
        PersonFacts("Bo", "oever", "admin"),
    ],
)
async def test_a_manager_makes_neither_managers_nor_staff_of_others(board_database: Database, new: PersonFacts) -> None:
    assert isinstance(await refused(board_database, lambda tx: appoint_person(tx, ANNEKE, "bo", new, NOW)), NotAllowed)


@pytest.mark.parametrize("person_id", ["anneke", "mark", "wouter", "nobody"])
async def test_to_a_manager_only_own_staff_exist(board_database: Database, person_id: str) -> None:
    for action in (
        lambda tx: end_person(tx, ANNEKE, person_id, NOW),
        lambda tx: change_person(tx, ANNEKE, person_id, SANNE_FACTS, NOW),
    ):
        assert isinstance(await refused(board_database, action), NotFound)


async def test_a_manager_takes_away_own_shelters_and_leaves_the_others(board_database: Database) -> None:
    wide = PersonFacts("Sanne", "oever", "staff", frozenset({"linde", "wilg"}))
    await do(board_database, lambda tx: change_person(tx, WOUTER, "sanne", wide, NOW))
    renamed = PersonFacts("Sanne Bos", "oever", "staff", frozenset({"linde"}))
    await do(board_database, lambda tx: change_person(tx, ANNEKE, "sanne", renamed, NOW))
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: end_person(tx, ANNEKE, "sanne", NOW))
    assert (seen.removed, seen.changed) == ({("membership", "sanne", "linde")}, {})


# --- further roles


async def test_a_further_role_is_given_taken_and_ended(board_database: Database) -> None:
    session = await signed_in(board_database, "lucia")
    lucia = actor("coordinator", "lucia", ())
    await do(board_database, lambda tx: add_appointment(tx, WOUTER, "lucia", "desk", "desk", NOW))
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: take_role(tx, lucia, "desk", "desk", NOW))
    assert seen.changed[("person", "lucia")] == {"organization_id": "desk", "role": "desk"}
    assert ("session", session) in seen.changed and ("session", session.hex(), 0) in seen.bells
    assert seen.removed == {("appointment", "lucia", "desk", "desk")}
    assert set(seen.added) == {("appointment", "lucia", "oever", "coordinator")}
    await do(board_database, lambda tx: end_appointment(tx, WOUTER, "lucia", "oever", "coordinator", NOW))
    assert (await refused(board_database, lambda tx: take_role(tx, lucia, "oever", "coordinator", NOW))).code == "no_such_role"


def adding_role(person_id: str, role: str) -> Action:
    return lambda tx: add_appointment(tx, WOUTER, person_id, "oever", role, NOW)


def taking(who: Actor) -> Action:
    return lambda tx: take_role(tx, who, "desk", "desk", NOW)


async def test_nobody_takes_a_role_that_they_were_not_given(board_database: Database) -> None:
    await do(board_database, lambda tx: add_appointment(tx, WOUTER, "lucia", "desk", "desk", NOW))
    for who in (actor("police", "mark", ()), actor("desk", "lucia", (), kind="client")):
        assert isinstance(await refused(board_database, taking(who)), NotFound)


async def test_in_a_further_role_nobody_works_for_their_shelter(board_database: Database) -> None:
    police = actor("police", "anneke", ("linde",))
    await do(board_database, lambda tx: add_appointment(tx, WOUTER, "anneke", "oever", "police", NOW))
    await do(board_database, lambda tx: take_role(tx, ANNEKE, "oever", "police", NOW))
    assert not await do(board_database, lambda tx: may_act(tx, police, "linde"))
    await do(board_database, lambda tx: take_role(tx, police, "oever", "manager", NOW))
    assert await do(board_database, lambda tx: may_act(tx, ANNEKE, "linde"))


async def test_staff_have_one_role(board_database: Database) -> None:
    for person_id, role in (("sanne", "police"), ("anneke", "staff")):
        refusal = await refused(board_database, adding_role(person_id, role))
        assert codes(refusal) == [("role", "staff_has_one_role")]
    await do(board_database, adding_role("lucia", "desk"))
    staff = PersonFacts("Lucia", "oever", "staff", frozenset({"linde"}))
    refusal = await refused(board_database, lambda tx: change_person(tx, WOUTER, "lucia", staff, NOW))
    assert codes(refusal) == [("role", "staff_has_one_role")]


async def test_a_role_is_given_once(board_database: Database) -> None:
    refusal = await refused(board_database, lambda tx: add_appointment(tx, WOUTER, "lucia", "oever", "coordinator", NOW))
    assert codes(refusal) == [("role", "has_role_already")]


async def test_nobody_gives_themselves_a_role(board_database: Database) -> None:
    await run(board_database, "update person set role = 'admin' where id = 'lucia'")
    for action in (
        adding_role("wouter", "police"),
        lambda tx: change_person(tx, WOUTER, "wouter", PersonFacts("Wouter", "oever", "police"), NOW),
        lambda tx: change_person(tx, WOUTER, "wouter", PersonFacts("Wouter", "desk", "admin"), NOW),
    ):
        assert (await refused(board_database, action)).code == "own_role"
    renamed = PersonFacts("Wouter Bos", "oever", "admin")
    await do(board_database, lambda tx: change_person(tx, WOUTER, "wouter", renamed, NOW))
    by_another = actor("admin", "lucia", ())
    await do(board_database, lambda tx: add_appointment(tx, by_another, "wouter", "oever", "police", NOW))


# --- two at once


async def test_a_change_of_what_somebody_else_changed_is_refused_with_the_present_state(board_database: Database) -> None:
    first = PersonFacts("Sanne Bos", "oever", "staff", frozenset({"linde"}))
    await do(board_database, lambda tx: change_person(tx, WOUTER, "sanne", first, NOW, SANNE_STAMP))
    refusal = await refused(board_database, lambda tx: end_person(tx, WOUTER, "sanne", NOW, SANNE_STAMP))
    assert isinstance(refusal, Conflict) and refusal.code == "facts_changed"


def renaming(name: str) -> Action:
    new = PersonFacts(name, "oever", "staff", frozenset({"linde"}))
    return lambda tx: change_person(tx, WOUTER, "sanne", new, NOW, SANNE_STAMP)


@pytest.mark.parametrize("is_locked", [False, True], ids=["no lock", "lock"])
async def test_of_two_changes_at_once_only_one_replaces_what_its_author_saw(
    board_database: Database, monkeypatch: pytest.MonkeyPatch, is_locked: bool
) -> None:
    if not is_locked:
        monkeypatch.setattr(people, "get_locked_person", get_person)
        monkeypatch.setattr(people, "lock_living_organization", get_person)  # its lock would stand in
    async with not_yet_committed(board_database, renaming("Sanne Bos")):
        second = asyncio.create_task(outcome(board_database, renaming("Sanne Vos")))
        await waits(board_database)
    said = await second

    def check() -> None:
        assert said == "facts_changed"

    goes(is_locked, check)


async def test_two_administrators_who_end_each_other_leave_one(board_database: Database) -> None:
    other = actor("admin", "lucia", ())
    await run(board_database, "update person set role = 'admin' where id = 'lucia'")
    async with not_yet_committed(board_database, lambda tx: end_person(tx, WOUTER, "lucia", NOW)):
        second = asyncio.create_task(outcome(board_database, lambda tx: end_person(tx, other, "wouter", NOW)))
        await waits(board_database)
    assert await second == "not_your_role"
