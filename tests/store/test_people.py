"""People, their sessions and API clients: those that still count, at this moment."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bedboard.actions.setup import add_client
from bedboard.actions.signin import hash_token
from bedboard.rules.access import Actor, Role
from bedboard.rules.clients import SCOPES_OF
from bedboard.rules.sessions import SessionLimits
from bedboard.store.clients import FoundClient
from bedboard.store.database import Transaction
from bedboard.store.people import (
    ActiveToken,
    FoundSession,
    end_session,
    get_person,
    list_active_tokens,
    list_demo_people,
    list_sessions,
    may_act,
    use_session,
)
from bedboard.store.tables.people import Session
from tests.build import NOW, actor
from tests.build.rows import find_client

LIMITS = SessionLimits(idle=timedelta(minutes=15), longest=timedelta(hours=8), shift=timedelta(hours=12))
TICK = timedelta(microseconds=1)
TOKEN = hash_token("a session")
LINDE, POLICE = hash_token("demo-shelter-linde"), hash_token("demo-police")


async def run(tx: Transaction, statement: str) -> None:
    await (await tx.connection()).execute(text(statement))


async def session(tx: Transaction, person: str = "anneke", *, created_at: datetime = NOW, used_at: datetime = NOW) -> None:
    tx.add(Session(token_hash=TOKEN, person_id=person, created_at=created_at, used_at=used_at))
    await tx.flush()


async def found(tx: Transaction) -> FoundSession | None:
    return (await list_sessions(tx, [TOKEN, b"unknown"])).get(TOKEN)


async def test_a_session_is_its_person_with_all_shelters(tx: Transaction) -> None:
    await session(tx)
    anneke = Actor("person", "anneke", "manager", "Anneke", "oever", frozenset({"linde", "ceder"}))
    assert await found(tx) == (anneke, NOW, NOW)
    assert await list_active_tokens(tx, [TOKEN, b"unknown"], LIMITS, NOW) == {
        TOKEN: ActiveToken("manager", frozenset({"linde", "ceder"}))
    }


async def test_a_person_of_no_shelter_has_none(tx: Transaction) -> None:
    await session(tx, "mark")
    one = await found(tx)
    assert one is not None
    assert one.actor.shelter_ids == frozenset()


@pytest.mark.parametrize(
    ("unused", "begun", "locked"),
    [
        (timedelta(minutes=15) - TICK, timedelta(hours=8) - TICK, False),
        (timedelta(minutes=15), timedelta(hours=1), True),
        (timedelta(0), timedelta(hours=8), None),
    ],
)
async def test_a_session_unused_is_locked_and_in_any_case_it_ends(
    tx: Transaction, unused: timedelta, begun: timedelta, locked: bool | None
) -> None:
    await session(tx, created_at=NOW - begun, used_at=NOW - unused)
    token = (await list_active_tokens(tx, [TOKEN], LIMITS, NOW)).get(TOKEN)
    assert (None if token is None else token.is_locked) is locked


async def test_using_a_session_keeps_it_open_and_opens_no_locked_or_ended_one(tx: Transaction) -> None:
    await session(tx)
    later = NOW + timedelta(minutes=15) - TICK
    await use_session(tx, TOKEN, LIMITS, later)
    one = await found(tx)
    assert one is not None and one.used_at == later
    await use_session(tx, TOKEN, LIMITS, later + timedelta(minutes=15))
    assert await found(tx) == one
    await end_session(tx, TOKEN, later)
    await use_session(tx, TOKEN, LIMITS, later)
    assert await found(tx) is None


@pytest.mark.parametrize("kind", ["shift", "wall"])
async def test_a_session_that_does_not_lock_may_be_used_after_any_time(tx: Transaction, kind: str) -> None:
    await session(tx)
    await run(tx, f"update session set kind = '{kind}'")  # noqa: S608
    await use_session(tx, TOKEN, LIMITS, NOW + timedelta(hours=3))
    one = await found(tx)
    assert one is not None and (one.actor.session, one.used_at) == (kind, NOW + timedelta(hours=3))


@pytest.mark.parametrize(
    "statement",
    ["update session set ended_at = now()", "update person set ended_at = now()", "update person set role = 'auditor'"],
)
async def test_an_ended_session_or_person_counts_no_more(tx: Transaction, statement: str) -> None:
    await session(tx)
    await run(tx, statement)
    assert await found(tx) is None
    assert await list_active_tokens(tx, [TOKEN], LIMITS, NOW) == {}


async def test_a_session_ends_once_and_says_whose_it_was(tx: Transaction) -> None:
    await session(tx)
    assert await end_session(tx, TOKEN, NOW) == "anneke"
    assert await end_session(tx, TOKEN, NOW) is None
    assert await end_session(tx, b"unknown", NOW) is None


async def test_a_token_is_its_client(tx: Transaction) -> None:
    scopes = frozenset(SCOPES_OF["machine"])
    linde = Actor("client", "demo-shelter-linde", "machine", "demo linde", "oever", frozenset({"linde"}), scopes=scopes)
    assert await find_client(tx, LINDE, NOW, demo=True) == FoundClient(linde, None, None)
    police = await find_client(tx, POLICE, NOW, demo=True)
    assert police is not None
    assert (police.actor.role, police.actor.shelter_ids) == ("police", frozenset())
    assert await find_client(tx, hash_token("guess"), NOW, demo=True) is None


async def test_demo_tokens_count_only_in_a_demo(tx: Transaction) -> None:
    await add_client(tx, client_id="real", name="Real", role="desk", token="real-token", now=NOW)  # noqa: S106
    assert await find_client(tx, LINDE, NOW, demo=False) is None
    assert await find_client(tx, hash_token("real-token"), NOW, demo=False) is not None


async def test_an_ended_client_counts_no_more(owner_tx: Transaction) -> None:
    assert await list_active_tokens(owner_tx, [LINDE, POLICE], LIMITS, NOW) == {
        LINDE: ActiveToken("machine", frozenset({"linde"})),
        POLICE: ActiveToken("police", frozenset()),
    }
    await run(owner_tx, "update client set ended_at = now() where id = 'demo-police'")
    assert await find_client(owner_tx, POLICE, NOW, demo=True) is None
    assert await list_active_tokens(owner_tx, [LINDE, POLICE], LIMITS, NOW) == {
        LINDE: ActiveToken("machine", frozenset({"linde"}))
    }


@pytest.mark.parametrize(
    ("role", "actor_id", "kind", "allowed"),
    [
        ("staff", "sanne", "person", {"linde"}),
        ("staff", "kofi", "person", {"ceder"}),
        ("manager", "anneke", "person", {"linde", "ceder"}),
        ("police", "mark", "person", set()),
        ("machine", "demo-shelter-wilg", "client", {"wilg"}),
        ("police", "demo-police", "client", set()),
        ("staff", "sanne", "client", set()),  # a client by a person's name is somebody else
        ("machine", "demo-shelter-wilg", "person", set()),
        ("staff", "nobody", "person", set()),
    ],
)
async def test_the_database_says_which_shelters_an_actor_works_for(
    tx: Transaction, role: Role, actor_id: str, kind: str, allowed: set[str]
) -> None:
    claimed = actor(role, actor_id, ["linde", "ceder", "wilg"], kind)  # whatever the actor believes
    assert {one for one in ("linde", "ceder", "wilg", "nowhere") if await may_act(tx, claimed, one)} == allowed


@pytest.mark.parametrize(
    ("statement", "actor_id", "kind"),
    [
        ("delete from membership where person_id = 'sanne'", "sanne", "person"),
        ("update person set ended_at = now() where id = 'sanne'", "sanne", "person"),
        ("update person set role = 'coordinator' where id = 'sanne'", "sanne", "person"),
        ("update client set ended_at = now() where id = 'demo-shelter-linde'", "demo-shelter-linde", "client"),
    ],
)
async def test_the_right_to_act_ends_at_once(owner_tx: Transaction, statement: str, actor_id: str, kind: str) -> None:
    one = actor("staff" if kind == "person" else "machine", actor_id, ["linde"], kind)
    assert await may_act(owner_tx, one, "linde")
    await run(owner_tx, statement)
    assert not await may_act(owner_tx, one, "linde")


async def test_the_people_of_a_demo_are_listed_by_role(tx: Transaction) -> None:
    await run(tx, "update person set ended_at = now() where id = 'gerda'")
    await run(tx, "update person set demo = false where id = 'wouter'")
    people = await list_demo_people(tx)
    assert [(one.id, one.shelters) for one in people] == [
        ("mark", None),
        ("lucia", None),
        ("kofi", "Ceder"),
        ("sanne", "Linde"),
        ("hanneke", None),
        ("anneke", "Ceder, Linde"),
        ("femke", None),
    ]
    assert {one.organization for one in people} == {"Stichting Oever"}


async def test_a_person_is_found_by_id(tx: Transaction) -> None:
    sanne = await get_person(tx, "sanne")
    assert sanne is not None
    assert sanne.name == "Sanne"
    assert await get_person(tx, "nobody") is None
