"""Shelters, for administrators and their own managers: the list, the page of one, and a look at its address and number."""

from starlette.responses import Response

from bedboard.actions.manage.closing import close_shelter
from bedboard.actions.manage.common import stamp_of
from bedboard.actions.manage.shelters import (
    ShelterFacts,
    change_shelter,
    disclose_own_contact,
    found_shelter,
    shelter_facts,
)
from bedboard.actions.occupancy import Changed
from bedboard.routes.call import Call
from bedboard.routes.kept import drop_one, keep, kept_of
from bedboard.routes.manage.forms import Sheet, show, take
from bedboard.rules.refusals import NotFound
from bedboard.schemas.manage_forms import NewShelterForm, ShelterForm
from bedboard.store.board import ShelterRow, get_shelter
from bedboard.store.database import Transaction
from bedboard.store.managing import list_organizations, list_shelter_choices
from bedboard.views.managing import FieldSpec, ListRowView, options_of


async def _specs(call: Call, tx: Transaction, *, is_new: bool) -> tuple[FieldSpec, ...]:
    """Return the fields of a shelter; a manager has neither its organization nor its unit among them."""
    own = (
        FieldSpec("telephone", "tel", is_needed=is_new, is_secret=True),
        FieldSpec("address", is_needed=is_new, is_secret=True),
        FieldSpec("confirm_times"),
    )
    if call.actor.role != "admin":
        return FieldSpec("name"), *own
    organizations = options_of((one.id, one.name) for one in await list_organizations(tx) if one.ended_at is None)
    units = options_of((unit.code, unit.name) for unit in call.catalogue.units.values())
    return FieldSpec("name"), FieldSpec("organization", "choice", organizations), FieldSpec("unit", "choice", units), *own


async def show_shelters(call: Call) -> Response:
    async with call.transaction() as tx:
        found = await list_shelter_choices(tx)
        specs = await _specs(call, tx, is_new=True)
    units = call.catalogue.units
    rows = [ListRowView(f"/manage/shelters/{one.id}", one.name, [units[one.unit].name, one.organization]) for one in found]
    sheet = Sheet(tuple(spec if spec.name != "confirm_times" else spec._replace(is_needed=False) for spec in specs))
    return show(call, "pages/manage_list.html", sheet, {"what": "shelters", "rows": rows, "shelter": None})


def facts_of_shelter(form: ShelterForm) -> ShelterFacts:
    return ShelterFacts(form.name, form.confirm_times, form.organization, form.unit, form.telephone, form.address)


async def post_shelter_new(call: Call) -> Response:
    async def save(tx: Transaction, form: NewShelterForm, seen: str | None) -> Changed:
        return await found_shelter(
            tx, call.actor, call.process.clock.new_id(), facts_of_shelter(form), call.process.seal, call.now
        )

    return await take(call, NewShelterForm, save, leads_to=lambda shelter_id: f"/manage/shelters/{shelter_id}")


async def get_managed(call: Call, tx: Transaction) -> ShelterRow:
    """Refusal: NotFound."""
    found = await get_shelter(tx, call.path_params["shelter_id"])
    if found is None:
        raise NotFound("no_such_shelter")
    return found


async def show_shelter(call: Call) -> Response:
    """Show the facts of a shelter, without its occupancy; its telephone and address only right after a look at them."""
    async with call.transaction() as tx:
        row = await get_managed(call, tx)
        specs = await _specs(call, tx, is_new=False)
        kept = kept_of(call)
        is_look = kept is not None and kept.discloses
        contact = await disclose_own_contact(tx, call.actor, row.id, call.process.seal, call.now) if is_look else None
    times = [one.strftime("%H:%M") for one in row.confirm_times]
    saved = {"name": row.name, "confirm_times": ", ".join(times)}
    if call.actor.role == "admin":
        saved |= {"organization": row.organization_id, "unit": row.unit}
    seen = stamp_of(shelter_facts(row.name, row.organization_id, row.unit, times))
    context = {
        "what": "shelter",
        "shelter": (row.id, row.name),
        "organization": row.organization,
        "unit": call.catalogue.units[row.unit].name,
        "contact": contact,
    }
    response = show(call, "pages/manage_shelter.html", Sheet(specs, saved, seen), context)
    if is_look:
        drop_one(call, response)
    return response


async def post_shelter(call: Call) -> Response:
    shelter_id = call.path_params["shelter_id"]

    async def save(tx: Transaction, form: ShelterForm, seen: str | None) -> Changed:
        return await change_shelter(tx, call.actor, shelter_id, facts_of_shelter(form), call.process.seal, call.now, seen)

    async def end(tx: Transaction, seen: str | None) -> str:
        await close_shelter(tx, call.actor, shelter_id, call.now, seen)
        return ""  # there is no page of it any more

    return await take(call, ShelterForm, save, leads_to=lambda saved: call.path if saved else "/manage/shelters", end=end)


async def post_contact(call: Call) -> Response:
    """Lead a manager to the page that shows telephone and address once; the look is written down there."""
    return keep(call, f"/manage/shelters/{call.path_params['shelter_id']}", discloses=True)
