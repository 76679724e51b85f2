"""The regional overview ("sociale kaart"): the shelters of each police unit, and how often they were full."""

from starlette.responses import Response

from bedboard.routes.call import Call
from bedboard.routes.replies import page
from bedboard.rules.evenings import EVENING_AT, EVENINGS, LEAST_PLACES, LEAST_SHELTERS
from bedboard.views.regions import make_regions, sight_of


async def show_regions(call: Call) -> Response:
    """Show every police unit. Parts of the address count for nothing: there is nothing to choose."""
    call.check_board_read()
    board, catalogue, sight = call.process.board, call.catalogue, sight_of(call.actor)
    cells = await call.process.evenings.cells(call.transaction, call.epoch, catalogue.zone, call.now)
    context = {
        "units": make_regions(board.cards.values(), cells, catalogue, sight),
        "kinds": catalogue.kinds.values(),
        "sight": sight,
        "evening": EVENING_AT,
        "evenings": EVENINGS,
        "least": LEAST_PLACES,
        "least_shelters": LEAST_SHELTERS,
        "now": call.now,
    }
    return page(call, "pages/regions.html", context)
