"""Freshness: the age of a shelter's news, its reminders, and the moments at which its picture changes by itself.

Everything here follows from stored moments and `now`; nothing waits for a job to have run.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from bedboard.rules.cases import late_moments

Freshness = Literal["fresh", "ageing", "stale"]

REMIND_BEFORE = timedelta(minutes=30)
LATE_AFTER = timedelta(hours=1)
COUNTED_WITHIN = timedelta(minutes=5)  # after it is known whether a moment was kept; the job comes every half minute


@dataclass(frozen=True, slots=True)
class FreshnessLimits:
    """The ages up to which news is fresh and ageing; older news is stale."""

    fresh: timedelta
    ageing: timedelta

    def strictest(self, others: Iterable["FreshnessLimits"]) -> "FreshnessLimits":
        """Return the strictest of these limits, for a shelter with several kinds."""
        every = [self, *others]
        return FreshnessLimits(min(x.fresh for x in every), min(x.ageing for x in every))


USUAL_LIMITS = FreshnessLimits(timedelta(hours=2), timedelta(hours=8))  # where a deployment and a kind say nothing else


def limits_for(kinds: Iterable[FreshnessLimits | None], usual: FreshnessLimits) -> FreshnessLimits:
    """Return the strictest limits of a shelter's kinds; a kind with None, and a shelter without kinds, has the `usual` ones."""
    own = [limits or usual for limits in kinds]
    return own[0].strictest(own[1:]) if own else usual


def oldest_confirmation(
    confirmed_at: datetime | None, by_kind: Mapping[str, datetime], kinds: Collection[str]
) -> datetime | None:
    """Return the moment of the kind that was confirmed longest ago: a shelter is as fresh as that; None: one never was.

    `confirmed_at`: of the whole shelter. `by_kind`: later confirmations of single kinds. `kinds`: those of its places.
    """
    moments = [max((at for at in (confirmed_at, by_kind.get(kind)) if at is not None), default=None) for kind in kinds]
    known = [at for at in moments if at is not None]
    return confirmed_at if not moments else min(known) if len(known) == len(moments) else None


def freshness_of(confirmed_at: datetime | None, limits: FreshnessLimits, now: datetime) -> Freshness:
    """Return how fresh the news is; None was never confirmed, which is stale: nobody knows, so call."""
    if confirmed_at is None:
        return "stale"
    age = now - confirmed_at
    if age < limits.fresh:
        return "fresh"
    return "ageing" if age < limits.ageing else "stale"


def confirm_moments(times: Iterable[time], zone: ZoneInfo, around: date) -> Sequence[datetime]:
    """Return the confirmation moments of the day before, the day itself and the two days after, ascending, aware in UTC.

    Two, because a confirmation just before midnight may cover a moment just after it.
    A time that the change to summer time skips (02:30) falls where the clock then stands, an hour later; one that the
    change to winter time repeats counts once, the first.
    """
    return _confirm_moments(tuple(times), zone, around)


@lru_cache(1000)  # most shelters have the same times, and every card asks several times
def _confirm_moments(times: tuple[time, ...], zone: ZoneInfo, around: date) -> Sequence[datetime]:
    utc = ZoneInfo("UTC")
    moments = {
        datetime.combine(around + timedelta(days=days), at, tzinfo=zone).astimezone(utc)
        for days in (-1, 0, 1, 2)
        for at in times
    }
    return tuple(sorted(moments))


def due_moment(confirmed_at: datetime, times: Iterable[time], zone: ZoneInfo) -> datetime | None:
    """Return the first confirmation moment that a confirmation at `confirmed_at` does not cover; None without times.

    A confirmation counts for a moment from half an hour before it, when the reminder goes out.
    """
    day = confirmed_at.astimezone(zone).date()
    for moment in confirm_moments(times, zone, day):
        if moment - REMIND_BEFORE > confirmed_at:
            return moment
    return None


class Confirmation(NamedTuple):
    """How far a shelter is confirmed: as a whole at `at` (None: never), by this kind of actor; `kinds`: single ones later."""

    at: datetime | None
    by: str
    kinds: Mapping[str, datetime]


def confirmed_whole(present: Confirmation, by: str, seen_at: datetime) -> Confirmation:
    """Return the confirmation after a report about the whole shelter as of `seen_at`, unless something newer is known."""
    at = max(present.at or seen_at, seen_at)
    return Confirmation(at, by, {kind: moment for kind, moment in present.kinds.items() if moment > at})


def confirmed_last(present: Confirmation, kinds: Iterable[str]) -> datetime | None:
    """Return when one of these kinds was confirmed last, by itself or with the whole shelter; None: never."""
    moments = [present.at, *(present.kinds.get(kind) for kind in kinds)]
    return max((at for at in moments if at is not None), default=None)


def confirmed_partly(present: Confirmation, by: str, seen_at: datetime, kinds: Iterable[str]) -> Confirmation:
    """Return the confirmation after a report about these kinds only."""
    newer = {kind: max(present.kinds.get(kind, seen_at), seen_at) for kind in kinds}
    return Confirmation(present.at, by, {**present.kinds, **newer})


class Confirming(NamedTuple):
    """A report that confirmed a whole shelter as of `seen_at`. `before`: as it was confirmed until then; None: not known."""

    seen_at: datetime
    by: str
    is_undone: bool
    before: Confirmation | None


def confirmation_left(reports: Sequence[Confirming], present: Confirmation) -> Confirmation:
    """Return the confirmation that is left without the undone reports.

    `reports`: in the order in which they came. They begin with one whose `before` is known, and that is what they build on. Of
    `present`, only the kinds that were confirmed by themselves meanwhile count.
    """
    first = reports[0].before
    if first is None:
        return present
    at, by = first.at, first.by
    for report in reports:
        if not report.is_undone:
            at, by = report.seen_at if at is None else max(at, report.seen_at), report.by
    kinds = {kind: max(moments) for kind, moments in _moments(first.kinds, present.kinds).items()}
    kinds = {kind: moment for kind, moment in kinds.items() if at is None or moment > at}
    is_newer = any(moment != first.kinds.get(kind) for kind, moment in kinds.items())
    return Confirmation(at, present.by if is_newer else by, kinds)


def _moments(*every: Mapping[str, datetime]) -> dict[str, list[datetime]]:
    return {kind: [one[kind] for one in every if kind in one] for kind in set().union(*every)}


ReminderStep = Literal["before", "due", "late", "closure"]


class Reminder(NamedTuple):
    """A reminder to confirm: `due_at` is the moment of the confirmation, `step` how late it is. The desk sees the late ones.

    With the step "closure" it asks about a closed place that should be open by `due_at`.
    """

    due_at: datetime
    step: ReminderStep


def reminder_at(due_at: datetime, now: datetime) -> Reminder | None:
    """Return the reminder for one moment; None while it is too early for it."""
    if now < due_at - REMIND_BEFORE:
        return None
    if now < due_at:
        return Reminder(due_at, "before")
    return Reminder(due_at, "due" if now < due_at + LATE_AFTER else "late")


def current_reminder(
    confirmed_at: datetime | None, created_at: datetime, times: Iterable[time], zone: ZoneInfo, now: datetime
) -> Reminder | None:
    """Return the reminder on the shelter's page now; None when there is none. A new shelter counts from `created_at`."""
    due_at = due_moment(confirmed_at or created_at, times, zone)
    return None if due_at is None else reminder_at(due_at, now)


def latest_reminder(confirmed_at: datetime | None, times: Iterable[time], zone: ZoneInfo, now: datetime) -> Reminder | None:
    """Return the reminder to send, once per step: of the latest moment whose half hour has begun, unless it is confirmed."""
    day = now.astimezone(zone).date()
    begun = [m for m in confirm_moments(times, zone, day) if m - REMIND_BEFORE <= now]
    if not begun or (confirmed_at is not None and confirmed_at >= begun[-1] - REMIND_BEFORE):
        return None
    return reminder_at(begun[-1], now)


def moment_to_count(created_at: datetime, times: Iterable[time], zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the confirmation moment of which it is known since a short time whether it was kept; None: there is none.

    That is `LATE_AFTER` after it. One from before the shelter was added is none.
    """
    known = [m for m in confirm_moments(list(times), zone, now.astimezone(zone).date()) if m + LATE_AFTER <= now]
    is_new = bool(known) and now < known[-1] + LATE_AFTER + COUNTED_WITHIN and created_at <= known[-1] - REMIND_BEFORE
    return known[-1] if is_new else None


def is_on_time(confirmed_at: datetime | None, moment: datetime) -> bool:
    """Return whether a shelter that was last confirmed at `confirmed_at` (None: never) kept this moment, when it is counted."""
    return confirmed_at is not None and confirmed_at >= moment - REMIND_BEFORE


def closure_reminder(expected_end: datetime, zone: ZoneInfo, now: datetime) -> Reminder | None:
    """Return the reminder to send, once, for a place that is still closed: of the latest moment of telling that has come."""
    come = [moment for moment in late_moments(expected_end, zone) if moment <= now]
    return Reminder(max(come), "closure") if come else None


def turning_points(
    confirmed_at: datetime | None,
    created_at: datetime,
    limits: FreshnessLimits,
    times: Iterable[time],
    zone: ZoneInfo,
    claim_ends: Iterable[datetime],
) -> list[datetime]:
    """Return the moments, ascending, at which a shelter looks different though nobody has touched it.

    The number of them that have passed is its phase. Together with the version, which every change raises, the phase orders all
    pictures of a shelter on every process alike: a board shows a pair (version, phase) and never goes back to a lower one.
    """
    points = list(claim_ends)
    if confirmed_at is not None:
        points += [confirmed_at + limits.fresh, confirmed_at + limits.ageing]
    due_at = due_moment(confirmed_at or created_at, times, zone)
    if due_at is not None:
        points += [due_at - REMIND_BEFORE, due_at, due_at + LATE_AFTER]
    return sorted(points)


def phase_at(points: Iterable[datetime], now: datetime) -> int:
    """Return the number of turning points that have passed."""
    return sum(point <= now for point in points)
