"""When a case that nobody ends is over by itself: a second before and after each moment, and days later."""

from datetime import UTC, datetime, timedelta

import pytest

from bedboard.rules.cases import LONGEST_CASE, OUTCOME_FORGOTTEN, STATES
from bedboard.rules.lapses import forgotten_at, has_lapsed, lapses_at

NOW = datetime(2026, 3, 11, 13, 0, tzinfo=UTC)
HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("arrives_at", "begun_again_at", "last"),
    [
        (None, None, NOW),
        (NOW + 2 * HOUR, None, NOW + 2 * HOUR),
        (NOW + 6 * DAY, None, NOW + 6 * DAY),
        (None, NOW + 6 * DAY, NOW + 6 * DAY),
        (NOW + 3 * DAY, NOW + 2 * DAY, NOW + 3 * DAY),
    ],
)
def test_a_case_lapses_a_week_after_the_last_beginning_of_something(
    arrives_at: datetime | None, begun_again_at: datetime | None, last: datetime
) -> None:
    assert lapses_at(NOW, arrives_at, begun_again_at) == last + LONGEST_CASE


def test_the_question_where_somebody_slept_stays_a_week_at_least() -> None:
    assert forgotten_at(NOW, NOW) == NOW + OUTCOME_FORGOTTEN
    assert forgotten_at(NOW, NOW + LONGEST_CASE) == NOW + OUTCOME_FORGOTTEN
    assert forgotten_at(NOW, NOW + 13 * DAY) == NOW + 20 * DAY


@pytest.mark.parametrize("state", STATES)
def test_a_placement_has_lapsed_when_time_and_no_person_ended_it(state: str) -> None:
    arrives_at = NOW + 2 * HOUR
    end = arrives_at + LONGEST_CASE
    for over_at, expected in ((end - TICK, False), (end, True), (end + 5 * DAY, True), (None, False)):
        assert has_lapsed(state, NOW, arrives_at, over_at) == (expected and state == "withdrawn")
    assert not has_lapsed(state, NOW, None, NOW + 9 * DAY), "nothing was chosen, so nobody is on the way"
