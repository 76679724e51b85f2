"""The strip and the list: the most urgent cases, what the desk has to do, and a setback of a case."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bedboard.rules.cases import STEPS
from bedboard.rules.claims import Claim
from bedboard.store.tables.cases import Ask
from bedboard.views.cards import Card
from bedboard.views.cases import CaseView
from bedboard.views.strip import cases_view, inbox_of
from tests.views.cases import HOUR, MINUTE, NOW, RESERVED, ask, card, kept, says_yes, view

CHOSEN: dict[str, Any] = {"settled": "chosen", "settled_at": NOW}
MISSED: dict[str, Any] = {"settled": "missed", "settled_at": NOW}


def yes_kept() -> Card:
    return card(w1=RESERVED)


def shown_first(*cases: CaseView, here: str = "") -> list[str]:
    """Return the ids of these cases in the order of the strip."""
    shown = cases_view(cases, None, NOW, here)
    return [case.id for case in (shown.first, *shown.others) if case is not None]


def test_people_who_have_not_arrived_go_before_an_offer() -> None:
    placement = kept()
    placement.expires_at = None
    offer = view(says_yes(), yes_kept(), claim=kept(), id="offer")
    for minutes, expected in ((1, ["offer", "late"]), (0, ["late", "offer"]), (-6000, ["late", "offer"])):
        arrives_at = NOW + minutes * MINUTE
        on_board = Claim("reservation", None, "police", "Politie Noord", case_id="r1", expected_at=arrives_at)
        given: dict[str, Any] = {"claim": placement, "state": "confirmed", "arrives_at": arrives_at, "id": "late"}
        late = view(says_yes(**CHOSEN), card(w1=on_board), **given)
        assert not late.is_lost
        assert shown_first(late, offer) == expected


def test_the_strip_shows_the_case_that_needs_somebody_most() -> None:
    cases = [
        view(says_yes(**CHOSEN), yes_kept(), claim=kept(), state="confirmed", id="calm"),
        view(ask(settled="withdrawn", settled_at=NOW), None, state="withdrawn", id="untold"),
        view(ask(), None, id="silent"),
        view(ask(answer="discuss"), None, id="to-call"),
        view(says_yes(), yes_kept(), claim=kept(), id="offer"),
        view(says_yes(**CHOSEN), None, state="confirmed", id="lost"),  # the shelter gave the place away
        view(says_yes(**MISSED), None, id="missed"),
    ]
    assert shown_first(*cases) == ["lost", "missed", "offer", "to-call", "silent", "untold", "calm"]
    assert shown_first(*cases, here="lost") == ["missed", "lost", "offer", "to-call", "silent", "untold", "calm"]


def test_a_strip_without_another_case_than_that_of_the_page_shows_none() -> None:
    shown = cases_view([view(ask(), None, id="here")], None, NOW, "here")
    assert shown.first is None
    assert [case.id for case in shown.others] == ["here"]


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
