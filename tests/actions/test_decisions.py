"""The desk confirms, ratifies or refuses a choice; the place follows."""

import pytest

from bedboard.actions.answers import confirm_case, refuse_case
from bedboard.actions.occupancy import change_place
from bedboard.rules.cases import DESK_REASONS
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Conflict, NotAllowed, NotFound
from bedboard.store.database import Database
from tests.build import NOW, actor
from tests.build.cases import (
    DAY,
    HANNEKE,
    HOUR,
    LUCIA,
    MARK,
    MINUTE,
    MORNING,
    NIGHT,
    SANNE,
    TICK,
    ZONE,
    arrive,
    ask,
    ask_also,
    bring_to,
    choose,
    confirm,
    live_claims,
    offer,
    refuse,
    rows_of,
    state,
    told,
    withdraw,
)
from tests.build.rows import codes, do, every_row, looking, refused, status


async def test_the_desk_confirms_a_choice(case_database: Database) -> None:
    await bring_to(case_database, "chosen")
    later = NOW + 30 * MINUTE
    async with looking(case_database) as seen:
        case = await confirm(case_database, at=later)
    assert seen.changed == {
        ("case_record", "r1"): {"version": 5, "state": "confirmed", "decided_at": later},
    }
    assert seen.journal == []
    assert told(seen.added) == [("confirmed", "linde", "hanneke", "desk")]
    assert seen.bells == [("case", "r1", 5)]
    assert case.events == [("confirmed", ["linde"])]


async def test_in_the_morning_the_desk_ratifies_a_provisional_choice(case_database: Database) -> None:
    await ask(case_database, at=NIGHT)
    await offer(case_database, "linde-1", at=NIGHT)
    await choose(case_database, "linde", at=NIGHT)
    assert await state(case_database) == "provisional"
    await confirm(case_database, at=MORNING)
    assert (await every_row(case_database))["case_record", "r1"]["decided_at"] == MORNING
    assert await status(case_database, "linde-1", MORNING + 12 * HOUR - TICK) == "reserved"
    await arrive(case_database, "linde", at=MORNING + HOUR)
    assert await state(case_database) == "arrived"


async def test_people_who_came_at_night_are_ratified_in_the_morning_and_not_sent_away(case_database: Database) -> None:
    await bring_to(case_database, "provisional")
    await arrive(case_database, "linde", at=NOW + HOUR)
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["state"], row["over_at"], row["needs_sealed"] is None) == ("housed", None, False)
    for reason in DESK_REASONS:
        refusal = await refused(case_database, lambda tx, reason=reason: refuse_case(tx, HANNEKE, "r1", reason, MORNING))  # type: ignore[misc]
        assert (type(refusal), refusal.code) == (Conflict, "request_arrived")
    async with looking(case_database) as seen:
        await confirm(case_database, at=MORNING)
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["state"], row["over_at"], row["needs_sealed"]) == ("arrived", MORNING, None)
    assert "linde" not in [key[1] for key in seen.changed if key[0] == "shelter"]
    assert {(row["what"], row["kind_code"], row["unit_code"]) for row in rows_of(seen.added, "tally_waiting")} == {
        ("request", "", ""),
        ("placed_kind", "cosm", ""),
        ("placed_unit", "", "noord"),
        ("first_yes", "", ""),
        ("decided", "", ""),
    }
    assert await status(case_database, "linde-1", MORNING) == "occupied"


@pytest.mark.parametrize("so_far", ["chosen", "provisional"])
async def test_the_desk_refuses_with_a_reason_and_the_place_is_free_and_others_may_be_asked(
    case_database: Database, so_far: str
) -> None:
    await bring_to(case_database, so_far)
    async with looking(case_database) as seen:
        case = await refuse(case_database, "better_place", at=NOW + MINUTE)
    changed = seen.changed["case_record", "r1"]
    assert (changed["state"], changed["refusal"], changed["arrives_at"]) == ("asking", "better_place", None)
    assert seen.changed["ask", "r1", "linde"] == {"settled": "refused_by_desk", "settled_at": NOW + MINUTE}
    assert seen.changed["claim", "r1-linde-1"] == {"ended_at": NOW + MINUTE, "ending": "withdrawn"}
    assert told(seen.added) == [("refused", "linde", "hanneke", "desk")]
    assert [row["action"] for row in seen.journal] == ["unreserve"]
    assert seen.bells == [("shelter", "linde", 4), ("case", "r1", 5)]
    assert case.events == [("refused", ["linde"])]
    await ask_also(case_database, "beuk")
    await offer(case_database, "beuk-1")
    await choose(case_database, "beuk")
    assert (await every_row(case_database))["case_record", "r1"]["refusal"] is None


async def test_the_desk_says_why_and_only_the_desk_decides(case_database: Database) -> None:
    await bring_to(case_database, "chosen")
    refusal = await refused(case_database, lambda tx: refuse_case(tx, HANNEKE, "r1", "tired", NOW))
    assert codes(refusal) == [("reason", "not_one_of")]
    for who in (MARK, LUCIA, SANNE, actor("admin", "wouter", ())):
        refusal = await refused(case_database, lambda tx, who=who: confirm_case(tx, who, "r1", NOW, ZONE))  # type: ignore[misc]
        assert isinstance(refusal, NotAllowed)
        refusal = await refused(case_database, lambda tx, who=who: refuse_case(tx, who, "r1", "other", NOW))  # type: ignore[misc]
        assert isinstance(refusal, NotAllowed)
    assert isinstance(await refused(case_database, lambda tx: confirm_case(tx, HANNEKE, "none", NOW, ZONE)), NotFound)


@pytest.mark.parametrize("so_far", ["chosen", "provisional"])
async def test_a_choice_of_days_ago_can_be_confirmed(case_database: Database, so_far: str) -> None:
    await bring_to(case_database, so_far)
    end = NOW + 6 * DAY
    await confirm(case_database, at=end)
    assert await status(case_database, "linde-1", end) == "reserved"


async def test_the_desk_confirms_no_place_of_which_the_shelter_says_something_else(case_database: Database) -> None:
    """But who was on their way before the desk looked may be in already."""

    async def tap(said: str) -> None:
        change = PlaceChange(said, "safety" if said == "closed" else None)  # type: ignore[arg-type]
        await do(case_database, lambda tx: change_place(tx, SANNE, "linde-1", change, NOW))

    await bring_to(case_database, "chosen")
    for said in ("occupied", "closed"):
        await tap(said)
        refusal = await refused(case_database, lambda tx: confirm_case(tx, HANNEKE, "r1", NOW, ZONE))
        assert (type(refusal), refusal.code) == (Conflict, "not_free")
    await tap("free")
    await withdraw(case_database)
    await bring_to(case_database, "provisional", case_id="r2")
    await tap("closed")
    assert (await refused(case_database, lambda tx: confirm_case(tx, HANNEKE, "r2", NOW, ZONE))).code == "not_free"
    await tap("occupied")
    await confirm(case_database, case_id="r2")
    assert await state(case_database, "r2") == "confirmed"


async def test_a_case_with_a_reserved_place_hears_its_shelter(case_database: Database) -> None:
    await bring_to(case_database, "chosen")
    for said, rung in (("free", False), ("occupied", True), ("occupied", False), ("free", True)):
        async with looking(case_database) as seen:
            await do(case_database, lambda tx, said=said: change_place(tx, SANNE, "linde-1", PlaceChange(said), NOW))  # type: ignore[misc]
        assert (("case", "r1", 0) in seen.bells) == rung
        assert await live_claims(case_database) == {"linde-1": "r1-linde-1"}  # the reservation stays: people decide
