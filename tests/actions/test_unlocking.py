"""Unlocking a session, exchanging it for one of another kind, and the race with its end."""

import asyncio
from datetime import timedelta

import pytest

from bedboard.actions.signin import exchange_session, hash_token, sign_in_demo, sign_out, unlock_session
from bedboard.rules.refusals import NotAllowed, SignInNeeded
from bedboard.rules.sessions import SessionKind, SessionLimits
from bedboard.store.board import get_catalogue
from bedboard.store.database import Database
from bedboard.store.people import FoundSession, list_sessions
from tests.build import NOW, FixedClock
from tests.build.rows import do, looking, run

LIMITS = SessionLimits(idle=timedelta(minutes=15), longest=timedelta(hours=8), shift=timedelta(hours=12))


NOT_PROVEN = dict.fromkeys(["ended_at", "proven_at", "passkey_id", "proven_by", "account_id"])


async def sign_in(database: Database, clock: FixedClock, person: str = "mark") -> bytes:
    catalogue = await do(database, get_catalogue)
    return hash_token(await do(database, lambda tx: sign_in_demo(tx, person, catalogue, demo=True, clock=clock)))


async def unlock(database: Database, session: bytes, clock: FixedClock, person: str = "mark") -> None:
    await do(database, lambda tx: unlock_session(tx, session, person, LIMITS, clock.now()))


async def state(database: Database, session: bytes, clock: FixedClock) -> str | None:
    found: FoundSession | None = (await do(database, lambda tx: list_sessions(tx, [session]))).get(session)
    return None if found is None else found.state(LIMITS, clock.now())


async def test_its_own_person_unlocks_a_session(board_database: Database, clock: FixedClock) -> None:
    session = await sign_in(board_database, clock)
    clock.move(minutes=15)
    assert await state(board_database, session, clock) == "locked"
    async with looking(board_database) as seen:
        await unlock(board_database, session, clock)
    assert seen.changed == {("session", session): {"used_at": clock.now(), "proven_at": clock.now()}}
    assert (seen.journal, seen.bells) == ([], [])
    assert await state(board_database, session, clock) == "open"


async def test_another_person_does_not(board_database: Database, clock: FixedClock) -> None:
    session = await sign_in(board_database, clock)
    clock.move(minutes=15)
    async with looking(board_database) as seen:
        with pytest.raises(NotAllowed) as refused:
            await unlock(board_database, session, clock, "lucia")
    assert refused.value.code == "not_your_session"
    assert seen.nothing


@pytest.mark.parametrize(
    "end", ["update session set ended_at = now()", "update person set ended_at = now()", "update person set role = 'desk'"]
)
async def test_a_session_that_was_ended_stays_so(board_database: Database, clock: FixedClock, end: str) -> None:
    session = await sign_in(board_database, clock)
    await run(board_database, end)
    async with looking(board_database) as seen:
        with pytest.raises(SignInNeeded):
            await unlock(board_database, session, clock)
    assert seen.nothing


async def test_after_its_hours_a_session_is_over(board_database: Database, clock: FixedClock) -> None:
    session = await sign_in(board_database, clock)
    clock.move(hours=8, seconds=-1)
    await unlock(board_database, session, clock)
    clock.move(seconds=1)
    with pytest.raises(SignInNeeded):
        await unlock(board_database, session, clock)


async def test_an_unknown_session_is_not_unlocked(board_database: Database, clock: FixedClock) -> None:
    with pytest.raises(SignInNeeded):
        await unlock(board_database, b"unknown", clock)


async def test_a_session_that_ends_while_it_is_unlocked_has_ended(board_database: Database, clock: FixedClock) -> None:
    """Whichever comes first: of twenty pairs at the same moment none leaves a session that counts."""
    for _ in range(20):
        session = await sign_in(board_database, clock)
        clock.move(minutes=15)
        ended, unlocked = await asyncio.gather(
            do(board_database, lambda tx, one=session: sign_out(tx, one, clock.now())),  # type: ignore[misc]
            unlock(board_database, session, clock),
            return_exceptions=True,
        )
        assert ended == "mark"
        assert unlocked is None or isinstance(unlocked, SignInNeeded)
        assert await state(board_database, session, clock) is None


@pytest.mark.parametrize(("kind", "person"), [("wall", "mark"), ("shift", "anneke")])
async def test_another_kind_of_session_replaces_the_one_of_the_person(
    board_database: Database, clock: FixedClock, kind: SessionKind, person: str
) -> None:
    session = await sign_in(board_database, clock, person)
    async with looking(board_database) as seen:
        token = await do(board_database, lambda tx: exchange_session(tx, session, kind, clock))
    assert await state(board_database, session, clock) is None
    assert seen.bells == [("session", session.hex(), 0)]
    new = {"token_hash": hash_token(token), "person_id": person, "kind": kind, "created_at": NOW, "used_at": NOW}
    assert seen.added == {("session", hash_token(token)): new | NOT_PROVEN}


async def test_an_ended_session_is_exchanged_for_nothing(board_database: Database, clock: FixedClock) -> None:
    session = await sign_in(board_database, clock)
    await do(board_database, lambda tx: sign_out(tx, session, clock.now()))
    async with looking(board_database) as seen:
        with pytest.raises(SignInNeeded):
            await do(board_database, lambda tx: exchange_session(tx, session, "wall", clock))
    assert seen.nothing
