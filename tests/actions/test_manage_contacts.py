"""Wie bel ik as an administrator keeps it: the rows, the journal and the bells; nothing after a refusal; two at once."""

import asyncio
from dataclasses import replace

import pytest

from bedboard.actions.manage import contacts
from bedboard.actions.manage.common import stamp_of
from bedboard.actions.manage.contacts import ContactFacts, add_contact, change_contact, remove_contact
from bedboard.rules.access import Actor
from bedboard.rules.contacts import MOST_CONTACTS
from bedboard.rules.refusals import NotAllowed, NotFound
from bedboard.store.board import get_catalogue
from bedboard.store.database import Database, Transaction
from tests.actions.races import Action, not_yet_committed, outcome, waits
from tests.build import NOW, actor
from tests.build.rows import codes, do, goes, looking, refused, run

WOUTER = actor("admin", "wouter", ())
DESK = ContactFacts("desk", None, "Desk", "Desk", "085 1234", "mon-fri 09:00-17:00")
SAID = {"topic": "desk", "unit": None, "name_nl": "Desk", "name_en": "Desk", "telephone": "085 1234"}
SAID |= {"hours": "mon-fri 09:00-17:00", "position": 1}  # type: ignore[dict-item]
CATALOGUE = ("catalogue", "all", 0)


def adding(contact_id: str = "c", facts: ContactFacts = DESK, who: Actor = WOUTER) -> Action:
    return lambda tx: add_contact(tx, who, contact_id, facts, NOW)


def renaming(name: str) -> Action:
    return lambda tx: change_contact(tx, WOUTER, "c", replace(DESK, name_nl=name), NOW, stamp_of(SAID))


async def test_a_number_is_added_changed_and_removed_with_a_line_and_a_bell_for_each(board_database: Database) -> None:
    async with looking(board_database) as seen:
        await do(board_database, adding())
    assert seen.added[("contact", "c")]["telephone"] == "085 1234"
    assert [(row["action"], row["subject"], row["after"]) for row in seen.journal] == [("add_contact", "contact c", SAID)]
    assert seen.bells == [CATALOGUE]
    async with looking(board_database) as seen:
        await do(board_database, renaming("Plaatsingsdesk"))
        await do(board_database, lambda tx: remove_contact(tx, WOUTER, "c", NOW))
    assert seen.removed == {("contact", "c")}
    assert [(row["action"], row["before"]) for row in seen.journal] == [
        ("change_contact", {"name_nl": "Desk"}),
        ("end_contact", SAID | {"name_nl": "Plaatsingsdesk"}),
    ]
    assert seen.bells == [CATALOGUE, CATALOGUE]


async def test_a_new_number_is_the_last_and_may_move_up(board_database: Database) -> None:
    for contact_id in ("b", "a"):
        await do(board_database, adding(contact_id))
    await do(board_database, lambda tx: change_contact(tx, WOUTER, "b", replace(DESK, position=9), NOW))
    catalogue = await do(board_database, get_catalogue)
    assert [one.id for one in catalogue.contacts] == ["a", "b"]


async def test_the_same_again_changes_nothing(board_database: Database) -> None:
    await do(board_database, adding())
    async with looking(board_database) as seen:
        await do(board_database, renaming("Desk"))
    assert seen.nothing


async def test_what_cannot_be_is_refused(board_database: Database) -> None:
    assert codes(await refused(board_database, adding(facts=replace(DESK, unit="nowhere")))) == [("unit", "unknown_unit")]
    assert isinstance(await refused(board_database, adding(who=actor("desk", "hanneke", ()))), NotAllowed)
    assert isinstance(await refused(board_database, renaming("Desk")), NotFound)
    full = "insert into contact select 'n' || n, n, 'desk', 'x', 'x', '112', null from generate_series(1, :most) n"
    await run(
        board_database,
        full.replace("insert into contact", "insert into contact (id, position, topic, name_nl, name_en, telephone, hours)"),
        most=MOST_CONTACTS,
    )
    assert (await refused(board_database, adding())).code == "contacts_full"


async def no_lock(tx: Transaction) -> None:
    """Take no lock."""


@pytest.mark.parametrize("is_locked", [False, True], ids=["no lock", "lock"])
async def test_of_two_administrators_at_once_only_one_replaces_what_was_seen(
    board_database: Database, monkeypatch: pytest.MonkeyPatch, is_locked: bool
) -> None:
    await do(board_database, adding())
    if not is_locked:
        monkeypatch.setattr(contacts, "lock_contacts", no_lock)
    async with not_yet_committed(board_database, renaming("Plaatsingsdesk")):
        second = asyncio.create_task(outcome(board_database, renaming("Meldpunt")))
        await waits(board_database)
    said = await second

    def check() -> None:
        assert said == "facts_changed"

    goes(is_locked, check)
