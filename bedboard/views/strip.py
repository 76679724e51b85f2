"""The strip on top of every page for the people who look for a place: their holds, their alerts and their cases."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from bedboard.rules.cases import STEPS
from bedboard.rules.claims import HOLD_WARNING
from bedboard.rules.refusals import ProofNeeded, TooMany
from bedboard.rules.urgency import Situation, need_of
from bedboard.schemas.profile import SearchProfile
from bedboard.store.claims import HoldRow
from bedboard.store.tables.people import AlertRecord
from bedboard.views.cards import Card, PlaceView
from bedboard.views.cases import CaseView
from bedboard.views.needs import NeedsView, OpenProfile, needs_of


class HoldView(NamedTuple):
    """A hold of the actor's own. `places`: those that are still on the board; the status of each says whether it is still held,
    or how the shelter has changed it."""

    id: str
    card: Card
    places: Sequence[PlaceView]
    until: datetime
    extended: bool
    telephone: str | None
    case_id: str | None = None
    """The open case that uses it; None: there is none yet."""
    is_ending: bool = False
    lost_count: int = 0
    """The number of its places that the shelter has occupied or closed since: the rest may be too small."""
    needs_proof: bool = False
    """The telephone can be seen after a fresh proof."""


def hold_views(
    holds: Sequence[tuple[HoldRow, str | TooMany | ProofNeeded]], cards: Mapping[str, Card], now: datetime
) -> list[HoldView]:
    """Return these holds, each with its telephone or none; those of shelters that are not on the board are left out."""
    views = []
    for row, shown in holds:
        card = cards.get(row.shelter_id)
        if card is not None:
            places = [place for place in card.places if place.id in row.place_ids]
            is_ending = row.expires_at - now <= HOLD_WARNING
            telephone = shown if isinstance(shown, str) else None
            own = (row.id, card, places, row.expires_at, row.extended, telephone, row.case_id, is_ending, row.lost_count)
            views.append(HoldView(*own, needs_proof=isinstance(shown, ProofNeeded)))
    return views


class AlertView(NamedTuple):
    """An alert of the actor's own. `found_at` None: nothing new."""

    id: str
    needs: NeedsView
    until: datetime
    found_at: datetime | None


def alert_view(alert: AlertRecord, open_profile: OpenProfile) -> AlertView:
    """Return an alert; one that cannot be opened any more has no household, and can still be stopped."""
    said = open_profile(alert.profile) or SearchProfile()
    return AlertView(alert.id, needs_of(said), alert.expires_at, alert.found_at)


class Inbox(NamedTuple):
    """The open cases of everybody: those that the desk has to act on, and the rest."""

    to_decide: Sequence[CaseView]
    to_ratify: Sequence[CaseView]
    silent: Sequence[CaseView]
    rest: Sequence[CaseView]


def is_silent(case: CaseView) -> bool:
    """Return whether a shelter of the case has been silent through all steps, so that somebody has to telephone."""
    return case.state == "asking" and any(ask.is_expected and ask.step >= len(STEPS) for ask in case.asks)


def inbox_of(cases: Sequence[CaseView]) -> Inbox:
    """Return the cases by what the desk has to do with them, in the same order."""
    sections: dict[str, list[CaseView]] = {name: [] for name in Inbox._fields}
    for case in cases:
        name = {"chosen": "to_decide", "provisional": "to_ratify", "housed": "to_ratify"}.get(case.state)
        sections[name or ("silent" if is_silent(case) else "rest")].append(case)
    return Inbox(**sections)


class CasesView(NamedTuple):
    """The unfinished cases of the actor's organization and role. `first`: the one that needs the actor most; None: there is
    none besides the case of the page itself. `others`: the rest, the most urgent first. `inbox` None: the actor is no desk.
    """

    first: CaseView | None = None
    others: Sequence[CaseView] = ()
    inbox: Inbox | None = None


def cases_view(own: Sequence[CaseView], inbox: Inbox | None, now: datetime, here: str = "") -> CasesView:
    """Return these cases by their need. `here`: the case that the page itself shows."""
    ordered = by_need(own, now)
    first = next((case for case in ordered if case.id != here), None)
    return CasesView(first, [case for case in ordered if case is not first], inbox)


def by_need(cases: Iterable[CaseView], now: datetime) -> list[CaseView]:
    """Return cases in the order of their need; those that need somebody equally stay in their order."""
    return sorted(cases, key=lambda case: need_of(_situation(case), now))


def _situation(case: CaseView) -> Situation:
    waiting = [ask for ask in case.asks if ask.says == "yes" and ask.settled is None] if case.state == "asking" else []
    return Situation(
        state=case.state,
        is_lost=case.setback is not None or case.is_lost,
        is_late=case.is_late,
        offers_until=tuple(ask.until for ask in waiting if ask.until is not None),
        is_offered=case.is_offered,
        is_discussed=case.count("discuss") > 0,
    )
