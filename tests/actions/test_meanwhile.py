"""Something else happens meanwhile: to a hand-over, to the end of a week, and to one of several places."""

from datetime import timedelta

import pytest

from bedboard.actions.answers import take_arrival
from bedboard.actions.case_hand_over import hand_over_case, take_over_case
from bedboard.actions.cases import choose_offer, resume_case
from bedboard.actions.counts import count_places
from bedboard.actions.holds import Holder, hold_place
from bedboard.actions.occupancy import change_place, confirm_shelter
from bedboard.actions.silence import lapse_case
from bedboard.rules.cases import LONGEST_CASE
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.store.database import Database
from tests.actions.races import CASE_CONTROL, answering, overtaken
from tests.build import NOW
from tests.build.cases import (
    HANNEKE,
    HOUR,
    LUCIA,
    MARK,
    SANNE,
    ZONE,
    ask,
    bring_to,
    choose,
    live_claims,
    offer,
    resume,
    rows_of,
    state,
)
from tests.build.cases import arrive as come
from tests.build.rows import do, every_row, goes, refused, status
from tests.build.several import FIVE, STAFF, singles
from tests.build.several import bring_to as bring_five_to
from tests.build.wrong import wrong_with

__all__ = ["singles"]  # a fixture

COORDINATORS = Holder("oever", "coordinator")
LAPSED = NOW + 2 * HOUR + LONGEST_CASE


# ---- a hand-over and an answer


@CASE_CONTROL
@pytest.mark.parametrize("first", ["answer", "take over"])
async def test_a_place_that_is_offered_during_a_hand_over_is_kept_for_the_new_requester(
    pools: tuple[Database, Database], case_locked: bool, first: str
) -> None:
    await ask(pools[0])
    await do(pools[0], lambda tx: hand_over_case(tx, MARK, "r1", COORDINATORS, NOW))
    answer = answering("linde-1")
    both = (answer, lambda tx: take_over_case(tx, LUCIA, "r1", NOW))
    said = await overtaken(pools, *(both if first == "answer" else both[::-1]))
    rows = await every_row(pools[0])

    def check() -> None:
        assert said == "done"
        [claim] = rows_of(rows, "claim")
        assert (claim["role"], claim["person_id"], claim["ended_at"]) == ("coordinator", "lucia", None)
        assert wrong_with(rows) == []

    goes(case_locked, check)


async def test_the_hold_of_the_first_requester_is_still_offered_to_the_second(case_database: Database) -> None:
    await do(case_database, lambda tx: hold_place(tx, MARK, ["linde-1"], "h", NOW))
    await ask(case_database)
    await do(case_database, lambda tx: hand_over_case(tx, MARK, "r1", COORDINATORS, NOW))
    await do(case_database, lambda tx: take_over_case(tx, LUCIA, "r1", NOW))
    await offer(case_database, "linde-1")
    await choose(case_database, "linde", who=LUCIA)
    assert await state(case_database) == "chosen"


# ---- the end of a week, an arrival and a search that goes on


@CASE_CONTROL
@pytest.mark.parametrize("first", ["arrival", "lapse"])
async def test_people_who_arrive_as_the_week_ends_are_in_whichever_comes_first(
    pools: tuple[Database, Database], case_locked: bool, first: str
) -> None:
    await bring_to(pools[0], "confirmed")
    both = (
        lambda tx: take_arrival(tx, SANNE, "r1", "linde", LAPSED, ZONE, arrived=True),
        lambda tx: lapse_case(tx, "r1", LAPSED, ZONE),
    )
    said = await overtaken(pools, *(both if first == "arrival" else both[::-1]))
    rows = await every_row(pools[0])

    def check() -> None:
        assert said == "done"
        assert (rows["case_record", "r1"]["state"], rows["place", "linde-1"]["state"]) == ("arrived", "occupied")
        assert wrong_with(rows) == []

    goes(case_locked, check)


async def test_a_search_does_not_go_on_for_people_who_have_just_arrived(pools: tuple[Database, Database]) -> None:
    await bring_to(pools[0], "confirmed")
    said = await overtaken(
        pools,
        lambda tx: take_arrival(tx, SANNE, "r1", "linde", NOW, ZONE, arrived=True),
        lambda tx: resume_case(tx, MARK, "r1", NOW),
    )
    rows = await every_row(pools[0])
    assert said == "request_arrived"
    assert (rows["case_record", "r1"]["state"], rows["place", "linde-1"]["state"]) == ("arrived", "occupied")


@pytest.mark.parametrize("later", [timedelta(), 3 * HOUR, timedelta(days=3)])
async def test_still_correct_touches_no_promise(case_database: Database, later: timedelta) -> None:
    await bring_to(case_database, "confirmed")
    await do(case_database, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW + later))
    assert await live_claims(case_database) == {"linde-1": "r1-linde-1"}
    assert await status(case_database, "linde-1", NOW + later) == "reserved"


# ---- several places, one of which is lost


@pytest.mark.parametrize("end", ["resumed", "arrived", "did not come"])
async def test_a_group_whose_one_place_is_taken_meanwhile_loses_no_more_and_keeps_nothing(singles: Database, end: str) -> None:
    await bring_five_to(singles, "confirmed")
    await do(singles, lambda tx: change_place(tx, STAFF, FIVE[2], PlaceChange("occupied"), NOW))
    assert set(await live_claims(singles)) == set(FIVE), "people decide what that means"
    if end == "arrived":
        await come(singles, "wilgen", who=HANNEKE)
    elif end == "resumed":
        await resume(singles)
    else:
        await come(singles, "wilgen", who=HANNEKE, arrived=False)
    assert await live_claims(singles) == {}
    found = [await status(singles, one, NOW) for one in FIVE]
    assert found == (["occupied"] * 5 if end == "arrived" else ["free", "free", "occupied", "free", "free"])
    assert wrong_with(await every_row(singles)) == []


async def test_numbers_of_a_system_leave_a_group_that_is_split_its_whole_promise(singles: Database) -> None:
    """Five of six places for men are promised to one group; the system sees three empty ones, and then all six."""
    await bring_five_to(singles, "confirmed")
    for empty, expected in ((3, {"reserved": 3, "occupied": 3}), (6, {"reserved": 5, "free": 1}), (0, {"occupied": 6})):
        counts = {"men": KindCount(empty, 0)}
        await do(singles, lambda tx, counts=counts: count_places(tx, STAFF, "wilgen", counts, NOW, NOW))  # type: ignore[misc]
        found = [await status(singles, one, NOW) for one in (*FIVE, "wilgen-two")]
        assert {one: found.count(one) for one in found} == expected
        assert set(await live_claims(singles)) == set(FIVE)
        assert wrong_with(await every_row(singles)) == []
    await resume(singles)
    assert await live_claims(singles) == {}
    assert {await status(singles, one, NOW) for one in FIVE} == {"occupied"}


async def test_an_offer_of_several_places_with_one_without_a_place_cannot_be_chosen(singles: Database) -> None:
    await bring_five_to(singles, "asking")
    counts = {"men": KindCount(4, 0)}
    await do(singles, lambda tx: count_places(tx, STAFF, "wilgen", counts, NOW, NOW))
    before = await every_row(singles)
    refusal = await refused(singles, lambda tx: choose_offer(tx, MARK, "r1", "wilgen", NOW, ZONE))
    assert (refusal.code, await every_row(singles)) == ("not_free", before)
