"""The shelters of which something cannot be drawn, because of a bug: it must not hold up the news of the others.

Such a shelter is shown as unknown, and drawing it is tried again, each time after twice as long.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from bedboard.rules.fit import DAY_MINUTES, make_terms
from bedboard.rules.freshness import FreshnessLimits
from bedboard.store.board import Catalogue, ShelterRow
from bedboard.views.cards import UNDRAWN, Card, Stamp, make_card

log = structlog.get_logger()

FIRST_RETRY = timedelta(seconds=1)
LONGEST_RETRY = timedelta(minutes=1)


@dataclass
class Fault:
    """The bug of one version of a shelter. `parts`: what could not be drawn since the last try.

    `due_at`: when it is tried again; None: not decided yet.
    """

    version: int
    parts: set[Hashable] = field(default_factory=set)
    tries: int = 0
    due_at: datetime | None = None


class Faults:
    """What could not be drawn, as far as this process knows."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}  # by shelter
        self._logged: dict[str, int] = {}  # the version of each shelter of which a bug was logged last

    def note(self, shelter_id: str, version: int, part: Hashable, bug: Exception) -> None:
        """Note a part of a shelter that could not be drawn; log only the first bug of each version."""
        fault = self._faults.get(shelter_id)
        if fault is None or fault.version != version:
            fault = self._faults[shelter_id] = Fault(version)
        fault.parts.add(part)
        if self._logged.get(shelter_id) != version:
            self._logged[shelter_id] = version
            log.error("bug", shelter=shelter_id, version=version, exc_info=bug)

    def has(self, shelter_id: str, version: int, part: Hashable) -> bool:
        """Return whether this could not be drawn at the last try."""
        fault = self._faults.get(shelter_id)
        return fault is not None and fault.version == version and part in fault.parts

    def is_shown(self, shelter_id: str) -> bool:
        """Return whether open pages may show a picture of this shelter that is not whole."""
        return shelter_id in self._faults

    def due(self, now: datetime) -> list[str]:
        """Return the shelters to be tried again now; what cannot be drawn then is noted again."""
        found = []
        for shelter_id, fault in list(self._faults.items()):
            if not fault.parts:  # all of it could be drawn at the last try
                del self._faults[shelter_id]
            elif fault.due_at is None:
                fault.due_at = now + min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(fault.tries, 10))
            elif fault.due_at <= now:
                fault.parts, fault.due_at, fault.tries = set(), None, fault.tries + 1
                found.append(shelter_id)
        return found

    def forget(self, shelter_id: str) -> None:
        """Forget a shelter that has left the board."""
        self._faults.pop(shelter_id, None)
        self._logged.pop(shelter_id, None)


def make_whole_card(row: ShelterRow, catalogue: Catalogue, limits: FreshnessLimits, now: datetime) -> Card:
    """Return the card of a shelter with everything that totals and searches work out of it, so that no bug waits there."""
    card = make_card(row, catalogue, limits, now)
    _ = card.lots, card.kinds, card.counts, card.unplaced  # kept with the card
    return card


def unknown_card(row: ShelterRow, before: Card | None) -> Card:
    """Return a card for a shelter whose present card cannot be made: the one before it, if there is one, as old news."""
    stamp = Stamp(row.version, UNDRAWN)
    if before is not None:
        return replace(before, stamp=stamp, freshness="stale", reminder=None, changes_at=None, asks_rest=False)
    return Card(
        id=row.id,
        name=row.name,
        unit=row.unit,
        unit_name=row.unit,
        organization=row.organization,
        stamp=stamp,
        freshness="stale",
        confirmed_at=None,
        reminder=None,
        intake_from_minutes=row.intake_from_minutes,
        intake_until_minutes=row.intake_until_minutes,
        takes=(),
        exploitation=(),
        terms=make_terms({}, {}, (0, DAY_MINUTES), ()),
        places=(),
        changes_at=None,
    )
