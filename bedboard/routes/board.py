"""The board for those who look for a place, the list for those who only know which shelters there are, and the totals."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bedboard.process import actor_of, catalogue_of, language_of, process_of
from bedboard.routes.replies import page
from bedboard.routes.strip import own_strip
from bedboard.rules.access import OVERSEERS, SEEKERS, SHELTER, Actor
from bedboard.rules.criteria import TAKES
from bedboard.rules.refusals import NotAllowed
from bedboard.views.cards import Card, add_totals
from bedboard.views.pieces import Audience


def board_audience(actor: Actor, language: str) -> Audience:
    return Audience("board", language, late=actor.role == "desk")


async def show_home(request: Request) -> Response:
    actor = actor_of(request)
    if actor.role in OVERSEERS:
        catalogue_of(request)
        cards = sorted(process_of(request).board.cards.values(), key=lambda card: card.name)
        return page(request, "pages/known.html", {"cards": cards})
    if actor.role in SHELTER:
        if not actor.shelter_ids:
            raise NotAllowed("not_your_role")
        return RedirectResponse(f"/staff/{min(actor.shelter_ids)}", 303)
    if actor.role not in SEEKERS:
        raise NotAllowed("not_your_role")
    return await show_board(request)


async def show_board(request: Request) -> Response:
    """The filters come in the address: they choose shelters and say nothing about a person."""
    process, actor, language = process_of(request), actor_of(request), language_of(request)
    board, catalogue = process.board, catalogue_of(request)
    asked = request.query_params
    kind = asked.get("kind") if asked.get("kind") in catalogue.kinds else None
    unit = asked.get("unit") if asked.get("unit") in catalogue.units else None
    takes = asked.get("takes") if asked.get("takes") in TAKES else None

    def chosen(card: Card) -> bool:
        return (
            (kind is None or kind in card.kinds)
            and (unit is None or card.unit == unit)
            and (takes is None or takes in card.takes)
        )

    pieces = board.pieces(board_audience(actor, language), chosen)
    pieces.sort(key=lambda pair: _rank(board.cards[pair[0]], kind))
    cards = [Markup(piece.body) for _, piece in pieces]  # noqa: S704
    wall = asked.get("wall") == "1"
    context = {
        "cards": cards,
        "totals": board.totals or add_totals(board.cards.values(), catalogue),
        "catalogue": catalogue,
        "kind": kind,
        "unit": unit,
        "takes": takes,
        "takes_all": TAKES,
        "wall": wall,
        "strip": Markup("") if wall else await own_strip(request),  # a telephone is not for everybody in the room
        "as_of": board.as_of or process.clock.now(),
        "live": board.live,
        "card_count": len(cards),
        "shelter_count": len(board.cards),
    }
    return page(request, "pages/board.html", context)


def _rank(card: Card, kind: str | None) -> int:
    """Where a place (of the kind) is free comes first, fresh before ageing news, then where it is unknown (call), then what
    is full; by name within each.

    The order is that of the moment of loading: later changes stay where they are, so that nothing jumps under a finger.
    """
    free = card.counts["free"] if kind is None else card.kinds[kind]["free"]
    if card.freshness == "stale":
        return 2
    return 3 if not free else 0 if card.freshness == "fresh" else 1


async def show_totals(request: Request) -> Response:
    """What staff may know of other shelters: numbers per kind and police unit."""
    process, catalogue = process_of(request), catalogue_of(request)
    context = {
        "totals": add_totals(process.board.cards.values(), catalogue),
        "catalogue": catalogue,
        "as_of": process.board.as_of or process.clock.now(),
    }
    return page(request, "pages/totals.html", context)
