"""Several places of one shelter in one hold, one offer and one placement: all of them, or none."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from bedboard.actions.answers import answer_case
from bedboard.actions.case_hand_over import hand_over_case, take_over_case
from bedboard.actions.case_holds import release_case_holds
from bedboard.actions.holds import Held, Holder, extend_hold, hold_place, release_hold
from bedboard.actions.occupancy import change_place
from bedboard.actions.silence import lapse_case
from bedboard.rules.cases import LONGEST_CASE, ShelterAnswer
from bedboard.rules.fit import Profile
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Conflict, Invalid
from bedboard.store.claims import list_holds
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.cases import (
    HANNEKE,
    HOUR,
    LUCIA,
    MARK,
    MINUTE,
    ZONE,
    choose,
    confirm,
    live_claims,
    resume,
    state,
    tallies,
    withdraw,
)
from tests.build.cases import arrive as come
from tests.build.rows import do, every_row, looking, refused, status
from tests.build.several import FIVE, MEN, STAFF, ask, bring_to, say_yes, singles
from tests.build.wrong import wrong_with

__all__ = ["singles"]  # a fixture


async def hold(
    database: Database, places: Sequence[str] = FIVE, group: int = 5, claim_id: str = "h1", at: datetime = NOW
) -> Held:
    held: Held = await do(database, lambda tx: hold_place(tx, MARK, places, claim_id, at, group=group))
    return held


async def shown(database: Database, places: Sequence[str] = FIVE) -> set[str]:
    return {await status(database, one, NOW) for one in places}


# ---- holds


async def test_a_hold_keeps_all_places_and_counts_as_one(singles: Database) -> None:
    async with looking(singles) as seen:
        held = await hold(singles)
    assert (held.claim_id, list(held.place_ids)) == ("h1", FIVE)
    assert [row["place_id"] for row in seen.journal] == FIVE
    assert {row["version"] for row in seen.journal} == {2}
    assert seen.bells == [("shelter", "wilgen", 2)]
    [own] = await do(singles, lambda tx: list_holds(tx, MARK, NOW))
    assert (own.id, own.place_ids, own.lost_count) == ("h1", FIVE, 0)
    await hold(singles, ["linde-1"], 0, "h2")
    await hold(singles, ["beuk-1", "beuk-2"], 2, "h3")
    with pytest.raises(Conflict, match="holds_of_person"):
        await hold(singles, ["nood-1"], 0, "h4")


async def test_extending_and_releasing_a_hold_is_of_all_its_places(singles: Database) -> None:
    await hold(singles)
    longer = await do(singles, lambda tx: extend_hold(tx, MARK, "h1", NOW + MINUTE))
    assert (longer.place_ids, longer.expires_at) == (FIVE, NOW + HOUR)
    assert {row["expires_at"] for key, row in (await every_row(singles)).items() if key[0] == "claim"} == {NOW + HOUR}
    with pytest.raises(Conflict, match="extended_already"):
        await do(singles, lambda tx: extend_hold(tx, MARK, "h1", NOW + MINUTE))
    await do(singles, lambda tx: release_hold(tx, MARK, "h1", NOW + MINUTE))
    assert await live_claims(singles) == {}
    with pytest.raises(Conflict, match="hold_released"):
        await do(singles, lambda tx: release_hold(tx, MARK, "h1", NOW + MINUTE))


async def test_a_place_that_the_shelter_closes_leaves_the_others_held_and_undo_is_of_that_place(singles: Database) -> None:
    await hold(singles)
    await do(singles, lambda tx: change_place(tx, STAFF, FIVE[0], PlaceChange("closed", "repair"), NOW))
    [own] = await do(singles, lambda tx: list_holds(tx, MARK, NOW))
    assert (own.id, own.place_ids, own.lost_count) == ("h1", FIVE[1:], 1), "and its holder is told"
    await do(singles, lambda tx: release_hold(tx, MARK, "h1", NOW))
    assert await live_claims(singles) == {}


@pytest.mark.parametrize(
    ("places", "group", "field", "code"),
    [
        ([*FIVE[:2], "beuk-1"], 5, "places", "not_here"),
        ([*FIVE[:2], "nowhere"], 5, "places", "not_here"),
        ([FIVE[0], FIVE[0]], 5, "places", "twice"),
        (FIVE, 4, "places", "more_than_people"),
    ],
)
async def test_places_that_cannot_be_held_together_are_refused_with_the_field(
    singles: Database, places: list[str], group: int, field: str, code: str
) -> None:
    before = await every_row(singles)
    refusal = await refused(singles, lambda tx: hold_place(tx, MARK, places, "h1", NOW, group=group))
    assert isinstance(refusal, Invalid)
    assert [(one.field, one.code) for one in refusal.fields] == [(field, code)]
    assert await every_row(singles) == before


async def test_when_one_is_taken_nothing_is_held(singles: Database) -> None:
    await do(singles, lambda tx: hold_place(tx, LUCIA, [FIVE[3]], "hers", NOW))
    before = await every_row(singles)
    refusal = await refused(singles, lambda tx: hold_place(tx, MARK, FIVE, "h1", NOW, group=5))
    assert refusal.code == "not_free"
    assert await every_row(singles) == before


async def test_staff_hold_several_places_for_a_caller(singles: Database) -> None:
    caller = Holder("oever", "police")
    held = await do(singles, lambda tx: hold_place(tx, STAFF, FIVE, "h1", NOW, caller, 5))
    assert held.place_ids == FIVE


async def test_a_hold_that_has_run_out_gives_every_place_free(singles: Database) -> None:
    await hold(singles)
    await hold(singles, FIVE[2:4], 2, "h2", NOW + HOUR)
    rows = await every_row(singles)
    assert await live_claims(singles) == {
        FIVE[0]: "h1",
        FIVE[1]: "h1.02",
        FIVE[2]: "h2",
        FIVE[3]: "h2.02",
        FIVE[4]: "h1.05",
    }
    assert {rows["claim", one]["ending"] for one in ("h1.03", "h1.04")} == {"expired"}


# ---- offers and placements


async def test_a_yes_reserves_all_places_and_uses_up_the_hold_of_the_case(singles: Database) -> None:
    await hold(singles, [*FIVE[:4], "wilgen-two"])
    await ask(singles)
    await say_yes(singles)
    assert set(await live_claims(singles)) == set(FIVE)
    assert wrong_with(await every_row(singles)) == []
    part = (await every_row(singles))["ask", "r1", "wilgen"]
    assert (part["place_id"], part["more_place_ids"], part["claim_id"]) == (FIVE[0], FIVE[1:], f"o-{FIVE[0]}")
    assert await do(singles, lambda tx: list_holds(tx, MARK, NOW)) == []


@pytest.mark.parametrize(
    ("household", "places", "field", "code"),
    [
        (MEN, FIVE[:4], "places", "too_small_for_them"),
        (MEN, [FIVE[0], FIVE[0]], "places", "twice"),
        (MEN, [*FIVE[:4], "beuk-1"], "places", "not_here"),
        (Profile(man=5, group=5), FIVE, "places", "stays_together"),
        (Profile(man=2, group=2, split=True), FIVE[:3], "places", "more_than_people"),
        (Profile(woman=1, child_4_11=1), ["wilgen-desk"], "place", "too_small_for_them"),
        (Profile(woman=1, child_4_11=1), FIVE[:1], "place", "too_small_for_them"),
    ],
)
async def test_places_that_do_not_hold_them_are_refused_with_the_reason(
    singles: Database, household: Profile, places: list[str], field: str, code: str
) -> None:
    await ask(singles)
    before = await every_row(singles)
    with pytest.raises(Invalid) as refusal:
        await say_yes(singles, places, household)
    assert [(one.field, one.code) for one in refusal.value.fields] == [(field, code)]
    assert await every_row(singles) == before


async def test_a_yes_with_one_place_that_is_taken_reserves_none(singles: Database) -> None:
    await ask(singles)
    await do(singles, lambda tx: hold_place(tx, LUCIA, [FIVE[3]], "hers", NOW))
    before = await every_row(singles)
    with pytest.raises(Conflict, match="not_free"):
        await say_yes(singles)
    assert await every_row(singles) == before


async def test_they_are_chosen_and_arrive_together(singles: Database) -> None:
    await bring_to(singles, "confirmed")
    assert await state(singles) == "confirmed"
    rows = await every_row(singles)
    assert {(row["expires_at"], row["expected_at"]) for key, row in rows.items() if key[0] == "claim"} == {
        (None, NOW + 2 * HOUR)
    }
    assert await shown(singles) == {"reserved"}
    await come(singles, "wilgen", who=HANNEKE)
    assert await shown(singles) == {"occupied"}
    assert await live_claims(singles) == {}


async def test_the_strictest_kind_of_several_says_who_decides_and_the_case_is_counted_once(singles: Database) -> None:
    await ask(singles)
    await say_yes(singles, [*FIVE[:4], "wilgen-desk"])
    await choose(singles, "wilgen")
    assert await state(singles) == "chosen"
    await confirm(singles)
    assert await state(singles) == "confirmed"
    await come(singles, "wilgen", who=HANNEKE)
    counted = {key[2]: count for key, count in (await tallies(singles)).items() if key[0] == "placed_kind"}
    assert counted == {"": 1}, "of several kinds"


@pytest.mark.parametrize("end", ["missed", "resumed", "withdrawn", "another answer"])
async def test_whatever_ends_it_ends_it_for_every_place(singles: Database, end: str) -> None:
    await bring_to(singles, "asking" if end == "another answer" else "confirmed")
    if end == "missed":
        await come(singles, "wilgen", who=HANNEKE, arrived=False)
    elif end == "resumed":
        await resume(singles)
    elif end == "withdrawn":
        await withdraw(singles)
    else:
        await do(singles, lambda tx: answer_case(tx, HANNEKE, "r1", "wilgen", ShelterAnswer("discuss"), "o2", NOW))
    assert await live_claims(singles) == {}
    assert await shown(singles) == {"free"}
    assert wrong_with(await every_row(singles)) == []


async def test_an_offer_of_which_one_place_is_occupied_cannot_be_chosen(singles: Database) -> None:
    await bring_to(singles, "asking")
    await do(singles, lambda tx: change_place(tx, STAFF, FIVE[2], PlaceChange("occupied"), NOW))
    with pytest.raises(Conflict, match="not_free"):
        await choose(singles, "wilgen")


async def test_after_seven_days_every_place_is_closed_to_be_checked(singles: Database) -> None:
    await bring_to(singles, "confirmed")
    await do(singles, lambda tx: lapse_case(tx, "r1", NOW + 2 * HOUR + LONGEST_CASE, ZONE))
    rows = await every_row(singles)
    assert {rows["place", one]["closed_reason"] for one in FIVE} == {"to_check"}
    assert await live_claims(singles) == {}


async def test_a_hand_over_takes_every_place_along(singles: Database) -> None:
    await bring_to(singles, "confirmed")
    await do(singles, lambda tx: hand_over_case(tx, MARK, "r1", Holder("oever", "coordinator"), NOW))
    await do(singles, lambda tx: take_over_case(tx, LUCIA, "r1", NOW))
    rows = await every_row(singles)
    assert {row["person_id"] for key, row in rows.items() if key[0] == "claim"} == {"lucia"}


async def test_the_holds_of_a_case_are_given_back_whole(singles: Database) -> None:
    await hold(singles)
    await ask(singles)
    await do(singles, lambda tx: release_case_holds(tx, MARK, "r1", NOW))
    assert await live_claims(singles) == {}
