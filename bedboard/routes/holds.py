"""Holding a place while people call: one's own holds on every page, and the page of one shelter with its telephone."""

from collections.abc import Awaitable, Callable

from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from bedboard.actions.disclosures import disclose_telephone, note_refused_telephone
from bedboard.actions.holds import Held, extend_hold, hold_place, release_hold
from bedboard.actions.idempotency import Reply
from bedboard.routes.board import board_audience
from bedboard.routes.call import Call
from bedboard.routes.case_reads import seeker_of
from bedboard.routes.kept import drop_one, keep, kept_of, refusal_of
from bedboard.routes.parse import own_path
from bedboard.routes.replies import html, notice, page
from bedboard.routes.search import answer_search, profile_fields
from bedboard.routes.strip import own_strip, strip_reply
from bedboard.rules.criteria import CRITERIA, LARGEST_LIMITS
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotAllowed, NotFound, ProofNeeded, Refusal, TooMany
from bedboard.schemas.fields import ID
from bedboard.schemas.forms import HoldForm, OwnForm
from bedboard.schemas.parse import parse_form
from bedboard.schemas.profile import is_profile_field, read_profile
from bedboard.store.claims import list_holds
from bedboard.store.database import Transaction
from bedboard.store.shelters import get_shelter_id
from bedboard.views.candidates import is_held_by
from bedboard.views.cards import Card, Lot


async def _do(call: Call, key: str, work: Callable[[Transaction], Awaitable[Held]], *asked: str) -> Held | str:
    """Do the work once, wait until this process shows it, and return the hold; for a repetition return the id of the hold."""

    def reply(held: Held) -> Reply:
        return Reply(200, f"{held.shelter.id} {held.claim_id}".encode(), held.shelter.version)

    # Nothing of the profile goes with the key, not even a fingerprint: the path and `asked` name the places.
    done = await call.once(key, *asked, work=work, reply=reply)
    shelter_id, claim_id = done.reply.body.decode().split(" ")
    # A repetition waits too: its first press may have gone to another process.
    await call.process.board.reached(shelter_id, done.reply.version or 0)
    return done.result or claim_id


async def _check_still_held(call: Call, claim_id: str) -> None:
    """Refuse a repeated press whose hold is over: its page, perhaps an hour old, must not show the place as held.

    Refusal: Conflict `hold_over`.
    """
    async with call.transaction() as tx:
        holds = await list_holds(tx, call.actor, call.now)
    if claim_id not in [hold.id for hold in holds]:
        raise Conflict("hold_over")


async def post_hold(call: Call) -> Response:
    """Hold the place, or another one of its lot; a person who is too late sees the other places.

    For a group that is split the address names the places that go `with` it, and then all are held or none.
    """
    process, place_id, fields = call.process, call.path_params["place_id"], await call.fields()
    form = parse_form(HoldForm, {name: value for name, value in fields.items() if not is_profile_field(name)})
    lot = await _lot(call, place_id)
    refusal: Refusal | None = None
    try:
        more = [one for one in call.query.get("with", "").split(",") if one]
        group = read_profile(profile_fields(fields)).group if more else 0
        ids = [place_id, *(more or [place.id for place in lot.places if place.id != place_id])]
        if not all(map(ID.match, more)):
            raise Invalid(FieldError("places", "not_here"))
        if more and not group:
            raise Invalid(FieldError("group", "missing"))
        new_id = process.clock.new_id()
        held = await _do(call, form.key, lambda tx: hold_place(tx, call.actor, ids, new_id, call.now, group=group), *more)
        if isinstance(held, str):
            await _check_still_held(call, held)
    except (Conflict, Invalid, TooMany) as late:
        refusal = late
    if call.wants_fragment:
        return await strip_reply(call, refusal)
    if form.page == "search":
        return await answer_search(call, profile_fields(fields), refusal)
    shelter_id = next(card.id for card in process.board.cards.values() if card.lot_of(place_id))
    back = f"/shelters/{shelter_id}"
    return keep(call, back, refusal=refusal) if refusal else RedirectResponse(back, 303)


async def _lot(call: Call, place_id: str) -> Lot:
    """Return the lot of a place on the board of this process. Refusal: NotFound."""
    async with call.transaction() as tx:
        shelter_id = await get_shelter_id(tx, place_id)
    card = call.process.board.cards.get(shelter_id or "")
    lot = card.lot_of(place_id) if card is not None else None
    if lot is None:
        raise NotFound("no_such_place")
    return lot


async def _change_own(call: Call, work: Callable[[Transaction], Awaitable[Held]]) -> Response:
    """Change a hold of the actor's own, and answer with the strip, or with the page where the button stands."""
    form = await call.form(OwnForm)
    refusal: Refusal | None = None
    try:
        await _do(call, form.key, work)
    except Conflict as conflict:
        refusal = conflict
    if call.wants_fragment:
        return await strip_reply(call, refusal)
    back = own_path(form.back)
    return keep(call, back, refusal=refusal) if refusal else RedirectResponse(back, 303)


async def post_extend(call: Call) -> Response:
    return await _change_own(call, lambda tx: extend_hold(tx, call.actor, call.path_params["claim_id"], call.now))


async def post_release(call: Call) -> Response:
    return await _change_own(call, lambda tx: release_hold(tx, call.actor, call.path_params["claim_id"], call.now))


async def show_shelter(call: Call) -> Response:
    """Show the page, or to a script its places as they now are."""
    card, kept = call.process.board.cards.get(call.path_params["shelter_id"]), kept_of(call)
    if card is None:
        raise NotFound("no_such_shelter")
    if call.wants_fragment:
        return html(call, _places(call, card))
    if kept is None or not kept.discloses:
        return await _shelter_page(call, card, refusal_of(call))
    try:
        telephone = await _disclose(call, card)
    except (NotAllowed, TooMany) as refusal:
        return await _shelter_page(call, card, refusal)
    response = await _shelter_page(call, card, None, telephone)
    drop_one(call, response)
    return response


def _places(call: Call, card: Card) -> Markup:
    process, language = call.process, call.language
    criteria = [name for group in CRITERIA.values() for name in group]
    context = {"card": card, "catalogue": call.catalogue, "criteria": criteria, "new_key": process.clock.new_id}
    me = seeker_of(call)
    context["ours"] = {place.id for place in card.places if is_held_by(place, me)}
    return Markup(process.pages.render(language, "fragments/_places.html", context))  # noqa: S704


async def post_call(call: Call) -> Response:
    """Show the telephone of a shelter where its button stands, if the rule allows it; the disclosure is written down first.

    A page without scripts leads to the page of the shelter, which does that, once for each press.
    """
    shelter_id = call.path_params["shelter_id"]
    if not call.wants_fragment:
        return keep(call, f"/shelters/{shelter_id}", discloses=True)
    card = call.process.board.cards.get(shelter_id)
    if card is None:
        raise NotFound("no_such_shelter")
    try:
        telephone = await _disclose(call, card)
    except (NotAllowed, TooMany) as refusal:
        return html(call, notice(call, refusal), refusal)
    shown = {"number": telephone, "card": card, "lots": [lot.id for lot in card.lots]}
    text = call.process.pages.fragment(call.language, "fragments/_calling.html", shown)
    return html(call, text + Markup(notice(call, None)))  # noqa: S704


async def _disclose(call: Call, card: Card) -> str:
    """Disclose the telephone. A refusal is written down too. Refusals: NotFound, NotAllowed, ProofNeeded, TooMany."""
    try:
        async with call.transaction() as tx:
            is_stale = card.freshness == "stale"
            return await disclose_telephone(tx, call.actor, card.id, call.process.seal, call.now, is_stale=is_stale)
    except (NotAllowed, ProofNeeded, TooMany):
        async with call.transaction() as tx:
            await note_refused_telephone(tx, call.actor, card.id, call.now)
        raise


async def _shelter_page(call: Call, card: Card, refusal: Refusal | None, telephone: str | None = None) -> Response:
    process, actor, language, catalogue = call.process, call.actor, call.language, call.catalogue
    piece = process.pieces.get(board_audience(actor, language), card, catalogue)
    context = {
        "card": card,
        "body": Markup(piece.body),  # noqa: S704
        "places": _places(call, card),
        "criteria": [name for group in CRITERIA.values() for name in group],
        "limits": list(LARGEST_LIMITS),
        "languages": catalogue.languages,
        "catalogue": catalogue,
        "telephone": telephone,
        "may_call": actor.role == "desk" or card.freshness == "stale",
        "new_key": process.clock.new_id,
        "strip": await own_strip(call),
        "notice": Markup(notice(call, refusal)) if refusal else None,  # noqa: S704
        "as_of": process.board.as_of or call.now,
        "live": process.board.live,
    }
    return page(call, "pages/shelter.html", context, refusal)
