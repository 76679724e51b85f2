"""Which places a shelter may offer, and what becomes of the holds on them."""

import pytest

from bedboard.actions.holds import Holder, hold_place, release_hold
from bedboard.actions.occupancy import change_place
from bedboard.rules.access import Actor
from bedboard.rules.cases import ShelterAnswer
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Conflict, Invalid, NotFound
from bedboard.store.claims import count_begun
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
async def test_a_hold_of_the_requester_becomes_the_reservation(field: Database, whose: str) -> None:
    if whose == "made by the shelter for a caller":
        await do(field, lambda tx: hold_place(tx, SANNE, ["linde-1"], "h", NOW, Holder("oever", "police")))
    else:
        await do(field, lambda tx: hold_place(tx, MARK, ["linde-1"], "h", NOW))
    await ask(field)
    async with looking(field) as seen:
        await offer(field, "linde-1", at=NOW + MINUTE)
    assert seen.changed["claim", "h"] == {"ended_at": NOW + MINUTE, "ending": "used"}
    assert await live_claims(field) == {"linde-1": "r1-linde-1"}
    refusal = await refused(field, lambda tx: release_hold(tx, MARK, "h", NOW + MINUTE))
    assert refusal.code == "hold_over"


@pytest.mark.parametrize("who", [EMRE, POLICE_SYSTEM, LUCIA, NOOR, HANNEKE], ids=lambda who: who.id)
async def test_a_hold_of_somebody_else_is_not_given_away(field: Database, who: Actor) -> None:
    """Nor that of a colleague (emre): it is kept for another case."""
    held = await do(field, lambda tx: hold_place(tx, who, ["linde-1"], "h", NOW))
    await ask(field)
    refusal = await refused_answer(field, YES)
    assert (type(refusal), refusal.code) == (Conflict, "not_free")
    assert (await refused_answer(field, YES, at=held.expires_at - TICK)).code == "not_free"
    await offer(field, "linde-1", at=held.expires_at)
    assert (await every_row(field))["claim", "h"]["ending"] == "expired"


async def test_a_place_kept_for_another_caller_is_not_given_away(field: Database) -> None:
    await ask(field)
    for n, caller in enumerate((Holder("oever", "coordinator"), Holder("elsewhere", "police"))):
        await do(field, lambda tx, n=n, caller=caller: hold_place(tx, SANNE, ["linde-1"], f"h{n}", NOW, caller))  # type: ignore[misc]
        assert (await refused_answer(field, YES)).code == "not_free"
        await do(field, lambda tx, n=n: release_hold(tx, SANNE, f"h{n}", NOW))  # type: ignore[misc]


async def test_a_place_kept_for_one_case_is_not_offered_to_another_of_the_same_people(field: Database) -> None:
    await ask(field, case_id="first")
    await offer(field, "linde-1", case_id="first")
    await ask(field, who=MARK)
    assert (await refused_answer(field, YES)).code == "not_free"
    refusal = await refused(field, lambda tx: hold_place(tx, MARK, ["linde-1"], "h", NOW))
    assert refusal.code == "not_free"
    refusal = await refused(field, lambda tx: release_hold(tx, MARK, "first-linde-1", NOW))
    assert isinstance(refusal, NotFound)


async def test_places_that_were_offered_take_nobodys_room_for_holds(field: Database) -> None:
    for n in range(5):
        await ask(field, "linde", case_id=f"r{n}", at=NOW + n * MINUTE)
        await offer(field, "linde-1", case_id=f"r{n}", at=NOW + n * MINUTE)
        await withdraw(field, case_id=f"r{n}", at=NOW + n * MINUTE)
    assert await do(field, lambda tx: count_begun(tx, MARK, NOW - HOUR)) == 0


@pytest.mark.parametrize(("said", "reason"), [("occupied", None), ("closed", "repair")])
async def test_a_place_that_is_not_open_cannot_be_offered(field: Database, said: str, reason: str | None) -> None:
    await ask(field)
    await do(field, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange(said, reason), NOW))  # type: ignore[arg-type]
    assert (await refused_answer(field, YES)).code == "not_free"


@pytest.mark.parametrize("place", ["ceder-1", "nowhere"])
async def test_a_shelter_offers_its_own_places_only(field: Database, place: str) -> None:
    await ask(field, "linde", "ceder")
    refusal = await refused_answer(field, ShelterAnswer("yes", place), ANNEKE)
    assert codes(refusal) == [("place", "not_here")]


async def test_an_answer_that_cannot_be_right_is_refused_whole(field: Database) -> None:
    await ask(field)
    for said in (
        ShelterAnswer("yes"),
        ShelterAnswer("no"),
        ShelterAnswer("discuss", "linde-1"),
        ShelterAnswer("no", reason="x"),
    ):
        assert isinstance(await refused_answer(field, said), Invalid)
