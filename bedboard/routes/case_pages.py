"""Aanvragen, as those who look for a place and the placement desk see them: whom to ask, the list, and the page of one case."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bedboard.process import actor_of, catalogue_of, language_of, process_of
from bedboard.routes.case_reads import is_desk_open, read_case, read_cases
from bedboard.routes.parse import read_form
from bedboard.routes.profiles import read_profile, write_profile
from bedboard.routes.replies import html, http_status, notice, page, wants_fragment
from bedboard.routes.search import find, profile_fields, search_page
from bedboard.routes.strip import own_strip
from bedboard.rules.cases import DESK_REASONS, MOST_ASKED, NO_REASONS, STEPS
from bedboard.rules.refusals import FieldError, Invalid, NotFound, Refusal
from bedboard.rules.tallies import SLEPT
from bedboard.store.cases import list_case_events, list_cases_of, list_open_cases, list_over_cases
from bedboard.views.candidates import candidates
from bedboard.views.case_rows import ask_rows, callers_of, contra_indications, time_line
from bedboard.views.cases import CaseView
from bedboard.views.needs import needs_of
from bedboard.views.strip import inbox_of, urgency

ENDED_SHOWN = timedelta(hours=24)


# --- whom to ask


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
        "rows": ask_rows(case, actor, catalogue, process.clock.now()),
        "events": time_line(events, process.board.cards),
        "asker": callers_of(catalogue).get((case.organization_id, case.role)),
        "is_desk": actor.role == "desk",
        "desk_is_open": is_desk_open(request),
        "catalogue": catalogue,
        "steps": STEPS,
        "no_reasons": NO_REASONS,
        "desk_reasons": DESK_REASONS,
        "contra_indications": contra_indications(case),
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
