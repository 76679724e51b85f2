"""The devices that push messages wake: each belongs to a session, and goes with it, whatever ends the session."""

from datetime import timedelta

import pytest

from bedboard.actions.alerts import add_device, forget_device, remove_device
from bedboard.actions.signin import exchange_session, forget_sessions, hash_token, sign_out
from bedboard.rules.access import Actor
from bedboard.rules.alerts import MOST_DEVICES
from bedboard.rules.refusals import NotAllowed, SignInNeeded
from bedboard.store.alerts import Device
from bedboard.store.database import Database
from bedboard.store.tables.people import Session
from tests.build import NOW, SEAL, FixedClock, actor
from tests.build.push import own_devices
from tests.build.rows import do, looking, run

MARK, LUCIA = actor("police", "mark", ()), actor("coordinator", "lucia", ())


@pytest.fixture
async def database(board_database: Database) -> Database:
    """The small board, where mark and lucia have signed in; the hash of a session is that of its person's name."""
    async with board_database.transaction() as tx:
        for name in ("mark", "lucia"):
            tx.add(Session(token_hash=hash_token(name), person_id=name, created_at=NOW, used_at=NOW))
    return board_database


def device(n: int = 1) -> Device:
    return Device(f"https://push.example/{n}", f"key{n}", f"secret{n}")


async def add(database: Database, who: Actor = MARK, one: Device | None = None, minutes: int = 0) -> None:
    at = NOW + timedelta(minutes=minutes)
    await do(database, lambda tx: add_device(tx, who, hash_token(who.id), one or device(), SEAL, at))


async def devices(database: Database, person: str = "mark") -> list[Device]:
    return await own_devices(database, person)


async def test_a_device_wakes_the_last_person_who_added_it(database: Database) -> None:
    await add(database)
    await add(database, one=device()._replace(auth="other"))
    assert await devices(database) == [device()._replace(auth="other")]
    await add(database, LUCIA)
    assert await devices(database) == []
    await do(database, lambda tx: remove_device(tx, MARK, device().endpoint))  # it is no longer his
    assert await devices(database, "lucia") == [device()]
    await do(database, lambda tx: remove_device(tx, LUCIA, device().endpoint))
    assert await devices(database, "lucia") == []


async def test_of_too_many_devices_the_oldest_go(database: Database) -> None:
    for n in range(MOST_DEVICES + 3):
        await add(database, one=device(n), minutes=n)
    assert await devices(database) == [device(n) for n in range(3, MOST_DEVICES + 3)]


async def test_a_device_that_is_no_more_is_not_woken(database: Database) -> None:
    await add(database)
    await do(database, lambda tx: forget_device(tx, device().endpoint))
    assert await devices(database) == []


async def test_a_program_has_no_device(database: Database) -> None:
    program = actor("police", "police", (), "client")
    async with looking(database) as seen:
        with pytest.raises(NotAllowed):
            await do(database, lambda tx: add_device(tx, program, hash_token("mark"), device(), SEAL, NOW))
    assert seen.nothing


async def test_signing_out_drops_the_device_of_that_session_alone(database: Database) -> None:
    await add(database)
    await add(database, LUCIA, device(2))
    await do(database, lambda tx: sign_out(tx, hash_token("mark"), NOW))
    assert (await devices(database), await devices(database, "lucia")) == ([], [device(2)])


@pytest.mark.parametrize("change", ["ended_at = now()", "role = 'auditor'"])
async def test_disabling_a_person_or_changing_a_role_drops_the_device_for_good(database: Database, change: str) -> None:
    await add(database)
    await run(database, f"update person set {change} where id = 'mark'")  # noqa: S608
    await run(database, "update person set ended_at = null, role = 'police' where id = 'mark'")
    assert await devices(database) == []


async def test_another_kind_of_session_on_the_device_begins_without_it(database: Database, clock: FixedClock) -> None:
    await add(database)
    await do(database, lambda tx: exchange_session(tx, hash_token("mark"), "wall", clock))
    assert await devices(database) == []


async def test_a_session_that_lies_idle_or_is_past_its_hours_keeps_the_device(database: Database) -> None:
    await add(database)
    await run(database, "update session set used_at = :at, created_at = :at", at=NOW - timedelta(days=1))
    assert await devices(database) == [device()]
    await run(database, "update session set used_at = :at", at=NOW - timedelta(days=31))
    await do(database, lambda tx: forget_sessions(tx, NOW))
    assert await devices(database) == []


async def test_a_device_cannot_come_to_a_session_that_has_just_ended(database: Database) -> None:
    await do(database, lambda tx: sign_out(tx, hash_token("mark"), NOW))
    async with looking(database) as seen:
        with pytest.raises(SignInNeeded):
            await add(database)
    assert seen.nothing
