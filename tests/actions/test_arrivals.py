"""People arrive or do not come, and what that and taps of the shelter make of a reserved place."""

from datetime import timedelta

import pytest

from bedboard.actions.answers import take_arrival
from bedboard.actions.counts import count_places
from bedboard.actions.holds import hold_place
from bedboard.actions.occupancy import change_place, undo_change
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.rules.refusals import Conflict, NotFound
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.cases import (
    DAY,
    HANNEKE,
    HOUR,
    KOFI,
    LUCIA,
    MACHINE,
    NOOR,
    SANNE,
    TICK,
    ZONE,
    arrive,
    ask,
    bring_to,
    confirm,
    live_claims,
    miss,
    offer,
    state,
    tallies,
    told,
    withdraw,
)
from tests.build.occupancy import WITHIN
from tests.build.rows import do, every_row, looking, refused, status

# ---- arrival


async def test_after_the_arrival_the_place_is_occupied_and_the_case_is_over(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    later = NOW + 2 * HOUR
    async with looking(case_database) as seen:
        case = await arrive(case_database, "linde", at=later)
    assert seen.changed == {
        ("case_record", "r1"): {"version": 6, "state": "arrived", "over_at": later, "needs_sealed": None, "unit_code": None},
        ("ask", "r1", "ceder"): {"reason": None, "criterion": None},
        ("claim", "r1-linde-1"): {"ended_at": later, "ending": "used"},
        ("place", "linde-1"): {"state": "occupied", "since": later, "observed_at": later},
        ("shelter", "linde"): {"version": 4, "confirmed_at": later},  # as with every change of a place that it tells
    }
    (row,) = seen.journal
    assert (row["action"], row["place_id"], row["before"]["claim"]) == ("arrive", "linde-1", "r1-linde-1")
    assert (row["before"]["state"], row["after"]["state"]) == ("open", "occupied")
    assert told(seen.added) == [("arrived", "linde", "sanne", "staff")]
    assert seen.bells == [("shelter", "linde", 4), ("case", "r1", 6)]
    assert (case.versions, case.events) == ({"linde": 4}, [("arrived", ["linde"])])


async def test_the_desk_may_say_that_they_arrived_and_that_says_nothing_of_the_rest_of_the_board(
    case_database: Database,
) -> None:
    await bring_to(case_database, "confirmed")
    async with looking(case_database) as seen:
        await arrive(case_database, "linde", who=HANNEKE, at=NOW + HOUR)
    assert seen.changed["shelter", "linde"] == {"version": 4}
    assert await status(case_database, "linde-1", NOW + HOUR) == "occupied"


@pytest.mark.parametrize("so_far", ["chosen", "provisional", "confirmed"])
async def test_after_a_missed_arrival_the_place_is_free_and_the_requester_looks_further(
    case_database: Database, so_far: str
) -> None:
    await bring_to(case_database, so_far)
    async with looking(case_database) as seen:
        case = await miss(case_database, "linde", at=NOW + 3 * HOUR)
    case_row = (await every_row(case_database))["case_record", "r1"]
    assert (case_row["state"], case_row["arrives_at"], case_row["decided_at"]) == ("asking", None, None)
    assert "refusal" not in seen.changed["case_record", "r1"]
    assert seen.changed["ask", "r1", "linde"] == {"settled": "missed", "settled_at": NOW + 3 * HOUR}
    assert await status(case_database, "linde-1", NOW + 3 * HOUR) == "free"
    assert told(seen.added) == [("missed", "linde", "sanne", "staff")]
    assert case.events == [("missed", ["linde"])]
    assert (await every_row(case_database))["case_record", "r1"]["needs_sealed"] is not None


async def test_only_the_chosen_shelter_reports_an_arrival(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    refusal = await refused(case_database, lambda tx: take_arrival(tx, KOFI, "r1", "ceder", NOW, ZONE, arrived=True))
    assert (type(refusal), refusal.code) == (Conflict, "request_settled")
    for who in (KOFI, LUCIA, NOOR):
        refusal = await refused(
            case_database,
            lambda tx, who=who: take_arrival(tx, who, "r1", "linde", NOW, ZONE, arrived=True),  # type: ignore[misc]
        )
        assert isinstance(refusal, NotFound)


@pytest.mark.parametrize(
    ("so_far", "code"),
    [("asking", "not_chosen"), ("housed", "arrived"), ("arrived", "arrived"), ("withdrawn", "over")],
)
@pytest.mark.parametrize("arrived", [True, False])
async def test_an_unexpected_arrival_is_refused(case_database: Database, so_far: str, code: str, arrived: bool) -> None:
    await bring_to(case_database, so_far)
    refusal = await refused(case_database, lambda tx: take_arrival(tx, SANNE, "r1", "linde", NOW, ZONE, arrived=arrived))
    assert (type(refusal), refusal.code) == (Conflict, f"request_{code}")


@pytest.mark.parametrize("said", ["occupied", "closed"])
async def test_an_arrival_can_follow_a_tap_on_the_place(case_database: Database, said: str) -> None:
    await bring_to(case_database, "confirmed")
    change = PlaceChange(said, "safety" if said == "closed" else None)  # type: ignore[arg-type]
    await do(case_database, lambda tx: change_place(tx, SANNE, "linde-1", change, NOW + HOUR))
    assert await live_claims(case_database) == {"linde-1": "r1-linde-1"}
    await arrive(case_database, "linde", at=NOW + 2 * HOUR)
    place = (await every_row(case_database))["place", "linde-1"]
    assert (place["state"], place["closed_reason"], place["expected_free_at"]) == ("occupied", None, None)
    assert place["since"] == NOW + (HOUR if said == "occupied" else 2 * HOUR)
    assert await live_claims(case_database) == {}


@pytest.mark.parametrize("later", [TICK, HOUR, 14 * HOUR, 3 * DAY, 6 * DAY])
@pytest.mark.parametrize("so_far", ["chosen", "provisional", "confirmed"])
async def test_a_place_that_was_decided_on_is_kept_until_somebody_says_what_became_of_it(
    case_database: Database, so_far: str, later: timedelta
) -> None:
    await bring_to(case_database, so_far)
    at = NOW + 2 * HOUR + later
    assert await status(case_database, "linde-1", at) == "reserved"
    refusal = await refused(case_database, lambda tx: hold_place(tx, NOOR, ["linde-1"], "h", at))
    assert (type(refusal), refusal.code) == (Conflict, "not_free")
    await arrive(case_database, "linde", at=at)  # "arrived" always counts, whatever the clock says
    assert await status(case_database, "linde-1", at) == "occupied"
    assert await state(case_database) == ("arrived" if so_far == "confirmed" else "housed")


async def test_people_who_come_before_the_desk_has_decided_are_let_in_and_the_desk_looks_later(case_database: Database) -> None:
    await bring_to(case_database, "chosen")
    await arrive(case_database, "linde", at=NOW + HOUR)
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["state"], row["decided_at"]) == ("housed", NOW + HOUR)
    await confirm(case_database, at=NOW + 2 * HOUR)
    assert (await tallies(case_database))["request", "", "", "arrived"] == 1


# ---- what else happens to the places


async def test_a_tap_on_a_reserved_place_is_taken_back_and_it_is_still_reserved(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    tap = await do(case_database, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("occupied"), NOW))
    assert await status(case_database, "linde-1", NOW) == "occupied"
    async with looking(case_database) as seen:
        await do(case_database, lambda tx: undo_change(tx, SANNE, "linde", tap.journal_id, NOW, WITHIN))
    assert ("case", "r1", 0) in seen.bells  # a requester who heard of the tap hears of this as well
    assert await status(case_database, "linde-1", NOW) == "reserved"


@pytest.mark.parametrize("meanwhile", ["arrived", "missed", "withdrawn"])
async def test_a_tap_is_not_taken_back_when_the_place_was_moved_into_or_let_go_meanwhile(
    case_database: Database, meanwhile: str
) -> None:
    await bring_to(case_database, "confirmed")
    tap = await do(case_database, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("occupied"), NOW))
    if meanwhile == "withdrawn":
        await withdraw(case_database)
    else:
        await arrive(case_database, "linde", arrived=meanwhile == "arrived")
    refusal = await refused(case_database, lambda tx: undo_change(tx, SANNE, "linde", tap.journal_id, NOW, WITHIN))
    assert refusal.code == "too_late_to_undo"
    assert await status(case_database, "linde-1", NOW) == "occupied"


async def test_a_tap_that_freed_a_place_is_not_taken_back_once_it_was_promised(case_database: Database) -> None:
    await ask(case_database)
    tap = await do(case_database, lambda tx: change_place(tx, SANNE, "linde-3", PlaceChange("free"), NOW))
    await offer(case_database, "linde-3")
    refusal = await refused(case_database, lambda tx: undo_change(tx, SANNE, "linde", tap.journal_id, NOW, WITHIN))
    assert refusal.code == "too_late_to_undo"


async def test_an_arrival_is_no_tap_that_can_be_taken_back(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    await arrive(case_database, "linde")
    last = max(int(str(key[1])) for key in await every_row(case_database) if key[0] == "journal")
    refusal = await refused(case_database, lambda tx: undo_change(tx, SANNE, "linde", last, NOW, WITHIN))
    assert refusal.code == "too_late_to_undo"


async def test_a_number_never_gives_a_reserved_place_away(case_database: Database) -> None:
    await bring_to(case_database, "asking")
    await do(case_database, lambda tx: count_places(tx, MACHINE, "linde", {"cosm": KindCount(1)}, NOW))
    assert [await status(case_database, f"linde-{n}", NOW) for n in (1, 2, 3)] == ["reserved", "occupied", "occupied"]
    await do(case_database, lambda tx: count_places(tx, MACHINE, "linde", {"cosm": KindCount(3)}, NOW))
    assert [await status(case_database, f"linde-{n}", NOW) for n in (1, 2, 3)] == ["reserved", "free", "free"]


async def test_a_number_that_leaves_a_reservation_without_a_place_tells_the_case(case_database: Database) -> None:
    await bring_to(case_database, "asking")
    async with looking(case_database) as seen:
        await do(case_database, lambda tx: count_places(tx, MACHINE, "linde", {"cosm": KindCount(0)}, NOW))
    assert [noun for noun, _, _ in seen.bells] == ["case", "shelter"]
    assert not [key for key in seen.changed if key[0] == "claim"]
    await withdraw(case_database)
    await do(case_database, lambda tx: count_places(tx, MACHINE, "linde", {"cosm": KindCount(3)}, NOW))
