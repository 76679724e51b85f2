"""Aanvragen, as those who look for a place and the placement desk see them: whom to ask, the list, and the page of one case."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bedboard.process import actor_of, catalogue_of, language_of, process_of
from bedboard.routes.case_views import AskView, CaseView, is_desk_open, is_held_for, needs_of, read_case, read_cases
from bedboard.routes.parse import read_form
from bedboard.routes.profiles import read_profile, write_profile
from bedboard.routes.replies import html, http_status, notice, page, wants_fragment
from bedboard.routes.search import find, profile_fields, search_page
from bedboard.routes.strip import inbox_of, own_strip, urgency
from bedboard.rules.access import Actor
from bedboard.rules.cases import DESK_REASONS, MOST_ASKED, NO_REASONS, STEPS, Event, choice_of
from bedboard.rules.criteria import CRITERIA
from bedboard.rules.refusals import FieldError, Invalid, NotFound, Refusal
from bedboard.rules.tallies import SLEPT
from bedboard.store.board import Catalogue
from bedboard.store.cases import list_case_events, list_cases_of, list_open_cases, list_over_cases
from bedboard.store.tables import CaseEvent
from bedboard.views.cards import Card, PlaceView
from bedboard.views.found import Finder, Match

TICKED = 5  # shelters that are chosen beforehand: most people need not look further
LISTED = 24  # shelters to choose from
LOTS = 1000  # that many are looked through, to find the best one of each shelter
ENDED_SHOWN = timedelta(hours=24)


# --- whom to ask


def best_matches(finder: Finder) -> dict[str, Match]:
    """By shelter the best place that was found there, the best shelter first."""
    best: dict[str, Match] = {}
    for match in finder.found(LOTS).matches:
        best.setdefault(match.card.id, match)
    return best


ANSWERS_FIRST = ("yes", "discuss", "lapsed", "silent", "no")
"""The order in which the shelters of a case stand on its page: what can be acted on comes first."""


class Candidate(NamedTuple):
    """A shelter that may be asked, with the best place there; `chosen`: its box is ticked. `earlier`: its part in this case so
    far; None: it was not asked."""

    match: Match
    chosen: bool
    earlier: AskView | None = None


def candidates(
    finder: Finder, ticked: Collection[str] | None, asked: Sequence[AskView] = (), room: int = MOST_ASKED
) -> list[Candidate]:
    """`ticked` None: nobody has chosen yet, so the best are whose door is open when they come, and that were not asked before.
    `asked`: the shelters of this case so far; those of which an answer is still expected are left out. `room`: how many may
    still be asked."""
    earlier = {ask.card.id: ask for ask in asked}
    open_still = {id for id, ask in earlier.items() if ask.settled is None}
    matches = [match for id, match in best_matches(finder).items() if id not in open_still][:LISTED]
    shut = {match.card.id for match in matches for one in match.reasons if one.criterion == "intake" and one.answer != "yes"}
    first = sorted((match.card.id for match in matches if match.card.id not in earlier), key=lambda id: id in shut)
    chosen = first[: min(TICKED, room)] if ticked is None else ticked
    return [Candidate(match, match.card.id in chosen, earlier.get(match.card.id)) for match in matches]


async def post_case_new(request: Request) -> Response:
    """The shelters that suit what is searched for; the profile stays in the fields of the page."""
    return await new_page(request, profile_fields(await read_form(request)))


async def new_page(
    request: Request, fields: Mapping[str, str], refusal: Refusal | None = None, ticked: Collection[str] | None = None
) -> Response:
    """A profile that cannot be right, or says nothing, is chosen anew on the search page."""
    try:
        said = read_profile(fields)
        profile, finder = await find(request, said)
        if not profile.asked():
            raise Invalid(FieldError("adults", "say_for_whom"))
    except Invalid as wrong:
        return await search_page(request, fields, wrong)
    context = {
        "case": None,
        "fields": write_profile(said),
        "said": said,
        "asked": needs_of(said),
        "candidates": candidates(finder, ticked),
        "room": MOST_ASKED,
        "most": MOST_ASKED,
    }
    return await _page(request, "pages/case_new.html", context, "new", "/search", refusal)


async def show_more(request: Request) -> Response:
    """Whom else to ask for a case of one's own."""
    return await more_page(request, request.path_params["case_id"])


async def more_page(
    request: Request, case_id: str, refusal: Refusal | None = None, ticked: Collection[str] | None = None
) -> Response:
    async with process_of(request).database.transaction() as tx:
        case = await read_case(tx, request, case_id, with_telephones=False)
    if not case.is_own:
        raise NotFound("no_such_request")
    if case.state != "asking" or case.profile is None:
        return RedirectResponse(f"/requests/{case_id}", 303) if refusal is None else await case_page(request, case_id, refusal)
    _, finder = await find(request, case.profile)
    asked = [ask for ask in case.asks if ask.settled is None]
    room = MOST_ASKED - sum(ask.says != "no" for ask in asked)
    context = {
        "case": case,
        "fields": {},
        "said": case.profile,
        "asked": case.needs,
        "candidates": candidates(finder, ticked, case.asks, room) if room > 0 else [],
        "room": max(room, 0),
        "most": MOST_ASKED,
    }
    return await _page(request, "pages/case_new.html", context, case_id, f"/requests/{case_id}/more", refusal)


# --- the list


async def show_requests(request: Request) -> Response:
    """The page, or for a script the list as it now is."""
    process, actor, language = process_of(request), actor_of(request), language_of(request)
    now = process.clock.now()
    async with process.database.transaction() as tx:
        rows = await list_cases_of(tx, actor.organization_id or "", actor.role, now - ENDED_SHOWN)
        own = await read_cases(tx, request, rows)
        is_desk = actor.role == "desk"
        every = await read_cases(tx, request, await list_open_cases(tx)) if is_desk else []
        over = await read_cases(tx, request, await list_over_cases(tx, now - ENDED_SHOWN)) if is_desk else []
    context = {
        "own": sorted(own, key=urgency),
        "inbox": inbox_of(every) if is_desk else None,
        "over": over,
        "catalogue": catalogue_of(request),
        "callers": callers_of(catalogue_of(request)),
    }
    cases = Markup(process.pages.render(language, "fragments/_cases.html", context))  # noqa: S704
    if wants_fragment(request):
        return html(request, cases)
    return await _page(request, "pages/cases.html", {"cases": cases}, "requests", "/requests")


# --- one case


class AskRow(NamedTuple):
    """A shelter's part, and what may be done about it. `choice`: what choosing its place now is; None: it cannot be chosen.
    `places`: those that may be offered by who looks at it: the desk for a shelter that telephones, the police themselves."""

    ask: AskView
    choice: Event | None
    places: Sequence[PlaceView]


def callers_of(catalogue: Catalogue) -> Mapping[tuple[str, str], str]:
    """Names of organizations by their id and the role in which their people look for places."""
    return {(caller.organization_id, caller.role): caller.organization for caller in catalogue.callers}


def _rows(request: Request, case: CaseView) -> list[AskRow]:
    actor, catalogue = actor_of(request), catalogue_of(request)
    local = process_of(request).clock.now().astimezone(catalogue.zone)
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


def _contra_indications(case: CaseView) -> Sequence[str]:
    """What may be in the way, which is what was asked about; of a case that cannot be opened, everything."""
    every = [name for group in CRITERIA.values() for name in group]
    if case.needs is None:
        return every
    asked = {code for code, _ in case.needs.party} | set(case.needs.rest)
    return [name for name in every if name in asked]


class EventView(NamedTuple):
    """A line of the time line: what happened at one moment to these shelters. `role` None: by itself."""

    at: datetime
    what: str
    shelters: Sequence[str]
    role: str | None


def _time_line(events: Sequence[CaseEvent], cards: Mapping[str, Card]) -> list[EventView]:
    """What happened to several shelters at once is one line."""

    def line(event: CaseEvent) -> tuple[datetime, str, str | None]:
        return event.at, event.what, None if event.actor_kind == "system" else event.role

    def name(shelter_id: str) -> str:
        return cards[shelter_id].name if shelter_id in cards else shelter_id

    return [
        EventView(at, what, [name(one.shelter_id) for one in same if one.shelter_id is not None], role)
        for (at, what, role), same in groupby(events, key=line)
    ]


async def show_request(request: Request) -> Response:
    """The page, or for a script the case as it now is."""
    case_id = request.path_params["case_id"]
    if wants_fragment(request):
        return html(request, (await _case(request, case_id))[1])
    return await case_page(request, case_id)


async def _case(request: Request, case_id: str) -> tuple[CaseView, Markup]:
    """Refusal: NotFound, also for strangers to it."""
    process, actor, catalogue = process_of(request), actor_of(request), catalogue_of(request)
    async with process.database.transaction() as tx:
        case = await read_case(tx, request, case_id)
        events = await list_case_events(tx, case_id)
    context = {
        "case": case,
        "rows": _rows(request, case),
        "events": _time_line(events, process.board.cards),
        "asker": callers_of(catalogue).get((case.organization_id, case.role)),
        "is_desk": actor.role == "desk",
        "desk_is_open": is_desk_open(request),
        "catalogue": catalogue,
        "steps": STEPS,
        "no_reasons": NO_REASONS,
        "desk_reasons": DESK_REASONS,
        "contra_indications": _contra_indications(case),
        "slept": SLEPT,
        "now": process.clock.now(),
        "new_key": process.clock.new_id,
    }
    return case, Markup(process.pages.render(language_of(request), "fragments/_case.html", context))  # noqa: S704


async def case_fragment(request: Request, case_id: str, refusal: Refusal | None) -> Response:
    """The answer for a script to a press: the case as it now is, and what was refused."""
    _, text = await _case(request, case_id)
    return html(request, text + Markup(notice(request, refusal)), http_status(refusal) if refusal else 200)  # noqa: S704


async def case_page(request: Request, case_id: str, refusal: Refusal | None = None, address: str | None = None) -> Response:
    case, text = await _case(request, case_id)
    context = {"case": case, "text": text, "address": Markup(address_html(request, case, address))}  # noqa: S704
    return await _page(request, "pages/case.html", context, case_id, f"/requests/{case_id}", refusal)


def address_html(request: Request, case: CaseView, address: str | None) -> str:
    """Where the shelter is that was chosen: only in the answer to who asks for that; for None the empty element."""
    context = {"case": case, "address": address}
    return process_of(request).pages.render(language_of(request), "fragments/_address.html", context)


async def address_fragment(request: Request, case_id: str, address: str) -> Response:
    case, _ = await _case(request, case_id)
    return html(request, address_html(request, case, address) + notice(request, None))


async def _page(
    request: Request, template: str, context: Mapping[str, Any], here: str, path: str, refusal: Refusal | None = None
) -> Response:
    """`here`: what the strip on top need not show as well. `path`: where a reload leads."""
    process = process_of(request)
    around = {
        "catalogue": catalogue_of(request),
        "new_key": process.clock.new_id,
        "strip": await own_strip(request, here),
        "notice": Markup(notice(request, refusal)),  # noqa: S704
        "as_of": process.board.as_of or process.clock.now(),
        "live": process.board.live,
        "path": path,
    }
    return page(request, template, {**around, **context}, http_status(refusal) if refusal else 200)
