"""Mijn opvang: the taps of a shelter's people on their phone."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from bedboard.actions.counts import count_places
from bedboard.actions.holds import Holder, hold_place, release_hold
from bedboard.actions.idempotency import Reply
from bedboard.actions.occupancy import Changed, change_place, confirm_shelter, undo_change
from bedboard.routes.call import Call
from bedboard.routes.kept import keep, refusal_of
from bedboard.routes.present import card_of, read_shelter, showing_present
from bedboard.routes.replies import EMPTY_NOTICE, html, notice, page
from bedboard.routes.staff_cases import draw_asked
from bedboard.routes.staff_departures import EMPTY_DEPARTURE, draw_departure
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotAllowed, NotFound, Refusal
from bedboard.schemas.case_forms import StaffHoldsForm
from bedboard.schemas.fields import local_moment, number_in
from bedboard.schemas.forms import ConfirmForm, CountForm, StaffHoldForm, StatusForm, TapForm, UndoForm
from bedboard.schemas.parse import parse_form
from bedboard.store.board import ShelterRow, get_shelter, list_shelters
from bedboard.store.clients import list_new_clients
from bedboard.store.database import Transaction
from bedboard.store.journal import get_journal
from bedboard.views.cards import ClaimView

EMPTY_UNDO = '<div id="undo"></div>'
VOID = b"void"  # the stored reply of a tap that was taken back before it was done


# --- the page


def staff_section(call: Call, row: ShelterRow) -> str:
    """Draw the shelter's own page as it is at this moment, but for the cases that it is asked about.

    A script says which stamp its page shows, and keeps the tiles that have not changed since.
    """
    shown = call.request.headers.get("bedboard-shows", "")
    board = call.process.board
    return board.tiles.page(call.language, card_of(call, row), call.catalogue, shown, board.cards.get(row.id))


def _claim_on(call: Call, place_id: str | None) -> ClaimView | None:
    """Return the promise or hold on a place, as this process last knew it."""
    card = call.process.board.cards.get(call.path_params["shelter_id"])
    return next((place.claim for place in card.places if place.id == place_id), None) if card else None


def _undo_bar(call: Call, row: ShelterRow, journal_id: int, place_id: str | None, before: ClaimView | None = None) -> str:
    """Draw the bar that offers to take the last tap back; empty when the place is gone. `before`: the claim that was on it."""
    place = next((place for place in card_of(call, row).places if place.id == place_id), None)
    if place is None:
        return EMPTY_UNDO
    context = {
        "shelter_id": row.id,
        "place_id": place.id,
        "change": journal_id,
        "label": place.label,
        "status": place.status,
        "lost": before if place.claim is None else None,
        "new_key": call.process.clock.new_id,
    }
    return call.process.pages.render(call.language, "fragments/_undo.html", context)


async def _read_tap(tx: Transaction, call: Call, row: ShelterRow) -> tuple[str, str]:
    """Draw the undo bar of the tap that the address names, as long as the person may still take it back, and its question."""
    journal_id = number_in(call.query.get("change", ""))
    tap = None if journal_id is None else await get_journal(tx, journal_id)
    if journal_id is None or tap is None or (tap.shelter_id, tap.actor_id) != (row.id, call.actor.id):
        return EMPTY_UNDO, EMPTY_DEPARTURE
    asked = draw_departure(call, row, tap)
    if call.now >= tap.received_at + timedelta(seconds=call.process.settings.undo_seconds):
        return EMPTY_UNDO, asked
    return _undo_bar(call, row, journal_id, tap.place_id), asked


async def show_staff(call: Call) -> Response:
    """Show the page; a refusal that was kept stands on top and gives the status."""
    process, shelter_id, refusal = call.process, call.path_params["shelter_id"], refusal_of(call)
    async with call.transaction() as tx:
        row = await get_shelter(tx, shelter_id)
        if row is None:
            raise NotFound("no_such_shelter")
        own_shelters = [(other.id, other.name) for other in await list_shelters(tx, call.actor.shelter_ids)]
        undo, departure = await _read_tap(tx, call, row)
        is_managed = call.actor.role == "manager" and call.actor.session == "person"
        added = await list_new_clients(tx, [shelter_id], call.now) if is_managed else []
        cases = await draw_asked(tx, call)
    card, catalogue = card_of(call, row), call.catalogue
    context = {
        "card": card,
        "asked": cases,
        "body": Markup(process.pieces.own_page(call.language, card, catalogue, opened=call.query.get("place"))),  # noqa: S704
        "sheets": Markup(process.pieces.sheets(call.language, card, catalogue)),  # noqa: S704
        "undo": Markup(undo),  # noqa: S704
        "departure": Markup(departure),  # noqa: S704
        "undo_seconds": process.settings.undo_seconds,
        "notice": Markup(notice(call, refusal)),  # noqa: S704
        "own_shelters": own_shelters,
        "new_tokens": added,
        "push_key": process.push.public_key if process.push else None,
        "push_session": call.session_mark,
        "kept_at": None,
        "catalogue": catalogue,
    }
    return page(call, "pages/staff.html", context, refusal)


# --- taps


async def _tap(
    call: Call, key: str, work: Callable[[Transaction], Awaitable[Changed]], place_id: str | None = None
) -> Response:
    """Do one tap once, and answer with the shelter as it then is: as elements for a script, otherwise by its page.

    `place_id`: the place that was tapped, if the tap can be taken back. A tap that is void uses up its key and does nothing:
    the phone does not know whether it has arrived before, and it may even arrive later. Refusal: Conflict `done_already`.
    """
    shelter_id, sent = call.path_params["shelter_id"], await call.fields()
    tapper = call.request.headers.get("bedboard-person", call.actor.id)
    if tapper != call.actor.id:  # a waiting tap of somebody who used this device before
        raise NotAllowed("not_your_session")
    is_void, before = "void" in sent, _claim_on(call, place_id)

    def reply(changed: Changed) -> Reply:
        return Reply(200, VOID if is_void else str(changed.journal_id or "").encode(), changed.shelter.version)

    async def do_nothing(tx: Transaction) -> Changed:
        row = await get_shelter(tx, shelter_id)
        if row is None:
            raise NotFound("no_such_shelter")
        return Changed(row)

    # A tap that is sent again later has an `observed_at`, and is still the same tap; so is one that is void by now.
    fields = sorted((name, value) for name, value in sent.items() if name not in ("observed_at", "void"))
    done = await call.once(key, repr(fields), work=do_nothing if is_void else work, reply=reply, shown=call.shelter_shown)
    if is_void and done.reply.body != VOID:
        raise Conflict("done_already")
    journal_id = int(done.reply.body) if done.reply.body.isdigit() else None
    if not call.wants_fragment:
        query = f"?change={journal_id}" if journal_id and place_id else ""
        return RedirectResponse(f"/staff/{shelter_id}{query}", 303)
    row = done.result.shelter if done.result is not None else await read_shelter(call, shelter_id)
    undo, asked = EMPTY_UNDO, EMPTY_DEPARTURE
    if journal_id and place_id:
        undo = _undo_bar(call, row, journal_id, place_id, before)
        async with call.transaction() as tx:
            asked = draw_departure(call, row, await get_journal(tx, journal_id))
    return html(call, staff_section(call, row) + undo + asked + EMPTY_NOTICE)


async def _show_present(call: Call, refusal: Refusal) -> Response:
    if not call.wants_fragment:
        return keep_staff(call, refusal)
    row = await read_shelter(call, call.path_params["shelter_id"])
    return html(call, staff_section(call, row) + EMPTY_UNDO + EMPTY_DEPARTURE + notice(call, refusal), refusal)


def keep_staff(call: Call, refusal: Refusal) -> Response:
    """Lead back to the shelter's own page, which shows the refusal."""
    return keep(call, f"/staff/{call.path_params['shelter_id']}", refusal=refusal)


def _check_here(call: Call, changed: Changed, code: str) -> Changed:
    """Refuse a change that was not of the shelter of this page. Refusal: NotFound."""
    if changed.shelter.id != call.path_params["shelter_id"]:
        raise NotFound(code)
    return changed


@showing_present(_show_present)
async def post_place(call: Call) -> Response:
    place_id, form = call.path_params["place_id"], await call.form(StatusForm)
    expected_free_at = local_moment("expected_free_at", form.expected_free_at, call.process.pages.zone, call.now)
    change = PlaceChange(form.status, form.reason, expected_free_at, form.observed_at)

    async def work(tx: Transaction) -> Changed:
        limits = call.process.settings.limits
        changed = await change_place(tx, call.actor, place_id, change, call.now, limits=limits)
        return _check_here(call, changed, "no_such_place")

    return await _tap(call, form.key, work, place_id)


@showing_present(_show_present)
async def post_confirm(call: Call) -> Response:
    shelter_id, form = call.path_params["shelter_id"], await call.form(ConfirmForm)
    known = None if form.version is None else {form.version}
    return await _tap(call, form.key, lambda tx: confirm_shelter(tx, call.actor, shelter_id, call.now, form.observed_at, known))


@showing_present(_show_present)
async def post_undo(call: Call) -> Response:
    shelter_id, form = call.path_params["shelter_id"], await call.form(UndoForm)
    within = timedelta(seconds=call.process.settings.undo_seconds)
    return await _tap(call, form.key, lambda tx: undo_change(tx, call.actor, shelter_id, form.change, call.now, within))


@showing_present(_show_present)
async def post_occupancy(call: Call) -> Response:
    """Take a number per kind: the fields are called empty.<kind>."""
    shelter_id, fields = call.path_params["shelter_id"], await call.fields()
    empty = {name.removeprefix("empty."): value for name, value in fields.items() if name.startswith("empty.")}
    rest = {name: value for name, value in fields.items() if not name.startswith("empty.")}
    if not empty:
        raise Invalid(FieldError("empty", "missing"))
    try:
        form = parse_form(CountForm, {"empty": empty} | rest)
        counts = {kind: KindCount(number) for kind, number in form.empty.items()}
        return await _tap(
            call, form.key, lambda tx: count_places(tx, call.actor, shelter_id, counts, call.now, form.observed_at)
        )
    except Invalid as refusal:
        raise Invalid(*(_by_kind_name(call, one) for one in refusal.fields)) from refusal


def _by_kind_name(call: Call, error: FieldError) -> FieldError:
    """Return the error with the field as the page calls it: by the name of the kind."""
    catalogue = call.process.board.catalogue
    code = error.field.removeprefix("kinds.").removeprefix("empty.").removesuffix(".empty")
    if catalogue is None or code not in catalogue.kinds:
        return error
    return FieldError(catalogue.kinds[code].names[call.language], error.code, error.detail)


async def _hold_for(call: Call, form: StaffHoldForm | StaffHoldsForm, place_ids: Sequence[str]) -> Response:
    """Hold one place, or all of several, for the organization that telephones."""
    organization_id, role = form.caller.split(" ")
    people = len(place_ids) if len(place_ids) > 1 else 0

    async def work(tx: Transaction) -> Changed:
        holder, new_id = Holder(organization_id, role), call.process.clock.new_id()
        held = await hold_place(tx, call.actor, place_ids, new_id, call.now, holder, people)
        return _check_here(call, Changed(held.shelter), "no_such_place")

    return await _tap(call, form.key, work)


@showing_present(_show_present)
async def post_hold(call: Call) -> Response:
    """Hold a place for an organization that telephones."""
    return await _hold_for(call, await call.form(StaffHoldForm), [call.path_params["place_id"]])


@showing_present(_show_present)
async def post_holds(call: Call) -> Response:
    """Hold several places for a caller with a group, all of them or none."""
    form = await call.form(StaffHoldsForm)
    if not form.place_ids:
        raise Invalid(FieldError("places", "missing"))
    return await _hold_for(call, form, form.place_ids)


@showing_present(_show_present)
async def post_release(call: Call) -> Response:
    """End a hold on a place of this shelter, made by anybody."""
    claim_id, form = call.path_params["claim_id"], await call.form(TapForm)

    async def work(tx: Transaction) -> Changed:
        held = await release_hold(tx, call.actor, claim_id, call.now)
        return _check_here(call, Changed(held.shelter), "no_such_hold")

    return await _tap(call, form.key, work)
