"""Cases as they are read: their owners, which shelter is asked, what is due, and the locks."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bedboard.rules.access import Actor
from bedboard.store.cases import (
    count_open_cases,
    get_ask,
    get_begun_at,
    get_case,
    get_case_id_to,
    list_asked,
    list_asks,
    list_asks_of_all,
    list_begun_before,
    list_case_events,
    list_cases_of,
    list_claims_of,
    list_late,
    list_open_cases,
    list_parties,
    list_silent,
    lock_case_record,
    write_case_event,
)
from bedboard.store.database import Database, Transaction
from bedboard.store.shelters import list_units, lock_shelter
from bedboard.store.tables.board import ClaimRecord
from bedboard.store.tables.cases import Ask, CaseRecord
from tests.build import NOW, actor, add_request

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MARK = actor("police", "mark", ())
POLICE_SYSTEM = actor("police", "demo-police", (), kind="client")
OVER: dict[str, Any] = {"needs_sealed": None, "over_at": NOW}


async def add(tx: Transaction, case_id: str, begun: datetime = NOW, **rest: Any) -> CaseRecord:
    given: dict[str, Any] = {
        "organization_id": "oever",
        "role": "police",
        "person_id": "mark",
        "needs_sealed": b"?",
        "created_at": begun,
    }
    request = CaseRecord(id=case_id, **given | rest)
    tx.add(request)
    await tx.flush()
    return request


async def add_ask(tx: Transaction, case_id: str, shelter: str = "linde", asked_at: datetime = NOW, **rest: Any) -> Ask:
    ask = Ask(case_id=case_id, shelter_id=shelter, kind_code="men", asked_at=asked_at, **rest)
    tx.add(ask)
    await tx.flush()
    return ask


def said(answer: str) -> dict[str, Any]:
    return {"answer": answer, "answered_at": NOW, "answered_by": "shelter"}


def settled(how: str, at: datetime = NOW) -> dict[str, Any]:
    return {"settled": how, "settled_at": at}


# ---- for the requester and for the desk


async def test_an_organization_sees_the_cases_of_one_role_and_for_a_while_those_that_are_over(tx: Transaction) -> None:
    await add(tx, "old", NOW - 9 * DAY, state="ended", needs_sealed=None, over_at=NOW - 2 * DAY)
    await add(tx, "open", NOW - 3 * HOUR)
    await add(tx, "untold", NOW - 8 * DAY, state="withdrawn", needs_sealed=None, over_at=NOW - 7 * DAY)  # one question is left
    await add(tx, "just", NOW - HOUR, state="arrived", **OVER)
    await add(tx, "lucias", NOW, role="coordinator", person_id="lucia")
    await add(tx, "others", NOW, organization_id="desk")
    await add(tx, "programs", NOW, person_id=None, client_id="demo-police")
    found = await list_cases_of(tx, "oever", "police", NOW - DAY)
    assert [one.id for one in found] == ["programs", "just", "open", "untold"]  # the newest first
    assert [one.id for one in await list_cases_of(tx, "oever", "police", NOW - 3 * DAY)][-1] == "old"
    assert [one.id for one in await list_cases_of(tx, "oever", "desk", NOW - DAY)] == []


async def test_the_desk_sees_every_case_that_is_not_over_the_oldest_first(tx: Transaction) -> None:
    await add(tx, "b", NOW)
    await add(tx, "a", NOW - HOUR, organization_id="desk")
    await add(tx, "housed", NOW - 2 * HOUR, state="housed", arrives_at=NOW, decided_at=NOW)
    await add(tx, "over", NOW - 3 * HOUR, state="withdrawn", **OVER)
    assert [one.id for one in await list_open_cases(tx)] == ["housed", "a", "b"]


async def test_begun_and_open_cases_are_counted_for_that_very_actor(tx: Transaction) -> None:
    await add(tx, "a", NOW - 2 * HOUR)
    await add(tx, "b", NOW)
    await add(tx, "c", NOW, state="withdrawn", **OVER)
    await add(tx, "d", NOW, person_id="lucia", role="coordinator")
    await add(tx, "e", NOW, person_id=None, client_id="demo-police")
    assert await count_open_cases(tx, MARK) == 2
    assert [await get_begun_at(tx, MARK, number) for number in (1, 2, 3, 4)] == [NOW, NOW, NOW - 2 * HOUR, None]
    assert await count_open_cases(tx, POLICE_SYSTEM) == 1
    assert [await get_begun_at(tx, POLICE_SYSTEM, number) for number in (1, 2)] == [NOW, None]
    same_id = Actor("client", "mark", "police", "x", "oever", frozenset())
    assert await count_open_cases(tx, same_id) == 0


# ---- for a shelter


async def test_a_shelter_sees_its_cases_and_for_a_while_the_settled_ones(tx: Transaction) -> None:
    asked: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("silent", {}, {}),
        ("answered", said("discuss"), {}),
        ("elsewhere", settled("other_chosen", NOW - HOUR), {}),
        ("long ago", settled("withdrawn", NOW - 2 * DAY), {"state": "withdrawn"} | OVER),
    ]
    for n, (case_id, part, case) in enumerate(asked):
        await add(tx, case_id, NOW - DAY + n * MINUTE, **case)
        await add_ask(tx, case_id, "linde", NOW - DAY + n * MINUTE, **part)
    await add(tx, "not here")
    await add_ask(tx, "not here", "ceder")
    rows = await list_asked(tx, "linde", NOW - DAY)
    assert [row.record.id for row in rows] == ["elsewhere", "answered", "silent"]  # the newest first
    assert all(row.ask.shelter_id == "linde" and row.ask.case_id == row.record.id for row in rows)
    assert [row.record.id for row in await list_asked(tx, "wilg", NOW - DAY)] == []


async def add_offer(tx: Transaction, case_id: str, place: str = "ceder-1", **rest: Any) -> ClaimRecord:
    claim = ClaimRecord(
        id=f"{case_id}-{place}",
        place_id=place,
        type="reservation",
        organization_id="oever",
        role="police",
        person_id="mark",
        case_id=case_id,
        created_at=NOW,
        expires_at=NOW + HOUR,
        **rest,
    )
    tx.add(claim)
    await tx.flush()
    return claim


async def test_a_shelter_that_was_chosen_sees_it_until_some_time_after_the_end_however_long_that_is(tx: Transaction) -> None:
    case = await add(tx, "r", NOW - 4 * DAY, state="confirmed", arrives_at=NOW, decided_at=NOW)
    claim = await add_offer(tx, "r")
    offered = said("yes") | {"place_id": "ceder-1", "claim_id": claim.id}
    await add_ask(tx, "r", "ceder", NOW - 4 * DAY, **offered, **settled("chosen", NOW - 3 * DAY))
    assert [row.record.id for row in await list_asked(tx, "ceder", NOW - DAY)] == ["r"]
    case.state, case.needs_sealed, case.over_at = "arrived", None, NOW
    tx.add(case)
    await tx.flush()
    assert [row.record.id for row in await list_asked(tx, "ceder", NOW - DAY)] == ["r"]
    assert await list_asked(tx, "ceder", NOW) == []


async def test_a_telephone_comes_with_a_case_that_still_asks_the_shelter_or_chose_it(tx: Transaction) -> None:
    await add(tx, "r")
    await add_ask(tx, "r", "linde")
    await add_ask(tx, "r", "wilg", **settled("other_chosen"))
    await add_ask(tx, "r", "ceder", **said("no"))
    assert await get_case_id_to(tx, MARK, "linde") == await get_case_id_to(tx, POLICE_SYSTEM, "ceder") == "r"
    assert await get_case_id_to(tx, MARK, "wilg") is None
    assert await get_case_id_to(tx, actor("coordinator", "lucia", ()), "linde") is None
    assert await get_case_id_to(tx, Actor("person", "x", "police", "x", "desk", frozenset()), "linde") is None
    loose = Actor("client", "x", "police", "x", None, frozenset())
    assert await get_case_id_to(tx, loose, "linde") is None


# ---- parts, claims, lines


async def test_the_parts_of_a_case_the_first_that_was_asked_first(tx: Transaction) -> None:
    await add(tx, "r")
    await add(tx, "s")
    await add_ask(tx, "r", "wilg", NOW)
    await add_ask(tx, "r", "linde", NOW + MINUTE)
    await add_ask(tx, "r", "ceder", NOW)
    await add_ask(tx, "s", "linde", NOW)
    assert [ask.shelter_id for ask in await list_asks(tx, "r")] == ["ceder", "wilg", "linde"]
    assert {case_id: len(asks) for case_id, asks in (await list_asks_of_all(tx, ["r", "s", "none"])).items()} == {
        "r": 3,
        "s": 1,
    }
    assert await list_asks_of_all(tx, []) == {}
    assert (await get_ask(tx, "r", "wilg")) is not None
    assert (await get_ask(tx, "s", "wilg")) is None and (await get_ask(tx, "none", "wilg")) is None


async def test_the_reservations_of_a_case_that_nobody_has_ended_also_past_their_hour(tx: Transaction) -> None:
    await add(tx, "r")
    await add(tx, "s")
    kept = await add_offer(tx, "r", "ceder-1")
    await add_offer(tx, "r", "linde-1", ended_at=NOW, ending="withdrawn")
    await add_offer(tx, "s", "ceder-2")
    assert set(await list_claims_of(tx, "r")) == {kept.id}
    await (await tx.connection()).execute(text("update claim set ended_at = expires_at, ending = 'expired'"))
    assert await list_claims_of(tx, "r") == {}  # read afresh: the session knew it as open


async def test_the_lines_of_a_time_line_in_their_order(tx: Transaction) -> None:
    await add_request(tx)
    await write_case_event(tx, MARK, "r1", "asked", NOW, ["linde", "ceder"])
    await write_case_event(tx, POLICE_SYSTEM, "r1", "withdrawn", NOW)
    lines = await list_case_events(tx, "r1")
    assert [(line.what, line.shelter_id, line.actor_kind, line.actor_id, line.role, line.at) for line in lines] == [
        ("asked", "linde", "person", "mark", "police", NOW),
        ("asked", "ceder", "person", "mark", "police", NOW),
        ("withdrawn", None, "client", "demo-police", "police", NOW),
    ]
    assert await list_case_events(tx, "none") == []


async def test_a_case_concerns_its_requester_and_the_asked_shelters(tx: Transaction) -> None:
    await add(tx, "open")
    await add_ask(tx, "open", "linde")
    await add_ask(tx, "open", "ceder", **settled("other_chosen"))
    await add(tx, "untold", state="withdrawn", **OVER)
    await add_ask(tx, "untold", "wilg", **settled("withdrawn"))
    await add(tx, "over", state="ended", **OVER)
    await add_ask(tx, "over", "wilg", **settled("withdrawn"))
    rows = {row.id: row for row in await list_parties(tx)}
    assert rows.keys() == {"open", "untold"}
    assert rows["open"] == ("open", "asking", "oever", "police", frozenset({"linde", "ceder"}), 1)
    assert [row.id for row in await list_parties(tx, ["over", "none"])] == ["over"]
    assert await list_parties(tx, []) == []


# ---- what is due


async def test_silence_is_found_when_a_step_has_come_that_nobody_was_told(tx: Transaction) -> None:
    async def silent(at: datetime) -> list[str]:
        return await list_silent(tx, [at - 5 * MINUTE, at - 10 * MINUTE, at - 15 * MINUTE])

    parts: dict[str, dict[str, Any]] = {
        "new": {"asked_at": NOW - 4 * MINUTE},
        "five": {"asked_at": NOW - 5 * MINUTE},
        "told": {"asked_at": NOW - 5 * MINUTE, "step": 1},
        "ten": {"asked_at": NOW - 11 * MINUTE, "step": 1},
        "missed all": {"asked_at": NOW - 40 * MINUTE},
        "all told": {"asked_at": NOW - 40 * MINUTE, "step": 3},
        "said": {"asked_at": NOW - 40 * MINUTE} | said("discuss"),
        "settled": {"asked_at": NOW - 40 * MINUTE} | settled("other_chosen"),
    }
    for case_id, part in parts.items():
        await add(tx, case_id)
        await add_ask(tx, case_id, **part)
    await add_ask(tx, "five", "ceder", NOW - 6 * MINUTE)  # twice in one case is one case
    assert await silent(NOW) == ["five", "missed all", "ten"]
    assert await silent(NOW + MINUTE) == ["five", "missed all", "new", "ten"]


async def test_an_hour_that_passed_is_found_once_and_only_in_the_states_that_are_meant(tx: Transaction) -> None:
    cases: dict[str, dict[str, Any]] = {
        "now": {"arrives_at": NOW},
        "later": {"arrives_at": NOW + MINUTE},
        "told": {"arrives_at": NOW, "reminded_at": NOW},
        "chosen": {"arrives_at": NOW, "state": "chosen"},
    }
    for case_id, rest in cases.items():
        given: dict[str, Any] = {"state": "confirmed", "decided_at": NOW} | rest
        await add(tx, case_id, **given)
    assert await list_late(tx, ["confirmed", "provisional"], NOW) == ["now"]


async def test_cases_that_lapse_are_open_for_too_long_or_forgotten(tx: Transaction) -> None:
    await add(tx, "old", NOW - DAY)
    await add(tx, "then", NOW)
    await add(tx, "later", NOW + timedelta(microseconds=1))
    await add(tx, "over", NOW - DAY, state="withdrawn", **OVER)
    await add(tx, "ended", NOW - 9 * DAY, state="ended", **OVER)
    assert await list_begun_before(tx, NOW, NOW - 2 * DAY) == ["old", "then"]
    assert await list_begun_before(tx, NOW, NOW - DAY) == ["old", "over", "then"]


# ---- locks

HOW = "select id from {} for update skip locked"


async def test_a_case_is_locked_until_the_end_of_the_transaction_and_read_afresh(board: Database) -> None:
    async with board.transaction() as tx:
        await add_request(tx, "r1")
        await add_request(tx, "r2")
    async with board.transaction() as first:
        early = await get_case(first, "r1")
        await (await first.connection()).execute(text("update case_record set version = 9 where id = 'r1'"))
        locked = await lock_case_record(first, "r1")
        assert locked is early and locked is not None and locked.version == 9
        assert await lock_case_record(first, "none") is None
        async with board.transaction() as second:
            assert list((await (await second.connection()).execute(text(HOW.format("case_record")))).scalars()) == ["r2"]


@pytest.mark.parametrize("lock", ["case_record", "shelter"])
async def test_a_row_that_points_to_a_locked_one_does_not_wait_and_a_second_lock_does(board: Database, lock: str) -> None:
    """Otherwise somebody who is asked and somebody who locks several shelters could wait for each other in a circle."""
    async with board.transaction() as tx:
        await add_request(tx)
    async with board.transaction() as first:
        assert await (lock_case_record(first, "r1") if lock == "case_record" else lock_shelter(first, "linde")) is not None
        async with board.transaction() as second:
            await (await second.connection()).execute(text("set local lock_timeout = '200ms'"))
            await add_ask(second, "r1", "linde")
            await write_case_event(second, MARK, "r1", "asked", NOW)
        async with board.engine.connect() as third:
            await third.execute(text("set local lock_timeout = '100ms'"))
            with pytest.raises(DBAPIError, match="lock timeout"):
                await third.execute(text(f"select id from {lock} for no key update"))  # noqa: S608


async def test_the_units_of_shelters(tx: Transaction) -> None:
    assert await list_units(tx, ["linde", "ceder", "nowhere"]) == {"linde": "noord", "ceder": "zuid"}
    assert await list_units(tx, []) == {}
