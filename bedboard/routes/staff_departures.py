"""The question after a tap that made a place free: where did its people go? It may be left open."""

from starlette.responses import RedirectResponse, Response

from bedboard.actions.departures import is_asked, tell_departure
from bedboard.routes.call import Call
from bedboard.routes.replies import EMPTY_NOTICE, html
from bedboard.rules.departures import ASKED_FOR, DEPARTURES
from bedboard.schemas.forms import DepartureForm
from bedboard.store.board import ShelterRow
from bedboard.store.tables.board import Journal

EMPTY_DEPARTURE = '<div id="departure"></div>'


def draw_departure(call: Call, row: ShelterRow, tap: Journal | None) -> str:
    """Draw the question about this tap; empty where there is nothing to ask, or no time left to count the answer."""
    if tap is None or not is_asked(tap) or call.now > tap.received_at + ASKED_FOR:
        return EMPTY_DEPARTURE
    place = next((place for place in row.places if place.id == tap.place_id), None)
    if place is None:
        return EMPTY_DEPARTURE
    context = {
        "shelter_id": row.id,
        "change": tap.id,
        "label": place.label,
        "over": tap.received_at + ASKED_FOR,
        "departures": DEPARTURES,
    }
    return call.process.pages.render(call.language, "fragments/_departure.html", context)


async def post_departure(call: Call) -> Response:
    """Count where the people went, and take the question off the page. The last answer counts, so it needs no key."""
    shelter_id, form = call.path_params["shelter_id"], await call.form(DepartureForm)
    if form.departure != "skip":
        async with call.transaction() as tx:
            await tell_departure(tx, call.actor, shelter_id, form.change, form.departure, call.now)
    if not call.wants_fragment:
        return RedirectResponse(f"/staff/{shelter_id}", 303)
    return html(call, EMPTY_DEPARTURE + EMPTY_NOTICE)
