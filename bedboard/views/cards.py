"""A shelter at one moment: the card from which every projection (board, staff page, JSON, totals) is made."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from bedboard.rules.claims import is_live
from bedboard.rules.criteria import exploitations, takes
from bedboard.rules.fit import Terms, make_terms
from bedboard.rules.freshness import (
    Freshness,
    FreshnessLimits,
    Reminder,
    current_reminder,
    freshness_of,
    limits_for,
    phase_at,
    turning_points,
)
from bedboard.rules.places import PlaceStatus, count_statuses, is_there, status_of, unplaced_count
from bedboard.store.board import Catalogue, PlaceRow, ShelterRow

UNDRAWN = -1  # a phase: the picture says only that its shelter is unknown, and may replace any other of its version
MARKS_AT_MOST = 24  # a shelter with more places shows a proportional bar instead of a mark for each


class Stamp(NamedTuple):
    """The age of a picture of a shelter: a higher stamp is newer, on every process. Written as "57.1", if `UNDRAWN` "57.x"."""

    version: int
    phase: int

    def __str__(self) -> str:
        return f"{self.version}.{'x' if self.phase == UNDRAWN else self.phase}"


class ClaimView(NamedTuple):
    """A live claim on a place: its organization and role, never the name of a person."""

    type: str
    organization: str
    role: str
    until: datetime | None
    """None: a placement, which has no end by the clock."""
    id: str
    holder_key: str | None = None
    """The person or program whose page shows more about it (`Actor.key`); no projection gives it out."""
    case_id: str | None = None
    """The case of a reservation; only the shelter's own page shows it."""
    expected_at: datetime | None = None
    """The agreed arrival of a placement."""
    is_late: bool = False
    """That hour has passed, and nobody has said whether they came."""


class PlaceView(NamedTuple):
    """One place at one moment."""

    id: str
    label: str
    kind: str
    beds: int
    cots: int
    status: PlaceStatus
    since: datetime
    expected_free_at: datetime | None
    closed_reason: str | None
    claim: ClaimView | None
    terms: Terms
    position: int
    is_overdue: bool = False
    """It should have been free by now, and nobody has said so."""
    shut_out: ClaimView | None = None
    """A live claim on a place that the shelter calls occupied or closed; `claim` is None then."""
    exists_from: datetime | None = None
    """With `exists_until` the time for which a temporary place is there; None: it always is."""
    exists_until: datetime | None = None

    @property
    def is_plain(self) -> bool:
        """Return whether the sheet to change it is the same as that of others, but for the place."""
        return self.status in ("free", "occupied") and not (self.claim or self.shut_out or self.expected_free_at)


Nights = tuple[datetime | None, datetime | None]
"""From when until when a place is there; None: it always is."""


class Temporary(NamedTuple):
    """Places of one kind that are there from one moment to another. `is_coming`: they are not there yet."""

    kind: str
    exists_from: datetime
    exists_until: datetime
    number: int
    is_coming: bool


class Lot(NamedTuple):
    """Places of one shelter with the same kind, size, terms and nights, so that a search need not tell them apart. `free`:
    those of `places` that are free now; a hold on one of them gets any of them."""

    kind: str
    terms: Terms
    beds: int
    cots: int
    places: tuple[PlaceView, ...]
    free: tuple[PlaceView, ...]
    exists_from: datetime | None = None
    exists_until: datetime | None = None

    @property
    def id(self) -> str:
        """Return the id of its first place, which stays the same whatever is free."""
        return self.places[0].id


@dataclass(frozen=True)
class Card:
    """One shelter at one moment. `counts` has every status and `total`; `kinds` has such counts per kind, in board order.
    `asks_rest`: stale, and something of it is newer than its news, so that its people are asked about the rest.
    `unplaced`: the number of promises without a place per kind that has any.

    `changes_at`: when time alone changes the card; None: never. `never_confirmed` goes with freshness stale.
    """

    id: str
    name: str
    unit: str
    unit_name: str
    organization: str
    stamp: Stamp
    freshness: Freshness
    confirmed_at: datetime | None
    reminder: Reminder | None
    intake_from_minutes: int
    intake_until_minutes: int
    takes: tuple[str, ...]
    exploitation: tuple[str, ...]
    terms: Terms
    places: tuple[PlaceView, ...]
    changes_at: datetime | None
    confirmed_by_system: bool = False
    asks_rest: bool = False
    coming: tuple[PlaceRow, ...] = ()
    """Temporary places that are not there yet: no number counts them."""

    @property
    def never_confirmed(self) -> bool:
        return self.confirmed_at is None

    @property
    def as_bar(self) -> bool:
        return len(self.places) > MARKS_AT_MOST

    @cached_property
    def lots(self) -> tuple[Lot, ...]:
        """Return its places as lots; kept with the card, so that a search looks at lots, not places."""
        found: dict[tuple[tuple[str, Terms, int, int], Nights], list[PlaceView]] = {}
        for place in self.places:
            key = (place.kind, place.terms, place.beds, place.cots)
            found.setdefault((key, (place.exists_from, place.exists_until)), []).append(place)
        return tuple(
            Lot(*key, tuple(places), tuple(place for place in places if place.status == "free"), *nights)
            for (key, nights), places in found.items()
        )

    @cached_property
    def temporary(self) -> tuple[Temporary, ...]:
        """Return its temporary places, those that are to come included, in the order in which they begin."""
        every = [(place.exists_from, place.exists_until, place.kind, False) for place in self.places]
        every += [(place.exists_from, place.exists_until, place.kind, True) for place in self.coming]
        counted = Counter(one for one in every if one[0] is not None)
        return tuple(
            Temporary(kind, begins, ends, number, is_coming)
            for (begins, ends, kind, is_coming), number in sorted(counted.items())
            if begins is not None and ends is not None
        )

    def lot_of(self, place_id: str) -> Lot | None:
        """Return the lot of a place; None when the place is not of this shelter."""
        return self._lot_of_place.get(place_id)

    @cached_property
    def _lot_of_place(self) -> Mapping[str, Lot]:
        return {place.id: lot for lot in self.lots for place in lot.places}

    @cached_property
    def counts(self) -> Mapping[str, int]:
        return count_statuses(place.status for place in self.places)

    @cached_property
    def kinds(self) -> Mapping[str, Mapping[str, int]]:
        by_kind: dict[str, list[PlaceStatus]] = {}
        for place in self.places:
            by_kind.setdefault(place.kind, []).append(place.status)
        return {kind: count_statuses(statuses) for kind, statuses in by_kind.items()}

    @cached_property
    def unplaced(self) -> Mapping[str, int]:
        shut_out = Counter(place.kind for place in self.places if place.shut_out)
        counts = {kind: unplaced_count(self.kinds[kind]["free"], number) for kind, number in shut_out.items()}
        return {kind: number for kind, number in counts.items() if number}


def make_card(row: ShelterRow, catalogue: Catalogue, limits: FreshnessLimits, now: datetime) -> Card:
    """Return the card of a shelter at this moment.

    `limits`: those of the settings; stricter limits of a kind go before them.
    """
    limits = limits_for({catalogue.kinds[place.kind].limits for place in row.places}, limits)
    points = turning_points(
        row.confirmed_at,
        row.created_at,
        limits,
        row.confirm_times,
        catalogue.zone,
        [moment for place in row.places for moment in _moments_of(place) if moment is not None],
    )
    phase = phase_at(points, now)
    terms = _terms(row, {})
    unit = catalogue.units[row.unit]
    return Card(
        id=row.id,
        name=row.name,
        unit=row.unit,
        unit_name=unit.name,
        organization=row.organization,
        stamp=Stamp(row.version, phase),
        freshness=(freshness := freshness_of(row.confirmed_at, limits, now)),
        confirmed_at=row.confirmed_at,
        reminder=current_reminder(row.confirmed_at, row.created_at, row.confirm_times, catalogue.zone, now),
        intake_from_minutes=row.intake_from_minutes,
        intake_until_minutes=row.intake_until_minutes,
        takes=takes(row.criteria),
        exploitation=exploitations(row.criteria),
        terms=terms,
        places=tuple(
            PlaceView(
                id=place.id,
                label=place.label,
                kind=place.kind,
                beds=place.beds,
                cots=place.cots,
                status=status_of(place.state, place.claim, now),
                since=place.since,
                expected_free_at=place.expected_free_at,
                is_overdue=place.state != "open" and place.expected_free_at is not None and place.expected_free_at <= now,
                closed_reason=place.closed_reason,
                claim=_claim_view(place, now) if place.state == "open" else None,
                terms=_terms(row, place.criteria) if place.criteria else terms,
                position=position,
                shut_out=None if place.state == "open" else _claim_view(place, now),
                exists_from=place.exists_from,
                exists_until=place.exists_until,
            )
            for position, place in enumerate(row.places)
            if is_there(place, place.claim, now)
        ),
        changes_at=points[phase] if phase < len(points) else None,
        confirmed_by_system=row.confirmed_by_system,
        asks_rest=freshness == "stale" and any(p.observed_at > (row.confirmed_at or row.created_at) for p in row.places),
        coming=tuple(place for place in row.places if place.exists_from is not None and place.exists_from > now),
    )


def _terms(row: ShelterRow, own: Mapping[str, str]) -> Terms:
    intake = (row.intake_from_minutes, row.intake_until_minutes)
    return make_terms({**row.criteria, **own}, row.limits, intake, row.languages)


def _moments_of(place: PlaceRow) -> tuple[datetime | None, ...]:
    """Return the moments at which the place looks different by itself."""
    claimed = () if place.claim is None else (place.claim.expires_at, place.claim.expected_at)
    return place.expected_free_at, place.exists_from, place.exists_until, *claimed


def _claim_view(place: PlaceRow, now: datetime) -> ClaimView | None:
    """Return the live claim on a place; None without one."""
    claim = place.claim
    if claim is None or not is_live(claim, now):
        return None
    return ClaimView(
        claim.type,
        claim.organization,
        claim.role,
        claim.expires_at,
        claim.id,
        claim.holder_key,
        claim.case_id,
        claim.expected_at,
        claim.expected_at is not None and claim.expected_at <= now,
    )
