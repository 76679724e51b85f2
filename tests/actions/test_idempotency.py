"""A call that is repeated is answered again and not done again."""

import asyncio
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from bedboard.actions import idempotency
from bedboard.actions.idempotency import LONGEST_KEY, REPLIES_KEPT, Done, Key, Reply, apply_once, forget_answers, make_key
from bedboard.actions.occupancy import Changed, change_place
from bedboard.rules.access import Actor
from bedboard.rules.places import PlaceChange, Reported
from bedboard.rules.refusals import Conflict, Invalid, NotFound
from bedboard.store.database import Database, Transaction
from bedboard.store.idempotency import Taken, take_key
from tests.build import NOW, PATIENCE, actor, until
from tests.build.rows import codes, do, journal_of, looking, run

SANNE = actor()
ANNEKE = actor("manager", "anneke", ("linde", "ceder"))
KEY = Key("key-1", b"asked")
HASH = sha256(b"person:sanne\nkey-1").digest()
TICK = timedelta(microseconds=1)


def answer(changed: Changed) -> Reply:
    return Reply(200, f"version {changed.shelter.version}".encode(), changed.shelter.version)


async def tap(
    database: Database,
    key: Key | None = KEY,
    *,
    by: Actor = SANNE,
    now: datetime = NOW,
    place_id: str = "linde-1",
    status: Reported = "occupied",
) -> Done[Changed]:
    async def work(tx: Transaction) -> Changed:
        return await change_place(tx, by, place_id, PlaceChange(status), now)

    return await apply_once(database, by, key, now, work, answer)


async def test_the_first_time_is_done_and_remembered(board_database: Database) -> None:
    async with looking(board_database) as seen:
        done = await tap(board_database)
    assert done.reply == Reply(200, b"version 2", 2)
    assert done.result is not None
    assert seen.added == {
        ("stored_reply", "person:sanne", HASH): {
            "actor_id": "person:sanne",
            "key_hash": HASH,
            "fingerprint": b"asked",
            "status": 200,
            "body": b"version 2",
            "version": 2,
            "created_at": NOW,
            "epoch": None,
        }
    }
    assert len(seen.journal) == 1
    assert seen.bells == [("shelter", "linde", 2)]


async def test_the_same_call_again_gets_the_same_answer_and_does_nothing(board_database: Database) -> None:
    first = await tap(board_database)
    await tap(board_database, None, place_id="linde-2")  # meanwhile the shelter has changed
    async with looking(board_database) as seen:
        for now in (NOW, NOW + timedelta(hours=23)):
            assert await tap(board_database, now=now) == Done(first.reply, None)
    assert seen.nothing


async def test_another_call_with_the_same_key_is_refused(board_database: Database) -> None:
    await tap(board_database)
    async with looking(board_database) as seen:
        with pytest.raises(Invalid) as refused:
            await tap(board_database, Key("key-1", b"asked something else"), place_id="linde-2")
    assert codes(refused.value) == [("Idempotency-Key", "key_reused")]
    assert seen.nothing


async def test_without_a_key_everything_is_done_and_nothing_remembered(board_database: Database) -> None:
    async with looking(board_database) as seen:
        for _ in range(2):
            assert (await tap(board_database, None)).result is not None
    assert not seen.added
    assert [row["version"] for row in seen.journal] == [2, 3]


async def test_the_same_key_of_somebody_else_is_another_key(board_database: Database) -> None:
    await tap(board_database)
    done = await tap(board_database, by=ANNEKE)
    assert done.result is not None
    assert done.reply.version == 3


async def test_a_refusal_is_not_remembered(board_database: Database) -> None:
    await run(board_database, "delete from membership where person_id = 'sanne'")
    async with looking(board_database) as seen:
        with pytest.raises(NotFound):
            await tap(board_database)
    assert seen.nothing
    await run(board_database, "insert into membership values ('sanne', 'linde')")
    assert (await tap(board_database)).result is not None


@pytest.mark.parametrize(("later", "again"), [(REPLIES_KEPT, False), (REPLIES_KEPT + TICK, True)])
async def test_after_a_day_a_key_is_new_again(board_database: Database, later: timedelta, again: bool) -> None:
    await tap(board_database)
    now = NOW + later
    done = await tap(board_database, Key("key-1", b"asked" if not again else b"anything"), now=now)
    assert (done.result is not None) is again
    if again:
        assert await tap(board_database, Key("key-1", b"anything"), now=now) == Done(done.reply, None)


async def test_answers_are_forgotten_after_a_day_and_not_before(board_database: Database) -> None:
    await tap(board_database)
    await tap(board_database, Key("key-2", b""), now=NOW + TICK)
    assert await do(board_database, lambda tx: forget_answers(tx, NOW + REPLIES_KEPT)) == 0
    async with looking(board_database) as seen:
        assert await do(board_database, lambda tx: forget_answers(tx, NOW + REPLIES_KEPT + TICK)) == 1
    assert seen.removed == {("stored_reply", "person:sanne", HASH)}


async def test_the_same_key_twice_at_once_is_done_once_and_the_other_told_to_wait(board_database: Database) -> None:
    """Two real transactions: the first stands in the middle of its work while the second tries."""
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: Transaction) -> Changed:
        changed = await change_place(tx, SANNE, "linde-1", PlaceChange("occupied"), NOW)
        arrived.set()
        await go_on.wait()
        return changed

    async with looking(board_database) as seen, asyncio.timeout(PATIENCE):
        first = asyncio.create_task(apply_once(board_database, SANNE, KEY, NOW, slow, answer))
        await arrived.wait()
        for fingerprint in (b"asked", b"asked something else"):
            with pytest.raises(Conflict) as refused:
                await tap(board_database, Key("key-1", fingerprint), place_id="ceder-1")
            assert refused.value.code == "key_in_use"
        anothers = asyncio.create_task(tap(board_database, by=ANNEKE, place_id="ceder-1"))  # another actor need not wait
        assert (await anothers).result is not None
        go_on.set()
        done = await first
    assert await tap(board_database) == Done(done.reply, None)
    assert sorted((row["shelter_id"], row["actor_id"]) for row in seen.journal) == [("ceder", "anneke"), ("linde", "sanne")]


async def test_a_reply_that_was_saved_while_the_key_was_taken_is_not_missed(
    board_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is free as soon as the first call has committed, and the second may have looked a moment before."""
    take, done = take_key, await tap(board_database)

    async def looked_before(*given: Any) -> Taken:
        return Taken((await take(*given)).is_taken, None, None, None, None, None)

    async with looking(board_database) as seen:
        with monkeypatch.context() as racing:
            racing.setattr(idempotency, "take_key", looked_before)
            with pytest.raises(Conflict) as refused:
                await tap(board_database)
    assert refused.value.code == "key_in_use"
    assert seen.nothing
    assert await tap(board_database) == Done(done.reply, None)


async def test_a_key_is_free_again_when_its_work_has_failed(board_database: Database) -> None:
    async def broken(tx: Transaction) -> Changed:
        await change_place(tx, SANNE, "linde-1", PlaceChange("occupied"), NOW)
        raise ZeroDivisionError

    async with looking(board_database) as seen:
        with pytest.raises(ZeroDivisionError):
            await apply_once(board_database, SANNE, KEY, NOW, broken, answer)
    assert seen.nothing
    assert (await tap(board_database)).result is not None


async def test_of_twenty_calls_that_are_retried_until_answered_one_does_the_work(board_database: Database) -> None:
    replies: list[Done[Changed]] = []

    async def try_until_answered() -> None:
        async def is_answered() -> bool:
            try:
                replies.append(await tap(board_database))
            except Conflict as refused:
                assert refused.code == "key_in_use"
                return False
            return True

        await until(is_answered, "the call is answered")

    await asyncio.gather(*(try_until_answered() for _ in range(20)))
    assert {done.reply for done in replies} == {Reply(200, b"version 2", 2)}
    assert sum(done.result is not None for done in replies) == 1
    assert len(await journal_of(board_database, "linde")) == 1


def test_a_key_fingerprints_everything_that_was_asked() -> None:
    asked = [("POST", "/a", b"{}"), ("POST", "/a", b"{ }"), ("PUT", "/a", b"{}"), ("POST", "/a{", b"}"), ("POST", "/a{}", b"")]
    keys = [make_key("k", *parts) for parts in asked]
    assert len({key and key.fingerprint for key in keys}) == len(asked)
    assert make_key("k", *asked[0]) == keys[0]
    assert make_key(None, "POST") is None


@pytest.mark.parametrize("key", ["", "x" * (LONGEST_KEY + 1), "é", "a\nb", "a\x00b", "\x7f"])
def test_a_bad_key_is_refused(key: str) -> None:
    with pytest.raises(Invalid) as refused:
        make_key(key, "POST")
    assert codes(refused.value) == [("Idempotency-Key", "not_a_key")]


@pytest.mark.parametrize("key", ["x", "x" * LONGEST_KEY, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "a b"])
def test_plain_text_is_a_key(key: str) -> None:
    made = make_key(key, "POST")
    assert made is not None
    assert made.key == key
