"""The overview of a person with several shelters: what each has free, how old its news is, and what waits there."""

from starlette.responses import RedirectResponse, Response

from bedboard.routes.call import Call
from bedboard.routes.replies import html, page
from bedboard.rules.refusals import NotAllowed
from bedboard.store.cases import list_unanswered
from bedboard.views.late import late_of


async def show_overview(call: Call) -> Response:
    """Show one's own shelters, to a script the list alone; a single shelter is shown itself."""
    own = call.actor.shelter_ids
    if not own:
        raise NotAllowed("not_your_role")
    if len(own) == 1:
        return RedirectResponse(f"/staff/{min(own)}", 303)
    call.check_board_read()
    board = call.process.board
    async with call.transaction() as tx:
        waiting = await list_unanswered(tx, own)
    cards = sorted((board.cards[one] for one in own if one in board.cards), key=lambda card: (card.name, card.id))
    context = {"shelters": [(card, late_of(card), len(waiting.get(card.id, ()))) for card in cards]}
    shelters = call.process.pages.fragment(call.language, "fragments/_own_shelters.html", context)
    if call.wants_fragment:
        return html(call, shelters)
    around = {"shelters": shelters, "catalogue": call.catalogue, "as_of": board.as_of or call.now, "live": board.live}
    return page(call, "pages/own.html", around)
