"""What is one's own, on top of every page for those who look for a place."""

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from bedboard.actions.disclosures import disclose_holds
from bedboard.process import actor_of, language_of, process_of
from bedboard.routes.case_reads import opener_of, read_cases
from bedboard.routes.parse import ID, KeyText
from bedboard.routes.replies import html, http_status, notice
from bedboard.rules.access import SEEKERS
from bedboard.rules.refusals import Busy, Refusal, Unavailable
from bedboard.store.alerts import list_own_alerts
from bedboard.store.cases import list_cases_of, list_open_cases
from bedboard.store.database import Transaction
from bedboard.views.strip import AlertView, CasesView, HoldView, alert_view, cases_view, hold_views, inbox_of


async def _cases(tx: Transaction, request: Request) -> CasesView:
    actor, now = actor_of(request), process_of(request).clock.now()
    own = await read_cases(tx, request, await list_cases_of(tx, actor.organization_id or "", actor.role, now))
    inbox = inbox_of(await read_cases(tx, request, await list_open_cases(tx))) if actor.role == "desk" else None
    return cases_view(own, inbox)


async def own_strip(request: Request, here: str | None = None) -> Markup:
    """What is one's own, on top of every page: holds with their telephones, what one waits for, and one's cases. Each showing
    of a telephone is written down as a look. `here`: the case that the page itself is about, or "requests" for all of them.

    Asks the database only when there is something; says so when it does not answer or is too busy.
    """
    process, actor = process_of(request), actor_of(request)
    here = here or request.query_params.get("here", "")
    holds: list[HoldView] = []
    away = is_busy = False
    alerts: list[AlertView] = []
    cases = CasesView()
    holding, waits = process.board.holds_anything(actor.key), process.alerts.waits(actor.key)
    has_cases = process.cases.has_any(actor)
    if actor.role in SEEKERS and (holding or waits or has_cases):
        try:
            async with process.database.transaction() as tx:
                now = process.clock.now()
                found = await disclose_holds(tx, actor, process.seal, now) if holding else []
                own = await list_own_alerts(tx, actor.id, now) if waits else []
                cases = await _cases(tx, request) if has_cases else cases
        except Unavailable as refusal:
            found, own, away, is_busy = [], [], True, isinstance(refusal, Busy)
        alerts = [alert_view(one, opener_of(process)) for one in own]
        holds = hold_views(found, process.board.cards)
    context = {
        "holds": holds,
        "waiting": alerts,
        "who": actor.id,
        "push_key": process.push.public_key if process.push else None,
        "waiting_away": away and waits,
        "away": away and holding,
        "cases": cases,
        "cases_away": away and has_cases,
        "is_busy": is_busy,
        "here": here if ID.match(here) else "",
        "new_key": process.clock.new_id,
        "back": request.url.path if request.method == "GET" and request.url.path != "/strip" else "/search",
        "catalogue": process.board.catalogue,
    }
    return Markup(process.pages.render(language_of(request), "fragments/_strip.html", context))  # noqa: S704


async def show_strip(request: Request) -> Response:
    return html(request, await own_strip(request))


class Press(BaseModel):
    """Something of one's own is pressed. `back`: the page of ours on which that was."""

    model_config = ConfigDict(extra="forbid")
    key: KeyText
    back: str = "/search"


async def strip_reply(request: Request, refusal: Refusal | None) -> Response:
    """The answer for a script: one's own things as they are now, and what was refused."""
    text = await own_strip(request) + Markup(notice(request, refusal))  # noqa: S704
    return html(request, text, http_status(refusal) if refusal else 200)
