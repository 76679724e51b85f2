"""Which places a shelter may offer, and what becomes of the holds on them."""

import pytest

from bedboard.actions.holds import Holder, hold_place, release_hold
from bedboard.actions.occupancy import change_place
from bedboard.rules.access import Actor
from bedboard.rules.cases import ShelterAnswer
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Conflict, Invalid, NotFound
from bedboard.store.claims import get_hold_begun_at
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.answers import YES, refused_answer
from tests.build.cases import (
    ANNEKE,
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
    ask,
    live_claims,
    offer,
    withdraw,
)
from tests.build.rows import codes, do, every_row, looking, refused


@pytest.mark.parametrize("whose", ["his own", "made by the shelter for a caller"])
async def test_a_hold_of_the_requester_becomes_the_reservation(case_database: Database, whose: str) -> None:
    if whose == "made by the shelter for a caller":
        await do(case_database, lambda tx: hold_place(tx, SANNE, ["linde-1"], "h", NOW, Holder("oever", "police")))
    else:
        await do(case_database, lambda tx: hold_place(tx, MARK, ["linde-1"], "h", NOW))
    await ask(case_database)
    async with looking(case_database) as seen:
        await offer(case_database, "linde-1", at=NOW + MINUTE)
    assert seen.changed["claim", "h"] == {"ended_at": NOW + MINUTE, "ending": "used"}
    assert await live_claims(case_database) == {"linde-1": "r1-linde-1"}
    refusal = await refused(case_database, lambda tx: release_hold(tx, MARK, "h", NOW + MINUTE))
    assert refusal.code == "hold_over"


@pytest.mark.parametrize("who", [EMRE, POLICE_SYSTEM, LUCIA, NOOR, HANNEKE], ids=lambda who: who.id)
async def test_a_hold_of_somebody_else_is_not_given_away(case_database: Database, who: Actor) -> None:
    """Nor that of a colleague (emre): it is kept for another case."""
    held = await do(case_database, lambda tx: hold_place(tx, who, ["linde-1"], "h", NOW))
    await ask(case_database)
    refusal = await refused_answer(case_database, YES)
    assert (type(refusal), refusal.code) == (Conflict, "not_free")
    assert (await refused_answer(case_database, YES, at=held.expires_at - TICK)).code == "not_free"
    await offer(case_database, "linde-1", at=held.expires_at)
    assert (await every_row(case_database))["claim", "h"]["ending"] == "expired"


async def test_a_place_kept_for_another_caller_is_not_given_away(case_database: Database) -> None:
    await ask(case_database)
    for n, caller in enumerate((Holder("oever", "coordinator"), Holder("elsewhere", "police"))):
        await do(case_database, lambda tx, n=n, caller=caller: hold_place(tx, SANNE, ["linde-1"], f"h{n}", NOW, caller))  # type: ignore[misc]
        assert (await refused_answer(case_database, YES)).code == "not_free"
        await do(case_database, lambda tx, n=n: release_hold(tx, SANNE, f"h{n}", NOW))  # type: ignore[misc]


async def test_a_place_kept_for_one_case_is_not_offered_to_another_of_the_same_people(case_database: Database) -> None:
    await ask(case_database, case_id="first")
    await offer(case_database, "linde-1", case_id="first")
    await ask(case_database, who=MARK)
    assert (await refused_answer(case_database, YES)).code == "not_free"
    refusal = await refused(case_database, lambda tx: hold_place(tx, MARK, ["linde-1"], "h", NOW))
    assert refusal.code == "not_free"
    refusal = await refused(case_database, lambda tx: release_hold(tx, MARK, "first-linde-1", NOW))
    assert isinstance(refusal, NotFound)


async def test_places_that_were_offered_take_nobodys_room_for_holds(case_database: Database) -> None:
    for n in range(5):
        await ask(case_database, "linde", case_id=f"r{n}", at=NOW + n * MINUTE)
        await offer(case_database, "linde-1", case_id=f"r{n}", at=NOW + n * MINUTE)
        await withdraw(case_database, case_id=f"r{n}", at=NOW + n * MINUTE)
    assert await do(case_database, lambda tx: get_hold_begun_at(tx, MARK, 1, NOW - HOUR)) is None


@pytest.mark.parametrize(("said", "reason"), [("occupied", None), ("closed", "repair")])
async def test_a_place_that_is_not_open_cannot_be_offered(case_database: Database, said: str, reason: str | None) -> None:
    await ask(case_database)
    await do(case_database, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange(said, reason), NOW))  # type: ignore[arg-type]
    assert (await refused_answer(case_database, YES)).code == "not_free"


@pytest.mark.parametrize("place", ["ceder-1", "nowhere"])
async def test_a_shelter_offers_its_own_places_only(case_database: Database, place: str) -> None:
    await ask(case_database, "linde", "ceder")
    refusal = await refused_answer(case_database, ShelterAnswer("yes", place), ANNEKE)
    assert codes(refusal) == [("place", "not_here")]


async def test_an_answer_that_cannot_be_right_is_refused_whole(case_database: Database) -> None:
    await ask(case_database)
    for said in (
        ShelterAnswer("yes"),
        ShelterAnswer("no"),
        ShelterAnswer("discuss", "linde-1"),
        ShelterAnswer("no", reason="x"),
    ):
        assert isinstance(await refused_answer(case_database, said), Invalid)
