"""Many at once on cases that share shelters: every place and case stays as it must be, and nobody waits in a circle."""

import asyncio
from collections.abc import Iterable
from random import Random

import pytest

from bedboard.actions import answers, case_lock, cases
from bedboard.actions.answers import confirm_case, refuse_case
from bedboard.actions.case_lock import LockedCase
from bedboard.actions.cases import open_case, withdraw_case
from bedboard.actions.holds import hold_place
from bedboard.actions.occupancy import change_place
from bedboard.actions.reminders import remind_shelters
from bedboard.actions.silence import tell_silence
from bedboard.rules.cases import Patience
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Refusal
from bedboard.store.cases import list_claims_of
from bedboard.store.database import Database, Transaction
from bedboard.store.shelters import lock_shelter
from tests.actions.races import CASE_CONTROL, Action, answering, choosing, outcome
from tests.build import NOW, actor
from tests.build.cases import HANNEKE, HOUR, MARK, NEEDS, SANNE, ZONE, asks, live_claims, rows_of
from tests.build.rows import do, every_row, goes, run
from tests.build.wrong import wrong_with


async def add_shelters(database: Database, count: int, kind: str) -> list[str]:
    """s0, s1, … with ten places each (s0-1, s0-2, …); sanne works there."""
    for statement in (
        "insert into shelter select 's' || n, s.organization_id, s.unit_code, 'S' || n, 1, s.confirmed_at, s.created_at, 0,"
        " 1440, s.confirm_times, s.criteria, s.limits, s.languages"
        " from shelter s, generate_series(0, :count - 1) n where s.id = 'beuk'",
        "insert into place select 's' || n || '-' || p, 's' || n, :kind, p, p::text, 1, 0, 'open', s.created_at, s.created_at"
        " from shelter s, generate_series(0, :count - 1) n, generate_series(1, 10) p where s.id = 'beuk'",
        "insert into membership select 'sanne', 's' || n from generate_series(0, :count - 1) n",
    ):
        values = {"count": count} | ({"kind": kind} if ":kind" in statement else {})
        await run(database, statement, **values)
    return [f"s{n}" for n in range(count)]


@CASE_CONTROL
async def test_24_shelters_answer_while_the_requesters_choose_and_the_desk_decides(
    pools: tuple[Database, Database], case_locked: bool
) -> None:
    """Three cases with eight shelters each; whatever comes first, each has one place or none, and nothing is kept besides."""
    shelters = await add_shelters(pools[0], 24, "cosm")
    ids = ["r0", "r1", "r2"]
    for n, case_id in enumerate(ids):
        asked = dict.fromkeys(shelters[n::3], "cosm")
        await do(pools[0], lambda tx, case_id=case_id, asked=asked: open_case(tx, MARK, case_id, NEEDS, None, asked, NOW))  # type: ignore[misc]
    deadline = asyncio.get_running_loop().time() + (20 if case_locked else 3)

    async def answer(n: int) -> str:
        return await outcome(pools[n % 2], answering(f"s{n}-1", ids[n % 3]))

    async def choose_any(n: int) -> list[str]:
        """Until one is chosen: the requester takes whatever offer is there."""
        said: list[str] = []
        while "done" not in said and asyncio.get_running_loop().time() < deadline:
            offered = [one for one, part in (await asks(pools[n % 2], ids[n])).items() if part["answer"] == "yes"]
            if offered:
                said.append(await outcome(pools[n % 2], choosing(offered[-1], ids[n])))
        return said

    async def decide(n: int) -> list[str]:
        """Until something was there to be decided on."""
        said: list[str] = []
        while "done" not in said and asyncio.get_running_loop().time() < deadline:
            action: Action = lambda tx: confirm_case(tx, HANNEKE, ids[n], NOW, ZONE)  # noqa: E731
            if n == 1:
                action = lambda tx: refuse_case(tx, HANNEKE, ids[n], "other", NOW)  # noqa: E731
            said.append(await outcome(pools[n % 2], action))
        return said

    answered, chosen, decided = await asyncio.gather(
        asyncio.gather(*(answer(n) for n in range(24))),
        asyncio.gather(*(choose_any(n) for n in range(3))),
        asyncio.gather(*(decide(n) for n in range(3))),
    )
    rows = await every_row(pools[0])
    lines = [row["case_id"] for row in rows_of(rows, "case_event")]
    kept = await live_claims(pools[0])

    def check() -> None:
        assert set(answered) <= {"done", "request_settled"}
        assert all(said[-1:] == ["done"] for said in (*chosen, *decided))
        assert {code for said in decided for code in said} <= {"done", "request_not_chosen"}
        assert wrong_with(rows) == []
        assert [rows["case_record", case_id]["state"] for case_id in ids] == ["confirmed", "asking", "confirmed"]
        assert len(kept) == 2  # the place that the desk refused, and all that were let go, are free
        assert all(
            rows["case_record", case_id]["version"] == lines.count(case_id) - 7 for case_id in ids
        )  # eight were asked at once

    goes(case_locked, check)


def sqlstate(refusal: Refusal) -> str:
    """Of the database's error behind a refusal; "" when there is none."""
    return str(getattr(getattr(refusal.__cause__, "orig", None), "sqlstate", ""))


DEADLOCK = "40P01"


@pytest.fixture
def in_order(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """False: shelters are locked in any order, or so that even pointing to one has to wait."""
    random = Random(1)  # noqa: S311

    async def in_any_order(tx: Transaction, case: LockedCase, shelter_ids: Iterable[str]) -> None:
        wanted = sorted(set(shelter_ids) - case.shelters.keys())
        random.shuffle(wanted)
        for case_id in wanted:
            found = await lock_shelter(tx, case_id)
            assert found is not None
            case.shelters[case_id] = found
            await asyncio.sleep(0.002)  # as a busy machine would make it
        case.claims = await list_claims_of(tx, case.record.id)

    if request.param == "any order":
        for module in (case_lock, cases, answers):
            monkeypatch.setattr(module, "lock_shelters", in_any_order)
    return bool(request.param == "in order")


@pytest.mark.parametrize("in_order", ["any order", "in order"], indirect=True)
async def test_whatever_happens_at_once_on_cases_that_share_shelters_nobody_waits_in_a_circle(
    pools: tuple[Database, Database], in_order: bool
) -> None:
    shelters = await add_shelters(pools[0], 8, "women")
    people = "insert into person select 'p' || n, 'oever', 'P', 'police', null, false, null from generate_series(0, 9) n"
    await run(pools[0], people)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + (3 if in_order else 60)  # without the order until the first circle, which may take a while
    states: list[str] = []

    async def work(worker: int) -> None:
        """One requester with one case after another, and everybody who has to do with them."""
        who, random, turn = actor("police", f"p{worker}", ()), Random(worker), 0  # noqa: S311
        while turn < 3 or (loop.time() < deadline and (in_order or DEADLOCK not in states)):
            turn += 1
            case_id, at = f"r{worker}-{turn}", NOW + turn * HOUR  # how many cases an hour is not the point here
            asked = random.sample(shelters, 6)
            steps: list[Action] = [
                lambda tx, case_id=case_id, asked=asked, at=at: open_case(  # type: ignore[misc]
                    tx, who, case_id, NEEDS, None, dict.fromkeys(asked, "women"), at
                )
            ]
            offering = [answering(f"{one}-{worker + 1}", case_id, at=at) for one in random.sample(asked, 4)]
            steps += offering
            steps += [choosing(random.choice(asked), case_id, who, at)] if random.random() < 0.5 else []
            steps.append(lambda tx, case_id=case_id, at=at: tell_silence(tx, case_id, Patience(), at + HOUR))  # type: ignore[misc]
            steps.append(lambda tx, at=at: remind_shelters(tx, ZONE, at))  # type: ignore[misc]  # points to all of them
            place = f"{random.choice(shelters)}-{worker + 1}"
            steps.append(lambda tx, case_id=case_id, at=at, place=place: hold_place(tx, who, [place], f"h-{case_id}", at))  # type: ignore[misc]
            steps.append(lambda tx, at=at, place=place: change_place(tx, SANNE, place, PlaceChange("free"), at))  # type: ignore[misc]
            steps.append(lambda tx, case_id=case_id, at=at: withdraw_case(tx, who, case_id, "no_place", at, ZONE))  # type: ignore[misc]
            for step in steps:
                try:
                    await do(pools[worker % 2], step)
                except Refusal as refusal:
                    states.append(sqlstate(refusal))

    await asyncio.gather(*(work(n) for n in range(10)))

    def check() -> None:
        assert DEADLOCK not in states

    goes(in_order, check)
    if in_order:
        rows = await every_row(pools[0])
        assert wrong_with(rows) == []
        assert sum(row["state"] == "withdrawn" for row in rows_of(rows, "case_record")) > 10  # there was something to see
