"""The hours of a desk, and what a choice comes to at each of them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.rules.access import SEEKERS
from bedboard.rules.cases import Event
from bedboard.rules.deciding import DAYS, DaysOff, Deciding, choice_of, is_within

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")

quick = settings(deadline=None, max_examples=200)


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


# ---- days off

NETHERLANDS = DaysOff("NL", frozenset({date(2026, 12, 31)}))
DAY_HOURS, NIGHT_HOURS = "09:00-17:00", "22:00-06:00"


@pytest.mark.parametrize(
    ("hours", "at", "open_"),
    [
        (DAY_HOURS, "2026-12-24 16:59", True),
        (DAY_HOURS, "2026-12-25 09:00", False),  # a Friday
        (DAY_HOURS, "2026-12-25 16:59", False),
        (DAY_HOURS, "2026-12-28 09:00", True),
        (DAY_HOURS, "2026-12-31 11:00", False),  # a day of its own
        (DAY_HOURS, "2026-04-06 11:00", False),  # the Monday of Easter
        (DAY_HOURS, "2025-04-26 11:00", False),  # the King's day of a year in which the 27th is a Sunday
        (DAY_HOURS, "2025-04-28 11:00", True),
        (NIGHT_HOURS, "2026-12-24 22:00", True),  # the night before Christmas goes on after midnight
        (NIGHT_HOURS, "2026-12-25 00:00", True),
        (NIGHT_HOURS, "2026-12-25 05:59", True),
        (NIGHT_HOURS, "2026-12-25 06:00", False),
        (NIGHT_HOURS, "2026-12-25 21:59", False),
        (NIGHT_HOURS, "2026-12-25 22:00", False),  # and that of Christmas does not begin
        (NIGHT_HOURS, "2026-12-26 00:00", False),
        (NIGHT_HOURS, "2026-12-26 05:59", False),
        (NIGHT_HOURS, "2026-12-27 03:00", False),  # the night of the second day of Christmas
        (NIGHT_HOURS, "2026-12-27 22:00", True),
        (NIGHT_HOURS, "2027-01-01 03:00", False),  # the night of a day of its own, which is before a public holiday
        (NIGHT_HOURS, "2027-01-02 03:00", False),
        (NIGHT_HOURS, "2027-01-02 22:00", True),
    ],
)
def test_on_a_day_off_no_hours_begin_and_the_night_before_it_goes_on(hours: str, at: str, open_: bool) -> None:
    moment = datetime.fromisoformat(at)
    assert is_within(hours, moment, NETHERLANDS) is open_
    assert is_within(hours, moment) or not open_, "a day off never opens a desk"
    kind = Deciding("desk", hours, "provisional", NETHERLANDS)
    assert (kind.is_desk_open(moment), kind.counts_without_desk(moment)) == (open_, not open_)
    assert choice_of("police", kind, moment) == ("choose_for_desk" if open_ else "choose_provisionally")


def test_a_desk_without_hours_knows_no_days_off() -> None:
    assert Deciding("desk", None, "provisional", NETHERLANDS).is_desk_open(datetime.fromisoformat("2026-12-25 11:00"))
