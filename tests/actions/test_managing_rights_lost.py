"""Rights to manage and to help that are lost while an action waits for a lock. In the control they still count."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text

from bedboard.actions import criteria, enrolment, passkeys, roles
from bedboard.actions.ceremony import NewPasskey
from bedboard.actions.criteria import set_place_criteria, set_terms
from bedboard.actions.enrolment import make_code
from bedboard.actions.manage import contacts, merging, organizations, people, places, shelters
from bedboard.actions.manage.contacts import ContactFacts, add_contact, change_contact, remove_contact
from bedboard.actions.manage.merging import merge_organizations
from bedboard.actions.manage.organizations import OrganizationFacts, change_organization, end_organization
from bedboard.actions.manage.people import (
    PersonFacts,
    add_appointment,
    appoint_person,
    change_person,
    end_appointment,
    end_person,
    take_role,
)
from bedboard.actions.manage.places import PlaceFacts, change_place_facts, close_for_good, open_places
from bedboard.actions.manage.shelters import ShelterFacts, change_shelter, found_shelter
from bedboard.actions.passkeys import add_passkey, end_passkey, name_passkey
from bedboard.rules.access import Actor
from bedboard.rules.fit import make_terms
from bedboard.store.alerts import lock_person
from bedboard.store.contacts import lock_contacts
from bedboard.store.database import Database, Transaction
from tests.actions.races import Action, not_yet_committed, outcome, overtaken, waits
from tests.build import NOW, SEAL, FixedClock, actor
from tests.build.cases import ANNEKE, HANNEKE, MARK, SANNE, ZONE
from tests.build.rows import every_row, goes, run

WOUTER = actor("admin", "wouter", ())
SESSION = b"session of sanne"
TERMS = make_terms({"woman": "yes"}, {}, (1200, 480), ())
DESK = ContactFacts("desk", None, "Desk", "Desk", "085 1234", "mon-fri 09:00-17:00")
NEW = ShelterFacts("Els", ("07:30",), "oever", "zuid", "010 55 66", "Kade 3, Zwolle")
SANNE_NOW = PersonFacts("Sanne B", "oever", "staff", frozenset({"linde"}))
BO = PersonFacts("Bo", "oever", "staff", frozenset({"linde"}))
ROOM = PlaceFacts("kamer 9", "women", 1, 0)

NO_ADMIN = "update person set role = 'auditor' where id = 'wouter'"
NO_MANAGER = "delete from membership where person_id = 'anneke'"
NO_DESK = "update person set role = 'auditor' where id = 'hanneke'"
NO_ROLE = "delete from appointment where person_id = 'mark'"
NO_SESSION = "update session set ended_at = now() where person_id = 'sanne'"
NOBODY = "update person set ended_at = now() where id = 'sanne'"
PREPARED = (
    "insert into appointment (person_id, organization_id, role) values ('mark', 'oever', 'desk')",
    "insert into passkey (id, person_id, credential_id, public_key, sign_count, label, added_at)"
    " values ('p', 'sanne', 'a', '', 0, 'phone', :now), ('q', 'sanne', 'b', '', 0, 'key', :now)",
    "insert into session (token_hash, person_id, created_at, used_at, proven_at) values (:session, 'sanne', :now, :now, :now)",
    "insert into contact (id, topic, name_nl, name_en, telephone, position) values ('c', 'desk', 'D', 'D', '085 1234', 1)",
)


async def prepare(database: Database) -> None:
    values = {"now": NOW, "session": SESSION}
    for statement in PREPARED:
        await run(database, statement, **{key: value for key, value in values.items() if f":{key}" in statement})


def locking(statement: str) -> Action:
    async def lock(tx: Transaction) -> None:
        await (await tx.connection()).execute(text(f"{statement} for no key update"))

    return lock


ORGANIZATION = locking("select id from organization where id = 'oever'")
SHELTER = locking("select id from shelter")
PASSKEY = locking("select id from passkey")
OF_SANNE, OF_MARK = (locking(f"select id from person where id = '{one}'") for one in ("sanne", "mark"))  # noqa: S608


async def add_own(tx: Transaction, who: Actor) -> None:
    await lock_person(tx, who.id)
    await add_passkey(tx, who, NewPasskey(b"new", b"key", 0), "phone", FixedClock(), method="passkey", session_hash=SESSION)


Function = Callable[..., Awaitable[Any]]


class Lost(NamedTuple):
    """Whose right is lost by which statement, while the action waits for those who hold a lock."""

    who: Actor
    action: Callable[[Transaction, Actor], Awaitable[Any]]
    others: Action
    takes_away: str


LOST: dict[Function, Lost] = {
    change_organization: Lost(
        WOUTER, lambda tx, who: change_organization(tx, who, "oever", OrganizationFacts("O"), NOW), ORGANIZATION, NO_ADMIN
    ),
    end_organization: Lost(
        WOUTER,
        lambda tx, who: end_organization(tx, who, "elsewhere", NOW),
        locking("select id from organization"),
        NO_ADMIN,
    ),
    merge_organizations: Lost(
        WOUTER,
        lambda tx, who: merge_organizations(tx, who, "desk", "elsewhere", NOW),
        locking("select id from organization"),
        NO_ADMIN,
    ),
    found_shelter: Lost(WOUTER, lambda tx, who: found_shelter(tx, who, "els", NEW, SEAL, NOW), ORGANIZATION, NO_ADMIN),
    change_shelter: Lost(
        ANNEKE,
        lambda tx, who: change_shelter(tx, who, "linde", ShelterFacts("Els", ("08:00",)), SEAL, NOW),
        SHELTER,
        NO_MANAGER,
    ),
    open_places: Lost(ANNEKE, lambda tx, who: open_places(tx, who, "linde", ROOM, ["new"], NOW, ZONE), SHELTER, NO_MANAGER),
    change_place_facts: Lost(
        ANNEKE, lambda tx, who: change_place_facts(tx, who, "linde", "linde-4", ROOM, NOW, ZONE), SHELTER, NO_MANAGER
    ),
    close_for_good: Lost(ANNEKE, lambda tx, who: close_for_good(tx, who, "linde", "linde-1", NOW), SHELTER, NO_MANAGER),
    set_terms: Lost(ANNEKE, lambda tx, who: set_terms(tx, who, "linde", TERMS, NOW), SHELTER, NO_MANAGER),
    set_place_criteria: Lost(
        ANNEKE, lambda tx, who: set_place_criteria(tx, who, "linde-1", {"woman": "no"}, NOW), SHELTER, NO_MANAGER
    ),
    appoint_person: Lost(ANNEKE, lambda tx, who: appoint_person(tx, who, "bo", BO, NOW), ORGANIZATION, NO_MANAGER),
    change_person: Lost(ANNEKE, lambda tx, who: change_person(tx, who, "sanne", SANNE_NOW, NOW), OF_SANNE, NO_MANAGER),
    end_person: Lost(WOUTER, lambda tx, who: end_person(tx, who, "sanne", NOW), OF_SANNE, NO_ADMIN),
    add_appointment: Lost(WOUTER, lambda tx, who: add_appointment(tx, who, "mark", "oever", "admin", NOW), OF_MARK, NO_ADMIN),
    end_appointment: Lost(WOUTER, lambda tx, who: end_appointment(tx, who, "mark", "oever", "desk", NOW), OF_MARK, NO_ADMIN),
    take_role: Lost(MARK, lambda tx, who: take_role(tx, who, "oever", "desk", NOW), OF_MARK, NO_ROLE),
    add_contact: Lost(WOUTER, lambda tx, who: add_contact(tx, who, "new", DESK, NOW), lock_contacts, NO_ADMIN),
    change_contact: Lost(WOUTER, lambda tx, who: change_contact(tx, who, "c", DESK, NOW), lock_contacts, NO_ADMIN),
    remove_contact: Lost(WOUTER, lambda tx, who: remove_contact(tx, who, "c", NOW), lock_contacts, NO_ADMIN),
    make_code: Lost(HANNEKE, lambda tx, who: make_code(tx, who, "sanne", SEAL, FixedClock()), OF_SANNE, NO_DESK),
    end_passkey: Lost(HANNEKE, lambda tx, who: end_passkey(tx, who, "sanne", "p", NOW), PASSKEY, NO_DESK),
    name_passkey: Lost(SANNE, lambda tx, who: name_passkey(tx, who, "p", "tablet"), PASSKEY, NOBODY),
    add_passkey: Lost(SANNE, add_own, OF_SANNE, NO_SESSION),
}
WAIT_FOR_NOTHING = {"found_organization", "disclose_own_contact"}
"""Those that hold nothing and wait for nothing before they ask for the right."""
PARTS = {"check_admin", "write_about", "lock_managed", "check_may_help", "enrol", "unchanged"}
"""Parts of other actions, which ask or are asked for them."""


def test_every_action_that_manages_or_helps_has_a_row() -> None:
    rooms = (contacts, merging, organizations, people, places, shelters, criteria, passkeys, enrolment)
    acting = {
        name
        for room in rooms
        for name, found in inspect.getmembers(room, inspect.iscoroutinefunction)
        if found.__module__ == room.__name__ and not name.startswith("_") and "actor" in inspect.signature(found).parameters
    }
    assert acting - PARTS == {action.__name__ for action in LOST} | WAIT_FOR_NOTHING


@pytest.mark.parametrize("asks_late", [False, True], ids=["asked before it waits", "asked under the lock"])
@pytest.mark.parametrize("name", LOST, ids=lambda action: action.__name__)
async def test_who_loses_the_right_meanwhile_changes_nothing(
    pools: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch, name: Function, asks_late: bool
) -> None:
    who, action, others, takes_away = LOST[name]
    await prepare(pools[0])
    if not asks_late:

        async def earlier(*_: object) -> bool:
            return True  # as it was when the call came in

        for module in (roles, people, shelters, criteria):
            for asked in ("may_act", "still_has_role"):
                if hasattr(module, asked):
                    monkeypatch.setattr(module, asked, earlier)
        monkeypatch.setattr(passkeys, "get_proven_at", earlier)
    before = await every_row(pools[0])
    said = await overtaken(pools, others, lambda tx: action(tx, who), takes_away)
    after = await every_row(pools[0])
    changed = {key[0] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}

    def check() -> None:
        assert said in ("not_your_role", "no_such_shelter", "no_such_place", "no_such_role", "no_such_person", "sign_in_needed")
        assert changed <= {"person", "membership", "appointment", "session"}

    goes(asks_late or name is take_role, check)


@pytest.mark.parametrize("locked", [False, True], ids=["no lock", "lock"])
async def test_nobody_removes_both_of_two_passkeys_at_once(
    pools: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    await prepare(pools[0])
    if not locked:

        async def unlocked(*_: object) -> bool:
            return True

        monkeypatch.setattr(passkeys, "lock_person", unlocked)
    async with not_yet_committed(pools[0], lambda tx: end_passkey(tx, SANNE, "sanne", "p", NOW)):
        second = asyncio.create_task(outcome(pools[1], lambda tx: end_passkey(tx, SANNE, "sanne", "q", NOW)))
        if locked:
            await waits(pools[0])
        else:
            await second
    assert await second == ("last_passkey" if locked else "done")
