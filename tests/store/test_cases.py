"""Cases as they are read: their owners, which shelter is asked, and what belongs to a case."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from bedboard.rules.access import Actor
from bedboard.store.case_events import list_case_events, write_case_event
from bedboard.store.cases import (
    PartiesRow,
    count_open_cases,
    get_ask,
    get_begun_at,
    get_case_id_to,
    list_asked,
    list_asks,
    list_asks_of_all,
    list_cases_of,
    list_claims_of,
    list_open_cases,
    list_parties,
)
from bedboard.store.database import Transaction
from bedboard.store.shelters import list_units
from tests.build import NOW, actor, add_request
from tests.build.case_rows import OVER, add, add_ask, add_offer, said, settled
from tests.build.cases import HOUR, MARK, MINUTE, POLICE_SYSTEM

DAY = timedelta(days=1)


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
    assert rows["open"] == PartiesRow("open", "asking", "oever", "police", frozenset({"linde", "ceder"}), 1)
    assert [row.id for row in await list_parties(tx, ["over", "none"])] == ["over"]
    assert await list_parties(tx, []) == []


async def test_the_units_of_shelters(tx: Transaction) -> None:
    assert await list_units(tx, ["linde", "ceder", "nowhere"]) == {"linde": "noord", "ceder": "zuid"}
    assert await list_units(tx, []) == {}
