"""A seeker holds a place: how it begins and ends, and how many one may hold."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from bedboard.actions.holds import Held, Holder, extend_hold, hold_place, release_hold
from bedboard.actions.occupancy import change_place
from bedboard.actions.setup import add_shelter
from bedboard.rules.access import Actor
from bedboard.rules.claims import MOST_HOLDS_AN_HOUR
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Conflict, NotAllowed, NotFound, TooMany
from bedboard.store.board import get_shelter
from bedboard.store.database import Database, Transaction
from tests.build import NOW, SEAL, actor, place, shelter
from tests.build.cases import HANNEKE, LUCIA, MARK, POLICE_SYSTEM, SANNE
from tests.build.holds import HALF_HOUR, hold, reserve
from tests.build.rows import do, looking, refused, run, status

MOMENT = timedelta(microseconds=1)
CALLER = Holder("oever", "police")


# ---- holding


async def test_a_hold_keeps_the_place_for_half_an_hour_and_is_written_down(board_database: Database) -> None:
    async with looking(board_database) as seen:
        held = await hold(board_database)
    assert (held.claim_id, held.place_ids[0], held.expires_at) == ("h1", "linde-1", NOW + HALF_HOUR)
    claim = seen.added.pop(("claim", "h1"))
    assert {name: value for name, value in claim.items() if value is not None} == {
        "id": "h1",
        "place_id": "linde-1",
        "type": "hold",
        "organization_id": "oever",
        "role": "police",
        "person_id": "mark",
        "created_at": NOW,
        "expires_at": NOW + HALF_HOUR,
    }
    assert seen.added == {}
    assert seen.changed == {("shelter", "linde"): {"version": 2}}  # the board is not confirmed by that
    (row,) = seen.journal
    assert (row["action"], row["place_id"], row["actor_id"], row["version"]) == ("hold", "linde-1", "mark", 2)
    assert (row["before"], row["after"]["claim"]) == (None, "h1")
    assert seen.bells == [("shelter", "linde", 2)]


@pytest.mark.parametrize("who", [MARK, LUCIA, HANNEKE, POLICE_SYSTEM], ids=lambda who: who.id)
async def test_every_seeker_may_hold_a_place(board_database: Database, who: Actor) -> None:
    held = await hold(board_database, who)
    row = await do(board_database, lambda tx: get_shelter(tx, "linde"))
    claim = row.places[0].claim
    assert claim is not None
    assert (claim.role, claim.organization, claim.holder_key, claim.id) == (who.role, "Stichting Oever", who.key, held.claim_id)


@pytest.mark.parametrize("taken", ["occupied", "closed", "held", "reserved"])
async def test_a_place_that_is_not_free_cannot_be_held(board_database: Database, taken: str) -> None:
    if taken in ("occupied", "closed"):
        reason = "repair" if taken == "closed" else None
        await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange(taken, reason), NOW))  # type: ignore[arg-type]
    elif taken == "held":
        await hold(board_database, LUCIA)
    else:
        await reserve(board_database, LUCIA)
    refusal = await refused(board_database, lambda tx: hold_place(tx, MARK, ["linde-1"], "h2", NOW))
    assert (type(refusal), refusal.code) == (Conflict, "not_free")


async def test_the_holder_is_told_of_the_own_hold(board_database: Database) -> None:
    await hold(board_database)
    assert (await refused(board_database, lambda tx: hold_place(tx, MARK, ["linde-1"], "h2", NOW))).code == "held_already"


async def test_of_places_that_are_alike_the_first_free_one_is_held(board_database: Database) -> None:
    await hold(board_database, LUCIA)
    assert (await hold(board_database, MARK, ["linde-1", "linde-2", "linde-3"], "h2")).place_ids[0] == "linde-2"
    refusal = await refused(board_database, lambda tx: hold_place(tx, HANNEKE, ["linde-1", "linde-3"], "h3", NOW))
    assert refusal.code == "not_free"


async def test_the_very_place_that_is_asked_for_comes_first_and_another_is_held_beside_ones_own(
    board_database: Database,
) -> None:
    assert (await hold(board_database, MARK, ["linde-2", "linde-1"])).place_ids[0] == "linde-2"
    assert (await hold(board_database, MARK, ["linde-2", "linde-1"], "h2")).place_ids[0] == "linde-1"
    refusal = await refused(board_database, lambda tx: hold_place(tx, MARK, ["linde-2", "linde-1"], "h3", NOW))
    assert refusal.code == "held_already"


async def test_places_of_another_shelter_are_never_held_along(board_database: Database) -> None:
    await hold(board_database, LUCIA)
    refusal = await refused(board_database, lambda tx: hold_place(tx, MARK, ["linde-1", "ceder-1"], "h2", NOW))
    assert refusal.code == "not_free"


async def test_a_place_that_is_not_there_cannot_be_held(board_database: Database) -> None:
    assert isinstance(await refused(board_database, lambda tx: hold_place(tx, MARK, ["nowhere"], "h1", NOW)), NotFound)


async def test_a_person_who_lost_the_role_holds_nothing(board_database: Database) -> None:
    await run(board_database, "update person set role = 'auditor' where id = 'mark'")
    assert isinstance(await refused(board_database, lambda tx: hold_place(tx, MARK, ["linde-1"], "h1", NOW)), NotAllowed)
    await run(board_database, "update person set role = 'police', ended_at = now() where id = 'mark'")
    assert isinstance(await refused(board_database, lambda tx: hold_place(tx, MARK, ["linde-1"], "h1", NOW)), NotAllowed)


async def test_a_program_without_an_organization_holds_nothing(board_database: Database) -> None:
    loose = Actor("client", "demo-police", "police", "x", None, frozenset())
    assert (await refused(board_database, lambda tx: hold_place(tx, loose, ["linde-1"], "h1", NOW))).code == "no_organization"


# ---- its end


async def test_a_hold_ends_at_its_very_moment_without_anybody_tidying_up(board_database: Database) -> None:
    held = await hold(board_database)
    assert await status(board_database, "linde-1", held.expires_at - MOMENT) == "held"
    assert await status(board_database, "linde-1", held.expires_at) == "free"
    early = held.expires_at - MOMENT
    assert (await refused(board_database, lambda tx: hold_place(tx, LUCIA, ["linde-1"], "h2", early))).code == "not_free"
    async with looking(board_database) as seen:
        await hold(board_database, LUCIA, claim_id="h2", at=held.expires_at)
    assert seen.changed[("claim", "h1")] == {"ended_at": held.expires_at, "ending": "expired"}


async def test_a_hold_is_extended_once(board_database: Database) -> None:
    await hold(board_database)
    later = NOW + timedelta(minutes=29)
    async with looking(board_database) as seen:
        held = await do(board_database, lambda tx: extend_hold(tx, MARK, "h1", later))
    assert held.expires_at == NOW + 2 * HALF_HOUR
    assert seen.changed[("claim", "h1")] == {"expires_at": NOW + 2 * HALF_HOUR, "extended_at": later}
    assert seen.bells == [("shelter", "linde", 3)]
    assert (await refused(board_database, lambda tx: extend_hold(tx, MARK, "h1", later))).code == "extended_already"


async def test_a_hold_that_is_over_is_neither_extended_nor_released(board_database: Database) -> None:
    await hold(board_database)
    for action in (extend_hold, release_hold):
        refusal = await refused(board_database, lambda tx, action=action: action(tx, MARK, "h1", NOW + HALF_HOUR))  # type: ignore[misc]
        assert refusal.code == "hold_over"


async def test_a_released_place_is_free_at_once_and_for_anybody(board_database: Database) -> None:
    await hold(board_database)
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: release_hold(tx, MARK, "h1", NOW + HALF_HOUR / 2))
    assert seen.changed[("claim", "h1")] == {"ended_at": NOW + HALF_HOUR / 2, "ending": "released"}
    assert [row["action"] for row in seen.journal] == ["release"]
    assert (await refused(board_database, lambda tx: release_hold(tx, MARK, "h1", NOW + HALF_HOUR / 2))).code == "hold_released"
    await hold(board_database, LUCIA, claim_id="h2")


@pytest.mark.parametrize("action", [extend_hold, release_hold])
async def test_a_colleague_and_the_shelter_may_change_a_hold_and_strangers_do_not_know_it(
    board_database: Database, action: Callable[[Transaction, Actor, str, datetime], Awaitable[Held]]
) -> None:
    await run(board_database, "insert into organization values ('elsewhere', 'Elsewhere')")
    await run(board_database, "update person set organization_id = 'elsewhere' where id = 'lucia'")
    await hold(board_database)
    lucia = Actor("person", "lucia", "coordinator", "Lucia", "elsewhere", frozenset())
    kofi = actor("staff", "kofi", ("ceder",))
    for stranger in (lucia, kofi, actor("machine", "demo-shelter-ceder", ("ceder",), kind="client")):
        refusal = await refused(board_database, lambda tx, stranger=stranger: action(tx, stranger, "h1", NOW))  # type: ignore[misc]
        assert (type(refusal), refusal.code) == (NotFound, "no_such_hold")
    await run(board_database, "insert into person values ('emre', 'oever', 'Emre', 'police', null, false, null)")
    await do(board_database, lambda tx: action(tx, actor("police", "emre", ()), "h1", NOW))
    await hold(board_database, MARK, ["linde-2"], "h2")
    await do(board_database, lambda tx: action(tx, SANNE, "h2", NOW))


async def test_a_colleague_with_another_role_does_not_know_it(board_database: Database) -> None:
    await hold(board_database)
    assert isinstance(await refused(board_database, lambda tx: release_hold(tx, LUCIA, "h1", NOW)), NotFound)


@pytest.mark.parametrize("action", [extend_hold, release_hold])
async def test_a_reservation_is_no_hold(
    board_database: Database, action: Callable[[Transaction, Actor, str, datetime], Awaitable[Held]]
) -> None:
    await reserve(board_database, MARK)
    for who in (MARK, SANNE):
        assert isinstance(await refused(board_database, lambda tx, who=who: action(tx, who, "reserved", NOW)), NotFound)  # type: ignore[misc]


# ---- how many


async def more_places(board_database: Database, count: int) -> None:
    places = [place(f"beuk-{n}", "men") for n in range(count)]
    await do(board_database, lambda tx: add_shelter(tx, shelter("beuk", places), SEAL, NOW))


async def test_one_person_holds_three_places_and_no_more(board_database: Database) -> None:
    await more_places(board_database, 4)
    for n in range(3):
        await hold(board_database, MARK, [f"beuk-{n}"], f"h{n}")
    assert (await refused(board_database, lambda tx: hold_place(tx, MARK, ["beuk-3"], "h3", NOW))).code == "holds_of_person"
    await hold(board_database, LUCIA, ["beuk-3"], "h3")  # not counted as mark's
    await do(board_database, lambda tx: release_hold(tx, MARK, "h0", NOW))
    await hold(board_database, MARK, ["beuk-0"], "h4")
    await hold(board_database, MARK, ["linde-1"], "h5", at=NOW + HALF_HOUR)  # the others are over by then


async def test_one_organization_holds_ten_places_and_no_more(board_database: Database) -> None:
    await more_places(board_database, 11)
    await run(
        board_database,
        "insert into person select 'p' || n, 'oever', 'P', 'police', null, false, null from generate_series(0, 10) n",
    )
    for n in range(10):
        await hold(board_database, actor("police", f"p{n}", ()), [f"beuk-{n}"], f"h{n}")
    last = actor("police", "p10", ())
    assert (
        await refused(board_database, lambda tx: hold_place(tx, last, ["beuk-10"], "h", NOW))
    ).code == "holds_of_organization"


async def test_holds_for_callers_do_not_count_for_their_organization(board_database: Database) -> None:
    await more_places(board_database, 12)
    await run(board_database, "insert into membership values ('sanne', 'beuk')")
    for n in range(11):
        await hold(board_database, SANNE, [f"beuk-{n}"], f"h{n}", given_to=CALLER)
    await hold(board_database, MARK, ["beuk-11"], "h")


async def test_nobody_goes_through_all_telephones_by_holding_and_letting_go(board_database: Database) -> None:
    for n in range(MOST_HOLDS_AN_HOUR):
        await hold(board_database, claim_id=f"h{n}")
        await do(board_database, lambda tx, n=n: release_hold(tx, MARK, f"h{n}", NOW))  # type: ignore[misc]
    refusal = await refused(board_database, lambda tx: hold_place(tx, MARK, ["linde-1"], "h", NOW))
    assert isinstance(refusal, TooMany) and refusal.again_at == NOW + timedelta(hours=1)
    await hold(board_database, LUCIA, claim_id="h")
    await hold(board_database, MARK, ["linde-2"], "later", at=NOW + timedelta(hours=1))
