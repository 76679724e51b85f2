"""Replay a month of a city's shelters with staff who forget, are late and answer: the worth of a board at 22:00.

    python bench/trust.py                          a made-up month of the same shape
    python bench/trust.py toronto-2024-01.csv      the real one (docs/trust.md says where it is from)

Nothing is served and nothing waits: moments are numbers, and `rules/freshness.py` decides on freshness and reminders. The staff
are assumed: `Staff` has the numbers and the reasons. Chance is the same under each policy. No figure is a test.
"""

import argparse
import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from statistics import mean
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bedboard.actions.reminders import TOLD_BY_DEVICE
from bedboard.city.toronto import read_days
from bedboard.rules.freshness import LATE_AFTER, REMIND_BEFORE, USUAL_LIMITS, confirm_moments, freshness_of, latest_reminder

ZONE = ZoneInfo("America/Toronto")
ASKED_AT = time(22)
CALLS_FROM, CALLS_UNTIL = 18, 24  # local hours
CALLS = 4  # of each shelter in an evening
USUAL_TIMES = (time(8), time(16), time(21, 30))


@dataclass(frozen=True, slots=True)
class Staff:
    """The assumptions about people. Nobody has measured it for this board: a pilot replaces these numbers.

    `keeps`: the share of days on which a shelter sees to its board unasked, as the two numbers of a beta distribution with a
    median of 0.8: half of the German houses kept theirs up on 80 % of days (docs/trust.md). Shared among the day's moments.
    `answers`: a message that is answered at all. People who have agreed to answer short questions on a telephone answer about
    three of four; these have other work to do.
    `answer_minutes`, `report_minutes`: the median delay, with a long tail (half of it is within a third and three times that).
    `busy`: mornings, afternoons and evenings in which nobody can answer any message: a crisis, or nobody is there.
    `reports`: a change that is tapped. `looks`: a confirmation for which somebody counts first; others are a blind tap.
    `rest`: the answer to "is the rest still right?" after a change in a shelter whose news is too old.
    `leaves`: the share of occupied places that empty on a day and are taken again.
    """

    keeps: tuple[float, float] = (2.0, 0.7)
    answers: float = 0.65
    answer_minutes: float = 8
    busy: float = 0.05
    reports: float = 0.7
    report_minutes: float = 20
    looks: float = 0.85
    rest: float = 0.6
    leaves: float = 0.04


@dataclass(frozen=True, slots=True)
class Policy:
    """The reminders that are sent: those with these steps, by `rules/freshness.py`. `times`: of confirmation."""

    name: str
    steps: frozenset[str]
    times: tuple[time, ...] = USUAL_TIMES


POLICIES = (
    Policy("none", frozenset()),
    Policy("one, at the moment", frozenset({"due"})),
    Policy("as designed", frozenset(TOLD_BY_DEVICE)),
    Policy("earlier", frozenset(TOLD_BY_DEVICE), (time(8), time(16), time(21))),
    Policy("twice in the evening", frozenset(TOLD_BY_DEVICE), (time(8), time(16), time(20, 30), time(21, 30))),
    Policy("earlier, and an hour after", frozenset({*TOLD_BY_DEVICE, "late"}), (time(8), time(16), time(20, 45))),
)
"""Beyond the first three, those that would help: other times of a shelter, or a third message, which is not built."""

DESIGNED = POLICIES[2]


class Night(NamedTuple):
    """The places of a shelter at the city's count of one night."""

    occupied: int
    free: int


Shelters = Mapping[str, Mapping[date, Night]]


@dataclass(slots=True)
class Result:
    """Counts of one policy.

    `fresh`: by evening, whether each shelter was fresh. `calls`: whether there was a place, by whether the board showed the
    shelter in grey, and whether it showed a free place. `sent`: reminders. `days`: of all shelters together.
    """

    fresh: dict[date, list[bool]] = field(default_factory=dict)
    calls: dict[tuple[bool, bool], list[bool]] = field(default_factory=lambda: defaultdict(list))
    sent: int = 0
    days: int = 0

    def shares(self) -> list[float]:
        return [mean(evening) for evening in self.fresh.values()]


def read_city(path: Path) -> Shelters:
    shelters: dict[str, dict[date, Night]] = {}
    for day in read_days(path).values():
        for one in day.programmes:
            shelters.setdefault(one.id, {})[day.on] = Night(one.occupied, one.free)
    return shelters


def make_up(count: int, days: int, seed: int) -> Shelters:
    """Return a month of the city's shape: most shelters nearly full, some large, a night much like the one before."""
    random = Random(f"city {seed}")
    shelters: dict[str, dict[date, Night]] = {}
    for number in range(count):
        size = max(4, int(random.lognormvariate(3.6, 0.8)))
        free = random.choice((0, 0, 0, 1, 2, size // 10))
        nights = shelters.setdefault(f"s{number}", {})
        for day in range(days):
            free = min(size, max(0, free + random.choice((-2, -1, 0, 0, 0, 0, 1, 2))))
            nights[date(2024, 1, 1) + timedelta(days=day)] = Night(size - free, free)
    return shelters


def local(on: date, hours: float) -> datetime:
    """Return the moment that many hours after midnight of this day, in UTC."""
    return (datetime.combine(on, time(), tzinfo=ZONE) + timedelta(hours=hours)).astimezone(UTC)


def part_of_day(at: datetime) -> str:
    shown = at.astimezone(ZONE)
    return f"{shown.date()} {'morning' if shown.hour < 12 else 'afternoon' if shown.hour < 18 else 'evening'}"


def changes(before: Night, after: Night, on: date, staff: Staff, random: Random) -> Iterator[tuple[datetime, int]]:
    """Yield when the free places of a shelter change between two counts, and by how much.

    People leave by day and come in the evening, so there are never fewer than none.
    """
    leaving = sum(random.random() < staff.leaves for _ in range(before.occupied))
    coming = before.free + leaving - after.free
    for _ in range(leaving - min(0, coming)):
        yield local(on, random.uniform(8, 14)), 1
    for _ in range(max(0, coming)):
        yield local(on, random.triangular(14, 24, 19)), -1


def delay(median: float, random: Random) -> timedelta:
    return timedelta(minutes=random.lognormvariate(0, 1.6) * median)


class Event(NamedTuple):
    at: datetime
    what: str
    number: int = 0
    """By how much the free places change."""
    key: str = ""
    """The occasion, by which chance is drawn."""


class Simulation:
    """One shelter under one policy. Chance is drawn by the name of the occasion, so it is the same under each policy."""

    def __init__(
        self, name: str, nights: Mapping[date, Night], policy: Policy, staff: Staff, seed: int, result: Result
    ) -> None:
        self.name, self.nights, self.policy, self.staff, self.seed, self.result = name, nights, policy, staff, seed, result
        kept = self.chance("kept").betavariate(*staff.keeps)
        self.habit = 1 - (1 - kept) ** (1 / len(policy.times))
        first = min(nights)
        self.free = self.shown = nights[first].free
        self.confirmed_at = local(first, 28)
        self.events: list[Event] = []

    def chance(self, occasion: str) -> Random:
        return Random(f"{self.seed} {self.name} {occasion}")

    def run(self) -> None:
        last: Night | None = None
        for on, night in self.nights.items():
            if last is not None and on - timedelta(days=1) in self.nights:
                self.plan_day(on, last, night)
            last = night
        while self.events:
            event = heapq.heappop(self.events)
            getattr(self, f"on_{event.what}")(event)

    def plan_day(self, on: date, before: Night, after: Night) -> None:
        """Plan the events of a day without a message: changes, habits, looks of the job that reminds, and calls."""
        self.result.days += 1
        random = self.chance(f"{on}")
        for at, by in changes(before, after, on, self.staff, random):
            self.plan(at, "change", by, f"{at}")
        for number, at in enumerate(m for m in confirm_moments(self.policy.times, ZONE, on) if m.astimezone(ZONE).date() == on):
            key = f"{on} {number}"
            if random.random() < self.habit:
                self.plan(at + timedelta(minutes=random.gauss(0, 45)), "confirm", key=key)
            for moment in (at - REMIND_BEFORE, at, at + LATE_AFTER):
                self.plan(moment, "remind", key=key)
        self.plan(local(on, ASKED_AT.hour), "evening")
        for _ in range(CALLS):
            self.plan(local(on, random.uniform(CALLS_FROM, CALLS_UNTIL)), "call")

    def plan(self, at: datetime, what: str, number: int = 0, key: str = "") -> None:
        heapq.heappush(self.events, Event(at, what, number, key))

    def on_change(self, event: Event) -> None:
        self.free += event.number
        random = self.chance(f"report {event.key}")
        if random.random() < self.staff.reports:
            self.plan(event.at + delay(self.staff.report_minutes, random), "report", event.number, event.key)

    def on_report(self, event: Event) -> None:
        """Tap one place: it confirms the shelter, unless its news is too old. Then one button asks for the rest."""
        self.shown = max(0, self.shown + event.number)
        if freshness_of(self.confirmed_at, USUAL_LIMITS, event.at) != "stale":
            self.confirmed_at = event.at
        elif self.chance(f"rest {event.key}").random() < self.staff.rest:
            self.on_confirm(event)

    def on_confirm(self, event: Event) -> None:
        if self.chance(f"look {event.key}").random() < self.staff.looks:
            self.shown = self.free
        self.confirmed_at = event.at

    def on_remind(self, event: Event) -> None:
        reminder = latest_reminder(self.confirmed_at, self.policy.times, ZONE, event.at)
        if reminder is None or reminder.step not in self.policy.steps:
            return
        self.result.sent += 1
        random = self.chance(f"{reminder.step} {event.key}")
        is_busy = self.chance(f"busy {part_of_day(event.at)}").random() < self.staff.busy
        if random.random() < self.staff.answers and not is_busy:
            self.plan(event.at + delay(self.staff.answer_minutes, random), "confirm", key=event.key)

    def on_evening(self, event: Event) -> None:
        is_fresh = freshness_of(self.confirmed_at, USUAL_LIMITS, event.at) == "fresh"
        self.result.fresh.setdefault(event.at.astimezone(ZONE).date(), []).append(is_fresh)

    def on_call(self, event: Event) -> None:
        is_grey = freshness_of(self.confirmed_at, USUAL_LIMITS, event.at) == "stale"
        self.result.calls[is_grey, self.shown > 0].append(self.free > 0)


def simulate(city: Shelters, policy: Policy, staff: Staff, seed: int) -> Result:
    result = Result()
    for name, nights in city.items():
        Simulation(name, nights, policy, staff, seed, result).run()
    return result


def share(places: list[bool]) -> str:
    return f"{mean(places):.1%} of {len(places)}" if places else "none"


def measure(city: Shelters, staff: Staff, seed: int, *, daily: bool = False) -> None:
    """Print the table of the policies; `daily`: the share of fresh shelters of each evening too."""
    for policy in POLICIES:
        result = simulate(city, policy, staff, seed)
        fresh = result.shares()
        print(f"{policy.name} ({', '.join(f'{at:%H:%M}' for at in policy.times)})")
        print(f"  fresh at {ASKED_AT:%H:%M}: {mean(fresh):.1%} of shelters on average, {min(fresh):.1%} on the worst evening")
        print(f"  called because shown as free: there was a place in {share(result.calls[False, True])}")
        print(f"  the same of shelters in grey: {share(result.calls[True, True])}")
        print(f"  shown as full and yet a place: {share(result.calls[False, False])}")
        print(f"  reminders for each shelter and day: {result.sent / result.days:.2f}")
        if daily:
            print("  by day: " + " ".join(f"{one:.0%}" for one in fresh))


def report_others(city: Shelters, seed: int) -> None:
    """Print how much depends on two assumptions: how often a message is answered, and how often a change is tapped."""
    for answers in (0.5, 0.8, 0.9):
        staff = Staff(answers=answers)
        shares = ", ".join(f"{one.name} {mean(simulate(city, one, staff, seed).shares()):.1%}" for one in POLICIES[1:])
        print(f"fresh when {answers:.0%} of the messages are answered: {shares}")
    for reports, looks in ((0.5, 0.7), (0.9, 0.95), (1.0, 1.0)):
        result = simulate(city, DESIGNED, Staff(reports=reports, looks=looks), seed)
        places = share(result.calls[False, True])
        print(f"as designed, {reports:.0%} of changes tapped, counted before {looks:.0%} of confirmations: a place in {places}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("csv", nargs="?", type=Path, help="a month of the City of Toronto; without it, one is made up")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    city = read_city(asked.csv) if asked.csv else make_up(135, 31, asked.seed)
    print(f"{len(city)} shelters; {Staff()}")
    measure(city, Staff(), asked.seed, daily=True)
    report_others(city, asked.seed)


if __name__ == "__main__":
    main()
