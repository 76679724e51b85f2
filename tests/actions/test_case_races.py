"""Many at once on one case, or on cases that share shelters. Each attack is first seen to succeed without what protects."""

import asyncio
from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from bedboard.actions import answers, case_lock, cases, reservations
from bedboard.actions.answers import confirm_case, refuse_case, take_arrival
from bedboard.actions.case_lock import LockedCase
from bedboard.actions.cases import open_case, withdraw_case
from bedboard.actions.holds import hold_place
from bedboard.actions.idempotency import Done, Reply, apply_once, make_key
from bedboard.actions.occupancy import change_place
from bedboard.actions.reminders import remind_shelters
from bedboard.actions.silence import tell_silence
from bedboard.rules.access import Actor
from bedboard.rules.cases import MOST_CASES_AN_HOUR, Patience
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Conflict, Refusal, Unavailable
from bedboard.store.cases import get_case, list_claims_of
from bedboard.store.claims import get_open_claim
from bedboard.store.database import Database, Transaction
from bedboard.store.shelters import lock_shelter
from bedboard.store.tables.board import Organization, Shelter
from tests.actions.races import Action, all_at_once, answering, choosing, outcome, overtaken
from tests.build import NOW, actor
from tests.build.cases import (
    EMRE,
    HANNEKE,
    HOUR,
    KOFI,
    LUCIA,
    MARK,
    NEEDS,
    NOOR,
    SANNE,
    TICK,
    ZONE,
    ask,
    asks,
    bring_to,
    choose,
    live_claims,
    offer,
    rows_of,
    wrong_with,
)
from tests.build.rows import do, every_row, goes, looking, run

# ---- what protects, and taking it away


async def unlocked_shelter(tx: Transaction, shelter_id: str) -> Shelter | None:
    return (await tx.exec(select(Shelter).where(Shelter.id == shelter_id))).one_or_none()


async def unlocked_organization(tx: Transaction, organization_id: str) -> bool:
    return (await tx.exec(select(Organization.id).where(Organization.id == organization_id))).one_or_none() is not None


@pytest.fixture
def case_locked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """False: a case is read as it is, and not locked."""
    if not request.param:
        monkeypatch.setattr(case_lock, "lock_case_record", get_case)
    return bool(request.param)


@pytest.fixture
async def shelter_locked(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, pools: tuple[Database, Database]
) -> bool:
    """Return whether shelters are locked. If not, everybody sees a place before anybody takes it, and the index that would
    still refuse the second claim on it is gone."""
    if request.param:
        return True
    reading, meeting = get_open_claim, asyncio.Barrier(2)

    async def slow(tx: Transaction, place_id: str) -> Any:
        found = await reading(tx, place_id)
        try:
            async with asyncio.timeout(0.3):
                await meeting.wait()
        except (TimeoutError, asyncio.BrokenBarrierError):
            await meeting.reset()
        return found

    monkeypatch.setattr(case_lock, "lock_shelter", unlocked_shelter)
    monkeypatch.setattr("bedboard.actions.holds.lock_shelter", unlocked_shelter)
    monkeypatch.setattr(reservations, "get_open_claim", slow)
    monkeypatch.setattr("bedboard.actions.holds.get_open_claim", slow)
    await run(pools[0], "drop index uq_claim_live_place_id")
    return False


CASE_CONTROL = pytest.mark.parametrize("case_locked", [False, True], indirect=True, ids=["no lock", "lock"])
SHELTER_CONTROL = pytest.mark.parametrize("shelter_locked", [False, True], indirect=True, ids=["no lock", "lock"])


# ---- one place, several who want it


@SHELTER_CONTROL
async def test_one_place_is_offered_to_one_of_two_coordinators_and_only_that_one_can_choose_it(
    pools: tuple[Database, Database], shelter_locked: bool
) -> None:
    await ask(pools[0], case_id="r1")
    await ask(pools[0], case_id="r2", who=LUCIA)
    offered = await all_at_once(pools, [answering("linde-1", case_id) for case_id in ("r1", "r2")])
    chosen = await all_at_once(pools, [choosing("linde", "r1"), choosing("linde", "r2", LUCIA)])
    rows = await every_row(pools[0])

    def check() -> None:
        assert sorted(offered) == ["done", "not_free"]
        assert sorted(chosen) == ["done", "no_offer"]
        assert wrong_with(rows) == []

    goes(shelter_locked, check)


@SHELTER_CONTROL
async def test_of_holders_and_cases_that_want_one_place_one_gets_it(
    pools: tuple[Database, Database], shelter_locked: bool
) -> None:
    for n in range(6):
        await ask(pools[0], case_id=f"r{n}")
    holders = [actor("police", f"p{n}", ()) for n in range(6)]
    await run(pools[0], "insert into organization select 'o' || n, 'O' || n from generate_series(0, 5) n")
    await run(
        pools[0],
        "insert into person select 'p' || n, 'o' || n, 'P', 'police', null, false, null from generate_series(0, 5) n",
    )
    holds: list[Action] = [
        lambda tx, n=n: hold_place(tx, Actor("person", f"p{n}", "police", "P", f"o{n}", frozenset()), ["linde-1"], f"h{n}", NOW)  # type: ignore[misc]
        for n in range(len(holders))
    ]
    said = await all_at_once(pools, [action for n in range(6) for action in (holds[n], answering("linde-1", f"r{n}"))])
    kept = [row for row in rows_of(await every_row(pools[0]), "claim") if row["ended_at"] is None]
    rows = await every_row(pools[0])

    def check() -> None:
        assert sorted(said) == ["done"] + ["not_free"] * 11
        assert len(kept) == 1
        assert wrong_with(rows) == []

    goes(shelter_locked, check)


@pytest.mark.parametrize("reads_again", [False, True], ids=["does not read again", "reads again"])
async def test_an_offer_that_runs_out_while_it_is_chosen_and_is_taken_in_that_moment_is_not_chosen(
    pools: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch, reads_again: bool
) -> None:
    """Noor's process says that the hour has passed, mark's clock not yet; mark has seen the offer before he waits for her."""
    if not reads_again:
        known: dict[Transaction, Any] = {}
        reading = list_claims_of

        async def once(tx: Transaction, case_id: str) -> Any:
            if tx not in known:
                known[tx] = await reading(tx, case_id)
            return known[tx]

        monkeypatch.setattr(case_lock, "list_claims_of", once)
    await ask(pools[0], "linde", "ceder")
    await offer(pools[0], "linde-1")
    end = NOW + HOUR
    said = await overtaken(pools, lambda tx: hold_place(tx, NOOR, ["linde-1"], "h", end), choosing("linde", at=end - TICK))
    rows = await every_row(pools[0])

    def check() -> None:
        assert said == "offer_over"
        assert rows["case_record", "r1"]["state"] == "asking"

    goes(reads_again, check)
    assert rows["claim", "h"]["ended_at"] is None  # whatever mark was told: it is hers


async def test_an_offer_that_runs_out_is_chosen_or_taken_and_never_both(pools: tuple[Database, Database]) -> None:
    """The same from many sides at once, at the very moment."""
    end = NOW + HOUR
    for turn in range(6):
        case_id = f"r{turn}"
        await ask(pools[0], case_id=case_id)
        await offer(pools[0], "linde-1", case_id=case_id)
        actions: list[Action] = [choosing("linde", case_id, at=end - TICK), choosing("linde", case_id, EMRE, at=end - TICK)]
        actions += [
            lambda tx, who=who, case_id=case_id: hold_place(tx, who, ["linde-1"], f"{case_id}-{who.id}", end)  # type: ignore[misc]
            for who in (NOOR, LUCIA)
        ]
        Random(turn).shuffle(actions)  # noqa: S311
        said = await all_at_once(pools, actions)
        assert said.count("done") == 1, said
        assert set(said) <= {"done", "offer_over", "not_free", "request_chosen"}
        assert wrong_with(await every_row(pools[0])) == []
        await run(pools[0], "update claim set ended_at = now(), ending = 'released' where ended_at is null and type = 'hold'")
        await do(pools[0], lambda tx, case_id=case_id: withdraw_case(tx, MARK, case_id, end, ZONE))  # type: ignore[misc]


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


# ---- everybody at once


async def add_shelters(database: Database, count: int, kind: str) -> list[str]:
    """s0, s1, … with ten places each (s0-1, s0-2, …); sanne works there."""
    for statement in (
        "insert into shelter select 's' || n, s.organization_id, s.unit_code, 'S' || n, 1, s.confirmed_at, s.created_at, 0,"
        " 1440, s.confirm_times, s.criteria, s.limits, s.telephone_sealed, s.address_sealed, s.languages"
        " from shelter s, generate_series(0, :count - 1) n where s.id = 'beuk'",
        "insert into place select 's' || n || '-' || p, 's' || n, :kind, p, p::text, 1, 0, 'open', s.created_at, s.created_at"
        " from shelter s, generate_series(0, :count - 1) n, generate_series(1, 10) p where s.id = 'beuk'",
        "insert into membership select 'sanne', 's' || n from generate_series(0, :count - 1) n",
    ):
        values = {"count": count} | ({"kind": kind} if ":kind" in statement else {})
        await run(database, statement, **values)
    return [f"s{n}" for n in range(count)]


@CASE_CONTROL
async def test_24_shelters_answer_while_the_askers_choose_and_the_desk_decides(
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
        """Until one is chosen: the asker takes whatever offer is there."""
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

    async def for_update(tx: Transaction, shelter_id: str) -> Shelter | None:
        locking = select(Shelter).where(Shelter.id == shelter_id).with_for_update()
        return (await tx.exec(locking.execution_options(populate_existing=True))).one_or_none()

    if request.param == "any order":
        for module in (case_lock, cases, answers):
            monkeypatch.setattr(module, "lock_shelters", in_any_order)
    elif request.param == "pointing waits":
        monkeypatch.setattr(case_lock, "lock_shelter", for_update)
    return bool(request.param == "in order")


@pytest.mark.parametrize("in_order", ["any order", "pointing waits", "in order"], indirect=True)
async def test_whatever_happens_at_once_on_cases_that_share_shelters_nobody_waits_in_a_circle(
    pools: tuple[Database, Database], in_order: bool
) -> None:
    shelters = await add_shelters(pools[0], 8, "women")
    people = "insert into person select 'p' || n, 'oever', 'P', 'police', null, false, null from generate_series(0, 9) n"
    await run(pools[0], people)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + (3 if in_order else 12)
    states: list[str] = []

    async def work(worker: int) -> None:
        """One asker with one case after another, and everybody who has to do with them."""
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
            steps.append(lambda tx, case_id=case_id, at=at: withdraw_case(tx, who, case_id, at, ZONE))  # type: ignore[misc]
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
