"""Signing in to a demo, and out of anything."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from bedboard.actions.signin import hash_token, sign_in_demo, sign_out
from bedboard.rules.refusals import NotAllowed, NotFound, Refusal
from bedboard.rules.sessions import MOST_SESSIONS, SessionLimits
from bedboard.store.board import get_catalogue
from bedboard.store.database import Database
from bedboard.store.people import use_session
from tests.build import NOW, FixedClock
from tests.build.rows import do, looking, run

LIMITS = SessionLimits(idle=timedelta(minutes=15), longest=timedelta(hours=8), shift=timedelta(hours=12))


async def sign_in(board_database: Database, clock: FixedClock, person: str = "sanne", *, demo: bool = True) -> str:
    catalogue = await do(board_database, get_catalogue)
    token: str = await do(board_database, lambda tx: sign_in_demo(tx, person, catalogue, demo=demo, clock=clock))
    return token


async def test_signing_in_makes_a_session_of_which_only_the_hash_is_kept(board_database: Database, clock: FixedClock) -> None:
    async with looking(board_database) as seen:
        token = await sign_in(board_database, clock)
    session = (
        {"token_hash": hash_token(token), "person_id": "sanne", "kind": "shift"}
        | dict.fromkeys(["created_at", "used_at"], NOW)
        | {"proven_at": NOW}
        | dict.fromkeys(["ended_at", "passkey_id", "proven_by", "account_id"])
    )
    [line] = [seen.added.pop(key) for key in list(seen.added) if key[0] == "sign_in"]
    assert (line["person_id"], line["what"], line["method"]) == ("sanne", "sign_in", "tap")
    assert seen.added == {("session", hash_token(token)): session}
    assert token not in repr(session)
    assert (seen.changed, seen.journal, seen.bells) == ({}, [], [])
    assert len(token) >= 43  # 256 bits
    assert await sign_in(board_database, clock) != token


async def test_signing_out_ends_the_session_and_every_process_hears_it_once(
    board_database: Database, clock: FixedClock
) -> None:
    token, other = await sign_in(board_database, clock), await sign_in(board_database, clock)
    clock.move(minutes=5)
    async with looking(board_database) as seen:
        for _ in range(2):
            await do(board_database, lambda tx: sign_out(tx, hash_token(token), clock.now()))
        await do(board_database, lambda tx: sign_out(tx, b"unknown", clock.now()))
    assert seen.changed == {("session", hash_token(token)): {"ended_at": clock.now()}}
    assert seen.bells == [("session", hash_token(token).hex(), 0)]
    assert other != token


@pytest.mark.parametrize(
    ("spoil", "person", "demo", "refusal", "code"),
    [
        (None, "nobody", True, NotFound, "no_such_person"),
        (None, "sanne", False, NotAllowed, "not_a_demo"),
        ("update deployment set demo = false", "sanne", True, NotAllowed, "not_a_demo"),
        ("update person set demo = false where id = 'sanne'", "sanne", True, NotFound, "no_such_person"),
        ("update person set ended_at = now() where id = 'sanne'", "sanne", True, NotFound, "no_such_person"),
    ],
)
async def test_a_demo_sign_in_is_for_the_people_of_a_demo_in_a_demo(
    board_database: Database, clock: FixedClock, spoil: str | None, person: str, demo: bool, refusal: type[Refusal], code: str
) -> None:
    if spoil:
        await run(board_database, spoil)
    async with looking(board_database) as seen:
        with pytest.raises(refusal) as refused:
            await sign_in(board_database, clock, person, demo=demo)
    assert refused.value.code == code
    assert seen.nothing


async def test_without_a_catalogue_nobody_signs_in(board_database: Database, clock: FixedClock) -> None:
    catalogue = await do(board_database, get_catalogue)
    for unfit in (None, replace(catalogue, demo=False)):
        with pytest.raises(NotAllowed):
            await do(board_database, partial(sign_in_demo, person_id="sanne", catalogue=unfit, demo=True, clock=clock))


async def test_a_session_too_many_ends_the_one_that_was_used_longest_ago(board_database: Database, clock: FixedClock) -> None:
    first, *others = [await sign_in(board_database, clock) for _ in range(MOST_SESSIONS)]
    clock.move(minutes=1)
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: use_session(tx, hash_token(first), LIMITS, clock.now()))
        await sign_in(board_database, clock)
    told = [bell[1] for bell in seen.bells if bell[0] == "session"]
    assert told in [[hash_token(one).hex()] for one in others]
    ended = [key for key, row in seen.changed.items() if row.get("ended_at") is not None]
    assert ended == [("session", bytes.fromhex(told[0]))]
    await sign_in(board_database, clock, "kofi")  # others have sessions of their own
