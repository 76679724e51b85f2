"""How old the news of a shelter is, and when its picture changes by itself."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.rules.claims import Claim
from bedboard.rules.freshness import (
    LATE_AFTER,
    REMIND_BEFORE,
    Freshness,
    FreshnessLimits,
    Reminder,
    current_reminder,
    freshness_of,
    limits_for,
    oldest_confirmation,
    phase_at,
    turning_points,
)
from bedboard.rules.places import PlaceStatus, status_of
from tests.build.moments import AMSTERDAM, HOUR, MINUTE, NOW, TICK, USUAL, some_moments, some_times, utc

LIMITS = FreshnessLimits(2 * HOUR, 8 * HOUR)
quick = settings(deadline=None, max_examples=200)


# ---- age


@pytest.mark.parametrize(
    ("age", "shown"),
    [
        (timedelta(0), "fresh"),
        (-MINUTE, "fresh"),
        (2 * HOUR - TICK, "fresh"),
        (2 * HOUR, "ageing"),
        (8 * HOUR - TICK, "ageing"),
        (8 * HOUR, "stale"),
        (400 * HOUR, "stale"),
    ],
)
def test_news_is_under_two_hours_fresh_and_under_eight_ageing(age: timedelta, shown: Freshness) -> None:
    assert freshness_of(NOW - age, LIMITS, NOW) == shown


def test_a_shelter_that_never_confirmed_is_stale() -> None:
    assert freshness_of(None, LIMITS, NOW) == "stale"


@pytest.mark.parametrize(
    ("others", "strictest"),
    [
        ([], LIMITS),
        ([FreshnessLimits(HOUR, 9 * HOUR)], FreshnessLimits(HOUR, 8 * HOUR)),
        ([FreshnessLimits(3 * HOUR, 4 * HOUR), FreshnessLimits(5 * HOUR, 7 * HOUR)], FreshnessLimits(2 * HOUR, 4 * HOUR)),
    ],
)
def test_a_shelter_is_as_fresh_as_its_strictest_kind_asks(others: list[FreshnessLimits], strictest: FreshnessLimits) -> None:
    assert LIMITS.strictest(others) == strictest


DUE = utc(11, 15)  # 16:00 in Amsterdam


# ---- phases


Picture = tuple[Freshness, Reminder | None, tuple[PlaceStatus, ...]]


def picture(
    confirmed_at: datetime | None, created_at: datetime, times: Sequence[time], ends: Sequence[datetime], now: datetime
) -> Picture:
    """All that time alone can change of what is shown."""
    return (
        freshness_of(confirmed_at, LIMITS, now),
        current_reminder(confirmed_at, created_at, times, AMSTERDAM, now),
        tuple(status_of("open", Claim("hold", end, "police", "Plaatsing"), now) for end in ends),
    )


@pytest.mark.parametrize(("now", "phase"), [(NOW - TICK, 0), (NOW, 1), (NOW + HOUR - TICK, 1), (NOW + HOUR, 3)])
def test_a_phase_counts_the_points_that_have_passed(now: datetime, phase: int) -> None:
    assert phase_at([NOW, NOW + HOUR, NOW + HOUR, NOW + 2 * HOUR], now) == phase


def test_a_shelter_turns_at_its_ages_its_reminders_and_the_ends_of_its_claims() -> None:
    points = turning_points(NOW, NOW - HOUR, LIMITS, USUAL, AMSTERDAM, [NOW + 30 * MINUTE])
    expected = [
        NOW + 30 * MINUTE,
        DUE - REMIND_BEFORE,
        NOW + 2 * HOUR,
        DUE,
        DUE + LATE_AFTER,
        NOW + 8 * HOUR,
    ]
    assert points == sorted(expected)


some_ends = st.lists(st.integers(-60, 600), max_size=3)


@quick
@given(some_moments, some_times, some_ends, st.booleans(), st.lists(st.integers(0, 3000), min_size=2, max_size=12))
def test_the_phase_never_falls_and_while_it_stands_still_nothing_looks_different(
    at: datetime, times: list[time], ends: list[int], never: bool, minutes: list[int]
) -> None:
    confirmed_at = None if never else at
    claims = [at + end * MINUTE for end in ends]
    points = turning_points(confirmed_at, at, LIMITS, times, AMSTERDAM, claims)
    assert points == sorted(points)
    looks: dict[int, Picture] = {}
    last = 0
    watched = sorted([at + n * MINUTE for n in minutes] + [at + n * MINUTE - TICK for n in minutes] + points)
    for now in watched:
        phase = phase_at(points, now)
        assert phase >= last
        last = phase
        seen = picture(confirmed_at, at, times, claims, now)
        assert looks.setdefault(phase, seen) == seen


@quick
@given(some_moments, some_times, st.lists(st.tuples(st.integers(0, 700), st.booleans(), some_ends), max_size=12))
def test_a_board_that_keeps_the_highest_version_and_phase_keeps_the_newest_picture(
    start: datetime, times: list[time], steps: list[tuple[int, bool, list[int]]]
) -> None:
    """Two processes see the same pictures in any order; the pair alone says which one is newer."""
    now, version = start, 1
    confirmed_at: datetime | None = None
    claims: list[datetime] = []
    seen: list[tuple[tuple[int, int], Picture]] = []
    for minutes, changes, ends in steps:
        now += minutes * MINUTE
        if changes:
            version, confirmed_at, claims = version + 1, now, [now + end * MINUTE for end in ends]
        points = turning_points(confirmed_at, start, LIMITS, times, AMSTERDAM, claims)
        seen.append(((version, phase_at(points, now)), picture(confirmed_at, start, times, claims, now)))
    pairs = [pair for pair, _ in seen]
    assert pairs == sorted(pairs)
    shown: dict[tuple[int, int], Picture] = {}
    for pair, look in seen:
        assert shown.setdefault(pair, look) == look


@pytest.mark.parametrize(
    ("confirmed_at", "by_kind", "kinds", "oldest"),
    [
        (None, {}, [], None),
        (NOW, {}, [], NOW),  # a shelter without places
        (None, {}, ["cosm"], None),
        (NOW, {}, ["cosm", "women"], NOW),
        (NOW, {"cosm": NOW + HOUR}, ["cosm", "women"], NOW),
        (NOW, {"cosm": NOW + HOUR}, ["cosm"], NOW + HOUR),
        (NOW, {"cosm": NOW + HOUR, "women": NOW + 2 * HOUR}, ["cosm", "women"], NOW + HOUR),
        (NOW, {"cosm": NOW - HOUR}, ["cosm"], NOW),  # all of it was confirmed since
        (None, {"cosm": NOW}, ["cosm"], NOW),
        (None, {"cosm": NOW}, ["cosm", "women"], None),  # nobody ever said anything of the other kind
        (NOW, {"tents": NOW - HOUR}, ["cosm"], NOW),  # a kind that is not there any more
    ],
)
def test_a_shelter_is_as_old_as_its_oldest_kind(
    confirmed_at: datetime | None, by_kind: dict[str, datetime], kinds: list[str], oldest: datetime | None
) -> None:
    assert oldest_confirmation(confirmed_at, by_kind, kinds) == oldest


@pytest.mark.parametrize(
    ("own", "limits"),
    [
        ([], LIMITS),
        ([None], LIMITS),
        ([FreshnessLimits(HOUR, 9 * HOUR)], FreshnessLimits(HOUR, 9 * HOUR)),
        ([FreshnessLimits(HOUR, 9 * HOUR), None], FreshnessLimits(HOUR, 8 * HOUR)),
        ([FreshnessLimits(HOUR, 9 * HOUR), FreshnessLimits(3 * HOUR, 4 * HOUR)], FreshnessLimits(HOUR, 4 * HOUR)),
    ],
)
def test_the_strictest_kind_gives_the_limits_of_a_shelter(own: list[FreshnessLimits | None], limits: FreshnessLimits) -> None:
    assert limits_for(own, LIMITS) == limits
