"""Mijn opvang: what a shelter's people do on their phone."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Literal

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bedboard.actions.holds import Holder, hold_place, release_hold
from bedboard.actions.idempotency import Reply, apply_once, make_key
from bedboard.actions.occupancy import Changed, change_place, confirm_shelter, count_places, undo_change
from bedboard.process import Process, actor_of, language_of, process_of
from bedboard.routes.parse import read_form
from bedboard.routes.replies import EMPTY_NOTICE, html, http_status, notice, page_context, wants_fragment
from bedboard.routes.staff_cases import draw_asked
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound, Refusal, Unavailable, VersionMismatch
from bedboard.schemas.fields import KeyText, Moment, local_moment
from bedboard.schemas.parse import parse_form
from bedboard.store.board import Catalogue, ShelterRow, get_shelter, list_shelters
from bedboard.store.database import Transaction
from bedboard.store.journal import get_journal
from bedboard.views.cards import Card, make_card

EMPTY_UNDO = '<div id="undo"></div>'

Number = Annotated[int, Field(ge=0, le=100_000)]


class Tap(BaseModel):
    """Every form here carries the key that was made when it was drawn, and says when it was tapped if that was earlier."""

    model_config = ConfigDict(extra="forbid")
    key: KeyText
    observed_at: Moment | None = None


class PlaceTap(Tap):
    status: Literal["free", "occupied", "closed"]
    reason: Annotated[str, Field(max_length=40)] | None = None
    expected_free_at: Annotated[str, Field(max_length=40)] | None = None


class ConfirmTap(Tap):
    """`version`: the one that was looked at; a newer one has not been seen, so it is not confirmed."""

    version: Annotated[int, Field(ge=1, le=2**62)] | None = None


class HoldTap(Tap):
    """`caller`: who telephones, as "organization role"."""

    caller: Annotated[str, Field(max_length=130, pattern=r"^[a-z0-9][a-z0-9-]* (police|coordinator|desk)$")]


class UndoTap(Tap):
    change: Annotated[int, Field(ge=1, le=2**62)]


class CountTap(Tap):
    free: dict[str, Number]


def _card(process: Process, row: ShelterRow) -> tuple[Card, Catalogue]:
    catalogue = process.board.catalogue
    if catalogue is None:
        raise Unavailable("database_away")
    return make_card(row, catalogue, process.settings.limits, process.clock.now()), catalogue


def staff_section(request: Request, row: ShelterRow) -> str:
    """The shelter's own page as it is at this moment, but for what it is asked."""
    process = process_of(request)
    card, catalogue = _card(process, row)
    return process.pieces.staff(language_of(request), card, catalogue)


def _undo_bar(request: Request, row: ShelterRow, journal_id: int, place_id: str | None) -> str:
    """The bar that offers to take the last tap back; empty when the place is gone."""
    process = process_of(request)
    card, _ = _card(process, row)
    place = next((place for place in card.places if place.id == place_id), None)
    if place is None:
        return EMPTY_UNDO
    context = {
        "shelter_id": row.id,
        "place_id": place.id,
        "change": journal_id,
        "label": place.label,
        "status": place.status,
        "new_key": process.clock.new_id,
    }
    return process.pages.render(language_of(request), "fragments/_undo.html", context)


async def show_staff(request: Request) -> Response:
    return await staff_page(request, None)


async def staff_page(request: Request, refusal: Refusal | None) -> Response:
    process, actor, shelter_id = process_of(request), actor_of(request), request.path_params["shelter_id"]
    now = process.clock.now()
    undo = EMPTY_UNDO
    async with process.database.transaction() as tx:
        row = await get_shelter(tx, shelter_id)
        if row is None:
            raise NotFound("no_such_shelter")
        own_shelters = [(other.id, other.name) for other in await list_shelters(tx, actor.shelter_ids)]
        asked = request.query_params.get("change", "")
        if asked.isascii() and asked.isdigit() and len(asked) <= 18:
            tap = await get_journal(tx, int(asked))
            own = tap is not None and tap.shelter_id == shelter_id and tap.actor_id == actor.id
            if tap is not None and own and now < tap.received_at + timedelta(seconds=process.settings.undo_seconds):
                undo = _undo_bar(request, row, int(asked), tap.place_id)
        requests = await draw_asked(tx, request)
    card, catalogue = _card(process, row)
    context = {
        **page_context(request),
        "card": card,
        "asked": requests,
        "body": Markup(process.pieces.staff(language_of(request), card, catalogue)),  # noqa: S704
        "undo": Markup(undo),  # noqa: S704
        "undo_seconds": process.settings.undo_seconds,
        "notice": Markup(notice(request, refusal)),  # noqa: S704
        "own_shelters": own_shelters,
        "push_key": process.push.public_key if process.push else None,
        "catalogue": catalogue,
    }
    if refusal is not None:
        context["path"] = f"/staff/{shelter_id}"
    status = http_status(refusal) if refusal else 200
    return html(request, process.pages.render(language_of(request), "pages/staff.html", context), status)


async def _tap(
    request: Request, key: str, work: Callable[[Transaction, datetime], Awaitable[Changed]], place_id: str | None = None
) -> Response:
    """Does one tap once, and answers with the shelter as it then is: as elements for a script, else by its page."""
    process, actor, shelter_id = process_of(request), actor_of(request), request.path_params["shelter_id"]
    now = process.clock.now()

    def reply(changed: Changed) -> Reply:
        return Reply(200, str(changed.journal_id or "").encode(), changed.shelter.version)

    # When a tap is sent again later it says when it was tapped, and is the same tap all the same.
    fields = sorted((name, value) for name, value in (await read_form(request)).items() if name != "observed_at")
    asked = make_key(key, request.url.path, repr(fields))
    done = await apply_once(process.database, actor, asked, now, lambda tx: work(tx, now), reply)
    await process.board.reached(shelter_id, done.reply.version or 0)
    journal_id = int(done.reply.body) if done.reply.body else None
    if not wants_fragment(request):
        query = f"?change={journal_id}" if journal_id and place_id else ""
        return RedirectResponse(f"/staff/{shelter_id}{query}", 303)
    row = done.result.shelter if done.result is not None else await _present(process, shelter_id)
    undo = _undo_bar(request, row, journal_id, place_id) if journal_id and place_id else EMPTY_UNDO
    return html(request, staff_section(request, row) + undo + EMPTY_NOTICE)


async def _present(process: Process, shelter_id: str) -> ShelterRow:
    async with process.database.transaction() as tx:
        row = await get_shelter(tx, shelter_id)
    if row is None:
        raise NotFound("no_such_shelter")
    return row


def _showing_present(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """A refused tap is answered with the reason and what is true now."""

    async def tried(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (Conflict, Invalid, VersionMismatch) as refusal:
            if not wants_fragment(request):
                return await staff_page(request, refusal)
            row = await _present(process_of(request), request.path_params["shelter_id"])
            text = staff_section(request, row) + EMPTY_UNDO + notice(request, refusal)
            return html(request, text, http_status(refusal))

    return tried


@_showing_present
async def post_place(request: Request) -> Response:
    actor, place_id = actor_of(request), request.path_params["place_id"]
    tap = parse_form(PlaceTap, await read_form(request))
    zone = process_of(request).pages.zone
    change = PlaceChange(
        tap.status,
        tap.reason,
        local_moment("expected_free_at", tap.expected_free_at, zone),
        tap.observed_at,
    )

    async def work(tx: Transaction, now: datetime) -> Changed:
        changed = await change_place(tx, actor, place_id, change, now)
        if changed.shelter.id != request.path_params["shelter_id"]:
            raise NotFound("no_such_place")
        return changed

    return await _tap(request, tap.key, work, place_id)


@_showing_present
async def post_confirm(request: Request) -> Response:
    actor, shelter_id = actor_of(request), request.path_params["shelter_id"]
    tap = parse_form(ConfirmTap, await read_form(request))
    return await _tap(
        request, tap.key, lambda tx, now: confirm_shelter(tx, actor, shelter_id, now, tap.observed_at, tap.version)
    )


@_showing_present
async def post_undo(request: Request) -> Response:
    actor, shelter_id = actor_of(request), request.path_params["shelter_id"]
    tap = parse_form(UndoTap, await read_form(request))
    within = timedelta(seconds=process_of(request).settings.undo_seconds)
    return await _tap(request, tap.key, lambda tx, now: undo_change(tx, actor, shelter_id, tap.change, now, within))


@_showing_present
async def post_occupancy(request: Request) -> Response:
    """A number per kind: the fields are called free.<kind>."""
    actor, shelter_id = actor_of(request), request.path_params["shelter_id"]
    fields = await read_form(request)
    free = {name.removeprefix("free."): value for name, value in fields.items() if name.startswith("free.")}
    rest = {name: value for name, value in fields.items() if not name.startswith("free.")}
    if not free:
        raise Invalid(FieldError("free", "missing"))
    try:
        tap = parse_form(CountTap, rest | {"free": free})
        counts = {kind: KindCount(number) for kind, number in tap.free.items()}
        return await _tap(request, tap.key, lambda tx, now: count_places(tx, actor, shelter_id, counts, now, tap.observed_at))
    except Invalid as refusal:
        raise Invalid(*(_by_kind_name(request, one) for one in refusal.fields)) from refusal


def _by_kind_name(request: Request, error: FieldError) -> FieldError:
    """The field as the page calls it: by the name of the kind."""
    catalogue = process_of(request).board.catalogue
    code = error.field.removeprefix("kinds.").removeprefix("free.").removesuffix(".free")
    if catalogue is None or code not in catalogue.kinds:
        return error
    return FieldError(catalogue.kinds[code].names[language_of(request)], error.code, error.detail)


@_showing_present
async def post_hold(request: Request) -> Response:
    """Staff keep a place for somebody who telephones."""
    process, actor, place_id = process_of(request), actor_of(request), request.path_params["place_id"]
    tap = parse_form(HoldTap, await read_form(request))
    organization_id, role = tap.caller.split(" ")

    async def work(tx: Transaction, now: datetime) -> Changed:
        held = await hold_place(tx, actor, [place_id], process.clock.new_id(), now, Holder(organization_id, role))
        if held.shelter.id != request.path_params["shelter_id"]:
            raise NotFound("no_such_place")
        return Changed(held.shelter)

    return await _tap(request, tap.key, work)


@_showing_present
async def post_release(request: Request) -> Response:
    """Staff end a hold on a place of theirs, by whomever it was made."""
    actor, claim_id = actor_of(request), request.path_params["claim_id"]
    tap = parse_form(Tap, await read_form(request))

    async def work(tx: Transaction, now: datetime) -> Changed:
        held = await release_hold(tx, actor, claim_id, now)
        if held.shelter.id != request.path_params["shelter_id"]:
            raise NotFound("no_such_hold")
        return Changed(held.shelter)

    return await _tap(request, tap.key, work)
