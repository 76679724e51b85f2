"""What is one's own, on top of every page for those who look for a place."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from bedboard.actions.disclosures import disclose_holds
from bedboard.process import actor_of, language_of, process_of
from bedboard.routes.case_views import CaseView, NeedsView, needs_of, read_cases
from bedboard.routes.parse import ID, KeyText
from bedboard.routes.profiles import SearchProfile, open_profile
from bedboard.routes.replies import html, http_status, notice
from bedboard.rules.access import SEEKERS
from bedboard.rules.cases import RESERVED, STEPS
from bedboard.rules.refusals import Busy, Refusal, Unavailable
from bedboard.store.alerts import list_own_alerts
from bedboard.store.cases import list_cases_of, list_open_cases
from bedboard.store.database import Transaction
from bedboard.store.seal import Seal
from bedboard.store.tables import AlertRecord
from bedboard.views.cards import Card, PlaceView

CASES_SHOWN = 3  # cases in the strip: it stands on top of every page, also on a phone


class HoldView(NamedTuple):
    """One's own hold as it is shown. `place` None: it is not on the board (any more); its status says whether it is still
    held, or what the shelter has made of it."""

    id: str
    card: Card
    place: PlaceView | None
    until: datetime
    extended: bool
    telephone: str


class AlertView(NamedTuple):
    """What somebody waits for. `found_at` None: nothing new."""

    id: str
    needs: NeedsView
    until: datetime
    found_at: datetime | None


def _alert_view(waiting: AlertRecord, seal: Seal) -> AlertView:
    """One that cannot be opened (any more) is shown without whom it is for, so that it can be stopped."""
    try:
        said = open_profile(seal, waiting.profile_sealed)
    except ValueError:
        said = SearchProfile()
    return AlertView(waiting.id, needs_of(said), waiting.expires_at, waiting.found_at)


class Inbox(NamedTuple):
    """What waits for the desk, and after that everything else that is open."""

    to_decide: Sequence[CaseView]
    to_ratify: Sequence[CaseView]
    silent: Sequence[CaseView]
    rest: Sequence[CaseView]


def is_silent(case: CaseView) -> bool:
    """Somebody has to telephone: a shelter has said nothing for so long that all steps have been taken."""
    return case.state == "asking" and any(ask.is_expected and ask.step >= len(STEPS) for ask in case.asks)


def inbox_of(cases: Sequence[CaseView]) -> Inbox:
    sections: dict[str, list[CaseView]] = {name: [] for name in Inbox._fields}
    for case in cases:
        name = {"chosen": "to_decide", "provisional": "to_ratify", "housed": "to_ratify"}.get(case.state)
        sections[name or ("silent" if is_silent(case) else "rest")].append(case)
    return Inbox(**sections)


class CasesView(NamedTuple):
    """The cases of one's organization and role that somebody still has to see to. `shown`: the most urgent ones, the newest
    first; `more`: how many others. `inbox`: what waits for the desk; None for others."""

    shown: Sequence[CaseView] = ()
    more: int = 0
    inbox: Inbox | None = None


async def _cases(tx: Transaction, request: Request) -> CasesView:
    actor, now = actor_of(request), process_of(request).clock.now()
    own = await read_cases(tx, request, await list_cases_of(tx, actor.organization_id or "", actor.role, now))
    urgent = {case.id for case in sorted(own, key=urgency)[:CASES_SHOWN]}
    inbox = inbox_of(await read_cases(tx, request, await list_open_cases(tx))) if actor.role == "desk" else None
    return CasesView([case for case in own if case.id in urgent], len(own) - len(urgent), inbox)


def urgency(case: CaseView) -> int:
    """The lower, the more somebody waits for who asked."""
    if case.setback is not None or (case.state in RESERVED and not case.place_is_kept):
        return 0
    if case.state == "asking":
        return 1 if case.count("yes") else 2 if case.count("discuss") else 3
    return 4 if case.state == "withdrawn" else 5


async def own_strip(request: Request, here: str | None = None) -> Markup:
    """What is one's own, on top of every page: holds with their telephones, what one waits for, and one's cases. Each showing
    of a telephone is written down as a look. `here`: the case that the page itself is about, or "requests" for all of them.

    Asks the database only when there is something; says so when it does not answer or is too busy.
    """
    process, actor = process_of(request), actor_of(request)
    here = here or request.query_params.get("here", "")
    holds: list[HoldView] = []
    away = is_busy = False
    waiting: list[AlertView] = []
    cases = CasesView()
    holding, waits = process.news.has_hold(actor.key), process.alerts.has_any(actor.key)
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
        waiting = [_alert_view(one, process.seal) for one in own]
        for row, telephone in found:
            card = process.board.cards.get(row.shelter_id)
            if card is not None:
                place = next((place for place in card.places if place.id == row.place_id), None)
                holds.append(HoldView(row.id, card, place, row.expires_at, row.extended, telephone))
    context = {
        "holds": holds,
        "waiting": waiting,
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
