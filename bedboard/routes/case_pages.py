"""The pages of cases for people who look for a place and for the desk: the list, and one case."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from markupsafe import Markup
from starlette.responses import Response

from bedboard.routes.call import Call
from bedboard.routes.case_reads import is_desk_open, read_address, read_case, read_cases, read_handed_on, read_number
from bedboard.routes.kept import drop_one, keep, kept_of, refusal_of
from bedboard.routes.replies import html, notice, page
from bedboard.routes.strip import own_strip
from bedboard.rules.arrivals import is_early, is_outside_intake
from bedboard.rules.cases import DESK_REASONS, LONGEST_STAY, NO_REASONS, STEPS, WITHDRAW_REASONS
from bedboard.rules.fit import Profile
from bedboard.rules.looks import LOOKS_COUNTED, UNUSUAL
from bedboard.rules.refusals import Invalid, NotAllowed, NotFound, Refusal, TooMany
from bedboard.rules.rights import may_change_arrival, may_decide
from bedboard.rules.tallies import SLEPT
from bedboard.schemas.profile import profile_of
from bedboard.store.case_events import list_case_events
from bedboard.store.cases import get_case, list_cases_of, list_left_cases, list_open_cases, list_over_cases
from bedboard.store.database import Transaction
from bedboard.store.disclosures import list_addresses_seen, list_unusual_looks
from bedboard.views.case_rows import (
    HandedOn,
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
from bedboard.views.strip import by_need, inbox_of

ENDED_SHOWN = timedelta(hours=24)


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
        seen = await list_addresses_seen(tx, now - ENDED_SHOWN) if is_desk else []
        left = {} if is_desk else await _read_left(tx, call, now - ENDED_SHOWN)
        unusual = await list_unusual_looks(tx, now - ENDED_SHOWN, LOOKS_COUNTED, UNUSUAL) if is_desk else []
    context = {
        "own": by_need(own, now),
        "left": left,
        "inbox": inbox_of(by_need(every, now)) if is_desk else None,
        "over": over,
        "seen": seen,
        "unusual": unusual,
        "late": late_view(every, call.process.board.cards.values()) if is_desk else None,
        "steps": STEPS,
        "catalogue": call.catalogue,
        "callers": callers_of(call.catalogue),
    }
    cases = call.process.pages.fragment(call.language, "fragments/_cases.html", context)
    if call.wants_fragment:
        return html(call, cases)
    return await cases_page(call, "pages/cases.html", {"cases": cases}, "requests", refusal_of(call))


# --- one case


class Drawn(NamedTuple):
    """A case as the actor may see it. `shelter`: the name of the chosen one, whose address may stand beside it."""

    text: Markup
    shelter: str | None


async def show_case(call: Call) -> Response:
    """Show a case; to a script the case alone."""
    case_id = call.path_params["case_id"]
    if call.wants_fragment:
        return html(call, (await _draw(call, case_id)).text)
    kept = kept_of(call)
    if kept is None or not kept.discloses:
        return await _case_page(call, case_id, refusal_of(call))
    try:
        address = await read_address(call, case_id)
    except (NotAllowed, TooMany) as refusal:
        return await _case_page(call, case_id, refusal)
    response = await _case_page(call, case_id, address=address)
    drop_one(call, response)
    return response


async def _draw(call: Call, case_id: str) -> Drawn:
    """Draw a case for its parties, and for those who have handed it over only who has it now. Refusal: NotFound."""
    try:
        case, text = await _case(call, case_id)
    except NotFound:
        async with call.transaction() as tx:
            row = await get_case(tx, case_id)
            found = {} if row is None else await read_handed_on(tx, call, [row])
            number = None if row is None or not found else await read_number(tx, call, row, found[case_id][1])
        if not found:
            raise
        return _draw_handed_on(call, *found[case_id], number)
    return Drawn(text, None if case.chosen is None else case.chosen.card.name)


async def _read_left(tx: Transaction, call: Call, since: datetime) -> dict[str, tuple[CaseView, HandedOn]]:
    """Return by id the cases that the actor's group handed over, and with whose household it was on the road since."""
    rows = await list_left_cases(tx, call.actor.organization_id or "", call.actor.role, since)
    found = await read_handed_on(tx, call, rows)
    return {case_id: (case, on) for case_id, (case, on) in found.items() if on.brings_to or on.called_off or on.arrived_at}


def _draw_handed_on(call: Call, case: CaseView, handed: HandedOn, number: str | None) -> Drawn:
    """Say to the people who have handed a case over who has it now, since when, and their number.

    They may be on their way with the household: then they can still ask for the address and the shelter's number, say another
    hour, and read where and when they are expected, and whether the place is lost. `number`: as far as they have seen it.
    """
    receiver = callers_of(call.catalogue).get((handed.organization_id, handed.role), handed.organization_id)
    callback = callback_of(call.catalogue, handed.organization_id, handed.role)
    shelter = None if handed.brings_to is None else handed.brings_to.card.name
    context = {
        "case": case,
        "handed": handed,
        "receiver": receiver,
        "callback": callback,
        "place": None if handed.brings_to is None else replace(handed.brings_to, telephone=number),
        "facts": {},
        "new_key": call.process.clock.new_id,
        "now": call.now,
    }
    return Drawn(call.process.pages.fragment(call.language, "fragments/_case_handed.html", context), shelter)


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
        "events": time_line(events, process.board.cards, case.refusal, case.stays_until),
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
        "is_early": is_early(case.arrives_at, call.now),
        "is_outside_intake": _is_outside_intake(call, case),
        "may_change_arrival": may_change_arrival(actor, case.requester),
        "now": call.now,
        "today": call.now.astimezone(catalogue.zone).date(),
        "longest_stay": LONGEST_STAY,
        "new_key": process.clock.new_id,
    }
    return case, process.pages.fragment(call.language, "fragments/_case.html", context)


def _is_outside_intake(call: Call, case: CaseView) -> bool:
    """Return whether the chosen shelter takes nobody in at the agreed hour."""
    if case.chosen is None or case.arrives_at is None:
        return False
    return is_outside_intake(case.chosen.card.terms.intake, case.arrives_at.astimezone(call.catalogue.zone))


def _profile(call: Call, case: CaseView) -> Profile | None:
    """Return the household of a case at this moment; None: it is erased, or for instance its police unit no longer exists."""
    try:
        return None if case.profile is None else profile_of(case.profile, call.catalogue, call.now)
    except Invalid:
        return None


async def case_fragment(call: Call, case_id: str, refusal: Refusal | None) -> Response:
    """Answer a press of a script with the case as it now is, and with the refusal."""
    text = (await _draw(call, case_id)).text
    return html(call, text + Markup(notice(call, refusal)), refusal)  # noqa: S704


def keep_case(call: Call, refusal: Refusal | None = None, *, discloses: bool = False) -> Response:
    """Lead to the page of the case in the path, which shows the refusal, or the address once."""
    return keep(call, f"/requests/{call.path_params['case_id']}", refusal=refusal, discloses=discloses)


async def _case_page(call: Call, case_id: str, refusal: Refusal | None = None, address: str | None = None) -> Response:
    text, shelter = await _draw(call, case_id)
    context = {"case_id": case_id, "text": text, "address": _address_html(call, case_id, shelter, address)}
    return await cases_page(call, "pages/case.html", context, case_id, refusal)


def _address_html(call: Call, case_id: str, shelter: str | None, address: str | None) -> Markup:
    """Draw the address of the chosen shelter; for None draw the empty element in which it will stand."""
    context = {"case_id": case_id, "shelter": shelter, "address": address}
    return call.process.pages.fragment(call.language, "fragments/_address.html", context)


async def address_fragment(call: Call, case_id: str, address: str) -> Response:
    """Answer a script with the address."""
    shelter = (await _draw(call, case_id)).shelter
    return html(call, _address_html(call, case_id, shelter, address) + Markup(notice(call, None)))  # noqa: S704


async def cases_page(
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
    return page(call, template, {**around, **context}, refusal)
