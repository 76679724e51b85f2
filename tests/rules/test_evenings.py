"""The evenings of the regional overview: which have come, and on how many of them nothing was free."""

from datetime import datetime, timedelta

import pytest

from bedboard.rules.evenings import EVENING_AT, Full, count_full, list_evenings
from tests.build.moments import AMSTERDAM, TICK, utc

TEN = utc(11, 21)  # 22:00 in Amsterdam, in winter time


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (TEN - TICK, utc(10, 21)),
        (TEN, TEN),
        (TEN + TICK, TEN),
        (TEN + timedelta(hours=2), TEN),  # it is tomorrow there
        (utc(29, 20), utc(29, 20)),  # the first evening of summer time
        (utc(29, 20) - TICK, utc(28, 21)),
    ],
)
def test_an_evening_counts_from_its_hour_on(now: datetime, last: datetime) -> None:
    assert list_evenings(AMSTERDAM, now)[-1] == last


def test_evenings_are_in_a_row_also_when_the_clocks_change() -> None:
    evenings = list_evenings(AMSTERDAM, utc(31, 12))
    assert len(evenings) == 30
    assert {one.timetz().replace(tzinfo=None) for one in evenings} == {EVENING_AT}
    assert [one.date() - evenings[0].date() for one in evenings] == [timedelta(days=n) for n in range(30)]


def test_a_deployment_that_keeps_claims_for_two_days_looks_at_two_evenings() -> None:
    assert len(list_evenings(AMSTERDAM, TEN, 2)) == 2


def test_an_evening_without_a_free_place_was_full() -> None:
    assert count_full([0, 3, 0, 1]) == Full(4, 2)
    assert count_full([]) == Full(0, 0)
