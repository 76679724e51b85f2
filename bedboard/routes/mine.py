"""What is one's own, on top of every page for those who look for a place."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from bedboard.actions.looks import look_at_holds
from bedboard.routes.parse import KeyText
from bedboard.routes.parts import actor_of, language_of, parts_of
from bedboard.routes.profiles import SearchProfile, open_profile
from bedboard.routes.replies import html, notice, status_of
from bedboard.rules.access import SEEKERS
from bedboard.rules.fit import PARTY
from bedboard.rules.refusals import Refusal, Unavailable
from bedboard.store.seal import Seal
from bedboard.store.tables import Waiting
from bedboard.store.waiting import list_own_waitings
from bedboard.views.cards import Card, PlaceView


class HoldView(NamedTuple):
    """One's own hold as it is shown. `place` None: it is not on the board (any more); its status says whether it is still
    held, or what the shelter has made of it."""

    id: str
    card: Card
    place: PlaceView | None
    until: datetime
    extended: bool
    telephone: str


class WaitingView(NamedTuple):
    """What somebody waits for. `party`: who come along, code and number; `rest`: the other criteria that were asked;
    `languages` as ISO 639-1; `found_at` None: nothing new."""

    id: str
    party: Sequence[tuple[str, int]]
    rest: Sequence[str]
    languages: Sequence[str]
    until: datetime
    found_at: datetime | None


def _waiting_view(waiting: Waiting, seal: Seal) -> WaitingView:
    """One that cannot be opened (any more) is shown without whom it is for, so that it can be stopped."""
    try:
        said = open_profile(seal, waiting.profile_sealed)
    except ValueError:
        said = SearchProfile()
    numbers = said.adults.model_dump() | said.children.model_dump() | {"minor_alone": said.minor_alone, "group": said.group}
    party = [(code, int(numbers[code])) for code in (*PARTY, "minor_alone", "group") if numbers[code]]
    exploitation = "other_exploitation" if said.exploitation == "other" else said.exploitation
    rest = [code for code in (said.status, exploitation, *said.needs) if code and code != "unknown"]
    return WaitingView(waiting.id, party, rest, said.languages, waiting.expires_at, waiting.found_at)


async def my_strip(request: Request) -> Markup:
    """What is one's own, on top of every page: holds with their telephones, and what one waits for. Each showing of a telephone
    is written down as a look.

    Asks the database only when there is something; says so when it does not answer.
    """
    parts, actor = parts_of(request), actor_of(request)
    holds: list[HoldView] = []
    away = False
    waiting: list[WaitingView] = []
    holding, waits = parts.feed.holds_anything(actor.key), parts.waitings.waits(actor.key)
    if actor.role in SEEKERS and (holding or waits):
        try:
            async with parts.database.transaction() as tx:
                now = parts.clock.now()
                found = await look_at_holds(tx, actor, parts.seal, now) if holding else []
                own = await list_own_waitings(tx, actor.id, now) if waits else []
        except Unavailable:
            found, own, away = [], [], True
        waiting = [_waiting_view(one, parts.seal) for one in own]
        for row, telephone in found:
            card = parts.feed.cards.get(row.shelter_id)
            if card is not None:
                place = next((place for place in card.places if place.id == row.place_id), None)
                holds.append(HoldView(row.id, card, place, row.expires_at, row.extended, telephone))
    context = {
        "holds": holds,
        "waiting": waiting,
        "who": actor.id,
        "push_key": parts.push.public_key if parts.push else None,
        "waiting_away": away and waits,
        "away": away and holding,
        "new_key": parts.clock.new_id,
        "back": request.url.path if request.method == "GET" and request.url.path != "/mine" else "/search",
        "reference": parts.feed.reference,
    }
    return Markup(parts.pages.render(language_of(request), "fragments/_mine.html", context))  # noqa: S704


async def show_mine(request: Request) -> Response:
    return html(request, await my_strip(request))


class Press(BaseModel):
    """Something of one's own is pressed. `back`: the page of ours on which that was."""

    model_config = ConfigDict(extra="forbid")
    key: KeyText
    back: str = "/search"


async def strip_reply(request: Request, refusal: Refusal | None) -> Response:
    """The answer for a script: one's own things as they are now, and what was refused."""
    text = await my_strip(request) + Markup(notice(request, refusal))  # noqa: S704
    return html(request, text, status_of(refusal) if refusal else 200)
