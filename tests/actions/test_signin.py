"""Signing in to a demo, and out of anything."""

from dataclasses import replace
from functools import partial

import pytest

from bedboard.actions.signin import hash_token, sign_in_demo, sign_out
from bedboard.rules.refusals import NotAllowed, NotFound, Refusal
from bedboard.store.board import get_catalogue
from bedboard.store.database import Database
from tests.build import NOW, FixedClock
from tests.build.rows import do, looking, run


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
