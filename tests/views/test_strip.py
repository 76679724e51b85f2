"""The strip and the list: the most urgent cases, what the desk has to do, and a setback of a case."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bedboard.rules.cases import STEPS
from bedboard.rules.claims import Claim
from bedboard.store.tables.cases import Ask
from bedboard.views.cards import Card
from bedboard.views.cases import CaseView
from bedboard.views.strip import CASES_SHOWN, cases_view, inbox_of, urgency
from tests.views.cases import HOUR, MINUTE, NOW, RESERVED, ask, card, kept, says_yes, view

CHOSEN: dict[str, Any] = {"settled": "chosen", "settled_at": NOW}
MISSED: dict[str, Any] = {"settled": "missed", "settled_at": NOW}


def yes_kept() -> Card:
    return card(w1=RESERVED)


def test_people_who_have_not_arrived_are_as_urgent_as_a_place_that_is_lost() -> None:
    placement = kept()
    placement.expires_at = None
    for minutes, expected in ((1, 5), (0, 0), (-6000, 0)):
        arrives_at = NOW + minutes * MINUTE
        on_board = Claim("reservation", None, "police", "Politie Noord", case_id="r1", expected_at=arrives_at)
        late = view(says_yes(**CHOSEN), card(w1=on_board), claim=placement, state="confirmed", arrives_at=arrives_at)
        assert (late.is_lost, urgency(late)) == (False, expected)


@pytest.mark.parametrize(
    ("one", "shown", "state", "expected"),
    [
        (says_yes(**MISSED), None, "asking", 0),
        (says_yes(**CHOSEN), None, "confirmed", 0),  # the shelter gave the place away
        (says_yes(), yes_kept(), "asking", 1),
        (ask(answer="discuss"), None, "asking", 2),
        (ask(), None, "asking", 3),
        (says_yes(), card(), "asking", 1),
        (ask(settled="withdrawn", settled_at=NOW), None, "withdrawn", 4),
        (says_yes(**CHOSEN), yes_kept(), "confirmed", 5),
    ],
)
def test_a_case_is_the_more_urgent_the_more_its_requester_can_or_must_do(
    one: Ask, shown: Card | None, state: str, expected: int
) -> None:
    assert urgency(view(one, shown, claim=kept(), state=state)) == expected


def test_the_strip_shows_the_most_urgent_cases_in_the_order_of_the_list() -> None:
    calm = [view(ask(), id=f"calm-{number}") for number in range(CASES_SHOWN)]
    offer = view(says_yes(), yes_kept(), claim=kept(), id="offer")
    shown = cases_view([*calm, offer], None)
    assert [case.id for case in shown.shown] == ["calm-0", "calm-1", "offer"]
    assert shown.more == 1


def test_a_setback_is_told_until_another_shelter_is_asked() -> None:
    def with_parts(*parts: Ask, **given: Any) -> CaseView:
        case = view(parts[0], **given)
        asks = tuple(ask for part in parts for ask in view(part).asks)
        return replace(case, asks=asks)

    refused = ask(settled="refused_by_desk", settled_at=NOW)
    before = ask(asked_at=NOW - timedelta(seconds=1))
    since = ask(asked_at=NOW + timedelta(seconds=1))
    assert with_parts(refused, before).setback is not None
    assert with_parts(refused, since).setback is None
    assert with_parts(refused, state="withdrawn").setback is None
    older = says_yes(settled="missed", settled_at=NOW - HOUR)
    setback = with_parts(refused, older).setback
    assert setback is not None
    assert setback.settled == "refused_by_desk"


def test_the_desk_sees_what_it_has_to_do_apart_from_the_rest() -> None:
    states = {"chosen": "to_decide", "provisional": "to_ratify", "housed": "to_ratify", "confirmed": "rest", "asking": "rest"}
    cases = [view(ask(), id=state, state=state) for state in states]
    cases.append(view(ask(step=len(STEPS)), id="silent"))
    cases.append(view(ask(step=len(STEPS), answer="discuss"), id="answered"))
    inbox = inbox_of(cases)._asdict()
    found = {case.id: name for name, section in inbox.items() for case in section}
    assert found == states | {"silent": "silent", "answered": "rest"}
