"""The places of a shelter: the list, adding some, and the page of one for its manager."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.responses import Response

from bedboard.actions.manage.common import stamp_of
from bedboard.actions.manage.places import PlaceFacts, change_place_facts, close_for_good, open_places, place_facts
from bedboard.actions.occupancy import Changed
from bedboard.routes.call import Call
from bedboard.routes.manage.forms import Sheet, show, take
from bedboard.routes.manage.shelters import get_managed
from bedboard.rules.managing import Nights
from bedboard.rules.refusals import FieldError, Invalid, NotFound
from bedboard.schemas.manage_forms import NewPlaceForm, PlaceForm
from bedboard.store.board import PlaceRow
from bedboard.store.database import Transaction
from bedboard.views.managing import FieldSpec, ListRowView, options_of


def _specs(call: Call) -> tuple[FieldSpec, ...]:
    kinds = options_of((code, kind.names[call.language]) for code, kind in call.catalogue.kinds.items())
    return (
        FieldSpec("label"),
        FieldSpec("kind", "choice", kinds),
        FieldSpec("beds", "number"),
        FieldSpec("cots", "number", is_needed=False),
        FieldSpec("first", "date", is_needed=False),
        FieldSpec("last", "date", is_needed=False),
    )


def _nights(place: PlaceRow) -> Sequence[datetime]:
    return [moment for moment in (place.exists_from, place.exists_until) if moment is not None]


def _days(place: PlaceRow, zone: ZoneInfo) -> Sequence[str]:
    return [moment.astimezone(zone).date().isoformat() for moment in _nights(place)]


async def show_places(call: Call) -> Response:
    """Show the places as they are made, not who is in them: an administrator does not see what is free."""
    async with call.transaction() as tx:
        row = await get_managed(call, tx)
    path, is_manager = f"/manage/shelters/{row.id}/places", call.actor.role == "manager"
    kinds = call.catalogue.kinds
    rows = [
        ListRowView(
            f"{path}/{place.id}" if is_manager else None,
            place.label,
            [kinds[place.kind].names[call.language], f"{place.beds}|{place.cots}"],
            nights=_nights(place),
        )
        for place in row.places
    ]
    specs = (*_specs(call), FieldSpec("count", "number", is_needed=False))
    context = {"what": "places", "rows": rows, "shelter": (row.id, row.name)}
    return show(call, "pages/manage_list.html", Sheet(specs), context)


def facts_of_place(form: PlaceForm) -> PlaceFacts:
    """Refusal: Invalid when only one of the two days is given."""
    if (form.first is None) != (form.last is None):
        raise Invalid(FieldError("first" if form.first is None else "last", "missing"))
    nights = None if form.first is None or form.last is None else Nights(form.first, form.last)
    return PlaceFacts(form.label, form.kind, form.beds, form.cots, nights)


async def post_places(call: Call) -> Response:
    shelter_id, zone = call.path_params["shelter_id"], call.catalogue.zone

    async def save(tx: Transaction, form: NewPlaceForm, seen: str | None) -> Changed:
        ids = [call.process.clock.new_id() for _ in range(form.count)]
        return await open_places(tx, call.actor, shelter_id, facts_of_place(form), ids, call.now, zone)

    return await take(call, NewPlaceForm, save)


async def show_place(call: Call) -> Response:
    async with call.transaction() as tx:
        row = await get_managed(call, tx)
    found = [place for place in row.places if place.id == call.path_params["place_id"]]
    if not found:
        raise NotFound("no_such_place")
    [place] = found
    saved = {"label": place.label, "kind": place.kind, "beds": str(place.beds)}
    saved |= {"cots": str(place.cots)} if place.cots else {}
    saved |= dict(zip(("first", "last"), _days(place, call.catalogue.zone), strict=False))
    facts = place_facts(place.label, place.kind, place.beds, place.cots, place.exists_from, place.exists_until)
    context = {"what": "place", "shelter": (row.id, row.name), "place": place}
    return show(call, "pages/manage_place.html", Sheet(_specs(call), saved, stamp_of(facts)), context)


async def post_place(call: Call) -> Response:
    shelter_id, place_id, zone = call.path_params["shelter_id"], call.path_params["place_id"], call.catalogue.zone

    async def save(tx: Transaction, form: PlaceForm, seen: str | None) -> Changed:
        return await change_place_facts(tx, call.actor, shelter_id, place_id, facts_of_place(form), call.now, zone, seen)

    async def end(tx: Transaction, seen: str | None) -> Changed:
        return await close_for_good(tx, call.actor, shelter_id, place_id, call.now, seen)

    return await take(call, PlaceForm, save, leads_to=lambda _: f"/manage/shelters/{shelter_id}/places", end=end)
