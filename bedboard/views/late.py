"""The late ones: shelters that have not confirmed, closures that should have ended, and people who have not arrived."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from bedboard.rules.freshness import LATE_AFTER
from bedboard.views.cards import Card
from bedboard.views.cases import CaseView


class Late(NamedTuple):
    """The delays of one shelter. `unconfirmed_since`: the confirmation time, `LATE_AFTER` ago or more; None: confirmed.
    `closures`: label and expected end of the places that should have been open by now."""

    unconfirmed_since: datetime | None
    closures: tuple[tuple[str, datetime], ...]

    @property
    def since(self) -> datetime:
        """Return the moment since which it is late, the earliest one."""
        moments = [at for _, at in self.closures]
        return min([*moments, self.unconfirmed_since + LATE_AFTER] if self.unconfirmed_since else moments)


def late_of(card: Card) -> Late | None:
    """Return the delays of this shelter; None: it has none."""
    reminder = card.reminder
    unconfirmed = reminder.due_at if reminder is not None and reminder.step == "late" else None
    closures = tuple(
        (place.label, place.expected_free_at)
        for place in card.places
        if place.is_overdue and place.status == "closed" and place.expected_free_at is not None
    )
    return Late(unconfirmed, closures) if unconfirmed or closures else None


class LateView(NamedTuple):
    """All that is late, for the desk; those that have been late longest first."""

    arrivals: Sequence[CaseView]
    shelters: Sequence[tuple[Card, Late]]


def late_view(cases: Iterable[CaseView], cards: Iterable[Card]) -> LateView:
    """Return the arrivals of these cases and the shelters of these cards that are late."""
    arrivals = sorted((case.arrives_at, case.id, case) for case in cases if case.is_late and case.arrives_at is not None)
    shelters = sorted((late.since, card.name, card.id, card, late) for card in cards if (late := late_of(card)) is not None)
    return LateView([case for *_, case in arrivals], [(card, late) for *_, card, late in shelters])
