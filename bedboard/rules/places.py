"""Places: the stored state, the status that a board shows, and the changes that are possible."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol, get_args

from bedboard.rules.claims import Claim, Lasting, is_live
from bedboard.rules.refusals import Conflict, FieldError, Invalid

PlaceState = Literal["open", "occupied", "closed"]  # in the database
PlaceStatus = Literal["free", "held", "reserved", "occupied", "closed"]  # on the board
Reported = Literal["free", "occupied", "closed"]  # by a shelter

PLACE_STATUSES: tuple[PlaceStatus, ...] = get_args(PlaceStatus)

# Why a place is closed, and the usual time until it opens again. A closure always has an expected end (empty is not
# available, and a closure without an end is never looked at again); a shelter that knows better says so.
CLOSED_REASONS: Mapping[str, timedelta] = {
    "cleaning": timedelta(hours=2),
    "repair": timedelta(days=1),
    "no_staff": timedelta(hours=12),
    "quarantine": timedelta(days=5),
    "safety": timedelta(days=1),
    "to_check": timedelta(hours=12),
    "other": timedelta(days=1),
}

FURTHEST_EXPECTED = timedelta(days=366)
LONGEST_AGO = timedelta(days=366)
CLOCK_SKEW = timedelta(seconds=60)  # a sender's clock may be this far ahead of ours


class Occupancy(NamedTuple):
    """The stored state of a place. `since`: when it became so; `observed_at`: when somebody last saw that it is so."""

    state: PlaceState
    since: datetime
    observed_at: datetime
    expected_free_at: datetime | None = None
    closed_reason: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """A change of one place, as a shelter reports it.

    `expected_free_at`: when it is expected to be free again; None is unknown (for a closed place: the usual time of its
    reason). `observed_at`: when this was seen; None is now.
    """

    status: Reported
    reason: str | None = None
    expected_free_at: datetime | None = None
    observed_at: datetime | None = None


def status_of(state: PlaceState, claim: Claim | None, now: datetime) -> PlaceStatus:
    """Return the status that a board shows: closed before occupied before reserved before held before free."""
    if state != "open":
        return state
    if claim is None or not is_live(claim, now):
        return "free"
    return "reserved" if claim.type == "reservation" else "held"


class Existing(Protocol):
    """A place, as far as its existence goes. Both moments are None for a place that is always there."""

    @property
    def state(self) -> str: ...
    @property
    def exists_from(self) -> datetime | None: ...
    @property
    def exists_until(self) -> datetime | None: ...


def is_there(place: Existing, claim: Lasting | None, now: datetime) -> bool:
    """Return whether a place exists at this moment: one for some nights stays after its end while people are in it or on
    their way. `claim`: its claim that nobody has ended.
    """
    begins, ends = place.exists_from, place.exists_until
    if begins is None or ends is None or begins <= now < ends:
        return True
    return now >= ends and (place.state == "occupied" or is_live(claim, now))


def reported_of(state: PlaceState) -> Reported:
    """Return the stored state in the word that a shelter uses."""
    return "free" if state == "open" else state


def count_statuses(statuses: Iterable[PlaceStatus]) -> dict[str, int]:
    """Return every status with its count, and `total`, their sum."""
    counted = Counter(statuses)
    counts: dict[str, int] = {status: counted[status] for status in PLACE_STATUSES}
    counts["total"] = counted.total()
    return counts


def check_observed_at(observed_at: datetime | None, now: datetime) -> datetime:
    """Return the moment of observation; None is now. Refuse one in the future; a slightly fast clock is set back to now."""
    if observed_at is None:
        return now
    if observed_at > now + CLOCK_SKEW:
        raise Invalid(FieldError("observed_at", "in_the_future"))
    if observed_at < now - LONGEST_AGO:
        raise Invalid(FieldError("observed_at", "too_far_away"))
    return min(observed_at, now)


def _check_reason(change: PlaceChange) -> list[FieldError]:
    """Return what is wrong with the reason for closing; empty when nothing is."""
    if change.status == "closed":
        if change.reason is None:
            return [FieldError("reason", "needed_to_close")]
        if change.reason not in CLOSED_REASONS:
            return [FieldError("reason", "unknown_reason")]
    elif change.reason is not None:
        return [FieldError("reason", "only_when_closed")]
    return []


def _check_expected(change: PlaceChange, now: datetime) -> list[FieldError]:
    """Return what is wrong with the moment at which the place should be free; empty when nothing is."""
    expected = change.expected_free_at
    if expected is None:
        return []
    if change.status == "free":
        return [FieldError("expected_free_at", "free_already")]
    if expected <= now:
        return [FieldError("expected_free_at", "in_the_past")]
    if expected > now + FURTHEST_EXPECTED:
        return [FieldError("expected_free_at", "too_far_away")]
    return []


def change_occupancy(present: Occupancy, change: PlaceChange, now: datetime) -> Occupancy:
    """Return the occupancy after the change. Claims do not matter: the shelter sees the place, and that counts more.

    Refusals: Invalid with every field that cannot be right; Conflict `overtaken` when something newer is known already.
    """
    wrong = _check_reason(change) + _check_expected(change, now)
    expected = change.expected_free_at
    try:
        observed_at = check_observed_at(change.observed_at, now)
    except Invalid as refusal:
        wrong.extend(refusal.fields)
    if wrong:
        raise Invalid(*wrong)
    is_possible = present.observed_at <= now + CLOCK_SKEW  # one that lies ahead was made by a wrong clock
    if change.observed_at is None and is_possible:
        observed_at = max(observed_at, present.observed_at)  # "just now" is never old, also on a server whose clock lags
    if is_possible and observed_at < present.observed_at:
        raise Conflict("overtaken", known_at=present.observed_at)

    state: PlaceState = "open" if change.status == "free" else change.status
    if state == "closed" and change.reason is not None and expected is None:
        expected = now + CLOSED_REASONS[change.reason]
    return Occupancy(
        state=state,
        since=present.since if present.state == state else observed_at,
        observed_at=observed_at,
        expected_free_at=expected,
        closed_reason=change.reason if state == "closed" else None,
    )


@dataclass(frozen=True, slots=True)
class KindCount:
    """The numbers of one kind, from a shelter that knows only numbers.

    `empty`: nobody sleeps there and it is usable, whether promised or not. `closed` None leaves their number as it is.
    """

    empty: int
    closed: int | None = None


class Counted(NamedTuple):
    """One place of the kind, as `spread_counts` needs it; `id` is the place's, `claimed`: its claim is live."""

    id: str
    state: PlaceState
    claimed: bool


def spread_counts(kind: str, places: Iterable[Counted], count: KindCount) -> dict[str, PlaceState]:
    """Return the places that have to change so that exactly `count.empty` are open, each with its new state.

    Places of one kind are interchangeable, so as few as possible change, in the order given. The claimed ones are the first to
    be open: a claim takes one of the empty places, and what is left is free. With more claims than empty places nothing is
    free, and `unplaced_count` tells the rest. Refusal: Invalid when the numbers cannot be.
    """
    every = list(places)
    closed = sum(place.state == "closed" for place in every) if count.closed is None else count.closed
    if min(count.empty, closed) < 0 or count.empty + closed > len(every):
        detail = {"empty": count.empty, "closed": closed, "total": len(every)}
        raise Invalid(FieldError(f"kinds.{kind}.empty", "more_than_places", detail))
    loose, claimed = [p for p in every if not p.claimed], [p for p in every if p.claimed]
    kept = min(count.empty, len(claimed))
    shut: Counter[PlaceState] = Counter({"closed": closed, "occupied": len(every) - count.empty - closed})
    # The loose ones first: only claimed ones may be shut without need, so they fit into what is left.
    leaving = [_leaving(group, opened, shut) for group, opened in ((loose, count.empty - kept), (claimed, kept))]
    changes: dict[str, PlaceState] = {}
    for moved, opened in leaving:
        for place in moved[:opened]:
            changes[place.id] = "open"
        for place in moved[opened:]:
            state: PlaceState = "closed" if shut["closed"] else "occupied"
            shut[state] -= 1
            changes[place.id] = state
    return changes


def _leaving(group: Sequence[Counted], opened: int, shut: Counter[PlaceState]) -> tuple[list[Counted], int]:
    """Return the places of the group that cannot stay as they are, and how many of them become open.

    `opened`: how many of the group are to be open. `shut`: how many may be shut in each way; those that stay so are taken off.
    """
    closing, leaving = len(group) - opened, []
    for place in group:
        if place.state == "open" and opened:
            opened -= 1
        elif closing and shut[place.state]:
            closing -= 1
            shut[place.state] -= 1
        else:
            leaving.append(place)
    return leaving, opened


def unplaced_count(free: int, shut_out: int) -> int:
    """Return how many promises of one kind have no place.

    `shut_out`: the live claims on places that are not open; each `free` place of the kind can stand in for one of them.
    """
    return max(0, shut_out - free)
