"""The board for people who look for a place, the list for people who only know the shelters, and the totals."""

from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from bedboard.routes.call import Call
from bedboard.routes.kept import refusal_of
from bedboard.routes.replies import WALL, html, html_bytes, http_status, notice, page, page_text
from bedboard.routes.strip import own_strip
from bedboard.rules.access import OVERSEERS, SEEKERS, SHELTER, Actor
from bedboard.rules.refusals import NotAllowed
from bedboard.views.cards import Card
from bedboard.views.facets import EVERYTHING, Filter, read_filter
from bedboard.views.pieces import Audience, deflate, pack_around
from bedboard.views.totals import add_totals

CARDS = Markup("<cards>")  # stands in the page for all cards; nothing else there can be the same, as data has no "<"


def board_audience(actor: Actor, language: str, chosen: Filter = EVERYTHING) -> Audience:
    view = "wall" if actor.session == "wall" else "board"
    return Audience(view, language, late=actor.role == "desk", chosen=chosen)


async def show_home(call: Call) -> Response:
    actor = call.actor
    if actor.role in OVERSEERS:
        call.check_board_read()
        cards = sorted(call.process.board.cards.values(), key=lambda card: card.name)
        return page(call, "pages/known.html", {"cards": cards})
    if actor.role == "policy":
        return RedirectResponse("/monitor", 303)
    if actor.role in SHELTER:
        if not actor.shelter_ids:
            raise NotAllowed("not_your_role")
        own = actor.shelter_ids
        return RedirectResponse("/staff" if len(own) > 1 else f"/staff/{min(own)}", 303)
    if actor.role not in SEEKERS:
        raise NotAllowed("not_your_role")
    return await show_board(call)


async def show_board(call: Call) -> Response:
    """Show the board; the filters in the address choose shelters and say nothing about a person."""
    call.check_board_read()
    wall = call.actor.session == "wall"
    if wall != (call.query.get("wall") == "1"):
        return RedirectResponse(WALL if wall else f"/wall?{call.query}", 303)
    strip = Markup("") if wall else await own_strip(call)  # a telephone is not for everybody in the room
    async with call.turn:
        return _draw_board(call, strip, wall=wall)


def _draw_board(call: Call, strip: Markup, *, wall: bool) -> Response:
    """Draw the page in one go, so that all its parts are of one moment."""
    board, catalogue = call.process.board, call.catalogue
    chosen = read_filter(call.query, catalogue)
    audience = board_audience(call.actor, call.language, chosen)

    def join_cards() -> bytes:
        pieces = board.pieces(audience, chosen.shows)
        if wall:  # people look for a shelter where it was when the page turned last
            pieces.sort(key=lambda pair: board.cards[pair[0]].unit_name)
        else:
            pieces.sort(key=lambda pair: _rank(board.cards[pair[0]], chosen.kind))
        return "\n".join(piece.body for _, piece in pieces).encode()

    def filters(template: str) -> Markup:
        facets = board.facets(chosen, catalogue)
        return call.process.pieces.filters(call.language, template, chosen, facets, catalogue, wall=wall)

    refusal = refusal_of(call)
    status = http_status(refusal) if refusal else 200
    count = sum(map(chosen.shows, board.cards.values()))
    context = {
        "cards": CARDS if count else "",
        "head": filters("fragments/_head.html"),
        "filters": Markup("") if wall else filters("fragments/_filters.html"),
        "catalogue": catalogue,
        "chosen": chosen,
        "wall": wall,
        "strip": strip,
        "notice": Markup(notice(call, refusal)) if refusal else "",  # noqa: S704
        "as_of": board.as_of or call.now,
        "live": board.live,
        "card_count": count,
        "shelter_count": len(board.cards),
    }
    # The cards, nearly all of the page, are joined and packed once for all who see the same.
    head, _, tail = (part.encode() for part in page_text(call, "pages/board.html", context).partition(CARDS))
    cards = board.keep(("cards", audience), join_cards)
    if not call.takes_gzip:
        return html_bytes(head + cards + tail, status, is_packed=False)
    packed = board.keep(("packed cards", audience), lambda: deflate(cards))
    return html_bytes(pack_around(head, cards, packed, tail), status, is_packed=True)


def _rank(card: Card, kind: str | None) -> int:
    """Return the order of a card: free (of the kind), fresh before ageing news; then unknown, so call; then full.

    A page gets this order when it is loaded. A card that changes later stays where it is, so that nothing jumps under a finger.
    """
    free = card.counts["free"] if kind is None else card.kinds[kind]["free"]
    if card.freshness == "stale":
        return 2
    return 3 if not free else 0 if card.freshness == "fresh" else 1


async def show_totals(call: Call) -> Response:
    """Show what staff may know of other shelters, to a script the numbers alone: per kind and police unit."""
    board = call.process.board
    totals = {"totals": add_totals(board.cards.values(), call.catalogue), "catalogue": call.catalogue}
    body = call.process.pages.fragment(call.language, "fragments/_all_totals.html", totals)
    if call.wants_fragment:
        return html(call, body)
    around = {"body": body, "catalogue": call.catalogue, "as_of": board.as_of or call.now, "live": board.live}
    return page(call, "pages/totals.html", around)
