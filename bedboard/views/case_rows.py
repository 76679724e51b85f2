"""The page of one case: what may be done with each shelter's part, and the time line."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from bedboard.rules.access import Actor
from bedboard.rules.cases import Event, choice_of
from bedboard.rules.criteria import CRITERIA
from bedboard.store.board import Catalogue
from bedboard.store.tables import CaseEvent
from bedboard.views.cards import Card, PlaceView
from bedboard.views.cases import AskView, CaseView, is_held_for

ANSWERS_FIRST = ("yes", "discuss", "lapsed", "silent", "no")
"""The order of the shelters on the page of a case: first those where something can be done."""


class AskRow(NamedTuple):
    """A shelter's part, and what the actor may do with it. `choice`: what choosing its place means now; None: it cannot be
    chosen. `places`: those that the actor may offer, as the desk for a shelter that telephones, or as the police themselves."""

    ask: AskView
    choice: Event | None
    places: Sequence[PlaceView]


def callers_of(catalogue: Catalogue) -> Mapping[tuple[str, str], str]:
    """Return the names of organizations by their id and the role in which their people look for places."""
    return {(caller.organization_id, caller.role): caller.organization for caller in catalogue.callers}


def ask_rows(case: CaseView, actor: Actor, catalogue: Catalogue, now: datetime) -> list[AskRow]:
    """Return the shelters of a case in the order of `ANSWERS_FIRST`, each with what the actor may do."""
    local = now.astimezone(catalogue.zone)
    organization = callers_of(catalogue).get((case.organization_id, case.role))

    def can_offer(place: PlaceView) -> bool:
        is_theirs = place.claim is not None and is_held_for(place.claim, case.asker, organization, case.role)
        return place.status == "free" or (place.status == "held" and is_theirs)

    def row(ask: AskView) -> AskRow:
        choice: Event | None = None
        places: Sequence[PlaceView] = ()
        if case.state == "asking" and ask.settled is None:
            if case.is_own and ask.says == "yes" and ask.place is not None and ask.place.status == "reserved":
                deciding = catalogue.kinds[ask.place.kind].deciding
                choice = choice_of(actor.role, deciding, local)
            if actor.role == "desk":
                places = [place for place in ask.card.places if can_offer(place)]
            elif _places_themselves(actor, case, ask):
                police = [code for code, kind in catalogue.kinds.items() if kind.deciding.decides == "police"]
                places = [place for place in ask.card.places if place.kind in police and can_offer(place)]
        return AskRow(ask, choice, places)

    return sorted(map(row, case.asks), key=lambda one: ANSWERS_FIRST.index(one.ask.says))


def _places_themselves(actor: Actor, case: CaseView, ask: AskView) -> bool:
    """Not where the news is stale: then nobody knows what is free, and they call. Nor over what the shelter itself has said."""
    is_theirs = ask.says == "silent" or (ask.says == "lapsed" and ask.answered_by == "police")
    return actor.role == "police" and case.is_own and ask.card.freshness != "stale" and is_theirs


def contra_indications(case: CaseView) -> Sequence[str]:
    """Return the criteria of a case that a shelter may name as its reason; all criteria when the needs cannot be opened."""
    every = [name for group in CRITERIA.values() for name in group]
    if case.needs is None:
        return every
    asked = {code for code, _ in case.needs.party} | set(case.needs.rest)
    return [name for name in every if name in asked]


class EventView(NamedTuple):
    """A line of the time line: an event, and the names of its shelters. `role` None: nobody did it; it came with time."""

    at: datetime
    what: str
    shelters: Sequence[str]
    role: str | None


def time_line(events: Sequence[CaseEvent], cards: Mapping[str, Card]) -> list[EventView]:
    """Return the events as lines; an event of several shelters at one moment is one line."""

    def line(event: CaseEvent) -> tuple[datetime, str, str | None]:
        return event.at, event.what, None if event.actor_kind == "system" else event.role

    def name(shelter_id: str) -> str:
        return cards[shelter_id].name if shelter_id in cards else shelter_id

    return [
        EventView(at, what, [name(one.shelter_id) for one in same if one.shelter_id is not None], role)
        for (at, what, role), same in groupby(events, key=line)
    ]
