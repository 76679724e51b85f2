"""The requester chooses an offer; kind, hour and requester decide the next step, and the other offers are free again."""

from datetime import datetime

import pytest

from bedboard.actions.cases import choose_offer
from bedboard.actions.occupancy import change_place
from bedboard.rules.access import Actor
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Conflict
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.cases import (
    DAY,
    HANNEKE,
    HOUR,
    ILSE,
    LUCIA,
    MARK,
    MINUTE,
    NIGHT,
    SANNE,
    TICK,
    ZONE,
    arrive,
    ask,
    choose,
    miss,
    offer,
    say,
    state,
    tallies,
    told,
)
from tests.build.rows import codes, do, every_row, looking, refused, status


async def test_the_others_are_free_in_the_moment_in_which_one_is_chosen(case_database: Database) -> None:
    await ask(case_database, "beuk", "ceder", "wilg", "linde")
    await offer(case_database, "beuk-1")
    await offer(case_database, "ceder-1")
    await say(case_database, "wilg", "no", None, "no_place")
    later = NOW + 10 * MINUTE
    async with looking(case_database) as seen:
        case = await choose(case_database, "beuk", at=later)
    settled = {"settled": "other_chosen", "settled_at": later}
    assert {key: row for key, row in seen.changed.items() if key[0] != "shelter"} == {
        ("case_record", "r1"): {"version": 5, "state": "confirmed", "arrives_at": later + 2 * HOUR, "decided_at": later},
        ("ask", "r1", "beuk"): {"settled": "chosen", "settled_at": later},
        ("ask", "r1", "ceder"): settled,
        ("ask", "r1", "wilg"): settled,
        ("ask", "r1", "linde"): settled,
        ("claim", "r1-beuk-1"): {"expires_at": None, "expected_at": later + 2 * HOUR},
        ("claim", "r1-ceder-1"): {"ended_at": later, "ending": "withdrawn"},
    }
    assert {key: row for key, row in seen.changed.items() if key[0] == "shelter"} == {
        ("shelter", "beuk"): {"version": 3},
        ("shelter", "ceder"): {"version": 3},
    }
    assert [(row["action"], row["place_id"], row["actor_id"]) for row in seen.journal] == [
        ("reserve", "beuk-1", "mark"),
        ("unreserve", "ceder-1", "mark"),
    ]
    assert told(seen.added) == [("chosen", "beuk", "mark", "police")]
    assert seen.bells == [("shelter", "beuk", 3), ("shelter", "ceder", 3), ("case", "r1", 5)]
    assert case.versions == {"beuk": 3, "ceder": 3}
    assert await status(case_database, "beuk-1", later + 6 * DAY) == "reserved"
    assert await status(case_database, "ceder-1", later) == "free"


@pytest.mark.parametrize(
    ("shelter", "who", "at", "comes_to", "what"),
    [
        ("beuk", MARK, NOW, "confirmed", "chosen"),
        ("beuk", MARK, NIGHT, "confirmed", "chosen"),
        ("nood", MARK, NIGHT, "confirmed", "chosen"),
        ("nood", LUCIA, NOW, "confirmed", "chosen"),  # the shelter said yes, so that is the decision
        ("linde", MARK, NOW, "chosen", "chosen_for_desk"),
        ("linde", LUCIA, NOW, "chosen", "chosen_for_desk"),
        ("linde", MARK, NIGHT, "provisional", "chosen_provisionally"),
        ("linde", HANNEKE, NOW, "confirmed", "chosen"),  # the desk decides as it chooses
        ("linde", HANNEKE, NIGHT, "confirmed", "chosen"),
    ],
)
async def test_the_kind_the_hour_and_the_requester_decide_what_a_choice_is(
    case_database: Database, shelter: str, who: Actor, at: datetime, comes_to: str, what: str
) -> None:
    await ask(case_database, shelter, who=who, at=at)
    await offer(case_database, f"{shelter}-1", at=at)
    async with looking(case_database) as seen:
        await choose(case_database, shelter, who=who, at=at)
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["state"], row["decided_at"]) == (comes_to, None if comes_to == "chosen" else at)
    assert [line for line, *_ in told(seen.added)] == [what]
    for later in (14 * HOUR, 74 * HOUR, 6 * DAY):
        assert await status(case_database, f"{shelter}-1", at + later) == "reserved"


async def test_the_hours_that_count_are_those_of_the_place_that_is_offered(case_database: Database) -> None:
    """Asked for a place on which the desk decides, the shelter offers one on which it decides itself."""
    await do(case_database, lambda tx: change_place(tx, SANNE, "linde-4", PlaceChange("free"), NOW))
    await ask(case_database, "linde")
    await offer(case_database, "linde-4")
    await choose(case_database, "linde")
    assert await state(case_database) == "confirmed"
    await arrive(case_database, "linde")
    assert (await tallies(case_database))["placed_kind", "", "women", ""] == 1


async def test_the_hour_of_arrival_may_be_said(case_database: Database) -> None:
    await ask(case_database, "beuk")
    await offer(case_database, "beuk-1")
    at = NOW + 30 * HOUR
    for wrong in (NOW - HOUR, NOW + 49 * HOUR):
        refusal = await refused(case_database, lambda tx, wrong=wrong: choose_offer(tx, MARK, "r1", "beuk", NOW, ZONE, wrong))  # type: ignore[misc]
        assert [name for name, _ in codes(refusal)] == ["arrives_at"]
    await choose(case_database, "beuk", arrives_at=at)
    assert (await every_row(case_database))["case_record", "r1"]["arrives_at"] == at
    assert await status(case_database, "beuk-1", at + 12 * HOUR - TICK) == "reserved"


async def test_only_an_offer_that_still_stands_can_be_chosen(case_database: Database) -> None:
    await ask(case_database, "linde", "ceder", "wilg", "beuk")
    await say(case_database, "ceder", "discuss")
    await say(case_database, "wilg", "no", None, "no_staff")
    await offer(case_database, "beuk-1")

    async def code(shelter: str, at: datetime = NOW) -> str:
        refusal = await refused(case_database, lambda tx: choose_offer(tx, MARK, "r1", shelter, at, ZONE))
        assert isinstance(refusal, Conflict)
        return refusal.code

    for shelter in ("linde", "ceder", "wilg", "nood", "nowhere"):
        assert await code(shelter) == "no_offer"
    assert await code("beuk", NOW + HOUR) == "offer_over"
    await do(case_database, lambda tx: change_place(tx, ILSE, "beuk-1", PlaceChange("occupied"), NOW))
    assert await code("beuk") == "not_free"
    await do(case_database, lambda tx: change_place(tx, ILSE, "beuk-1", PlaceChange("free"), NOW))
    await choose(case_database, "beuk", at=NOW + HOUR - TICK)
    assert await code("beuk") == "request_decided"


@pytest.mark.parametrize("hours", [-1, 0, 49])
async def test_an_offer_that_was_let_go_is_none_whatever_the_hour_of_arrival(case_database: Database, hours: int) -> None:
    await ask(case_database, "beuk", "linde")
    await offer(case_database, "beuk-1")
    await offer(case_database, "linde-1")
    await choose(case_database, "beuk")
    await miss(case_database, "beuk", at=NOW + HOUR)
    later = NOW + 2 * HOUR
    for shelter in ("beuk", "linde"):
        refusal = await refused(
            case_database,
            lambda tx: choose_offer(tx, MARK, "r1", shelter, later, ZONE, later + hours * HOUR),  # noqa: B023
        )
        assert isinstance(refusal, Conflict) and refusal.code == "no_offer"
