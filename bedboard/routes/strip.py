"""The strip on top of every page for people who look for a place: reading and drawing it."""

from collections.abc import Mapping

from markupsafe import Markup
from starlette.responses import Response

from bedboard.actions.disclosures import disclose_holds
from bedboard.routes.call import Call
from bedboard.routes.case_reads import opener_of, read_cases
from bedboard.routes.replies import html, notice
from bedboard.rules.access import SEEKERS
from bedboard.rules.refusals import Busy, Refusal, Unavailable
from bedboard.schemas.fields import ID
from bedboard.store.alerts import list_own_alerts
from bedboard.store.cases import list_cases_of, list_open_cases
from bedboard.store.database import Transaction
from bedboard.views.strip import AlertView, CasesView, HoldView, alert_view, cases_view, hold_views, inbox_of


async def _cases(tx: Transaction, call: Call, here: str) -> CasesView:
    actor, now = call.actor, call.now
    own = await read_cases(tx, call, await list_cases_of(tx, actor.organization_id or "", actor.role, now))
    inbox = inbox_of(await read_cases(tx, call, await list_open_cases(tx))) if actor.role == "desk" else None
    return cases_view(own, inbox, now, here)


async def own_strip(call: Call, here: str | None = None, profile: Mapping[str, str] | None = None) -> Markup:
    """Draw the strip on top of every page: the actor's own holds with their telephones, alerts and cases.

    Each showing of a telephone is written down as a disclosure. `here`: the case of the page itself, or "requests" for all.
    `profile`: the fields of the search on this page, which go along when a held place is asked for.
    Asks the database only when there is something; says so when it does not answer or is too busy.
    """
    process, actor = call.process, call.actor
    here = here or call.query.get("here", "")
    holds: list[HoldView] = []
    away = is_busy = False
    alerts: list[AlertView] = []
    cases = CasesView()
    holding, waits = process.news.has_hold(actor.key), process.alerts.has_any(actor.key)
    has_cases = process.cases.has_any(actor)
    if actor.role in SEEKERS and (holding or waits or has_cases):
        try:
            async with process.database.transaction() as tx:
                now = call.now
                found = await disclose_holds(tx, actor, process.seal, now) if holding else []
                own = await list_own_alerts(tx, actor.id, now) if waits else []
                cases = await _cases(tx, call, here) if has_cases else cases
        except Unavailable as refusal:
            found, own, away, is_busy = [], [], True, isinstance(refusal, Busy)
        alerts = [alert_view(one, opener_of(process)) for one in own]
        holds = hold_views(found, process.board.cards, call.now)
    context = {
        "holds": holds,
        "alerts": alerts,
        "who": actor.id,
        "push_key": process.push.public_key if process.push else None,
        "push_session": call.session_mark,
        "alerts_away": away and waits,
        "away": away and holding,
        "cases": cases,
        "cases_away": away and has_cases,
        "is_busy": is_busy,
        "profile": profile or {},
        "here": here if ID.match(here) else "",
        "new_key": process.clock.new_id,
        "back": call.address if call.request.method == "GET" and call.path != "/strip" else "/search",
        "catalogue": process.board.catalogue,
    }
    return process.pages.fragment(call.language, "fragments/_strip.html", context)


async def show_strip(call: Call) -> Response:
    return html(call, await own_strip(call))


async def strip_reply(call: Call, refusal: Refusal | None) -> Response:
    """Answer a script with the strip as it is now, and with the refusal."""
    text = await own_strip(call) + Markup(notice(call, refusal))  # noqa: S704
    return html(call, text, refusal)
