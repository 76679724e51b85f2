"""The picture of a shelter's own page that its device keeps, to open it without a network.

It is drawn without cases, promises, their owners and new tokens, because a phone without a network may be in anybody's hand.
The device encrypts it (`web/static/js/sw.js`).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from markupsafe import Markup
from starlette.responses import Response

from bedboard.routes.call import Call
from bedboard.routes.present import card_of
from bedboard.routes.replies import page
from bedboard.rules.freshness import Freshness, FreshnessLimits, limits_for
from bedboard.rules.refusals import NotFound
from bedboard.rules.sessions import PICTURE_KEPT, ends_at
from bedboard.store.board import get_shelter, list_shelters
from bedboard.store.people import list_sessions
from bedboard.views.cards import Card


def without_promises(card: Card) -> Card:
    """Return the card without anything about who keeps a place, and for which case; the places keep their status."""
    return replace(card, places=tuple(place._replace(claim=None, shut_out=None) for place in card.places))


def aged(card: Card, limits: FreshnessLimits) -> list[tuple[Card, datetime]]:
    """Return the card as it will be called later if nobody confirms it, with the moment of each; `limits`: those of its kinds.

    A picture hears nothing, so it takes its later words along.
    """
    if card.confirmed_at is None:
        return []
    later: list[tuple[Freshness, timedelta]] = [("ageing", limits.fresh), ("stale", limits.ageing)]
    names = ("fresh", "ageing", "stale")
    return [
        (replace(card, freshness=name), card.confirmed_at + age)
        for name, age in later
        if names.index(name) > names.index(card.freshness)
    ]


async def show_kept_page(call: Call) -> Response:
    """Answer with the picture, the mark of its session, and the seconds for which it may be kept: as long as that lasts."""
    process, shelter_id = call.process, call.path_params["shelter_id"]
    async with call.transaction() as tx:
        row = await get_shelter(tx, shelter_id)
        if row is None:
            raise NotFound("no_such_shelter")
        own_shelters = [(other.id, other.name) for other in await list_shelters(tx, call.actor.shelter_ids)]
        session = (await list_sessions(tx, [call.session_hash])).get(call.session_hash)
    card, catalogue, left = without_promises(card_of(call, row)), replace(call.catalogue, callers=()), timedelta(0)
    if session is not None:
        left = min(PICTURE_KEPT, ends_at(session.actor.session, session.created_at, process.identity.limits) - call.now)
    context = {
        "card": card,
        "asked": "",
        "body": Markup(process.pieces.own_page(call.language, card, catalogue)),  # noqa: S704
        "sheets": Markup(process.pieces.sheets(call.language, card, catalogue)),  # noqa: S704
        "undo": Markup('<div id="undo"></div>'),
        "departure": "",
        "undo_seconds": 0,
        "notice": "",
        "own_shelters": own_shelters,
        "new_tokens": [],
        "push_key": None,
        "push_session": call.session_mark,
        "catalogue": catalogue,
        "path": f"/staff/{card.id}",
        "kept_at": call.now,
        "aged": aged(card, limits_for({catalogue.kinds[one.kind].limits for one in row.places}, process.settings.limits)),
    }
    answer = page(call, "pages/staff.html", context)
    answer.headers["Bedboard-Session"] = call.session_mark
    answer.headers["Bedboard-Keep"] = str(max(0, int(left.total_seconds())))
    return answer
