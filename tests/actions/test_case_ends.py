"""A case is withdrawn or ends: every place is free, the outcome is counted, and nothing about the person stays."""

from datetime import date, timedelta

import pytest

from bedboard.actions.cases import tell_outcome
from bedboard.actions.tallies import count_nothing_found
from bedboard.rules.refusals import Conflict
from bedboard.rules.tallies import OF_SHELTERS
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
async def test_at_any_moment_a_withdrawal_frees_every_place(case_database: Database, so_far: str) -> None:
    await bring_to(case_database, so_far)
    assert await live_claims(case_database) == {"linde-1": "r1-linde-1"}
    async with looking(case_database) as seen:
        case = await withdraw(case_database, at=NOW + MINUTE)
    assert await live_claims(case_database) == {}
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["state"], row["over_at"], row["needs_sealed"]) == ("withdrawn", NOW + MINUTE, None)
    assert {part["settled"] for part in (await asks(case_database)).values()} <= {"withdrawn", "other_chosen"}
    assert (await asks(case_database))["linde"]["settled"] == "withdrawn"
    assert seen.changed["claim", "r1-linde-1"] == {"ended_at": NOW + MINUTE, "ending": "withdrawn"}
    assert [row["action"] for row in seen.journal] == ["unreserve"]
    assert told(seen.added) == [("withdrawn", None, "mark", "police")]
    assert [noun for noun, *_ in seen.bells] == ["shelter", "case"]
    assert case.events == [("withdrawn", ["linde"])]  # a shelter that kept a place has to know


@pytest.mark.parametrize("so_far", ["asking", "chosen", "provisional", "confirmed", "housed", "arrived", "ended"])
async def test_where_the_person_sleeps_is_told_when_it_is_withdrawn_and_then_only(case_database: Database, so_far: str) -> None:
    await bring_to(case_database, so_far)
    refusal = await refused(case_database, lambda tx: tell_outcome(tx, MARK, "r1", "street", NOW, ZONE))
    codes = {"ended": "over", "housed": "arrived", "arrived": "arrived"}
    assert (type(refusal), refusal.code) == (Conflict, f"request_{codes.get(so_far, 'going_on')}")


async def test_a_case_without_a_place_ends_with_where_the_person_sleeps_which_is_counted_and_not_kept(
    case_database: Database,
) -> None:
    await bring_to(case_database, "withdrawn")
    refusal = await refused(case_database, lambda tx: tell_outcome(tx, MARK, "r1", "palace", NOW, ZONE))
    assert codes(refusal) == [("slept", "not_one_of")]
    before = await tallies(case_database)
    async with looking(case_database) as seen:
        await tell(case_database, "police_station", at=NIGHT)
    assert seen.changed == {("case_record", "r1"): {"version": 5, "state": "ended", "unit_code": None}}
    assert told(seen.added) == [("ended", None, "mark", "police")]
    assert seen.bells == [("case", "r1", 5)]
    counted = {("slept", "noord", "", "police_station"): 1, ("request", "", "", "ended"): 1}
    assert await tallies(case_database) == before | counted
    slept = [row for row in rows_of(seen.added, "tally_waiting") if row["what"] == "slept"]
    assert [(row["month"], row["hour"]) for row in slept] == [(date(2026, 3, 1), 2)]  # local
    left = {key: row for key, row in (await every_row(case_database)).items() if key[0] not in ("tally", "tally_waiting")}
    assert "police_station" not in repr(left)


async def test_an_end_with_a_search_and_an_end_with_a_case_count_alike(case_database: Database) -> None:
    await bring_to(case_database, "ended")
    await do(case_database, lambda tx: count_nothing_found(tx, "street", "noord", [], [], NOW.astimezone(ZONE)))
    assert (await tallies(case_database))["slept", "noord", "", "street"] == 2


@pytest.mark.parametrize("end", ["arrived", "housed and ratified", "withdrawn", "ended"])
async def test_when_a_case_is_over_nothing_is_left_that_says_something_about_the_person(
    case_database: Database, end: str
) -> None:
    """The needs, and why shelters or the desk said no. The counts have no case and no shelter in them."""
    await ask(case_database, "linde", "ceder", "beuk")
    await offer(case_database, "linde-1")
    await say(case_database, "ceder", "no", None, "contra_indication", "psychiatric")
    await say(case_database, "beuk", "no", None, "household")
    await choose(case_database, "linde")
    await refuse(case_database, "not_eligible")
    await ask_also(case_database, "linde", "beuk", at=NIGHT)
    await say(case_database, "beuk", "no", None, "not_safe", at=NIGHT)
    await offer(case_database, "linde-1", claim="again", at=NIGHT)
    await choose(case_database, "linde", at=NIGHT)
    about_them = ("CANARY-NEEDS", "psychiatric", "contra_indication", "household", "not_safe", "not_eligible")
    living = repr(await every_row(case_database))
    assert all(word in living for word in ("CANARY-NEEDS", "not_safe"))
    if end == "arrived":
        await confirm(case_database, at=NIGHT)
        await arrive(case_database, "linde", at=NIGHT)
    elif end == "housed and ratified":
        await arrive(case_database, "linde", at=NIGHT)
        await confirm(case_database, at=NIGHT)
    else:
        await withdraw(case_database, at=NIGHT)
        if end == "ended":
            await tell(case_database, at=NIGHT)
    rows = await every_row(case_database)
    left = repr({key: row for key, row in rows.items() if key[0] not in ("tally", "tally_waiting", "tally_began")})
    assert [word for word in about_them if word in left] == []
    counted = rows_of(rows, "tally_waiting")
    assert {row["code"] for row in counted} >= {"psychiatric", "household", "not_safe"}
    for row in counted:
        assert row.keys() == {"month", "hour", "what", "unit_code", "kind_code", "code", "count", "id"}
        assert "r1" not in repr(row)
        if row["what"] in OF_SHELTERS:  # a row that names a shelter says nothing besides, not even the hour
            assert (row["hour"], row["unit_code"], row["kind_code"]) == (0, "", "")
        else:
            assert "linde" not in repr(row)
        assert sum(bool(row[name]) for name in ("unit_code", "kind_code", "code")) == 1 or row["what"] == "slept"


async def test_parts_of_other_cases_are_left_alone(case_database: Database) -> None:
    await bring_to(case_database, "asking")
    await ask(case_database, "linde", "ceder", case_id="r2", who=LUCIA)
    await offer(case_database, "linde-2", case_id="r2")
    await say(case_database, "ceder", "no", None, "no_staff", case_id="r2")
    before = {key: row for key, row in (await every_row(case_database)).items() if "r2" in map(str, key)}
    await withdraw(case_database)
    after = {key: row for key, row in (await every_row(case_database)).items() if "r2" in map(str, key)}
    assert after == before
    assert await live_claims(case_database) == {"linde-2": "r2-linde-2"}


async def test_time_passes_between_the_steps_and_each_line_has_its_own(case_database: Database) -> None:
    await ask(case_database, "beuk")
    await offer(case_database, "beuk-1", at=NOW + MINUTE)
    await choose(case_database, "beuk", at=NOW + 2 * MINUTE)
    await arrive(case_database, "beuk", at=NOW + 90 * MINUTE)
    lines = sorted(rows_of(await every_row(case_database), "case_event"), key=lambda row: row["id"])
    assert [(row["what"], row["at"] - NOW) for row in lines] == [
        ("asked", timedelta()),
        ("yes", MINUTE),
        ("chosen", 2 * MINUTE),
        ("arrived", 90 * MINUTE),
    ]
