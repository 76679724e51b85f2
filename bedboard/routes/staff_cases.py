"""What a shelter is asked, on top of Mijn opvang: by whom, for whom, what it said, and what became of that.

A shelter sees its own part of a request and nothing of the others'; of who asks the organisation and the role; and for whom
only as long as an answer is expected or they are on their way.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from bedboard.process import Process, actor_of, catalogue_of, language_of, process_of
from bedboard.routes.case_views import AskView, NeedsView, ask_view, asked_profile, asker_key, is_held_for, needs_of, said_of
from bedboard.routes.profiles import SearchProfile
from bedboard.routes.replies import html
from bedboard.rules.cases import NO_REASONS, ON_THE_WAY, OVER, shows_needs
from bedboard.rules.fit import Profile, Reason, judge, judge_place
from bedboard.rules.refusals import Invalid
from bedboard.store.board import Catalogue
from bedboard.store.cases import AskedRow, list_asked, list_asks_of_all, list_claims_of_all, list_unanswered
from bedboard.store.database import Transaction
from bedboard.store.people import list_organization_names
from bedboard.store.tables import CaseRecord, ClaimRecord
from bedboard.views.cards import Card, PlaceView

SETTLED_SHOWN = timedelta(hours=12)  # how long what is settled stays to be read
FIRST_PLACES = 6  # that are offered at once; the others are folded away


class OfferView(NamedTuple):
    """A place that may be offered now. `is_theirs`: it is held for who asks. `against`: what speaks against it, besides what
    the whole shelter says: its size, and its own terms."""

    place: PlaceView
    is_theirs: bool
    against: Sequence[Reason]


class AskedView(NamedTuple):
    """One request as this shelter sees it. `needs` None: not to be shown (any more). `arrival`: now, after, before or open,
    and the local time that goes with it. `against` and `discuss`: what the shelter's terms say to it, but for yes.
    `criteria`: those that were asked, the doubtful ones first. `arrives_at` None: nothing is agreed. `refusal`: why the desk
    said no to this very shelter."""

    id: str
    organization: str
    role: str
    state: str
    ask: AskView
    needs: NeedsView | None
    arrival: tuple[str, str]
    against: Sequence[Reason]
    discuss: Sequence[Reason]
    criteria: Sequence[str]
    offers: Sequence[OfferView]
    arrives_at: datetime | None
    is_late: bool
    refusal: str | None

    @property
    def group(self) -> str:
        """open: it may answer; coming: it was chosen; over: nothing is expected of it any more."""
        if self.ask.settled is None:
            return "open"
        return "coming" if self.ask.settled == "chosen" and self.state not in OVER | {"housed"} else "over"

    @property
    def waits(self) -> bool:
        """For something that only this shelter can say."""
        return self.is_late or (self.group == "open" and self.ask.says in ("silent", "lapsed"))

    @property
    def news(self) -> str:
        """What its people should hear of, once; "" for nothing, such as what they did themselves."""
        ask = self.ask
        if ask.settled is None:
            by_others = "" if ask.answered_by == "shelter" else f"answered-by-{ask.answered_by}"
            return f"silent-{ask.step}" if ask.says == "silent" else "lapsed" if ask.says == "lapsed" else by_others
        if ask.settled == "chosen":
            return "late" if self.is_late else self.state if self.group == "coming" else ""
        return ask.settled if ask.says in ("yes", "discuss") and ask.settled != "missed" else ""


def _arrival(said: SearchProfile) -> tuple[str, str]:
    if said.arrives_after == "now":
        return ("now", "")
    if said.arrives_after:
        return ("after", said.arrives_after)
    return ("before", said.arrives_before) if said.arrives_before else ("open", "")


def _offers(card: Card, kind: str, row: CaseRecord, organization: str, profile: Profile | None) -> list[OfferView]:
    """What is free here, or held for who asks: what nothing speaks against first, then the kind that was asked, and of those
    the smallest."""
    asker = asker_key(row)
    general = judge(card.terms, profile) if profile else ()
    found = []
    for place in card.places:
        claim = place.claim if place.status == "held" else None
        is_theirs = claim is not None and is_held_for(claim, asker, organization, row.role)
        if place.status != "free" and not is_theirs:
            continue
        own = (*judge_place(place.beds, place.cots, "", profile), *judge(place.terms, profile)) if profile else ()
        against = [reason for reason in own if reason.answer == "no" and reason not in general]
        found.append(OfferView(place, is_theirs, against))
    return sorted(
        found,
        key=lambda one: (bool(one.against), one.place.kind != kind, one.place.beds, one.place.cots, one.place.position),
    )


def _asked_view(
    process: Process,
    card: Card,
    asked: AskedRow,
    claim: ClaimRecord | None,
    organization: str,
    refused: Collection[str],
    catalogue: Catalogue,
    now: datetime,
) -> AskedView | None:
    row, ask = asked
    view = ask_view(process, ask, claim, now)
    if view is None:
        return None
    said = said_of(process, row) if shows_needs(row.state, view.settled) else None
    try:
        profile = asked_profile(process, row, catalogue, now) if said else None
    except Invalid:  # of a unit that is gone, say
        profile = None
    reasons = judge(card.terms, profile) if profile else ()
    doubtful = {reason.criterion for reason in reasons if reason.answer != "yes"}
    return AskedView(
        id=row.id,
        organization=organization,
        role=row.role,
        state=row.state,
        ask=view,
        needs=needs_of(said) if said else None,
        arrival=_arrival(said) if said else ("open", ""),
        against=[reason for reason in reasons if reason.answer == "no"],
        discuss=[reason for reason in reasons if reason.answer in ("discuss", "unknown")],
        criteria=sorted(profile.asked(), key=lambda name: name not in doubtful) if profile else (),
        offers=_offers(card, view.kind, row, organization, profile) if view.settled is None else (),
        arrives_at=row.arrives_at if view.settled == "chosen" else None,
        is_late=view.settled == "chosen" and row.state in ON_THE_WAY and row.arrives_at is not None and row.arrives_at <= now,
        refusal=row.refusal if row.id in refused else None,
    )


async def _refused_here(tx: Transaction, rows: Sequence[AskedRow]) -> set[str]:
    """The requests whose reason of the desk is about this shelter: it keeps the last one only."""
    ids = [row.request.id for row in rows if row.ask.settled == "refused_by_desk" and row.request.refusal is not None]
    own = {row.request.id: row.ask.settled_at for row in rows}
    asks = await list_asks_of_all(tx, ids) if ids else {}
    return {
        id
        for id in ids
        if own[id] == max(ask.settled_at for ask in asks[id] if ask.settled == "refused_by_desk" and ask.settled_at)
    }


async def read_asked(tx: Transaction, request: Request) -> tuple[list[AskedView], Mapping[str, list[str]]]:
    """What the shelter of this page is asked, and by shelter what waits for an answer in the others of the actor's."""
    process, actor, shelter_id = process_of(request), actor_of(request), request.path_params["shelter_id"]
    catalogue, now, card = catalogue_of(request), process.clock.now(), process.board.cards.get(shelter_id)
    elsewhere = await list_unanswered(tx, sorted(actor.shelter_ids - {shelter_id}))
    rows = await list_asked(tx, shelter_id, now - SETTLED_SHOWN)
    if card is None or not rows:
        return [], elsewhere
    claims = await list_claims_of_all(tx, [row.request.id for row in rows])
    names = await list_organization_names(tx, {row.request.organization_id for row in rows})
    refused = await _refused_here(tx, rows)
    views = [
        _asked_view(
            process, card, row, claims.get(row.ask.claim_id or ""), names[row.request.organization_id], refused, catalogue, now
        )
        for row in rows
    ]
    return [view for view in views if view is not None], elsewhere


async def draw_asked(tx: Transaction, request: Request) -> Markup:
    """The section `#asked`; nothing is seen of it where nothing is asked."""
    process, shelter_id = process_of(request), request.path_params["shelter_id"]
    views, elsewhere = await read_asked(tx, request)
    cards = process.board.cards
    oldest_first = sorted(views, key=lambda view: (view.ask.asked_at, view.id))
    open = sorted((view for view in oldest_first if view.group == "open"), key=lambda view: not view.waits)
    coming = sorted(
        (view for view in oldest_first if view.group == "coming"), key=lambda view: view.arrives_at or process.clock.now()
    )
    context = {
        "action": f"/staff/{shelter_id}/requests",
        "name": cards[shelter_id].name if shelter_id in cards else "",
        "late": [view for view in coming if view.is_late],
        "open": open,
        "coming": [view for view in coming if not view.is_late],
        "over": [view for view in views if view.group == "over"],
        "waiting_count": sum(view.waits for view in views),
        "elsewhere": [(cards[id], ids) for id, ids in sorted(elsewhere.items()) if id in cards],
        "no_reasons": [code for code in NO_REASONS if code != "contra_indication"],
        "first_places": FIRST_PLACES,
        "catalogue": catalogue_of(request),
        "now": process.clock.now(),
        "new_key": process.clock.new_id,
    }
    return Markup(process.pages.render(language_of(request), "fragments/_asked.html", context))  # noqa: S704


async def show_asked(request: Request) -> Response:
    async with process_of(request).database.transaction() as tx:
        text = await draw_asked(tx, request)
    return html(request, text)
