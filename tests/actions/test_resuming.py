"""A chosen place falls through, and the search goes on: the needs stay, the place is free, and nothing is counted."""

import pytest

from bedboard.actions.answers import take_arrival
from bedboard.actions.cases import resume_case
from bedboard.actions.occupancy import change_place
from bedboard.rules.places import PlaceChange
from bedboard.store.database import Database
from tests.actions.races import CASE_CONTROL, overtaken
from tests.build import NOW
from tests.build.cases import (
    EMRE,
    LUCIA,
    MARK,
    MINUTE,
    NEEDS,
    SANNE,
    ZONE,
    ask_also,
    asks,
    bring_to,
    live_claims,
    offer,
    resume,
    tallies,
    told,
)
from tests.build.rows import do, every_row, goes, looking, refused
from tests.build.wrong import wrong_with


@pytest.mark.parametrize("so_far", ["chosen", "provisional", "confirmed"])
async def test_a_case_whose_place_is_lost_goes_back_to_asking_with_its_needs(case_database: Database, so_far: str) -> None:
    await bring_to(case_database, so_far)
    counted = await tallies(case_database)
    async with looking(case_database) as seen:
        case = await resume(case_database, who=EMRE, at=NOW + MINUTE)
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["state"], row["over_at"], row["needs_sealed"]) == ("asking", None, NEEDS.needs)
    assert (row["arrives_at"], row["decided_at"], row["refusal"]) == (None, None, None)
    assert (await asks(case_database))["linde"]["settled"] == "resumed"
    assert await live_claims(case_database) == {}
    assert await tallies(case_database) == counted
    assert told(seen.added) == [("resumed", "linde", "emre", "police")]
    assert [noun for noun, *_ in seen.bells] == ["shelter", "case"]
    assert case.events == [("resumed", ["linde"])], "the shelter has to know"
    await ask_also(case_database, "linde", "beuk")
    await offer(case_database, "beuk-1")
    assert wrong_with(await every_row(case_database)) == []


async def test_a_place_that_the_shelter_calls_occupied_stays_so(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    await do(case_database, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("occupied"), NOW))
    await resume(case_database)
    rows = await every_row(case_database)
    assert rows["place", "linde-1"]["state"] == "occupied"
    assert wrong_with(rows) == []


@pytest.mark.parametrize(
    ("so_far", "code"),
    [
        ("asking", "request_not_chosen"),
        ("housed", "request_arrived"),
        ("arrived", "request_arrived"),
        ("withdrawn", "request_over"),
        ("ended", "request_over"),
    ],
)
async def test_there_is_nothing_to_go_back_from_in_other_states(case_database: Database, so_far: str, code: str) -> None:
    await bring_to(case_database, so_far)
    assert (await refused(case_database, lambda tx: resume_case(tx, MARK, "r1", NOW))).code == code


async def test_strangers_do_not_give_up_the_place_of_others(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    for who in (LUCIA, SANNE):
        assert (await refused(case_database, lambda tx, who=who: resume_case(tx, who, "r1", NOW))).code == "no_such_request"  # type: ignore[misc]


@CASE_CONTROL
async def test_people_who_have_arrived_are_not_looked_for_any_further(
    pools: tuple[Database, Database], case_locked: bool
) -> None:
    await bring_to(pools[0], "provisional")
    said = await overtaken(
        pools,
        lambda tx: take_arrival(tx, SANNE, "r1", "linde", NOW, ZONE, arrived=True),
        lambda tx: resume_case(tx, MARK, "r1", NOW),
    )
    rows = await every_row(pools[0])

    def check() -> None:
        assert said == "request_arrived"
        assert rows["case_record", "r1"]["state"] == "housed"

    goes(case_locked, check)
