"""The life of a case: every state and event, how long a place is kept, and when silence is told."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.rules import cases
from bedboard.rules.cases import (
    ENDS,
    EVENTS,
    LONGEST_CASE,
    NEXT,
    ON_THE_WAY,
    OUTCOME_FORGOTTEN,
    OVER,
    RESERVED,
    SETTLED,
    STATES,
    STEPS,
    CaseState,
    Event,
    Patience,
    is_late,
    is_late_untold,
    late_moments,
    may_see_address,
    next_state,
    offer_ends,
    shows_needs,
    silence_step,
)
from bedboard.rules.refusals import Conflict
from tests.build.lives import LIVES, said_by_hand

NOW = datetime(2026, 3, 11, 13, 0, tzinfo=UTC)  # a Wednesday, 14:00 in Amsterdam
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")

quick = settings(deadline=None, max_examples=200)


# ---- the table


@pytest.mark.parametrize(("state", "event"), [*product(STATES, EVENTS)])
def test_every_event_in_every_state_has_its_next_state_or_refusal(state: CaseState, event: Event) -> None:
    expected = said_by_hand(state, event)
    if expected in STATES:
        assert next_state(state, event) == expected
    else:
        with pytest.raises(Conflict) as refused:
            next_state(state, event)
        assert refused.value.code == expected


def test_the_table_has_every_state_with_every_event_and_no_others() -> None:
    assert set(STATES) == set(get_args(CaseState)) == set(LIVES)
    assert set(EVENTS) == set(get_args(Event))
    assert set(NEXT) == set(product(STATES, EVENTS))


def test_a_row_with_a_cell_too_few_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "TABLE", cases.TABLE.replace("-going_on", "", 1))
    with pytest.raises(ValueError, match=r"shorter|longer"):
        cases._read_table()


def after(events: list[Event], begun: CaseState = "asking") -> list[CaseState]:
    """Return the states that a life goes through; a refused event changes nothing."""
    states: list[CaseState] = [begun]
    for event in events:
        try:
            states.append(next_state(states[-1], event))
        except Conflict:
            states.append(states[-1])
    return states


lives = st.lists(st.sampled_from(EVENTS), max_size=30)


@quick
@given(lives)
def test_a_case_that_is_over_stays_over_and_only_its_outcome_is_still_told(events: list[Event]) -> None:
    states = after(events)
    for event, before, now in zip(events, states, states[1:], strict=False):
        if before in OVER:
            assert now in OVER
            ways = {"tell_outcome": "ended", "lapse": "ended", "cancel": "cancelled", "arrive_after_all": "arrived"}
            assert now == before or (before, now) == ("withdrawn", ways.get(event))


@quick
@given(lives)
def test_no_case_ends_without_a_place_before_it_is_told_where_the_person_sleeps(events: list[Event]) -> None:
    states = after(events)
    if states[-1] == "ended":
        assert states[states.index("ended") - 1] == "withdrawn"
        assert events[states.index("ended") - 1] in ("tell_outcome", "lapse")  # or nobody has said it for so long


@quick
@given(lives)
def test_a_place_is_reserved_only_from_choosing_until_somebody_has_come_or_it_has_come_to_nothing(events: list[Event]) -> None:
    states = after(events)
    for event, before, now in zip(events, states, states[1:], strict=False):
        if now in RESERVED and before not in RESERVED:
            assert event.startswith("choose")
        if now in ("housed", "arrived") and before in RESERVED:
            assert event == "arrive"


@quick
@given(lives)
def test_whatever_has_happened_it_can_still_come_to_an_end(events: list[Event]) -> None:
    state = after(events)[-1]
    ways: dict[CaseState, list[Event]] = {"housed": ["confirm"], "arrived": [], "ended": [], "cancelled": []}
    assert after(ways.get(state, ["withdraw", "tell_outcome"]), state)[-1] in ENDS
    assert after(["lapse"], state)[-1] in OVER  # and by time alone nothing that was asked stays


@quick
@given(lives)
def test_the_desk_cannot_undo_that_they_are_there(events: list[Event]) -> None:
    state = after(events)[-1]
    if state in ("housed", "arrived"):
        assert after(["refuse", "miss", "withdraw", "choose", "ask"], state)[-1] == state


def test_the_groups_of_states_fit_together() -> None:
    assert OVER == {"arrived", "withdrawn", "ended", "cancelled"}
    assert ENDS == {state for state in STATES if not LIVES[state][0]} == {"arrived", "ended", "cancelled"}
    assert LONGEST_CASE < OUTCOME_FORGOTTEN
    assert RESERVED == {"chosen", "provisional", "confirmed"}
    assert ON_THE_WAY == {"provisional", "confirmed"}


# ---- how long


def test_an_offer_is_kept_for_an_hour() -> None:
    assert offer_ends(NOW) == NOW + HOUR


MORNING = datetime(2026, 3, 12, 7, 0, tzinfo=UTC)  # 08:00 in Amsterdam, of the day after NOW


def test_lateness_is_told_at_the_agreed_hour_an_hour_later_and_in_the_morning() -> None:
    assert late_moments(NOW, AMSTERDAM) == (NOW, NOW + HOUR, MORNING)
    told: datetime | None = None
    heard = []
    at = NOW - HOUR
    while at < NOW + 8 * DAY:
        if is_late_untold(NOW, told, AMSTERDAM, at):
            told = at
            heard.append(at)
        at += 5 * MINUTE
    assert heard == [NOW, NOW + HOUR, MORNING]
    assert is_late_untold(NOW, None, AMSTERDAM, NOW + 8 * DAY)  # a process that was down tells it once
    assert not is_late_untold(NOW, NOW + 8 * DAY, AMSTERDAM, NOW + 9 * DAY)


@pytest.mark.parametrize(
    ("agreed", "morning"),
    [
        (datetime(2026, 3, 11, 22, 59, tzinfo=UTC), MORNING),  # 23:59 in Amsterdam
        (datetime(2026, 3, 11, 23, 30, tzinfo=UTC), MORNING),  # 00:30
        (datetime(2026, 3, 12, 5, 0, tzinfo=UTC), MORNING),  # 06:00: told again at 07:00, and then at 08:00
        (datetime(2026, 3, 12, 5, 1, tzinfo=UTC), MORNING + DAY),
        (datetime(2026, 3, 12, 7, 0, tzinfo=UTC), MORNING + DAY),
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), datetime(2026, 3, 29, 6, 0, tzinfo=UTC)),  # summer time begins that night
        (datetime(2026, 3, 28, 9, 0, tzinfo=UTC), datetime(2026, 3, 29, 6, 0, tzinfo=UTC)),
    ],
)
def test_the_next_morning_is_the_first_one_after_the_night(agreed: datetime, morning: datetime) -> None:
    assert late_moments(agreed, AMSTERDAM)[-1] == morning


@pytest.mark.parametrize("state", STATES)
def test_a_case_is_late_from_the_agreed_hour_on_as_long_as_a_place_is_kept(state: CaseState) -> None:
    assert is_late(state, NOW, NOW) == (state in RESERVED)
    assert not is_late(state, NOW, NOW - TICK)
    assert not is_late(state, None, NOW + DAY)


@pytest.mark.parametrize("state", STATES)
def test_an_address_is_shown_for_twelve_hours_to_people_on_the_way(state: CaseState) -> None:
    on_the_way = state in ("provisional", "confirmed")
    assert may_see_address(state, NOW, NOW + HOUR, NOW) is on_the_way
    assert may_see_address(state, NOW, NOW + HOUR, NOW + 12 * HOUR - TICK) is on_the_way
    assert may_see_address(state, NOW, NOW + HOUR, NOW + 12 * HOUR) is False
    assert may_see_address(state, None, NOW + HOUR, NOW) is False


def test_on_a_later_journey_the_address_is_shown_around_the_agreed_hour_only() -> None:
    at = NOW + 30 * HOUR
    shown = [hour for hour in range(60) if may_see_address("confirmed", NOW, at, NOW + hour * HOUR)]
    assert shown == [*range(12), *range(25, 36)]  # six hours before and after
    assert may_see_address("confirmed", NOW, at, at - 6 * HOUR + TICK) and not may_see_address(
        "confirmed", NOW, at, at - 6 * HOUR
    )
    assert not may_see_address("confirmed", NOW, None, at)


@pytest.mark.parametrize("state", STATES)
def test_a_shelter_sees_the_needs_while_its_answer_counts_or_it_expects_them(state: CaseState) -> None:
    assert shows_needs(state, None)
    assert shows_needs(state, "chosen") is (state in ("chosen", "provisional", "confirmed"))
    assert not any(shows_needs(state, one) for one in SETTLED if one != "chosen")


# ---- silence


def test_silence_is_told_at_its_very_minutes() -> None:
    told = [silence_step(NOW, Patience(), NOW + at) for at in (0 * MINUTE, 5 * MINUTE - TICK, 5 * MINUTE, 10 * MINUTE - TICK)]
    assert told == [0, 0, 1, 1]
    told = [silence_step(NOW, Patience(), NOW + at) for at in (10 * MINUTE, 15 * MINUTE - TICK, 15 * MINUTE, 400 * HOUR)]
    assert told == [2, 2, 3, 3]


@quick
@given(st.lists(st.integers(1, 200), min_size=3, max_size=3), st.lists(st.integers(0, 800), min_size=2, max_size=2))
def test_silence_only_grows_and_never_past_the_last_step(steps: list[int], moments: list[int]) -> None:
    first, second, third = steps
    patience = Patience(first * MINUTE, (first + second) * MINUTE, (first + second + third) * MINUTE)
    early, late = sorted(moments)
    assert 0 <= silence_step(NOW, patience, NOW + early * MINUTE) <= silence_step(NOW, patience, NOW + late * MINUTE) <= 3
    assert patience.limits() == tuple(sorted(patience.limits()))
    assert len(STEPS) == len(patience.limits())
    for step, limit in enumerate(patience.limits(), start=1):
        assert silence_step(NOW, patience, NOW + limit) == step
