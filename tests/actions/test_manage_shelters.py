"""Shelters and places as they are managed: the rows, the journal and the bells of each change; nothing after a refusal."""

import asyncio
from typing import Any

import pytest

from bedboard.actions.manage import shelters
from bedboard.actions.manage.common import stamp_of
from bedboard.actions.manage.shelters import (
    ShelterFacts,
    change_shelter,
    disclose_own_contact,
    found_shelter,
    shelter_facts,
)
from bedboard.actions.occupancy import change_place
from bedboard.rules.access import Actor
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Conflict, NotAllowed, NotFound
from bedboard.store.database import Database, Transaction
from bedboard.store.tables.board import Shelter
from tests.actions.races import Action, not_yet_committed, outcome, waits
from tests.build import NOW, SEAL, actor
from tests.build.rows import codes, do, goes, looking, refused, run

WOUTER = actor("admin", "wouter", ())
ANNEKE = actor("manager", "anneke", ("linde", "ceder"))
TIMES = ("08:00", "16:00", "21:30")
LINDE_STAMP = stamp_of(shelter_facts("Linde", "oever", "noord", TIMES))
NEW = ShelterFacts("Beuk", ("07:30", "19:00"), "oever", "zuid", "010 55 66", "Kade 3, Zwolle")


def kept(**other: Any) -> ShelterFacts:
    """Linde as it is, but for these facts."""
    return ShelterFacts(**{"name": "Linde", "confirm_times": TIMES} | other)


def seeing(who: Actor, shelter_id: str) -> Action:
    return lambda tx: disclose_own_contact(tx, who, shelter_id, SEAL, NOW)


async def secrets(database: Database, shelter_id: str) -> dict[str, str]:
    found: dict[str, str] = await do(
        database, lambda tx: disclose_own_contact(tx, actor("manager", "anneke"), shelter_id, SEAL, NOW)
    )
    return found


# --- shelters


async def test_a_shelter_is_added_without_news_and_with_sealed_secrets(board_database: Database) -> None:
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: found_shelter(tx, WOUTER, "beuk", NEW, SEAL, NOW))
    row = seen.added[("shelter", "beuk")]
    assert (row["name"], row["unit_code"], row["confirmed_at"]) == ("Beuk", "zuid", None)
    contact = seen.added[("shelter_contact", "beuk")]
    assert [SEAL.open(contact[f"{what}_sealed"]) for what in ("telephone", "address")] == ["010 55 66", "Kade 3, Zwolle"]
    assert [(line["action"], line["actor_id"]) for line in seen.journal] == [("add_shelter", "wouter")]
    assert seen.journal[0]["after"] == {
        "name": "Beuk",
        "organization": "oever",
        "unit": "zuid",
        "confirm_times": ["07:30", "19:00"],
        "intake": [0, 1440],
        "criteria": {},
        "limits": {},
        "languages": [],
        "confirmed": {"at": None, "by": "person", "kinds": {}},
    }
    assert seen.bells == [("shelter", "beuk", 1)]


async def test_facts_are_replaced_and_only_differences_are_written_down(board_database: Database) -> None:
    facts = kept(name="Lindehof", confirm_times=("09:00",), telephone="010 77 88")
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: change_shelter(tx, ANNEKE, "linde", facts, SEAL, NOW, LINDE_STAMP))
    assert seen.changed[("shelter", "linde")] == {"name": "Lindehof", "confirm_times": ["09:00"], "version": 2}
    assert set(seen.changed[("shelter_contact", "linde")]) == {"telephone_sealed"}
    [line] = seen.journal
    assert line["before"] == {"name": "Linde", "confirm_times": list(TIMES)}
    assert line["after"] == {"name": "Lindehof", "confirm_times": ["09:00"], "replaced": ["telephone"]}
    assert seen.bells == [("shelter", "linde", 2)]
    assert await secrets(board_database, "linde") == {"telephone": "010 77 88", "address": "CANARY-ADR-linde"}


async def test_the_same_facts_change_nothing_and_wake_nobody(board_database: Database) -> None:
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: change_shelter(tx, ANNEKE, "linde", kept(), SEAL, NOW))
    assert seen.nothing


async def test_a_tap_does_not_count_as_a_change_of_the_facts(board_database: Database) -> None:
    await do(board_database, lambda tx: change_place(tx, actor(), "linde-1", PlaceChange("occupied"), NOW))
    await do(board_database, lambda tx: change_shelter(tx, ANNEKE, "linde", kept(name="Lindehof"), SEAL, NOW, LINDE_STAMP))


async def test_facts_that_somebody_changed_meanwhile_are_not_overwritten(board_database: Database) -> None:
    await do(board_database, lambda tx: change_shelter(tx, WOUTER, "linde", kept(unit="zuid"), SEAL, NOW))
    late = kept(name="Lindehof", telephone="010 77 88")
    refusal = await refused(board_database, lambda tx: change_shelter(tx, ANNEKE, "linde", late, SEAL, NOW, LINDE_STAMP))
    assert isinstance(refusal, Conflict) and refusal.code == "facts_changed"


@pytest.mark.parametrize(
    ("facts", "wrong"),
    [
        (kept(name="Ceder"), ("name", "name_taken")),
        (kept(name="CEDER"), ("name", "name_taken")),
        (kept(unit="nowhere"), ("unit", "unknown_unit")),
        (kept(organization_id="nobody"), ("organization", "unknown_organization")),
    ],
)
async def test_what_cannot_be_of_a_shelter_is_said(
    board_database: Database, facts: ShelterFacts, wrong: tuple[str, str]
) -> None:
    assert codes(await refused(board_database, lambda tx: change_shelter(tx, WOUTER, "linde", facts, SEAL, NOW))) == [wrong]


@pytest.mark.parametrize("other", [{"unit": "zuid"}, {"organization_id": "desk"}])
async def test_a_manager_moves_no_shelter(board_database: Database, other: dict[str, str]) -> None:
    refusal = await refused(board_database, lambda tx: change_shelter(tx, ANNEKE, "linde", kept(**other), SEAL, NOW))
    assert isinstance(refusal, NotAllowed)


@pytest.mark.parametrize("who", [ANNEKE, actor("manager", "anneke", ("wilg",)), actor("staff", "sanne", ("wilg",))])
async def test_strangers_change_nothing(board_database: Database, who: Actor) -> None:
    refusal = await refused(board_database, lambda tx: change_shelter(tx, who, "wilg", kept(name="Wilgje"), SEAL, NOW))
    assert isinstance(refusal, NotFound | NotAllowed)


async def test_a_look_at_the_own_contact_is_written_down_and_an_administrator_has_none(board_database: Database) -> None:
    async with looking(board_database) as seen:
        found = await secrets(board_database, "linde")
    assert found == {"telephone": "CANARY-TEL-linde", "address": "CANARY-ADR-linde"}
    looks = [row for key, row in seen.added.items() if key[0] == "disclosure"]
    assert sorted((row["what"], row["why"], row["actor_id"]) for row in looks) == [
        ("address", "own", "anneke"),
        ("telephone", "own", "anneke"),
    ]
    for who, shelter_id in ((WOUTER, "linde"), (actor(), "linde"), (ANNEKE, "wilg")):
        refusal = await refused(board_database, seeing(who, shelter_id))
        assert isinstance(refusal, NotAllowed | NotFound)


async def test_two_shelters_at_once_do_not_get_one_name(board_database: Database) -> None:
    second = ShelterFacts("Beuk", ("08:00",), "desk", "zuid", "010 55 66", "Kade 4, Zwolle")
    async with not_yet_committed(board_database, lambda tx: found_shelter(tx, WOUTER, "beuk", NEW, SEAL, NOW)):
        other = asyncio.create_task(outcome(board_database, lambda tx: found_shelter(tx, WOUTER, "beuk-2", second, SEAL, NOW)))
        await waits(board_database)
    assert await other == "invalid"


def renaming(name: str) -> Action:
    return lambda tx: change_shelter(tx, ANNEKE, "linde", kept(name=name), SEAL, NOW, LINDE_STAMP)


async def read_only(tx: Transaction, shelter_id: str) -> Shelter | None:
    return await tx.get(Shelter, shelter_id)


@pytest.mark.parametrize("is_locked", [False, True], ids=["no lock", "lock"])
async def test_of_two_managers_at_once_only_one_replaces_what_was_seen(
    board_database: Database, monkeypatch: pytest.MonkeyPatch, is_locked: bool
) -> None:
    async def no_names(tx: Transaction, name: str, shelter_id: str) -> bool:
        return False

    if not is_locked:
        monkeypatch.setattr(shelters, "lock_shelter", read_only)
        monkeypatch.setattr(shelters, "is_name_taken", no_names)
    async with not_yet_committed(board_database, renaming("Lindehof")):
        second = asyncio.create_task(outcome(board_database, renaming("Lindelaan")))
        await waits(board_database)
    said = await second

    def check() -> None:
        assert said == "facts_changed"

    goes(is_locked, check)


async def test_a_manager_who_loses_the_shelter_while_waiting_changes_nothing(board_database: Database) -> None:
    async with not_yet_committed(board_database, lambda tx: change_shelter(tx, WOUTER, "linde", kept(unit="zuid"), SEAL, NOW)):
        facts = kept(name="Lindehof")
        waiting = asyncio.create_task(outcome(board_database, lambda tx: change_shelter(tx, ANNEKE, "linde", facts, SEAL, NOW)))
        await waits(board_database)
        await run(board_database, "delete from membership where person_id = 'anneke' and shelter_id = 'linde'")
    assert await waiting == "no_such_shelter"


async def test_an_administrator_who_loses_the_role_while_waiting_changes_nothing(board_database: Database) -> None:
    async with not_yet_committed(board_database, lambda tx: change_shelter(tx, ANNEKE, "linde", kept(name="Els"), SEAL, NOW)):
        facts = kept(name="Lindehof")
        waiting = asyncio.create_task(outcome(board_database, lambda tx: change_shelter(tx, WOUTER, "linde", facts, SEAL, NOW)))
        await waits(board_database)
        await run(board_database, "update person set role = 'desk' where id = 'wouter'")
    assert await waiting == "not_your_role"
