"""A case is withdrawn or ends: every place is free, the outcome is counted, and nothing about the person stays."""

from datetime import date, timedelta

import pytest

from bedboard.actions.cases import tell_outcome
from bedboard.actions.tallies import count_nothing_found
from bedboard.rules.refusals import Conflict
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.cases import (
    LUCIA,
    MARK,
    MINUTE,
    NIGHT,
    ZONE,
    arrive,
    ask,
    ask_also,
    asks,
    bring_to,
    choose,
    confirm,
    live_claims,
    offer,
    refuse,
    rows_of,
    say,
    tallies,
    tell,
    told,
    withdraw,
)
from tests.build.rows import codes, do, every_row, looking, refused


@pytest.mark.parametrize("so_far", ["asking", "chosen", "provisional", "confirmed"])
async def test_at_any_moment_a_withdrawal_frees_every_place(field: Database, so_far: str) -> None:
    await bring_to(field, so_far)
    assert await live_claims(field) == {"linde-1": "r1-linde-1"}
    async with looking(field) as seen:
        case = await withdraw(field, at=NOW + MINUTE)
    assert await live_claims(field) == {}
    row = (await every_row(field))["case_record", "r1"]
    assert (row["state"], row["over_at"], row["needs_sealed"]) == ("withdrawn", NOW + MINUTE, None)
    assert {part["settled"] for part in (await asks(field)).values()} <= {"withdrawn", "other_chosen"}
    assert (await asks(field))["linde"]["settled"] == "withdrawn"
    assert seen.changed["claim", "r1-linde-1"] == {"ended_at": NOW + MINUTE, "ending": "withdrawn"}
    assert [row["action"] for row in seen.journal] == ["unreserve"]
    assert told(seen.added) == [("withdrawn", None, "mark", "police")]
    assert [noun for noun, *_ in seen.bells] == ["shelter", "case"]
    assert case.events == [("withdrawn", ["linde"])]  # a shelter that kept a place has to know


@pytest.mark.parametrize("so_far", ["asking", "chosen", "provisional", "confirmed", "housed", "arrived", "ended"])
async def test_where_the_person_sleeps_is_told_when_it_is_withdrawn_and_then_only(field: Database, so_far: str) -> None:
    await bring_to(field, so_far)
    refusal = await refused(field, lambda tx: tell_outcome(tx, MARK, "r1", "street", NOW, ZONE))
    codes = {"ended": "over", "housed": "arrived", "arrived": "arrived"}
    assert (type(refusal), refusal.code) == (Conflict, f"request_{codes.get(so_far, 'going_on')}")


async def test_a_case_without_a_place_ends_with_where_the_person_sleeps_which_is_counted_and_not_kept(
    field: Database,
) -> None:
    await bring_to(field, "withdrawn")
    refusal = await refused(field, lambda tx: tell_outcome(tx, MARK, "r1", "palace", NOW, ZONE))
    assert codes(refusal) == [("slept", "not_one_of")]
    before = await tallies(field)
    async with looking(field) as seen:
        await tell(field, "police_station", at=NIGHT)
    assert seen.changed == {("case_record", "r1"): {"version": 5, "state": "ended", "unit_code": None}}
    assert told(seen.added) == [("ended", None, "mark", "police")]
    assert seen.bells == [("case", "r1", 5)]
    counted = {("slept", "noord", "", "police_station"): 1, ("request", "", "", "ended"): 1}
    assert await tallies(field) == before | counted
    slept = [row for row in rows_of(seen.added, "tally") if row["what"] == "slept"]
    assert [(row["month"], row["hour"]) for row in slept] == [(date(2026, 3, 1), 2)]  # local
    left = {key: row for key, row in (await every_row(field)).items() if key[0] != "tally"}
    assert "police_station" not in repr(left)


async def test_an_end_with_a_search_and_an_end_with_a_case_count_alike(field: Database) -> None:
    await bring_to(field, "ended")
    await do(field, lambda tx: count_nothing_found(tx, "street", "noord", [], [], NOW.astimezone(ZONE)))
    assert (await tallies(field))["slept", "noord", "", "street"] == 2


@pytest.mark.parametrize("end", ["arrived", "housed and ratified", "withdrawn", "ended"])
async def test_when_a_case_is_over_nothing_is_left_that_says_something_about_the_person(field: Database, end: str) -> None:
    """The needs, and why shelters or the desk said no. The counts have no case and no shelter in them."""
    await ask(field, "linde", "ceder", "beuk")
    await offer(field, "linde-1")
    await say(field, "ceder", "no", None, "contra_indication", "psychiatric")
    await say(field, "beuk", "no", None, "household")
    await choose(field, "linde")
    await refuse(field, "not_eligible")
    await ask_also(field, "linde", "beuk", at=NIGHT)
    await say(field, "beuk", "no", None, "not_safe", at=NIGHT)
    await offer(field, "linde-1", claim="again", at=NIGHT)
    await choose(field, "linde", at=NIGHT)
    about_them = ("CANARY-NEEDS", "psychiatric", "contra_indication", "household", "not_safe", "not_eligible")
    living = repr(await every_row(field))
    assert all(word in living for word in ("CANARY-NEEDS", "not_safe"))
    if end == "arrived":
        await confirm(field, at=NIGHT)
        await arrive(field, "linde", at=NIGHT)
    elif end == "housed and ratified":
        await arrive(field, "linde", at=NIGHT)
        await confirm(field, at=NIGHT)
    else:
        await withdraw(field, at=NIGHT)
        if end == "ended":
            await tell(field, at=NIGHT)
    rows = await every_row(field)
    left = repr({key: row for key, row in rows.items() if key[0] != "tally"})
    assert [word for word in about_them if word in left] == []
    counted = rows_of(rows, "tally")
    assert {row["code"] for row in counted} >= {"psychiatric", "household", "not_safe"}
    for row in counted:
        assert row.keys() == {"month", "hour", "what", "unit_code", "kind_code", "code", "count"}
        assert "r1" not in repr(row) and "linde" not in repr(row)
        assert sum(bool(row[name]) for name in ("unit_code", "kind_code", "code")) == 1 or row["what"] == "slept"


async def test_parts_of_other_cases_are_left_alone(field: Database) -> None:
    await bring_to(field, "asking")
    await ask(field, "linde", "ceder", case_id="r2", who=LUCIA)
    await offer(field, "linde-2", case_id="r2")
    await say(field, "ceder", "no", None, "no_staff", case_id="r2")
    before = {key: row for key, row in (await every_row(field)).items() if "r2" in map(str, key)}
    await withdraw(field)
    after = {key: row for key, row in (await every_row(field)).items() if "r2" in map(str, key)}
    assert after == before
    assert await live_claims(field) == {"linde-2": "r2-linde-2"}


async def test_time_passes_between_the_steps_and_each_line_has_its_own(field: Database) -> None:
    await ask(field, "beuk")
    await offer(field, "beuk-1", at=NOW + MINUTE)
    await choose(field, "beuk", at=NOW + 2 * MINUTE)
    await arrive(field, "beuk", at=NOW + 90 * MINUTE)
    lines = sorted(rows_of(await every_row(field), "case_event"), key=lambda row: row["id"])
    assert [(row["what"], row["at"] - NOW) for row in lines] == [
        ("asked", timedelta()),
        ("yes", MINUTE),
        ("chosen", 2 * MINUTE),
        ("arrived", 90 * MINUTE),
    ]
