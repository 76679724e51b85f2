"""A case on a shelter's own page: the household only as long as it concerns the shelter, its offers, and the order of cases."""

from datetime import timedelta
from typing import Any

import pytest

from bedboard.store.tables.board import ClaimRecord
from bedboard.store.tables.cases import Ask
from bedboard.views.cards import Card
from bedboard.views.staff import AskedView, asked_section, asked_view, is_refused_here
from tests.views.cases import CATALOGUE, HOUR, MINUTE, NOW, RESERVED, ask, card, hold, kept, open_profile, record, says_yes


def seen(one: Ask, shown: Card | None = None, claim: ClaimRecord | None = None, **given: Any) -> AskedView:
    """Return the case with this part as linde sees it."""
    row = record(**given)
    claims = {} if claim is None else {claim.id: claim}
    return asked_view(row, one, claims, shown or card(), "Politie Noord", CATALOGUE, open_profile, NOW, is_refused_here=False)


@pytest.mark.parametrize(
    ("one", "state", "shows"),
    [
        (ask(), "asking", True),
        (ask(answer="no", reason="no_staff"), "asking", True),
        (says_yes(settled="chosen", settled_at=NOW), "chosen", True),
        (says_yes(settled="chosen", settled_at=NOW), "confirmed", True),
        (says_yes(settled="chosen", settled_at=NOW), "housed", False),
        (says_yes(settled="other_chosen", settled_at=NOW), "confirmed", False),
        (ask(settled="withdrawn", settled_at=NOW), "withdrawn", False),
    ],
)
def test_a_shelter_sees_the_household_only_while_it_is_asked_or_expects_them(one: Ask, state: str, shows: bool) -> None:
    shown = seen(one, state=state)
    assert (shown.needs is not None) == shows
    assert (list(shown.criteria) != []) == shows
    assert ([reason.criterion for reason in shown.discuss] == ["lvb"]) == shows


def test_a_shelter_offers_free_places_and_those_held_for_the_requester() -> None:
    shown = card(e1=hold("person:mark"), e2=hold("person:joke"), w1=RESERVED)
    offers = seen(ask(kind_code="cosm"), shown).offers
    assert [(one.place.id, one.is_theirs) for one in offers] == [("c1", False), ("e1", True), ("w2", False)]


def test_a_settled_case_has_no_offers() -> None:
    assert list(seen(says_yes(settled="other_chosen", settled_at=NOW), state="confirmed").offers) == []


@pytest.mark.parametrize(("late_by", "is_late"), [(-timedelta(seconds=1), False), (timedelta(0), True), (HOUR, True)])
def test_a_chosen_shelter_is_asked_whether_they_came_from_the_agreed_hour(late_by: timedelta, is_late: bool) -> None:
    one = says_yes(settled="chosen", settled_at=NOW - HOUR)
    shown = seen(one, claim=kept(), state="confirmed", arrives_at=NOW - late_by)
    assert (shown.is_late, shown.waits, shown.group) == (is_late, is_late, "coming")
    assert shown.news == ("late" if is_late else "confirmed")


def test_the_hour_of_arrival_is_only_for_the_chosen_shelter() -> None:
    assert seen(says_yes(settled="other_chosen", settled_at=NOW), state="confirmed", arrives_at=NOW).arrives_at is None


def test_cases_that_wait_for_the_shelter_come_first_and_the_next_arrival_first() -> None:
    chosen: dict[str, Any] = {"settled": "chosen", "settled_at": NOW}
    discuss = seen(ask(asked_at=NOW - 3 * HOUR, answer="discuss"), id="discuss")
    silent = seen(ask(asked_at=NOW - 2 * HOUR), id="silent")
    newer = seen(ask(asked_at=NOW - HOUR), id="newer")
    evening = seen(says_yes(**chosen), id="evening", state="confirmed", arrives_at=NOW + 5 * HOUR)
    soon = seen(says_yes(**chosen), id="soon", state="confirmed", arrives_at=NOW + HOUR)
    late = seen(says_yes(**chosen), id="late", state="confirmed", arrives_at=NOW - MINUTE)
    over = seen(says_yes(settled="other_chosen", settled_at=NOW), id="over", state="confirmed")
    section = asked_section([over, newer, late, evening, soon, silent, discuss], NOW)
    groups = {name: [one.id for one in getattr(section, name)] for name in ("late", "open", "coming", "over")}
    assert groups == {
        "late": ["late"],
        "open": ["silent", "newer", "discuss"],
        "coming": ["soon", "evening"],
        "over": ["over"],
    }
    assert section.waiting_count == 3


def test_the_kept_refusal_of_the_desk_is_about_the_last_shelter_that_it_refused() -> None:
    row = record(refusal="not_safe")
    first = ask(settled="refused_by_desk", settled_at=NOW - HOUR)
    last = ask(shelter_id="wilg", settled="refused_by_desk", settled_at=NOW)
    other = ask(shelter_id="ceder", settled="missed", settled_at=NOW + HOUR)
    every = [first, last, other]
    assert [is_refused_here(row, one, every) for one in every] == [False, True, False]
    assert not is_refused_here(record(), last, every)
