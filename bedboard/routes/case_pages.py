"""The pages of cases for people who look for a place and for the desk: shelters to ask, the list, and one case."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from bedboard.routes.call import Call
from bedboard.routes.case_reads import is_desk_open, read_address, read_case, read_cases, seeker_of
from bedboard.routes.kept import Kept, drop_one, keep, kept_of, refusal_of
from bedboard.routes.replies import html, http_status, notice, page
from bedboard.routes.search import find, find_place, profile_fields
from bedboard.routes.strip import own_strip
from bedboard.rules.cases import DESK_REASONS, LONGEST_STAY, MOST_ASKED, NO_REASONS, STEPS, WITHDRAW_REASONS
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotAllowed, NotFound, Refusal
from bedboard.rules.rights import may_decide
from bedboard.rules.tallies import SLEPT
from bedboard.schemas.fields import ID
from bedboard.schemas.profile import profile_of, read_profile, write_profile
from bedboard.store.cases import list_case_events, list_cases_of, list_open_cases, list_over_cases
from bedboard.views.candidates import LOTS, candidates, full_matches, held_matches, is_held_by
from bedboard.views.case_rows import (
    ask_rows,
    callback_of,
    callers_of,
    contra_indications,
    declined_at,
    receivers_of,
    time_line,
)
from bedboard.views.cases import CaseView
from bedboard.views.facts import facts_of
from bedboard.views.late import late_view
from bedboard.views.needs import needs_of
from bedboard.views.strip import inbox_of, urgency

ENDED_SHOWN = timedelta(hours=24)


# --- shelters to ask


async def post_case_new(call: Call) -> Response:
    """Lead on to the shelters that suit a search. With a `place`, its shelter comes first, and only that one is ticked."""
    return keep_new(call, await call.fields())


def keep_new(call: Call, form: Mapping[str, str], refusal: Refusal | None = None) -> Response:
    """Lead on to the shelters to ask for a new case. The profile, the ticks and the wanted place of the form wait there."""
    place = {"place": form["place"]} if "place" in form else {}
    return keep(call, "/requests/new", {**profile_fields(form), **_ticks(form), **place}, refusal)


def keep_more(call: Call, case_id: str, form: Mapping[str, str], refusal: Refusal) -> Response:
    """Lead back to more shelters to ask for a case, with their ticks and the refusal."""
    return keep(call, f"/requests/{case_id}/more", _ticks(form), refusal)


def _ticks(form: Mapping[str, str]) -> dict[str, str]:
    return {name: kind for name, kind in form.items() if name.startswith("ask.")}


def ticked_of(form: Mapping[str, str]) -> dict[str, str]:
    """Return the ticked shelters, each with the kind of place that the page showed. Refusal: Invalid."""
    ticked = {name.removeprefix("ask."): kind for name, kind in _ticks(form).items()}
    if not all(ID.match(shelter_id) and ID.match(kind) for shelter_id, kind in ticked.items()):
        raise Invalid(FieldError("shelters", "unknown_shelter"))
    return ticked


def _ticked_before(kept: Kept | None) -> Collection[str] | None:
    """Return the shelters that were ticked when the press was refused; None: nothing was pressed yet."""
    if kept is None or kept.refusal is None:
        return None
    try:
        return ticked_of(kept.fields)
    except Invalid:
        return ()


async def show_case_new(call: Call) -> Response:
    """Show the shelters to ask for a new case; a profile that is wrong or empty goes back to the search page."""
    kept = kept_of(call)
    if kept is None:
        return RedirectResponse("/search", 303, {"Cache-Control": "no-store"})
    fields, refusal, ticked, wanted = profile_fields(kept.fields), kept.refusal, _ticked_before(kept), kept.fields.get("place")
    asking, me = None if wanted is None else find_place(call, wanted), seeker_of(call)
    if wanted is not None and asking is None:
        raise NotFound("no_such_place")
    place = {} if wanted is None else {"place": wanted}
    try:
        said = read_profile(fields)
        profile, found = await find(call, said, LOTS)
    except Invalid as wrong:
        return keep(call, "/search", {**fields, **place}, wrong)
    if not profile.asked():
        say = None if asking is not None else Invalid(FieldError("adults", "say_for_whom"))
        return keep(call, "/search", {**fields, **place}, refusal or say)
    if asking is not None and asking[1].status != "free" and not is_held_by(asking[1], me):
        refusal, asking = refusal or Conflict("not_free"), None
    if asking is not None and ticked is None:
        ticked = {asking[0].id}
    place_id = asking[1].id if asking else None
    held = held_matches(call.process.board.cards.values(), me, profile, call.catalogue, call.deciders, place_id)
    full = full_matches(call.process.board.cards.values(), found, profile, call.catalogue, call.deciders)
    context = {
        "case": None,
        "fields": write_profile(said),
        "said": said,
        "asked": needs_of(said),
        "wanted": asking[1].id if asking else None,
        "candidates": candidates(found, ticked, held=held, full=full),
        "too_large": found.too_large,
        "still": MOST_ASKED,
        "most": MOST_ASKED,
    }
    return await _page(call, "pages/case_new.html", context, "new", refusal, write_profile(said))


async def show_more(call: Call) -> Response:
    """Show more shelters to ask for a case of one's own."""
    case_id, kept = call.path_params["case_id"], kept_of(call)
    refusal, ticked = kept.refusal if kept else None, _ticked_before(kept)
    async with call.transaction() as tx:
        case = await read_case(tx, call, case_id, with_telephones=False)
    if not case.is_ours:
        raise NotFound("no_such_request")
    if case.state != "asking" or case.profile is None:
        return RedirectResponse(f"/requests/{case_id}", 303) if refusal is None else keep_case(call, refusal)
    profile, found = await find(call, case.profile, LOTS)
    held = held_matches(call.process.board.cards.values(), seeker_of(call), profile, call.catalogue, call.deciders)
    full = full_matches(call.process.board.cards.values(), found, profile, call.catalogue, call.deciders)
    asked = [ask for ask in case.asks if ask.settled is None]
    still = MOST_ASKED - sum(ask.says != "no" for ask in asked)
    context = {
        "case": case,
        "fields": {},
        "said": case.profile,
        "asked": case.needs,
        "wanted": None,
        "candidates": candidates(found, ticked, case.asks, still, held, full) if still > 0 else [],
        "too_large": 0,
        "still": max(still, 0),
        "most": MOST_ASKED,
    }
    return await _page(call, "pages/case_new.html", context, case_id, refusal)


# --- the list


async def show_cases(call: Call) -> Response:
    """Show the list of cases; to a script the list alone."""
    actor, now = call.actor, call.now
    async with call.transaction() as tx:
        rows = await list_cases_of(tx, actor.organization_id or "", actor.role, now - ENDED_SHOWN)
        own = await read_cases(tx, call, rows)
        is_desk = may_decide(actor)
        every = await read_cases(tx, call, await list_open_cases(tx)) if is_desk else []
        over = await read_cases(tx, call, await list_over_cases(tx, now - ENDED_SHOWN)) if is_desk else []
    context = {
        "own": sorted(own, key=urgency),
        "inbox": inbox_of(sorted(every, key=urgency)) if is_desk else None,
        "over": over,
        "late": late_view(every, call.process.board.cards.values()) if is_desk else None,
        "steps": STEPS,
        "catalogue": call.catalogue,
        "callers": callers_of(call.catalogue),
    }
    cases = call.process.pages.fragment(call.language, "fragments/_cases.html", context)
    if call.wants_fragment:
        return html(call, cases)
    return await _page(call, "pages/cases.html", {"cases": cases}, "requests", refusal_of(call))


# --- one case


async def show_case(call: Call) -> Response:
    """Show a case; to a script the case alone."""
    case_id = call.path_params["case_id"]
    if call.wants_fragment:
        return html(call, (await _case(call, case_id))[1])
    kept = kept_of(call)
    if kept is None or not kept.discloses:
        return await _case_page(call, case_id, refusal_of(call))
    try:
        address = await read_address(call, case_id)
    except NotAllowed as refusal:
        return await _case_page(call, case_id, refusal)
    response = await _case_page(call, case_id, address=address)
    drop_one(call, response)
    return response


async def _case(call: Call, case_id: str) -> tuple[CaseView, Markup]:
    """Read a case and draw it. Refusal: NotFound, also for a person who may not see it."""
    process, actor, catalogue = call.process, call.actor, call.catalogue
    async with call.transaction() as tx:
        case = await read_case(tx, call, case_id)
        events = await list_case_events(tx, case_id)
    context = {
        "case": case,
        "rows": ask_rows(case, actor, catalogue, call.now),
        "facts": facts_of(case, _profile(call, case), catalogue),
        "events": time_line(events, process.board.cards),
        "requester": callers_of(catalogue).get((case.organization_id, case.role)),
        "callback": callback_of(catalogue, case.organization_id, case.role),
        "callers": callers_of(catalogue),
        "declined_at": declined_at(events),
        "receivers": receivers_of(case, catalogue),
        "is_desk": may_decide(actor),
        "desk_is_open": is_desk_open(call),
        "catalogue": catalogue,
        "steps": STEPS,
        "no_reasons": NO_REASONS,
        "desk_reasons": DESK_REASONS,
        "contra_indications": contra_indications(case),
        "slept": SLEPT,
        "withdraw_reasons": WITHDRAW_REASONS,
        "now": call.now,
        "today": call.now.astimezone(catalogue.zone).date(),
        "longest_stay": LONGEST_STAY,
        "new_key": process.clock.new_id,
    }
    return case, process.pages.fragment(call.language, "fragments/_case.html", context)


def _profile(call: Call, case: CaseView) -> Profile | None:
    """Return the household of a case at this moment; None: it is erased, or for instance its police unit no longer exists."""
    try:
        return None if case.profile is None else profile_of(case.profile, call.catalogue, call.now)
    except Invalid:
        return None


async def case_fragment(call: Call, case_id: str, refusal: Refusal | None) -> Response:
    """Answer a press of a script with the case as it now is, and with the refusal."""
    _, text = await _case(call, case_id)
    return html(call, text + Markup(notice(call, refusal)), http_status(refusal) if refusal else 200)  # noqa: S704


def keep_case(call: Call, refusal: Refusal | None = None, *, discloses: bool = False) -> Response:
    """Lead to the page of the case in the path, which shows the refusal, or the address once."""
    return keep(call, f"/requests/{call.path_params['case_id']}", refusal=refusal, discloses=discloses)


async def _case_page(call: Call, case_id: str, refusal: Refusal | None = None, address: str | None = None) -> Response:
    case, text = await _case(call, case_id)
    context = {"case": case, "text": text, "address": address_html(call, case, address)}
    return await _page(call, "pages/case.html", context, case_id, refusal)


def address_html(call: Call, case: CaseView, address: str | None) -> Markup:
    """Draw the address of the chosen shelter; for None draw the empty element in which it will stand."""
    return call.process.pages.fragment(call.language, "fragments/_address.html", {"case": case, "address": address})


async def address_fragment(call: Call, case_id: str, address: str) -> Response:
    """Answer a script with the address."""
    case, _ = await _case(call, case_id)
    return html(call, address_html(call, case, address) + Markup(notice(call, None)))  # noqa: S704


async def _page(
    call: Call,
    template: str,
    context: Mapping[str, Any],
    here: str,
    refusal: Refusal | None = None,
    profile: Mapping[str, str] | None = None,
) -> Response:
    """Draw a page of cases. `here` and `profile`: as in `own_strip`."""
    process = call.process
    around = {
        "catalogue": call.catalogue,
        "new_key": process.clock.new_id,
        "strip": await own_strip(call, here, profile),
        "notice": Markup(notice(call, refusal)),  # noqa: S704
        "as_of": process.board.as_of or call.now,
        "live": process.board.live,
    }
    return page(call, template, {**around, **context}, http_status(refusal) if refusal else 200)
