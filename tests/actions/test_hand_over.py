"""A case is handed over: offered, taken over with one press, and until then it stays with its requester."""

from datetime import datetime

import pytest

from bedboard.actions import case_hand_over
from bedboard.actions.case_hand_over import decline_case, hand_over_case, take_over_case
from bedboard.actions.cases import choose_offer
from bedboard.actions.disclosures import disclose_address
from bedboard.actions.holds import Holder
from bedboard.actions.notify import list_notices
from bedboard.rules.access import Actor
from bedboard.rules.cases import ADDRESS_SHOWN, MOST_OPEN
from bedboard.rules.refusals import Refusal
from bedboard.store.database import Database
from tests.actions.races import CASE_CONTROL, overtaken
from tests.build import NOW, SEAL
from tests.build.cases import (
    EMRE,
    HANNEKE,
    HOUR,
    LUCIA,
    MARK,
    MINUTE,
    NOOR,
    POLICE_SYSTEM,
    SANNE,
    TICK,
    ZONE,
    arrive,
    ask,
    ask_also,
    bring_to,
    choose,
    live_claims,
    offer,
    resume,
    rows_of,
    state,
    tallies,
    told,
)
from tests.build.rows import codes, do, every_row, goes, looking, refused
from tests.build.wrong import wrong_with

COORDINATORS = Holder("oever", "coordinator")


async def hand_over(database: Database, to: Holder | None = COORDINATORS, who: Actor = MARK, case_id: str = "r1") -> None:
    await do(database, lambda tx: hand_over_case(tx, who, case_id, to, NOW))


async def take_over(database: Database, who: Actor = LUCIA, case_id: str = "r1") -> None:
    await do(database, lambda tx: take_over_case(tx, who, case_id, NOW + MINUTE))


@pytest.mark.parametrize("so_far", ["asking", "chosen", "provisional", "confirmed", "housed"])
async def test_until_it_is_taken_over_a_case_stays_with_its_requester(case_database: Database, so_far: str) -> None:
    await bring_to(case_database, so_far)
    async with looking(case_database) as seen:
        await hand_over(case_database, who=EMRE)
    assert seen.changed["case_record", "r1"].keys() == {"version", "handed_organization_id", "handed_role", "handed_at"}
    assert told(seen.added) == [("handed_over", None, "emre", "police")]
    assert [noun for noun, *_ in seen.bells] == ["case"]
    assert (
        await refused(case_database, lambda tx: choose_offer(tx, LUCIA, "r1", "linde", NOW, ZONE))
    ).code == "no_such_request"
    async with looking(case_database) as seen:
        await take_over(case_database)
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["state"], row["organization_id"], row["role"], row["person_id"]) == (so_far, "oever", "coordinator", "lucia")
    assert (row["handed_organization_id"], row["handed_role"], row["handed_at"]) == (None, None, None)
    assert told(seen.added) == [("taken_over", None, "lucia", "coordinator")]
    kept = so_far != "housed"
    assert [noun for noun, *_ in seen.bells] == (["shelter", "case"] if kept else ["case"])
    if kept:
        assert await live_claims(case_database) == {"linde-1": "r1-linde-1"}
        assert seen.changed["claim", "r1-linde-1"] == {"role": "coordinator", "person_id": "lucia"}
        assert [row["action"] for row in seen.journal] == ["reserve"]
    assert wrong_with(await every_row(case_database)) == []
    assert (
        await refused(case_database, lambda tx: hand_over_case(tx, MARK, "r1", COORDINATORS, NOW))
    ).code == "no_such_request"


async def test_what_was_offered_can_be_chosen_by_the_new_requester(case_database: Database) -> None:
    await ask(case_database, "beuk")
    await offer(case_database, "beuk-1")
    await hand_over(case_database)
    await take_over(case_database)
    await choose(case_database, "beuk", who=LUCIA)
    assert await state(case_database) == "confirmed"
    assert not [key for key in await tallies(case_database) if key[0] in ("slept", "withdrawn")]


async def test_an_offer_is_taken_back_and_then_nobody_takes_it_over(case_database: Database) -> None:
    await ask(case_database, "beuk")
    nothing = await refused(case_database, lambda tx: hand_over_case(tx, MARK, "r1", None, NOW))
    assert nothing.code == "not_handed_over"
    await hand_over(case_database)
    await hand_over(case_database, None)
    assert (await refused(case_database, lambda tx: take_over_case(tx, LUCIA, "r1", NOW))).code == "no_such_request"


async def test_a_case_is_offered_to_people_who_look_for_places_and_not_to_oneself(case_database: Database) -> None:
    await ask(case_database, "beuk")
    for to, found in (
        (Holder("oever", "police"), ("organization", "yours_already")),
        (Holder("oever", "staff"), ("role", "not_one_of")),
        (Holder("elsewhere", "coordinator"), ("organization", "unknown_caller")),
        (Holder("nowhere", "police"), ("organization", "unknown_caller")),
    ):
        refusal = await refused(case_database, lambda tx, to=to: hand_over_case(tx, MARK, "r1", to, NOW))  # type: ignore[misc]
        assert codes(refusal) == [found]
    for who in (LUCIA, NOOR, SANNE, HANNEKE):
        refusal = await refused(case_database, lambda tx, who=who: hand_over_case(tx, who, "r1", COORDINATORS, NOW))  # type: ignore[misc]
        assert refusal.code == "no_such_request"


async def test_only_those_to_whom_it_is_offered_take_it_over(case_database: Database) -> None:
    await ask(case_database, "beuk")
    await hand_over(case_database, Holder("elsewhere", "police"))
    for who, code in ((MARK, "no_such_request"), (LUCIA, "no_such_request"), (SANNE, "not_your_role")):
        found = await refused(case_database, lambda tx, who=who: take_over_case(tx, who, "r1", NOW))  # type: ignore[misc]
        assert found.code == code
    await take_over(case_database, NOOR)
    assert (await refused(case_database, lambda tx: take_over_case(tx, NOOR, "r1", NOW))).code == "no_such_request"


@pytest.mark.parametrize(
    ("so_far", "code"), [("arrived", "arrived"), ("withdrawn", "over"), ("ended", "over"), ("cancelled", "over")]
)
async def test_a_case_that_is_over_is_not_handed_over(case_database: Database, so_far: str, code: str) -> None:
    await bring_to(case_database, so_far)
    for to in (COORDINATORS, None):
        found = await refused(case_database, lambda tx, to=to: hand_over_case(tx, MARK, "r1", to, NOW))  # type: ignore[misc]
        assert found.code == f"request_{code}"


async def test_nobody_takes_over_more_than_a_person_can_have(case_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await ask(case_database, "beuk")
    await hand_over(case_database)

    async def full(*_: object) -> int:
        return MOST_OPEN

    monkeypatch.setattr(case_hand_over, "count_open_cases", full)
    found = await refused(case_database, lambda tx: take_over_case(tx, LUCIA, "r1", NOW))
    assert found.code == "requests_of_person"


async def test_both_sides_and_the_shelter_with_a_place_are_told(case_database: Database) -> None:
    await ask(case_database, "beuk", "linde")
    await offer(case_database, "beuk-1")
    handed = await do(case_database, lambda tx: hand_over_case(tx, EMRE, "r1", COORDINATORS, NOW))
    notices = await do(case_database, lambda tx: list_notices(tx, handed, is_desk_open=True))
    assert notices == [("lucia", "news")]
    taken = await do(case_database, lambda tx: take_over_case(tx, LUCIA, "r1", NOW))
    notices = await do(case_database, lambda tx: list_notices(tx, taken, is_desk_open=True))
    assert {person for person, _ in notices} == {"emre", "lucia", "ilse"}
    await ask(case_database, "beuk", who=POLICE_SYSTEM, case_id="r2")
    handed = await do(case_database, lambda tx: hand_over_case(tx, POLICE_SYSTEM, "r2", COORDINATORS, NOW))
    taken = await do(case_database, lambda tx: take_over_case(tx, LUCIA, "r2", NOW))
    assert await do(case_database, lambda tx: list_notices(tx, taken, is_desk_open=True)) == [("lucia", "news")]


async def test_what_is_declined_stays_and_its_giver_is_told(case_database: Database) -> None:
    await ask(case_database, "beuk")
    handed = await refused(case_database, lambda tx: decline_case(tx, LUCIA, "r1", NOW))
    assert handed.code == "no_such_request", "nobody has offered it"
    await do(case_database, lambda tx: hand_over_case(tx, EMRE, "r1", COORDINATORS, NOW))
    for who, code in ((MARK, "no_such_request"), (NOOR, "no_such_request"), (SANNE, "not_your_role")):
        found = await refused(case_database, lambda tx, who=who: decline_case(tx, who, "r1", NOW))  # type: ignore[misc]
        assert found.code == code
    async with looking(case_database) as seen:
        declined = await do(case_database, lambda tx: decline_case(tx, LUCIA, "r1", NOW))
    assert told(seen.added) == [("declined", None, "lucia", "coordinator")]
    assert [noun for noun, *_ in seen.bells] == ["case"]
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["person_id"], row["handed_organization_id"], row["handed_role"], row["handed_at"]) == ("mark", None, None, None)
    notices = await do(case_database, lambda tx: list_notices(tx, declined, is_desk_open=True))
    assert notices == [("emre", "news"), ("mark", "news")]


async def look(database: Database, who: Actor, at: datetime) -> str:
    """Return the address, or the code of the refusal."""
    try:
        found: str = await do(database, lambda tx: disclose_address(tx, who, "r1", SEAL, at))
    except Refusal as refusal:
        return refusal.code
    return found


async def test_those_who_bring_the_household_still_see_the_address_after_others_have_the_case(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")  # they are expected at NOW + 2 hours
    await hand_over(case_database)
    await take_over(case_database)
    at = NOW + HOUR
    async with looking(case_database) as seen:
        assert [await look(case_database, who, at) for who in (MARK, EMRE, POLICE_SYSTEM, LUCIA)] == ["CANARY-ADR-linde"] * 4
    looks = rows_of(seen.added, "disclosure")
    assert [(row["actor_id"], row["why"]) for row in looks] == [
        (who, "request") for who in ("mark", "emre", "demo-police", "lucia")
    ]
    assert [noun for noun, *_ in seen.bells] == ["case"] * 4, "the shelter and the new requester read that it was seen"
    assert await look(case_database, NOOR, at) == "no_such_request"
    ends = NOW + ADDRESS_SHOWN
    assert [await look(case_database, MARK, when) for when in (ends - TICK, ends)] == ["CANARY-ADR-linde", "no_address_now"]
    await arrive(case_database, "linde", at=at)
    assert await look(case_database, MARK, at) == "no_address_now"


async def test_after_a_second_hand_over_all_who_chose_or_had_the_place_may_be_on_the_road(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    await hand_over(case_database)
    await take_over(case_database)
    await hand_over(case_database, Holder("elsewhere", "police"), who=LUCIA)
    assert await look(case_database, NOOR, NOW + HOUR) == "no_such_request", "it is only offered"
    await take_over(case_database, NOOR)
    assert [await look(case_database, who, NOW + HOUR) for who in (MARK, LUCIA, NOOR)] == ["CANARY-ADR-linde"] * 3


async def test_a_place_that_others_chose_is_none_of_their_business(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    await hand_over(case_database)
    await take_over(case_database)
    await resume(case_database, who=LUCIA, at=NOW + HOUR)
    assert [await look(case_database, who, NOW + HOUR) for who in (MARK, LUCIA)] == ["place_off"] * 2
    await ask_also(case_database, "beuk", who=LUCIA, at=NOW + HOUR)
    await offer(case_database, "beuk-1", at=NOW + HOUR)
    await choose(case_database, "beuk", who=LUCIA, at=NOW + HOUR)
    assert await state(case_database) == "confirmed"
    assert [await look(case_database, who, NOW + HOUR) for who in (MARK, LUCIA)] == ["no_address_now", "CANARY-ADR-beuk"]


@CASE_CONTROL
async def test_a_case_that_is_taken_back_meanwhile_is_not_taken_over(
    pools: tuple[Database, Database], case_locked: bool
) -> None:
    await ask(pools[0], "beuk")
    await hand_over(pools[0])
    said = await overtaken(
        pools,
        lambda tx: hand_over_case(tx, MARK, "r1", None, NOW),
        lambda tx: take_over_case(tx, LUCIA, "r1", NOW),
    )
    rows = await every_row(pools[0])

    def check() -> None:
        assert said == "no_such_request"
        assert rows["case_record", "r1"]["role"] == "police"

    goes(case_locked, check)
