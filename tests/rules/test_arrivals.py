"""The agreed hour of a placement: when it is far away, which other hours may be said, and the hours of intake."""

from datetime import UTC, datetime, timedelta

import pytest

from bedboard.rules.arrivals import check_changed_arrival, is_early, is_outside_intake
from bedboard.rules.refusals import Invalid

NOW = datetime(2026, 3, 11, 13, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def test_an_arrival_is_early_until_an_hour_before_the_agreed_one() -> None:
    at = NOW + 3 * HOUR
    moments = (NOW, at - HOUR - SECOND, at - HOUR, at - HOUR + SECOND, at, at + 24 * HOUR)
    assert [is_early(at, now) for now in moments] == [True, True, False, False, False, False]
    assert not is_early(None, NOW)


@pytest.mark.parametrize(
    ("ahead", "taken_ago", "code"),
    [
        (0 * HOUR, None, ""),
        (-MINUTE, None, ""),  # the form was drawn a moment ago
        (-MINUTE - SECOND, None, "in_the_past"),
        (24 * HOUR, None, ""),
        (24 * HOUR + SECOND, None, "more_than_a_day"),
        (8 * HOUR, 0 * HOUR, ""),
        (8 * HOUR + SECOND, 0 * HOUR, "taken_too_long"),
        (HOUR, 7 * HOUR, ""),
        (HOUR, 7 * HOUR + SECOND, "taken_too_long"),
    ],
)
def test_another_hour_is_within_a_day_and_of_a_place_that_was_taken_within_a_shift(
    ahead: timedelta, taken_ago: timedelta | None, code: str
) -> None:
    taken_at = None if taken_ago is None else NOW - taken_ago
    if not code:
        assert check_changed_arrival(NOW + ahead, NOW, taken_at) == NOW + ahead
        return
    with pytest.raises(Invalid) as refusal:
        check_changed_arrival(NOW + ahead, NOW, taken_at)
    assert [(one.field, one.code) for one in refusal.value.fields] == [("arrives_at", code)]


def test_after_the_choice_there_is_no_usual_hour() -> None:
    with pytest.raises(Invalid) as refusal:
        check_changed_arrival(None, NOW)
    assert [(one.field, one.code) for one in refusal.value.fields] == [("arrives_at", "missing")]


@pytest.mark.parametrize(
    ("intake", "clock", "outside"),
    [
        ((0, 1440), "03:30", False),
        ((480, 1320), "08:00", False),
        ((480, 1320), "21:59", False),
        ((480, 1320), "22:00", True),
        ((480, 1320), "07:59", True),
        ((1320, 360), "23:00", False),  # over midnight
        ((1320, 360), "05:59", False),
        ((1320, 360), "06:00", True),
        ((540, 540), "09:00", False),  # all day and night, said in another way
    ],
)
def test_an_hour_is_outside_the_hours_of_intake(intake: tuple[int, int], clock: str, outside: bool) -> None:
    local = datetime.fromisoformat(f"2026-03-11T{clock}:00+01:00")
    assert is_outside_intake(intake, local) is outside
