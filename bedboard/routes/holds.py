"""Keeping a place while people call: one's own holds on every page, and the page of one shelter with its telephone."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bedboard.actions.disclosures import disclose_telephone
from bedboard.actions.holds import Held, extend_hold, hold_place, release_hold
from bedboard.actions.idempotency import Reply, apply_once, make_key
from bedboard.process import Process, actor_of, catalogue_of, language_of, process_of
from bedboard.routes.board import board_audience
from bedboard.routes.parse import own_path, read_form
from bedboard.routes.replies import html, http_status, notice, page, wants_fragment
from bedboard.routes.search import profile_fields, search_page
from bedboard.routes.strip import Press, own_strip, strip_reply
from bedboard.rules.criteria import CRITERIA, LARGEST_LIMITS, SPOKEN_LANGUAGES
from bedboard.rules.refusals import Conflict, NotAllowed, NotFound, Refusal, TooMany
from bedboard.schemas.parse import parse_form
from bedboard.schemas.profile import is_profile_field
from bedboard.store.claims import list_holds
from bedboard.store.database import Transaction
from bedboard.store.shelters import get_shelter_id
from bedboard.views.cards import Card, Lot


class HoldPress(Press):
    """Of the search page, whose fields come along so that the page can be drawn again, or of a shelter's page."""

    page: Literal["search", "shelter"] = "search"


async def _do(request: Request, key: str, work: Callable[[Transaction, datetime], Awaitable[Held]]) -> Held | str:
    """Does it once, and waits until this process shows it. Gives the hold, or, of a repetition, its id."""
    process, now = process_of(request), process_of(request).clock.now()

    def reply(held: Held) -> Reply:
        return Reply(200, f"{held.shelter.id} {held.claim_id}".encode(), held.shelter.version)

    # Nothing of the profile is remembered, not even a fingerprint: the address says which place it is about.
    done = await apply_once(
        process.database, actor_of(request), make_key(key, request.url.path), now, lambda tx: work(tx, now), reply
    )
    shelter_id, claim_id = done.reply.body.decode().split(" ")
    await process.board.reached(shelter_id, done.reply.version or 0)
    return done.result or claim_id


async def _check_still_held(request: Request, claim_id: str) -> None:
    """A press that is repeated, perhaps from a page of an hour ago, must not look as if it had just kept the place.

    Refusal: Conflict `hold_over`.
    """
    process = process_of(request)
    async with process.database.transaction() as tx:
        holds = await list_holds(tx, actor_of(request), process.clock.now())
    if claim_id not in [hold.id for hold in holds]:
        raise Conflict("hold_over")


async def post_hold(request: Request) -> Response:
    """Keeps the place, or one that is quite like it; who comes too late hears it with what else there is."""
    process, actor, place_id = process_of(request), actor_of(request), request.path_params["place_id"]
    form = await read_form(request)
    press = parse_form(HoldPress, {name: value for name, value in form.items() if not is_profile_field(name)})
    lot = await _lot(process, place_id)
    ids = [place_id] + [place.id for place in lot.places if place.id != place_id]
    refusal: Refusal | None = None
    try:
        held = await _do(request, press.key, lambda tx, now: hold_place(tx, actor, ids, process.clock.new_id(), now))
        if isinstance(held, str):
            await _check_still_held(request, held)
    except (Conflict, TooMany) as late:
        refusal = late
    if wants_fragment(request):
        return await strip_reply(request, refusal)
    if press.page == "search":
        return await search_page(request, profile_fields(form), refusal)
    shelter_id = next(card.id for card in process.board.cards.values() if card.lot_of(place_id))
    return await _shelter_page(request, shelter_id, refusal) if refusal else RedirectResponse(f"/shelters/{shelter_id}", 303)


async def _lot(process: Process, place_id: str) -> Lot:
    """The lot of a place on the board of this process. Refusal: NotFound."""
    async with process.database.transaction() as tx:
        shelter_id = await get_shelter_id(tx, place_id)
    card = process.board.cards.get(shelter_id or "")
    lot = card.lot_of(place_id) if card is not None else None
    if lot is None:
        raise NotFound("no_such_place")
    return lot


async def _own_hold(request: Request, work: Callable[[Transaction, datetime], Awaitable[Held]]) -> Response:
    form = await read_form(request)
    press = parse_form(Press, form)
    refusal: Refusal | None = None
    try:
        await _do(request, press.key, work)
    except Conflict as conflict:
        refusal = conflict
    if wants_fragment(request):
        return await strip_reply(request, refusal)
    if refusal is not None:
        raise refusal
    return RedirectResponse(own_path(press.back), 303)


async def post_extend(request: Request) -> Response:
    actor, claim_id = actor_of(request), request.path_params["claim_id"]
    return await _own_hold(request, lambda tx, now: extend_hold(tx, actor, claim_id, now))


async def post_release(request: Request) -> Response:
    actor, claim_id = actor_of(request), request.path_params["claim_id"]
    return await _own_hold(request, lambda tx, now: release_hold(tx, actor, claim_id, now))


async def show_shelter(request: Request) -> Response:
    """The page, or for a script its places as they now are."""
    process, shelter_id = process_of(request), request.path_params["shelter_id"]
    card = process.board.cards.get(shelter_id)
    if card is not None and wants_fragment(request):
        return html(request, _places(request, card))
    return await _shelter_page(request, shelter_id, None)


def _places(request: Request, card: Card) -> Markup:
    process, language = process_of(request), language_of(request)
    criteria = [name for group in CRITERIA.values() for name in group]
    context = {"card": card, "catalogue": catalogue_of(request), "criteria": criteria, "new_key": process.clock.new_id}
    return Markup(process.pages.render(language, "fragments/_places.html", context))  # noqa: S704


async def post_call(request: Request) -> Response:
    """The telephone of a shelter, for those whom the rule allows it; the look is written down first."""
    process, actor, shelter_id = process_of(request), actor_of(request), request.path_params["shelter_id"]
    card = process.board.cards.get(shelter_id)
    if card is None:
        raise NotFound("no_such_shelter")
    try:
        async with process.database.transaction() as tx:
            telephone = await disclose_telephone(
                tx, actor, shelter_id, process.seal, process.clock.now(), is_stale=card.freshness == "stale"
            )
    except (NotAllowed, TooMany) as refusal:
        return await _shelter_page(request, shelter_id, refusal)
    return await _shelter_page(request, shelter_id, None, telephone)


async def _shelter_page(request: Request, shelter_id: str, refusal: Refusal | None, telephone: str | None = None) -> Response:
    process, actor, language, catalogue = process_of(request), actor_of(request), language_of(request), catalogue_of(request)
    card = process.board.cards.get(shelter_id)
    if card is None:
        raise NotFound("no_such_shelter")
    piece = process.pieces.get(board_audience(actor, language), card, catalogue)
    context = {
        "card": card,
        "body": Markup(piece.body),  # noqa: S704
        "places": _places(request, card),
        "criteria": [name for group in CRITERIA.values() for name in group],
        "limits": list(LARGEST_LIMITS),
        "languages": SPOKEN_LANGUAGES,
        "catalogue": catalogue,
        "telephone": telephone,
        "may_call": actor.role == "desk" or card.freshness == "stale",
        "new_key": process.clock.new_id,
        "strip": await own_strip(request),
        "notice": Markup(notice(request, refusal)) if refusal else None,  # noqa: S704
        "as_of": process.board.as_of or process.clock.now(),
        "live": process.board.live,
        "path": f"/shelters/{shelter_id}",
    }
    return page(request, "pages/shelter.html", context, http_status(refusal) if refusal else 200)
