"""The life of a request: every state and event, the decider at each hour, what may be said, and when silence is told."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.rules import cases
from bedboard.rules.access import SEEKERS
from bedboard.rules.cases import (
    ANSWERS,
    DAYS,
    ENDS,
    EVENTS,
    FORGOTTEN,
    KEPT_AFTER_ARRIVAL,
    KEPT_FOR_DESK,
    LONGEST,
    MOST_ASKED,
    NEXT,
    NO_REASONS,
    ON_THE_WAY,
    OVER,
    RESERVED,
    SETTLED,
    STATES,
    STEPS,
    CaseState,
    Deciding,
    Event,
    Patience,
    ShelterAnswer,
    check_answer,
    check_arrival,
    check_shelters,
    choice_ends,
    choice_of,
    is_within,
    may_see_address,
    next_state,
    offer_ends,
    shows_needs,
    silence_step,
)
from bedboard.rules.criteria import CRITERION_NAMES
from bedboard.rules.refusals import Conflict, Invalid
from tests.build.lives import LIVES, said_by_hand

NOW = datetime(2026, 3, 11, 13, 0, tzinfo=UTC)  # a Wednesday, 14:00 in Amsterdam
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
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
            assert now == before or (before, now, event in ("tell_outcome", "lapse")) == ("withdrawn", "ended", True)


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
    ways: dict[CaseState, list[Event]] = {"housed": ["confirm"], "arrived": [], "ended": []}
    assert after(ways.get(state, ["withdraw", "tell_outcome"]), state)[-1] in ("arrived", "ended")
    assert after(["lapse"], state)[-1] in OVER  # and by time alone nothing that was asked stays


@quick
@given(lives)
def test_the_desk_cannot_undo_that_they_are_there(events: list[Event]) -> None:
    state = after(events)[-1]
    if state in ("housed", "arrived"):
        assert after(["refuse", "miss", "withdraw", "choose", "ask"], state)[-1] == state


def test_the_groups_of_states_fit_together() -> None:
    assert OVER == {"arrived", "withdrawn", "ended"}
    assert ENDS == {state for state in STATES if not LIVES[state][0]} == {"arrived", "ended"}
    assert LONGEST < FORGOTTEN
    assert RESERVED == {"chosen", "provisional", "confirmed"}
    assert ON_THE_WAY == {"provisional", "confirmed"}


# ---- the hours of a desk

MONDAY = datetime(2026, 3, 9)  # noqa: DTZ001  (local, as the rule wants it)


@pytest.mark.parametrize(
    ("hours", "day", "clock", "open_"),
    [
        ("09:00-17:00", 0, "08:59", False),
        ("09:00-17:00", 0, "09:00", True),
        ("09:00-17:00", 6, "16:59", True),
        ("09:00-17:00", 6, "17:00", False),
        ("mon-fri 09:00-17:00", 0, "09:00", True),
        ("mon-fri 09:00-17:00", 4, "16:59", True),
        ("mon-fri 09:00-17:00", 5, "12:00", False),
        ("mon-fri 09:00-17:00", 6, "12:00", False),
        ("sat-mon 10:00-12:00", 5, "11:00", True),
        ("sat-mon 10:00-12:00", 0, "11:00", True),
        ("sat-mon 10:00-12:00", 1, "11:00", False),
        ("sat-mon 10:00-12:00", 4, "11:00", False),
        ("wed-wed 10:00-12:00", 2, "11:00", True),
        ("wed-wed 10:00-12:00", 3, "11:00", False),
        ("00:00-24:00", 3, "00:00", True),
        ("00:00-24:00", 3, "23:59", True),
        ("22:00-06:00", 3, "21:59", False),
        ("22:00-06:00", 3, "22:00", True),
        ("22:00-06:00", 3, "05:59", True),
        ("22:00-06:00", 3, "06:00", False),
        ("mon-fri 22:00-06:00", 0, "03:00", False),  # that is the night of Sunday
        ("mon-fri 22:00-06:00", 0, "23:00", True),
        ("mon-fri 22:00-06:00", 5, "05:59", True),  # and that of Friday
        ("mon-fri 22:00-06:00", 5, "22:00", False),
        ("08:00-08:00", 2, "03:00", True),  # around the clock
        ("mon-mon 08:00-08:00", 1, "07:59", True),
        ("mon-mon 08:00-08:00", 1, "08:00", False),
    ],
)
def test_the_desk_is_open_by_day_and_hour(hours: str, day: int, clock: str, open_: bool) -> None:
    hour, minute = map(int, clock.split(":"))
    assert is_within(hours, MONDAY + timedelta(days=day, hours=hour, minutes=minute, seconds=59)) is open_


@pytest.mark.parametrize(
    "hours", ["", "9:00-17:00", "09:00", "09:00-25:00", "24:00-24:00", "monday-friday 09:00-17:00", "mon 09:00-17:00", "x"]
)
def test_hours_that_are_none_are_an_error(hours: str) -> None:
    with pytest.raises(ValueError, match="hours are like"):
        is_within(hours, MONDAY)


@quick
@given(
    st.tuples(st.integers(0, 6), st.integers(0, 6)) | st.none(),
    st.integers(0, 1439),
    st.integers(0, 1440),
    st.integers(0, 7 * 1440 - 1),
)
def test_the_hours_are_the_minutes_of_the_week_that_one_counts_by_hand(
    days: tuple[int, int] | None, opens: int, closes: int, minute: int
) -> None:
    first, last = days or (0, 6)
    count = (last - first) % 7 + 1
    length = closes - opens if closes > opens else closes - opens + 1440
    week = {(((first + n) % 7) * 1440 + opens + passed) % (7 * 1440) for n in range(count) for passed in range(length)}
    text = f"{opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}"
    hours = f"{DAYS[first]}-{DAYS[last]} {text}" if days else text
    assert is_within(hours, MONDAY + minute * MINUTE) is (minute in week)


def local(*at: int) -> datetime:
    """That moment of UTC (year to minute), in Amsterdam."""
    year, month, day, hour, minute = at
    return datetime(year, month, day, hour, minute, tzinfo=UTC).astimezone(AMSTERDAM)


def minutes_within(hours: str, begun: datetime, minutes: int) -> int:
    """How many of the real minutes after this one are within the hours on the wall."""
    utc = begun.astimezone(UTC)
    return sum(is_within(hours, (utc + n * MINUTE).astimezone(AMSTERDAM)) for n in range(minutes))


def test_the_hours_are_those_of_the_clock_on_the_wall_in_winter_and_in_summer() -> None:
    for day, opens in ((local(2026, 1, 14, 0, 0), 8), (local(2026, 7, 15, 0, 0), 7)):
        first = day.astimezone(UTC).replace(hour=opens)
        assert not is_within("09:00-17:00", (first - MINUTE).astimezone(AMSTERDAM))
        assert is_within("09:00-17:00", first.astimezone(AMSTERDAM))
        assert is_within("09:00-17:00", (first + 8 * HOUR - MINUTE).astimezone(AMSTERDAM))
        assert not is_within("09:00-17:00", (first + 8 * HOUR).astimezone(AMSTERDAM))


@pytest.mark.parametrize(
    ("begun", "at_two", "all_night"),
    [
        (local(2026, 3, 27, 20, 0), 60, 8 * 60),
        (local(2026, 3, 28, 20, 0), 0, 7 * 60),  # from two to three there is nothing
        (local(2026, 10, 24, 20, 0), 120, 9 * 60),  # and here it is twice
    ],
    ids=["a plain night", "spring", "autumn"],
)
def test_in_a_night_in_which_the_clocks_change_the_desk_goes_by_the_wall(begun: datetime, at_two: int, all_night: int) -> None:
    assert minutes_within("02:00-03:00", begun, 12 * 60) == at_two
    assert minutes_within("23:00-07:00", begun, 12 * 60) == all_night


# ---- who decides

OPEN, SHUT = local(2026, 3, 11, 13, 0), local(2026, 3, 11, 23, 0)  # Wednesday 14:00, and midnight


@pytest.mark.parametrize(
    ("kind", "by_day", "by_night"),
    [
        (Deciding("shelter"), "choose", "choose"),
        (Deciding("police"), "choose", "choose"),
        (Deciding("desk"), "choose_for_desk", "choose_for_desk"),
        (Deciding("desk", None, "provisional"), "choose_for_desk", "choose_for_desk"),
        (Deciding("desk", "09:00-17:00"), "choose_for_desk", "choose_for_desk"),
        (Deciding("desk", "09:00-17:00", "provisional"), "choose_for_desk", "choose_provisionally"),
        (Deciding("desk", "mon-tue 09:00-17:00", "provisional"), "choose_provisionally", "choose_provisionally"),
        (Deciding("shelter", "09:00-17:00", "provisional"), "choose", "choose"),  # hours of a desk that does not decide
    ],
)
def test_the_kind_and_the_hour_decide_what_a_choice_is(kind: Deciding, by_day: Event, by_night: Event) -> None:
    for role in sorted(SEEKERS - {"desk"}):
        assert (choice_of(role, kind, OPEN), choice_of(role, kind, SHUT)) == (by_day, by_night)
    assert choice_of("desk", kind, OPEN) == choice_of("desk", kind, SHUT) == "choose"


def test_a_desk_is_there_in_its_hours_and_only_for_what_it_decides() -> None:
    assert Deciding("desk").is_desk_open(SHUT)
    assert Deciding("desk", "09:00-17:00").is_desk_open(OPEN)
    assert not Deciding("desk", "09:00-17:00").is_desk_open(SHUT)
    assert not Deciding("shelter").is_desk_open(OPEN)


# ---- what may be said


def wrong_fields(said: ShelterAnswer) -> set[tuple[str, str]]:
    try:
        check_answer(said)
    except Invalid as refusal:
        return {(field.field, field.code) for field in refusal.fields}
    return set()


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (ShelterAnswer("yes", "linde-1"), set()),
        (ShelterAnswer("discuss"), set()),
        *((ShelterAnswer("no", reason=reason), set()) for reason in NO_REASONS if reason != "contra_indication"),
        *((ShelterAnswer("no", None, "contra_indication", name), set()) for name in sorted(CRITERION_NAMES)),
        (ShelterAnswer("yes"), {("place", "missing")}),
        (ShelterAnswer("discuss", "linde-1"), {("place", "only_with_yes")}),
        (ShelterAnswer("no", "linde-1", "no_staff"), {("place", "only_with_yes")}),
        (ShelterAnswer("no"), {("reason", "needed_to_refuse")}),
        (ShelterAnswer("no", reason="tired"), {("reason", "not_one_of")}),
        (ShelterAnswer("no", reason=""), {("reason", "not_one_of")}),
        (ShelterAnswer("yes", "linde-1", "no_place"), {("reason", "only_with_no")}),
        (ShelterAnswer("discuss", reason="no_place"), {("reason", "only_with_no")}),
        (ShelterAnswer("no", None, "contra_indication"), {("criterion", "missing")}),
        (ShelterAnswer("no", None, "contra_indication", "size"), {("criterion", "not_one_of")}),
        (ShelterAnswer("no", None, "no_place", "man"), {("criterion", "only_with_contra_indication")}),
        (ShelterAnswer("yes", "linde-1", None, "man"), {("criterion", "only_with_contra_indication")}),
        (
            ShelterAnswer("discuss", "linde-1", "no_place", "man"),
            {("place", "only_with_yes"), ("reason", "only_with_no"), ("criterion", "only_with_contra_indication")},
        ),
    ],
)
def test_an_answer_has_the_fields_that_go_with_it_and_no_others(said: ShelterAnswer, wrong: set[tuple[str, str]]) -> None:
    assert wrong_fields(said) == wrong


@quick
@given(
    st.builds(
        ShelterAnswer,
        st.sampled_from(ANSWERS),
        st.none() | st.just("linde-1"),
        st.none() | st.sampled_from([*NO_REASONS, "tired"]),
        st.none() | st.sampled_from(["man", "lvb", "size"]),
    )
)
def test_an_answer_is_right_when_it_is_one_of_three_shapes(said: ShelterAnswer) -> None:
    is_yes = said.answer == "yes" and said.place_id is not None and said.reason is None and said.criterion is None
    is_discuss = said == ShelterAnswer("discuss")
    is_no = said.answer == "no" and said.place_id is None and said.reason in NO_REASONS
    is_no = is_no and (said.criterion in CRITERION_NAMES if said.reason == "contra_indication" else said.criterion is None)
    assert (wrong_fields(said) == set()) == (is_yes or is_discuss or is_no)


def shelters(count: int, begin: int = 0) -> list[str]:
    return [f"s{n}" for n in range(begin, begin + count)]


@pytest.mark.parametrize(
    ("asked", "present", "code"),
    [
        (shelters(1), [], None),
        (shelters(8), [], None),
        (shelters(3), shelters(5, 10), None),
        ([], [], "missing"),
        ([], shelters(3), "missing"),
        (shelters(9), [], "too_many_shelters"),
        (shelters(1), shelters(8, 10), "too_many_shelters"),
        (["s0", "s0"], [], "asked_already"),
        (["s0", "s1"], ["s1"], "asked_already"),
    ],
)
def test_eight_shelters_are_asked_at_most_each_once(asked: list[str], present: list[str], code: str | None) -> None:
    if code is None:
        check_shelters(asked, present)
        return
    with pytest.raises(Invalid) as refused:
        check_shelters(asked, present)
    (field,) = refused.value.fields
    assert (field.field, field.code) == ("shelters", code)
    assert field.detail == ({"most": MOST_ASKED} if code == "too_many_shelters" else {})


def test_a_shelter_that_said_no_leaves_room_and_is_not_asked_again() -> None:
    check_shelters(shelters(8), [], shelters(8, 10))
    check_shelters(shelters(3), shelters(5, 10), shelters(8, 20))
    with pytest.raises(Invalid):
        check_shelters(["s10"], [], ["s10"])


@pytest.mark.parametrize(
    ("arrives_at", "code"),
    [
        (NOW, None),
        (NOW - MINUTE, None),  # while it was typed
        (NOW + 48 * HOUR, None),
        (NOW - MINUTE - TICK, "in_the_past"),
        (NOW + 48 * HOUR + TICK, "more_than_two_days"),
    ],
)
def test_they_arrive_within_two_days(arrives_at: datetime, code: str | None) -> None:
    if code is None:
        assert check_arrival(arrives_at, NOW) == arrives_at
        return
    with pytest.raises(Invalid) as refused:
        check_arrival(arrives_at, NOW)
    assert [(field.field, field.code) for field in refused.value.fields] == [("arrives_at", code)]


def test_when_nobody_says_when_they_arrive_it_is_in_two_hours() -> None:
    assert check_arrival(None, NOW) == NOW + 2 * HOUR


# ---- how long


def test_an_offer_is_kept_for_an_hour() -> None:
    assert offer_ends(NOW) == NOW + HOUR


@quick
@given(st.integers(-2, 48 * 60))
def test_a_chosen_place_is_kept_past_the_agreed_hour_and_longer_until_the_desk_decides(minutes: int) -> None:
    arrives_at = NOW + minutes * MINUTE
    decided, undecided = (choice_ends(arrives_at, NOW, is_decided=one) for one in (True, False))
    assert decided >= max(arrives_at, NOW) + KEPT_AFTER_ARRIVAL
    assert undecided >= max(arrives_at, NOW) + KEPT_FOR_DESK > decided


def test_a_place_that_counts_until_the_desk_has_looked_is_still_kept_when_it_opens_after_a_weekend() -> None:
    friday = datetime(2026, 3, 13, 16, 0, tzinfo=UTC)  # 17:00 in Amsterdam: it has just closed
    monday = datetime(2026, 3, 16, 8, 0, tzinfo=UTC)
    hours = "mon-fri 09:00-17:00"
    assert not is_within(hours, friday.astimezone(AMSTERDAM)) and is_within(hours, monday.astimezone(AMSTERDAM))
    assert choice_ends(check_arrival(None, friday), friday, is_decided=False) > monday + HOUR


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
