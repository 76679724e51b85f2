"""Merging two organizations: a choice, a look at what would move and what would stop, and one press."""

from starlette.responses import Response

from bedboard.actions.manage.merging import merge_organizations, plan_merge
from bedboard.routes.call import Call
from bedboard.routes.kept import kept_of
from bedboard.routes.manage.forms import Sheet, show, take
from bedboard.rules.claims import MOST_OF_ORGANIZATION
from bedboard.rules.employing import check_living
from bedboard.rules.refusals import NotFound
from bedboard.schemas.manage_forms import MergeForm
from bedboard.store.database import Transaction
from bedboard.store.managing import list_organizations
from bedboard.store.merging import count_moving
from bedboard.views.managing import FieldSpec, options_of


async def show_merge(call: Call) -> Response:
    """Show the choice of an organization, and for one that was chosen what would move."""
    kept, organization_id = kept_of(call), call.path_params["organization_id"]
    into_id = "" if kept is None else kept.fields.get("into", "")
    plan = counts = None
    async with call.transaction() as tx:
        every = {one.id: one for one in await list_organizations(tx)}
        one, other = every.get(organization_id), every.get(into_id)
        if one is None:
            raise NotFound("no_such_organization")
        check_living(one.ended_at, one.merged_into_id)
        if other is not None:
            plan = await plan_merge(tx, one.id, other.id, one.telephones, other.telephones, call.now)
            counts = await count_moving(tx, one.id, other.id, call.now)
    choices = [(each.id, each.name) for each in every.values() if each.ended_at is None and each.id != one.id]
    sheet = Sheet((FieldSpec("into", "choice", options_of(choices)),), {}, None if plan is None else plan.stamp)
    context = {"organization": one, "other": other, "plan": plan, "counts": counts, "most_holds": MOST_OF_ORGANIZATION}
    return show(call, "pages/manage_merge.html", sheet, context)


async def post_merge(call: Call) -> Response:
    organization_id = call.path_params["organization_id"]

    async def save(tx: Transaction, form: MergeForm, seen: str | None) -> str:
        return await merge_organizations(tx, call.actor, organization_id, form.into, call.now, seen)

    return await take(call, MergeForm, save, leads_to=lambda into: f"/manage/organizations/{into}", is_there=True)
