"""The page of one case: what may be done with each shelter's part, and the time line."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from bedboard.rules.access import Actor
from bedboard.rules.cases import DeskReason, Event
from bedboard.rules.criteria import CRITERIA
from bedboard.rules.deciding import choice_of_all
from bedboard.rules.handing import brought_at, called_off_at, left_at, still_brings
from bedboard.rules.refusals import Invalid
from bedboard.rules.rights import answers_as, is_left_to_police, may_police_offer, why_no_choice, why_offer_over
from bedboard.rules.split import may_offer
from bedboard.schemas.profile import profile_of
from bedboard.store.board import Caller, Catalogue
from bedboard.store.tables.cases import CaseEvent
from bedboard.views.cards import Card, PlaceView
from bedboard.views.cases import AskView, CaseView, can_offer
from bedboard.views.found import rooms_of

ANSWERS_FIRST = ("yes", "discuss", "lapsed", "silent", "no")
"""The order of the shelters on the page of a case: first those where something can be done."""

HANDED = ("handed_over", "kept", "taken_over", "declined")
"""What may become of handing a case over, as the time line calls it."""


class AskRow(NamedTuple):
    """A shelter's part, and what the actor may do with it. `choice`: what choosing its place means now; None: it cannot be
    chosen. `places`: those that the actor may offer, as the desk for a shelter that telephones, or as the police themselves."""

    ask: AskView
    choice: Event | None
    places: Sequence[PlaceView]


def callers_of(catalogue: Catalogue) -> Mapping[tuple[str, str], str]:
    """Return the names of organizations by their id and the role in which their people look for places."""
    return {(caller.organization_id, caller.role): caller.organization for caller in catalogue.callers}


def callback_of(catalogue: Catalogue, organization_id: str, role: str) -> str | None:
    """Return the number under which a requester is called back; None: the deployment has none."""
    every = {(caller.organization_id, caller.role): caller.telephone for caller in catalogue.callers}
    return every.get((organization_id, role))


def receivers_of(case: CaseView, catalogue: Catalogue) -> list[Caller]:
    """Return the organizations and roles to which a case may be handed over: all but its own."""
    own = (case.organization_id, case.role)
    return [caller for caller in catalogue.callers if (caller.organization_id, caller.role) != own]


def ask_rows(case: CaseView, actor: Actor, catalogue: Catalogue, now: datetime) -> list[AskRow]:
    """Return the shelters of a case in the order of `ANSWERS_FIRST`, each with what the actor may do."""
    rows = [
        AskRow(ask, _choice(case, ask, actor, catalogue, now), _places_to_offer(case, ask, actor, catalogue, now))
        for ask in case.asks
    ]
    return sorted(rows, key=lambda row: ANSWERS_FIRST.index(row.ask.says))


def _choice(case: CaseView, ask: AskView, actor: Actor, catalogue: Catalogue, now: datetime) -> Event | None:
    if ask.place is None or not case.is_ours:
        return None
    if why_no_choice(case.state, is_offered=ask.said == "yes", is_settled=ask.settled is not None):
        return None
    if why_offer_over(is_kept=ask.is_kept, is_open=all(place.status == "reserved" for place in ask.places)):
        return None
    kinds = [catalogue.kinds[place.kind].deciding for place in ask.places]
    return choice_of_all(actor.role, kinds, now.astimezone(catalogue.zone))


def _places_to_offer(case: CaseView, ask: AskView, actor: Actor, catalogue: Catalogue, now: datetime) -> Sequence[PlaceView]:
    """Return the places that the actor may offer there: as the desk for the shelter, or as the police themselves.

    Only those that hold these people. None to the police where the news is stale: nobody knows what is free, so they call.
    """
    if case.state != "asking" or ask.settled is not None:
        return ()
    name = callers_of(catalogue).get((case.organization_id, case.role), "")
    requester, hold_id = case.requester._replace(organization=name), ask.hold.id if ask.hold is not None else None
    offered = [place for place in ask.card.places if can_offer(place, requester, hold_id)]
    side = answers_as(actor, case.requester)
    if side == "police":
        is_theirs = ask.says != "yes" and is_left_to_police(ask.said) and ask.card.freshness != "stale"
        offered = [place for place in offered if is_theirs and may_police_offer(catalogue.kinds[place.kind].deciding)]
    elif side != "desk":
        return ()
    if case.profile is None:
        return offered
    try:
        profile = profile_of(case.profile, catalogue, now)
    except Invalid:  # for instance, its police unit no longer exists
        return offered
    held = may_offer(profile, rooms_of(offered))
    return [place for place in offered if place.id in {room.id for room in held}]


def contra_indications(case: CaseView) -> Sequence[str]:
    """Return the criteria of a case that a shelter may name as its reason; all criteria when the needs cannot be opened."""
    every = [name for group in CRITERIA.values() for name in group]
    if case.needs is None:
        return every
    asked = {code for code, _ in case.needs.party} | set(case.needs.rest)
    return [name for name in every if name in asked]


class EventView(NamedTuple):
    """A line of the time line: an event, and the names of its shelters. `role` None: time caused the event, not a person.

    `refusal`: the desk's reason for it; `stays_until`: the last night there after the desk ended the stay. None: not known.
    """

    at: datetime
    what: str
    shelters: Sequence[str]
    role: str | None
    refusal: DeskReason | None = None
    stays_until: date | None = None


def declined_at(events: Sequence[CaseEvent]) -> datetime | None:
    """Return when the last receivers said that they will not take the case over; None: they did not, or it went on since."""
    last = next((event for event in reversed(events) if event.what in HANDED), None)
    return last.at if last is not None and last.what == "declined" else None


class HandedOn(NamedTuple):
    """The group that has a case now, which others handed over, and since when.

    `brings_to`: the chosen shelter to which these others may still be on the road, so that its address is shown to them;
    `called_off`: the name of the shelter to which they may be on the road for nothing. None: to none. `arrived_at`: when the
    household was there that they brought.
    """

    organization_id: str
    role: str
    since: datetime
    brings_to: AskView | None
    called_off: str | None
    arrived_at: datetime | None = None


def handed_on(case: CaseView, events: Sequence[CaseEvent], cards: Mapping[str, Card], actor: Actor) -> HandedOn | None:
    """Return the group to which a case went that the actor's organization and role handed over; None: they had no part in it.

    The caller knows that the case is not theirs now. Nothing else of it is told: that is for the group that has it.
    """
    left = left_at(events, actor.organization_id, actor.role)
    taken = next((event for event in reversed(events) if event.what == "taken_over"), None)
    if left is None or taken is None or taken.organization_id is None:
        return None
    chosen = case.chosen
    brings_to = chosen if chosen is not None and case.shows_address and still_brings(left, chosen.settled_at) else None
    off_id = called_off_at(events, (actor.organization_id, actor.role))
    called_off = None if off_id is None else _name(off_id, cards)
    arrived_at = brought_at(events, (actor.organization_id, actor.role))
    brings_to = None if arrived_at is not None else brings_to
    return HandedOn(taken.organization_id, taken.role, taken.at, brings_to, called_off, arrived_at)


def _name(shelter_id: str, cards: Mapping[str, Card]) -> str:
    return cards[shelter_id].name if shelter_id in cards else shelter_id


def _last_of(events: Sequence[CaseEvent], what: Collection[str]) -> CaseEvent | None:
    return next((event for event in reversed(events) if event.what in what), None)


def time_line(
    events: Sequence[CaseEvent],
    cards: Mapping[str, Card],
    refusal: DeskReason | None = None,
    stays_until: date | None = None,
) -> list[EventView]:
    """Return the events as lines; an event of several shelters at one moment is one line.

    `refusal` and `stays_until`: as the case keeps them, of the last choice or stay that the desk ended.
    """
    refused, ended = _last_of(events, ("refused", "stay_ended")), _last_of(events, ("stay_ended",))

    def line(event: CaseEvent) -> tuple[datetime, str, str | None]:
        return event.at, event.what, None if event.actor_kind == "system" else event.role

    lines = []
    for (at, what, role), group in groupby(events, key=line):
        same = list(group)
        names = [_name(one.shelter_id, cards) for one in same if one.shelter_id is not None]
        reason = refusal if any(one is refused for one in same) else None
        night = stays_until if any(one is ended for one in same) else None
        lines.append(EventView(at, what, names, role, reason, night))
    return lines
