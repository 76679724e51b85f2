"""The desk ends a stay that it does not ratify: with a reason, and with a date until which the household may stay."""

from datetime import date, timedelta

import pytest

from bedboard.actions.answers import end_stay
from bedboard.rules.access import Actor
from bedboard.rules.cases import LONGEST_STAY
from bedboard.rules.refusals import NotAllowed
from bedboard.store.database import Database
from tests.actions.races import CASE_CONTROL, overtaken
from tests.build.cases import (
    HANNEKE,
    LUCIA,
    MARK,
    MORNING,
    NEEDS,
    SANNE,
    ZONE,
    arrive,
    ask_also,
    asks,
    bring_to,
    choose,
    offer,
    tallies,
    told,
)
from tests.build.rows import codes, do, every_row, goes, looking, refused
from tests.build.wrong import wrong_with

TODAY = date(2026, 3, 12)  # in the morning
SUNDAY = date(2026, 3, 15)


async def end(database: Database, reason: str = "not_eligible", until: date | None = SUNDAY, who: Actor = HANNEKE) -> None:
    await do(database, lambda tx: end_stay(tx, who, "r1", reason, until, MORNING, ZONE))


async def test_a_stay_that_is_ended_keeps_the_needs_and_the_place_and_the_search_goes_on(case_database: Database) -> None:
    await bring_to(case_database, "housed")
    counted = await tallies(case_database)
    async with looking(case_database) as seen:
        await end(case_database)
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["state"], row["refusal"], row["stays_until"], row["needs_sealed"]) == (
        "asking",
        "not_eligible",
        SUNDAY,
        NEEDS.needs,
    )
    assert (await asks(case_database))["linde"]["settled"] == "stay_ended"
    assert (await every_row(case_database))["place", "linde-1"]["state"] == "occupied", "they are still in"
    assert told(seen.added) == [("stay_ended", "linde", "hanneke", "desk")]
    assert seen.bells == [("case", "r1", row["version"])]
    assert await tallies(case_database) == counted, "neither placed nor without a place"
    await ask_also(case_database, "beuk", at=MORNING)
    await offer(case_database, "beuk-1", at=MORNING)
    await choose(case_database, "beuk", at=MORNING)
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["state"], row["stays_until"]) == ("confirmed", SUNDAY), "until they move"
    await arrive(case_database, "beuk", at=MORNING)
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["state"], row["stays_until"]) == ("arrived", None)
    assert wrong_with(await every_row(case_database)) == []


@pytest.mark.parametrize(
    ("reason", "until", "found"),
    [
        ("tired", SUNDAY, ("reason", "not_one_of")),
        ("other", None, ("stays_until", "missing")),
        ("other", TODAY - timedelta(days=1), ("stays_until", "in_the_past")),
        ("other", TODAY + LONGEST_STAY + timedelta(days=1), ("stays_until", "stays_too_long")),
    ],
)
async def test_a_stay_ends_with_a_coded_reason_and_a_date_within_a_week(
    case_database: Database, reason: str, until: date | None, found: tuple[str, str]
) -> None:
    await bring_to(case_database, "housed")
    action = end_stay
    assert codes(await refused(case_database, lambda tx: action(tx, HANNEKE, "r1", reason, until, MORNING, ZONE))) == [found]
    await end(case_database, until=TODAY + LONGEST_STAY if found[1] == "stays_too_long" else TODAY)


@pytest.mark.parametrize(
    ("so_far", "code"),
    [
        ("asking", "not_chosen"),
        ("chosen", "not_arrived"),
        ("provisional", "not_arrived"),
        ("confirmed", "not_arrived"),
        ("arrived", "over"),
        ("withdrawn", "over"),
        ("ended", "over"),
    ],
)
async def test_only_a_stay_that_waits_for_the_desk_is_ended(case_database: Database, so_far: str, code: str) -> None:
    await bring_to(case_database, so_far)
    found = await refused(case_database, lambda tx: end_stay(tx, HANNEKE, "r1", "other", SUNDAY, MORNING, ZONE))
    assert found.code == f"request_{code}"


async def test_only_the_desk_ends_a_stay(case_database: Database) -> None:
    await bring_to(case_database, "housed")
    for who in (MARK, LUCIA, SANNE):
        found = await refused(case_database, lambda tx, who=who: end_stay(tx, who, "r1", "other", SUNDAY, MORNING, ZONE))  # type: ignore[misc]
        assert isinstance(found, NotAllowed)


@CASE_CONTROL
async def test_of_two_who_end_a_stay_one_counts(pools: tuple[Database, Database], case_locked: bool) -> None:
    await bring_to(pools[0], "housed")
    said = await overtaken(
        pools,
        lambda tx: end_stay(tx, HANNEKE, "r1", "not_safe", SUNDAY, MORNING, ZONE),
        lambda tx: end_stay(tx, HANNEKE, "r1", "other", TODAY, MORNING, ZONE),
    )
    rows = await every_row(pools[0])

    def check() -> None:
        assert said == "request_not_chosen"
        assert (rows["case_record", "r1"]["refusal"], rows["case_record", "r1"]["stays_until"]) == ("not_safe", SUNDAY)

    goes(case_locked, check)
