"""The cases of a shelter on top of its own page."""

from collections.abc import Mapping
from datetime import timedelta

from markupsafe import Markup
from starlette.responses import Response

from bedboard.routes.call import Call
from bedboard.routes.case_reads import opener_of
from bedboard.routes.replies import html
from bedboard.rules.cases import NO_REASONS
from bedboard.store.cases import (
    list_arrivals_changed,
    list_asked,
    list_asks_of_all,
    list_claims_of_all,
    list_unanswered,
)
from bedboard.store.database import Transaction
from bedboard.store.disclosures import list_addresses_seen
from bedboard.store.people import list_organization_names
from bedboard.views.staff import AskedView, asked_section, asked_view, is_refused_here, may_be_refused_here

SETTLED_SHOWN = timedelta(hours=12)  # how long a settled case stays to be read
FIRST_PLACES = 6  # that are offered at once; the others are folded away
ROOMY_COUNT = 2  # so many cases are shown whole; when there are more, each is folded, so that the places are not far below


async def read_asked(tx: Transaction, call: Call) -> tuple[list[AskedView], Mapping[str, list[str]]]:
    """Read the cases of this page's shelter, and by shelter the unanswered cases of the actor's other shelters."""
    process, actor, shelter_id = call.process, call.actor, call.path_params["shelter_id"]
    catalogue, now, card = call.catalogue, call.now, process.board.cards.get(shelter_id)
    elsewhere = await list_unanswered(tx, sorted(actor.shelter_ids - {shelter_id}))
    rows = await list_asked(tx, shelter_id, now - SETTLED_SHOWN)
    if card is None or not rows:
        return [], elsewhere
    claims = await list_claims_of_all(tx, [row.record.id for row in rows])
    names = await list_organization_names(tx, {row.record.organization_id for row in rows})
    refused = [row.record.id for row in rows if may_be_refused_here(*row)]
    asks = await list_asks_of_all(tx, refused) if refused else {}
    changed = await list_arrivals_changed(tx, shelter_id, [row.record.id for row in rows if row.ask.settled == "chosen"])
    views = [
        asked_view(
            row,
            ask,
            claims,
            card,
            names[row.organization_id],
            catalogue,
            opener_of(process),
            now,
            is_refused_here=is_refused_here(row, ask, asks.get(row.id, [])),
            arrival_changed_at=changed.get(row.id),
        )
        for row, ask in rows
    ]
    return views, elsewhere


async def draw_asked(tx: Transaction, call: Call) -> Markup:
    """Draw the section `#asked`; it is empty where nothing was asked, and nobody has seen the address."""
    process, shelter_id = call.process, call.path_params["shelter_id"]
    views, elsewhere = await read_asked(tx, call)
    seen = await list_addresses_seen(tx, call.now - SETTLED_SHOWN, shelter_id)
    cards, now = process.board.cards, call.now
    context = {
        "action": f"/staff/{shelter_id}/requests",
        "name": cards[shelter_id].name if shelter_id in cards else "",
        **asked_section(views, now)._asdict(),
        "opened": {view.id for view in views if process.opened.has(shelter_id, view.id)},
        "unopened": {other for other, ids in elsewhere.items() if not all(process.opened.has(other, one) for one in ids)},
        "elsewhere": [(cards[other], cases) for other, cases in sorted(elsewhere.items()) if other in cards],
        "no_reasons": [code for code in NO_REASONS if code != "contra_indication"],
        "first_places": FIRST_PLACES,
        "roomy_count": ROOMY_COUNT,
        "shelter_id": shelter_id,
        "seen": seen,
        "catalogue": call.catalogue,
        "now": now,
        "new_key": process.clock.new_id,
    }
    return process.pages.fragment(call.language, "fragments/_asked.html", context)


async def show_asked(call: Call) -> Response:
    async with call.transaction() as tx:
        text = await draw_asked(tx, call)
    return html(call, text)
