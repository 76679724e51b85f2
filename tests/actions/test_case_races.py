"""Several at once say something of one case. Each attack is first seen to succeed without what protects."""

import asyncio

import pytest
from sqlalchemy import text

from bedboard.actions import cases
from bedboard.actions.answers import refuse_case, take_arrival
from bedboard.actions.case_lock import LockedCase
from bedboard.actions.cases import open_case
from bedboard.actions.idempotency import Done, Reply, apply_once, make_key
from bedboard.rules.cases import MOST_CASES_AN_HOUR
from bedboard.rules.refusals import Conflict, Unavailable
from bedboard.store.database import Database, Transaction
from tests.actions.races import CASE_CONTROL, all_at_once, answering, choosing, overtaken
from tests.build import NOW
from tests.build.cases import (
    EMRE,
    HANNEKE,
    KOFI,
    MARK,
    NEEDS,
    SANNE,
    ZONE,
    ask,
    bring_to,
    choose,
    live_claims,
    offer,
    rows_of,
)
from tests.build.rows import every_row, goes, looking, run, unlocked_organization
from tests.build.wrong import wrong_with

# ---- what protects, and taking it away


# ---- one case, several who say something of it


@CASE_CONTROL
async def test_an_answer_that_comes_after_the_choice_keeps_no_place(
    pools: tuple[Database, Database], case_locked: bool
) -> None:
    await ask(pools[0], "linde", "ceder")
    await offer(pools[0], "linde-1")
    said = await overtaken(pools, choosing("linde"), answering("ceder-1", who=KOFI))
    rows = await every_row(pools[0])

    def check() -> None:
        assert said == "request_settled"
        assert wrong_with(rows) == []

    goes(case_locked, check)


@CASE_CONTROL
async def test_the_desk_does_not_send_away_people_who_have_arrived(pools: tuple[Database, Database], case_locked: bool) -> None:
    await bring_to(pools[0], "provisional")
    said = await overtaken(
        pools,
        lambda tx: take_arrival(tx, SANNE, "r1", "linde", NOW, ZONE, arrived=True),
        lambda tx: refuse_case(tx, HANNEKE, "r1", "not_safe", NOW),
    )
    rows = await every_row(pools[0])

    def check() -> None:
        assert said == "request_arrived"
        assert rows["case_record", "r1"]["state"] == "housed"
        assert rows["place", "linde-1"]["state"] == "occupied"
        assert wrong_with(rows) == []

    goes(case_locked, check)


@CASE_CONTROL
async def test_two_offers_of_one_case_are_not_both_chosen(pools: tuple[Database, Database], case_locked: bool) -> None:
    await ask(pools[0], "linde", "ceder")
    await offer(pools[0], "linde-1")
    await offer(pools[0], "ceder-1")
    said = await overtaken(pools, choosing("linde"), choosing("ceder", who=EMRE))
    rows = await every_row(pools[0])

    def check() -> None:
        assert said == "request_chosen"
        assert wrong_with(rows) == []
        assert len([row for row in rows_of(rows, "claim") if row["ended_at"] is None]) == 1

    goes(case_locked, check)


@CASE_CONTROL
async def test_the_same_answer_twice_at_once_is_one_answer_and_nobody_is_told_no(
    pools: tuple[Database, Database], case_locked: bool
) -> None:
    await ask(pools[0])
    said = await overtaken(pools, answering("linde-1", claim="one"), answering("linde-1", claim="two"))
    rows = await every_row(pools[0])

    def check() -> None:
        assert said == "done"
        assert rows["case_record", "r1"]["version"] == 2
        assert [key[1] for key in rows if key[0] == "claim"] == ["one"]

    goes(case_locked, check)


async def test_the_same_call_twice_at_once_is_done_once_and_answered_alike(pools: tuple[Database, Database]) -> None:
    await ask(pools[0])
    key = make_key("key", "answer", "linde-1")

    async def call(n: int) -> Done[LockedCase] | str:
        try:
            return await apply_once(
                pools[n % 2],
                SANNE,
                key,
                NOW,
                answering("linde-1", claim=f"claim-{n}"),
                lambda case: Reply(200, f"version {case.record.version}".encode()),
            )
        except Conflict as refusal:
            return refusal.code

    said = await asyncio.gather(*(call(n) for n in range(12)))
    done = [one for one in said if isinstance(one, Done)]
    assert {one for one in said if isinstance(one, str)} <= {"key_in_use"}
    assert [one.result is not None for one in done].count(True) == 1
    assert {one.reply for one in done} == {Reply(200, b"version 2")}
    assert len(await live_claims(pools[0])) == 1
    assert isinstance(again := await call(0), Done) and again.result is None


@pytest.mark.parametrize("locked", [False, True], ids=["no lock", "lock"])
async def test_nobody_begins_more_cases_than_the_limit_by_beginning_them_at_once(
    pools: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    if not locked:
        monkeypatch.setattr(cases, "lock_organization", unlocked_organization)
    said = await all_at_once(
        pools,
        [
            lambda tx, n=n: open_case(tx, MARK, f"r{n}", NEEDS, None, {"linde": "cosm"}, NOW)  # type: ignore[misc]
            for n in range(30)
        ],
    )

    def check() -> None:
        assert sorted(said) == ["done"] * MOST_CASES_AN_HOUR + ["too_many"] * (30 - MOST_CASES_AN_HOUR)

    goes(locked, check)


# ---- a process that dies


class Died(Exception):
    """The process dies at this point."""


@pytest.mark.parametrize("dies", ["by an error", "with its connection"])
@pytest.mark.parametrize("whole", [False, True], ids=["in two transactions", "in one transaction"])
async def test_a_process_that_dies_within_a_choice_leaves_nothing_half(
    pools: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch, dies: str, whole: bool
) -> None:
    async def die(tx: Transaction, *_: object) -> None:
        await tx.flush()
        if not whole:  # the control: the choice is kept already
            await tx.commit()
        if dies == "by an error":
            raise Died
        pid = (await (await tx.connection()).execute(text("select pg_backend_pid()"))).scalar_one()
        await run(pools[1], "select pg_terminate_backend(:pid)", pid=pid)
        await (await tx.connection()).execute(text("select 1"))

    await ask(pools[0], "linde", "ceder", "beuk")
    for place in ("linde-1", "ceder-1", "beuk-1"):
        await offer(pools[0], place)
    with monkeypatch.context() as patch:
        patch.setattr(cases, "settle", die)
        async with looking(pools[1]) as seen:
            with pytest.raises((Died, Unavailable)):
                await choose(pools[0], "linde")
    rows = await every_row(pools[1])

    def check() -> None:
        assert seen.nothing
        assert wrong_with(rows) == []

    goes(whole, check)
    if whole:  # and it can be done again
        await choose(pools[1], "beuk")
        assert list(await live_claims(pools[1])) == ["beuk-1"]
