"""The first page of the administration, and the organizations."""

from starlette.responses import Response

from bedboard.actions.manage.common import stamp_of
from bedboard.actions.manage.organizations import (
    OrganizationFacts,
    change_organization,
    end_organization,
    found_organization,
)
from bedboard.routes.call import Call
from bedboard.routes.manage.forms import Sheet, show, take
from bedboard.routes.replies import page
from bedboard.rules.refusals import NotFound
from bedboard.schemas.manage_forms import OrganizationForm
from bedboard.store.clients import list_new_clients
from bedboard.store.database import Transaction
from bedboard.store.managing import OrganizationRow, list_organizations, list_shelter_choices
from bedboard.views.managing import FieldSpec, ListRowView

SEEKING_ROLES = ("police", "coordinator", "desk")
SPECS = (FieldSpec("name"), *(FieldSpec(f"telephone_{role}", "tel", is_needed=False) for role in SEEKING_ROLES))


async def show_manage(call: Call) -> Response:
    """Show what the actor may manage: a manager's own shelters, or everything."""
    own = None if call.actor.role == "admin" else call.actor.shelter_ids
    async with call.transaction() as tx:
        shelters = await list_shelter_choices(tx, own)
        added = await list_new_clients(tx, own, call.now) if own is not None else []
    return page(call, "pages/manage.html", {"shelters": shelters, "new_tokens": added})


async def show_organizations(call: Call) -> Response:
    async with call.transaction() as tx:
        found = await list_organizations(tx)
    rows = [
        ListRowView(
            f"/manage/organizations/{one.id}", one.name, [f"{one.people}|{one.shelters}"], has_ended=one.ended_at is not None
        )
        for one in found
    ]
    return show(call, "pages/manage_list.html", Sheet(SPECS), {"what": "organizations", "rows": rows, "shelter": None})


def _facts(form: OrganizationForm) -> OrganizationFacts:
    return OrganizationFacts(form.name, form.telephones)


async def post_organization_new(call: Call) -> Response:
    async def save(tx: Transaction, form: OrganizationForm, seen: str | None) -> str:
        return await found_organization(tx, call.actor, call.process.clock.new_id(), _facts(form), call.now)

    return await take(call, OrganizationForm, save, leads_to=lambda new_id: f"/manage/organizations/{new_id}")


async def show_organization(call: Call) -> Response:
    async with call.transaction() as tx:
        every = await list_organizations(tx)
    found = [one for one in every if one.id == call.path_params["organization_id"]]
    if not found:
        raise NotFound("no_such_organization")
    [one] = found
    saved = {"name": one.name} | {f"telephone_{role}": number for role, number in one.telephones.items()}
    context = {"what": "organization", "title": one.name, "has_ended": one.ended_at is not None, "organization": one}
    context["merged_into"] = next((other for other in every if other.id == one.merged_into_id), None)
    return show(call, "pages/manage_organization.html", Sheet(SPECS, saved, _stamp(one)), context)


def _stamp(one: OrganizationRow) -> str:
    return stamp_of({"name": one.name, "telephones": dict(one.telephones), "ended": one.ended_at is not None})


async def post_organization(call: Call) -> Response:
    organization_id = call.path_params["organization_id"]

    async def save(tx: Transaction, form: OrganizationForm, seen: str | None) -> str:
        return await change_organization(tx, call.actor, organization_id, _facts(form), call.now, seen)

    async def end(tx: Transaction, seen: str | None) -> str:
        return await end_organization(tx, call.actor, organization_id, call.now, seen)

    return await take(call, OrganizationForm, save, end=end)
