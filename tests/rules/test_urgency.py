"""Which of somebody's cases comes first: the order of need, and the moment from which an offer is in a hurry."""

from datetime import UTC, datetime, timedelta

import pytest

from bedboard.rules.urgency import LAPSES_SOON, LAPSING, WAITING, Situation, need_of

NOW = datetime(2026, 11, 30, 2, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CALM = Situation("asking", is_lost=False, is_late=False, offers_until=(), is_offered=False, is_discussed=False)
SOON, LATER = (NOW + LAPSES_SOON,), (NOW + LAPSES_SOON + SECOND,)

IN_ORDER = {
    "a place that is lost": CALM._replace(state="confirmed", is_lost=True),
    "people who are late": CALM._replace(state="confirmed", is_late=True),
    "an offer that has ended a moment ago, as far as the clock goes": CALM._replace(offers_until=(NOW - SECOND,)),
    "an offer that ends soon": CALM._replace(offers_until=SOON),
    "a case that others offer": CALM._replace(is_offered=True),
    "an offer that waits": CALM._replace(offers_until=LATER),
    "an offer that waits longer": CALM._replace(offers_until=(LATER[0] + SECOND,)),
    "a shelter that wants to be called": CALM._replace(is_discussed=True),
    "shelters that are silent": CALM,
    "the question where they sleep": CALM._replace(state="withdrawn"),
    "a choice that needs nobody": CALM._replace(state="confirmed"),
}


def test_cases_are_in_the_order_of_their_need() -> None:
    assert sorted(IN_ORDER, key=lambda name: need_of(IN_ORDER[name], NOW), reverse=False) == list(IN_ORDER)


@pytest.mark.parametrize(
    ("left", "step"),
    [(LAPSES_SOON - SECOND, LAPSING), (LAPSES_SOON, LAPSING), (LAPSES_SOON + SECOND, WAITING), (timedelta(days=3), WAITING)],
)
def test_an_offer_is_in_a_hurry_from_a_moment_on(left: timedelta, step: int) -> None:
    assert need_of(CALM._replace(offers_until=(NOW + left,)), NOW).step == step


def test_of_several_offers_the_one_that_ends_first_counts() -> None:
    two = CALM._replace(offers_until=(*LATER, *SOON))
    assert need_of(two, NOW) == need_of(CALM._replace(offers_until=SOON), NOW)


def test_a_lost_place_goes_before_everything_of_the_same_case() -> None:
    both = CALM._replace(is_lost=True, is_late=True, offers_until=SOON)
    assert need_of(both, NOW) == need_of(IN_ORDER["a place that is lost"], NOW)
