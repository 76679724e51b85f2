"""The page of a case: which places the actor may offer, what choosing means, the time line, and the contra-indications."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bedboard.rules.access import Actor
from bedboard.rules.criteria import CRITERION_NAMES
from bedboard.schemas.profile import SearchProfile
from bedboard.store.tables.cases import Ask, CaseEvent
from bedboard.views.cards import Card
from bedboard.views.case_rows import EventView, ask_rows, contra_indications, time_line
from tests.views.cases import (
    CATALOGUE,
    MINUTE,
    NOW,
    RESERVED,
    ask,
    card,
    hold,
    kept,
    person,
    says_yes,
    view,
)

MARK, DESK = person(), person("desk", "hanneke", "desk")


def offered(one: Ask, actor: Actor, shown: Card | None = None, **given: Any) -> list[str]:
    """Return the ids of the places that the actor may offer."""
    case = view(one, shown, actor=actor, **given)
    return [place.id for row in ask_rows(case, actor, CATALOGUE, NOW) for place in row.places]


@pytest.mark.parametrize(
    ("actor", "places"),
    [
        (DESK, ["e1", "e2", "w1", "w2", "c1"]),
        (MARK, ["e1", "e2"]),
        (person("police", "joke"), ["e1", "e2"]),
        (person("police", "joke", "south"), []),
        (person("coordinator", "ann", "zorg"), []),
    ],
)
def test_a_silent_shelters_places_are_offered_by_the_desk_and_some_by_the_police(actor: Actor, places: list[str]) -> None:
    assert offered(ask(), actor) == places


@pytest.mark.parametrize(
    ("one", "for_desk", "for_police"),
    [
        (ask(answer="discuss", answered_by="shelter"), True, True),
        (ask(answer="no", reason="no_staff", answered_by="shelter"), True, False),
        (ask(answer="no", reason="no_staff", answered_by="desk"), True, False),
        (says_yes("e1", answered_by="police"), True, True),  # its reservation has lapsed
        (says_yes("e1", answered_by="shelter"), True, True),  # so has this one
        (ask(settled="withdrawn", settled_at=NOW), False, False),
    ],
)
def test_police_offer_nothing_over_a_no_of_the_shelter(one: Ask, for_desk: bool, for_police: bool) -> None:
    assert (offered(one, DESK) != [], offered(one, MARK) != []) == (for_desk, for_police)


def test_a_place_that_is_reserved_for_the_case_is_not_offered_again() -> None:
    yes, shown = says_yes("e1", answered_by="police"), card(e1=RESERVED)
    assert offered(yes, MARK, shown, claim=kept()) == []
    assert offered(yes, DESK, shown, claim=kept()) == ["e2", "w1", "w2", "c1"]


def test_no_place_is_offered_that_does_not_hold_these_people() -> None:
    three = SearchProfile.model_validate({"adults": {"woman": 3}})
    case = replace(view(ask(), actor=MARK), profile=three)
    sizes = {place.id: place.beds for place in case.asks[0].card.places}
    for actor in (MARK, DESK):
        places = [place.id for row in ask_rows(case, actor, CATALOGUE, NOW) for place in row.places]
        assert all(sizes[place_id] >= 3 for place_id in places)
    together = three.model_copy(update={"split": True})
    assert [row.places for row in ask_rows(replace(case, profile=together), DESK, CATALOGUE, NOW)] != [()]


@pytest.mark.parametrize(("hours", "places"), [(1, ["e1", "e2"]), (3, ["e1", "e2"]), (9, []), (None, [])])
def test_where_the_news_is_stale_the_police_offer_nothing(hours: float | None, places: list[str]) -> None:
    assert offered(ask(), MARK, card(confirmed=hours)) == places
    assert offered(ask(), DESK, card(confirmed=hours)) == ["e1", "e2", "w1", "w2", "c1"]


def test_a_held_place_is_offered_only_to_its_holder_or_the_group_of_a_caller() -> None:
    shown = card(e1=hold("person:mark"), e2=hold("person:joke"), w1=hold(None), w2=hold(None, "Politie Zuid"))
    assert offered(ask(), DESK, shown) == ["e1", "w1", "c1"]
    assert offered(ask(), MARK, shown) == ["e1"]


@pytest.mark.parametrize("state", ["chosen", "provisional", "confirmed", "housed", "arrived", "withdrawn", "ended"])
def test_nothing_is_offered_or_chosen_once_a_case_asks_no_more(state: str) -> None:
    yes, shown = says_yes(), card(w1=RESERVED)
    for actor in (MARK, DESK):
        case = view(yes, shown, actor=actor, claim=kept(), state=state)
        assert [(row.choice, list(row.places)) for row in ask_rows(case, actor, CATALOGUE, NOW)] == [(None, [])]


@pytest.mark.parametrize(
    ("actor", "place_id", "choice"),
    [
        (MARK, "w1", "choose"),
        (MARK, "c1", "choose_for_desk"),
        (person("police", "joke"), "c1", "choose_for_desk"),
        (person("police", "joke", "south"), "c1", None),
        (DESK, "c1", None),
    ],
)
def test_an_offer_is_chosen_by_the_requester_and_colleagues(actor: Actor, place_id: str, choice: str | None) -> None:
    case = view(says_yes(place_id), card(w1=RESERVED, c1=RESERVED), actor=actor, claim=kept())
    assert [row.choice for row in ask_rows(case, actor, CATALOGUE, NOW)] == [choice]


def test_what_the_desk_chooses_for_a_case_of_its_own_is_decided_by_that() -> None:
    case = view(says_yes("c1"), card(c1=RESERVED), actor=DESK, claim=kept(), organization_id="desk", role="desk")
    assert [row.choice for row in ask_rows(case, DESK, CATALOGUE, NOW)] == ["choose"]


@pytest.mark.parametrize(("until", "can_choose"), [(timedelta(seconds=1), True), (timedelta(0), False), (-MINUTE, False)])
def test_an_offer_is_chosen_until_its_reservation_ends(until: timedelta, can_choose: bool) -> None:
    case = view(says_yes(), card(w1=RESERVED), claim=kept(NOW + until))
    assert case.asks[0].says == ("yes" if can_choose else "lapsed")
    assert [row.choice is not None for row in ask_rows(case, MARK, CATALOGUE, NOW)] == [can_choose]


def test_an_offer_is_not_chosen_where_the_shelter_has_given_the_place_away() -> None:
    case = view(says_yes(), card(), claim=kept())  # on the board the place is free
    assert [row.choice for row in ask_rows(case, MARK, CATALOGUE, NOW)] == [None]


def event(what: str, shelter_id: str | None, minutes: int = 0, kind: str = "person") -> CaseEvent:
    at = NOW + minutes * MINUTE
    return CaseEvent(
        at=at, case_id="r1", what=what, actor_kind=kind, actor_id="mark", role="police", shelter_id=shelter_id, tag=b""
    )


def test_an_event_of_several_shelters_at_one_moment_is_one_line() -> None:
    asked = [event("ask", "linde"), event("ask", "gone")]
    events = [*asked, event("ask", "linde", 1), event("remind", "linde", 1, "system"), event("withdraw", None, 2)]
    assert time_line(events, {"linde": card()}) == [
        EventView(NOW, "ask", ["Linde", "gone"], "police"),
        EventView(NOW + MINUTE, "ask", ["Linde"], "police"),
        EventView(NOW + MINUTE, "remind", ["Linde"], None),
        EventView(NOW + 2 * MINUTE, "withdraw", [], "police"),
    ]


def test_the_reason_of_the_desk_stands_with_its_last_refusal_and_the_last_night_with_the_end_of_the_stay() -> None:
    night = (NOW + timedelta(days=2)).date()
    events = [event(what, "linde", n) for n, what in enumerate(("refused", "stay_ended", "ask", "refused", "ask"))]
    lines = time_line(events, {"linde": card()}, "not_safe", night)
    assert [(line.refusal, line.stays_until) for line in lines] == [
        (None, None),
        (None, night),
        (None, None),
        ("not_safe", None),
        (None, None),
    ]


def test_a_contra_indication_is_a_criterion_of_the_case_or_any_when_it_cannot_be_opened() -> None:
    assert set(contra_indications(view(ask()))) == {"woman", "lvb"}
    assert set(contra_indications(view(ask(), needs_sealed=None))) == set(CRITERION_NAMES)
