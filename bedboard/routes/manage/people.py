"""People: the list and the page of one, for administrators; the staff of a shelter, for its manager; one's own roles."""

from starlette.responses import Response

from bedboard.actions.manage.people import (
    PersonFacts,
    add_appointment,
    appoint_person,
    change_person,
    end_appointment,
    end_person,
    stamp_of_person,
    take_role,
)
from bedboard.actions.signin import go_on
from bedboard.routes.call import Call
from bedboard.routes.manage.forms import Sheet, show, take
from bedboard.routes.signin import is_demo, signed_in
from bedboard.rules.access import SHELTER
from bedboard.rules.refusals import NotFound, SignInNeeded
from bedboard.schemas.manage_forms import PERSON_ROLES, PersonForm, RoleForm, StaffForm
from bedboard.store.database import Transaction
from bedboard.store.managing import PersonRow, get_locked_person, list_managed_people, list_organizations, list_shelter_choices
from bedboard.store.people import lock_session
from bedboard.views.managing import FieldSpec, ListRowView, fill_in, options_of, ticks

ROLES = tuple((role, role) for role in PERSON_ROLES)
FURTHER_ROLES = tuple(one for one in ROLES if one[0] not in SHELTER)
"""Without those that need shelters: the form of a further role has none to choose."""


def _stamp(person: PersonRow) -> str:
    ended = person.ended_at is not None
    return stamp_of_person(person.name, person.organization_id, person.role, person.shelter_ids, ended=ended)


async def _specs(tx: Transaction, *, role: str = "") -> tuple[FieldSpec, ...]:
    organizations = options_of((one.id, one.name) for one in await list_organizations(tx) if one.ended_at is None)
    shelters = options_of((one.id, one.name) for one in await list_shelter_choices(tx))
    return (
        FieldSpec("name"),
        FieldSpec("organization", "choice", organizations),
        FieldSpec("role", "role", ROLES),
        FieldSpec("shelters", "ticks", shelters, is_needed=False),
    )


def _row(person: PersonRow, path: str) -> ListRowView:
    return ListRowView(path, person.name, [person.organization], person.role, has_ended=person.ended_at is not None)


async def show_people(call: Call) -> Response:
    async with call.transaction() as tx:
        people = await list_managed_people(tx)
        specs = await _specs(tx)
    rows = [_row(person, f"/manage/people/{person.id}") for person in people]
    return show(call, "pages/manage_list.html", Sheet(specs), {"what": "people", "rows": rows, "shelter": None})


def _facts(form: PersonForm) -> PersonFacts:
    return PersonFacts(form.name, form.organization, form.role, frozenset(form.shelters))


async def _appoint(call: Call, tx: Transaction, new: PersonFacts, another: str | None) -> str:
    new_id, is_another = call.process.clock.new_id(), another is not None
    return await appoint_person(tx, call.actor, new_id, new, call.now, demo=is_demo(call), is_another=is_another)


async def post_person_new(call: Call) -> Response:
    async def save(tx: Transaction, form: PersonForm, seen: str | None) -> str:
        return await _appoint(call, tx, _facts(form), form.another)

    return await take(call, PersonForm, save, leads_to=lambda person_id: f"/manage/people/{person_id}")


async def _find(call: Call, tx: Transaction, *, shelter_id: str = "") -> PersonRow:
    found = await list_managed_people(tx, person_id=call.path_params["person_id"], shelter_id=shelter_id)
    if not found or (shelter_id and found[0].role != "staff"):
        raise NotFound("no_such_person")
    return found[0]


async def show_person(call: Call) -> Response:
    async with call.transaction() as tx:
        person = await _find(call, tx)
        specs = await _specs(tx)
    saved = {"name": person.name, "organization": person.organization_id, "role": person.role}
    sheet = Sheet(specs, saved | ticks("shelters", person.shelter_ids), _stamp(person))
    roles = fill_in([specs[1], FieldSpec("role", "role", FURTHER_ROLES)], {}, None)
    context = {"person": person, "further": roles, "shelter": None, "has_ended": person.ended_at is not None}
    return show(call, "pages/manage_person.html", sheet, context)


async def post_person(call: Call) -> Response:
    person_id = call.path_params["person_id"]

    async def save(tx: Transaction, form: PersonForm, seen: str | None) -> str:
        return await change_person(tx, call.actor, person_id, _facts(form), call.now, seen)

    async def end(tx: Transaction, seen: str | None) -> str:
        return await end_person(tx, call.actor, person_id, call.now, seen)

    return await take(call, PersonForm, save, end=end)


async def show_roles(call: Call) -> Response:
    """Show the actor's own further roles, with a button to act in one of them."""
    async with call.transaction() as tx:
        found = await list_managed_people(tx, person_id=call.actor.id)
    return show(call, "pages/roles.html", Sheet(()), {"person": found[0]})


async def post_role(call: Call) -> Response:
    """Let the actor act in a further role on this device; all other sessions of theirs end."""
    form = await call.form(RoleForm)
    async with call.transaction() as tx:
        await get_locked_person(tx, call.actor.id)  # before the session: taking a role ends all sessions of the person
        session = await lock_session(tx, call.session_hash)
        if session is None:
            raise SignInNeeded("sign_in_needed")
        person = await take_role(tx, call.actor, form.organization, form.role, call.now)
        token = await go_on(tx, person, session, call.process.clock)
    return signed_in(call, "/", token)


async def post_person_role(call: Call) -> Response:
    """Give a person a further role, or take one away."""
    person_id = call.path_params["person_id"]

    async def save(tx: Transaction, form: RoleForm, seen: str | None) -> str:
        return await add_appointment(tx, call.actor, person_id, form.organization, form.role, call.now)

    page_of_person = f"/manage/people/{person_id}"
    return await take(call, RoleForm, save, leads_to=lambda _: page_of_person, stands_on=page_of_person)


async def post_person_role_end(call: Call) -> Response:
    person_id = call.path_params["person_id"]

    async def save(tx: Transaction, form: RoleForm, seen: str | None) -> str:
        return await end_appointment(tx, call.actor, person_id, form.organization, form.role, call.now)

    page_of_person = f"/manage/people/{person_id}"
    return await take(call, RoleForm, save, leads_to=lambda _: page_of_person, stands_on=page_of_person)


# --- the staff of a shelter, for its manager


async def _own_shelters(call: Call, tx: Transaction) -> tuple[tuple[str, str], ...]:
    return options_of((one.id, one.name) for one in await list_shelter_choices(tx, call.actor.shelter_ids))


async def show_staff_list(call: Call) -> Response:
    shelter_id = call.path_params["shelter_id"]
    async with call.transaction() as tx:
        people = await list_managed_people(tx, shelter_id=shelter_id)
        own = await _own_shelters(call, tx)
    path = f"/manage/shelters/{shelter_id}/staff"
    rows = [_row(one, f"{path}/{one.id}") if one.role == "staff" else _row(one, path)._replace(path=None) for one in people]
    specs = (FieldSpec("name"),)
    shelter = (shelter_id, dict(own).get(shelter_id, shelter_id))
    return show(call, "pages/manage_list.html", Sheet(specs), {"what": "staff", "rows": rows, "shelter": shelter})


async def post_staff_new(call: Call) -> Response:
    """Add somebody to the staff of this shelter, for the organization that runs it."""
    shelter_id = call.path_params["shelter_id"]

    async def save(tx: Transaction, form: StaffForm, seen: str | None) -> str:
        [run_by] = await list_shelter_choices(tx, [shelter_id])
        new = PersonFacts(form.name, run_by.organization_id, "staff", frozenset({shelter_id, *form.shelters}))
        return await _appoint(call, tx, new, form.another)

    return await take(call, StaffForm, save, leads_to=lambda new_id: f"/manage/shelters/{shelter_id}/staff/{new_id}")


async def show_staff_person(call: Call) -> Response:
    shelter_id = call.path_params["shelter_id"]
    async with call.transaction() as tx:
        person = await _find(call, tx, shelter_id=shelter_id)
        own = await _own_shelters(call, tx)
    specs = (FieldSpec("name"), FieldSpec("shelters", "ticks", own))
    saved = {"name": person.name} | ticks("shelters", [one for one in person.shelter_ids if one in call.actor.shelter_ids])
    context = {"person": person, "further": (), "has_ended": False}
    context |= {"shelter": (shelter_id, dict(own).get(shelter_id, shelter_id))}
    return show(call, "pages/manage_person.html", Sheet(specs, saved, _stamp(person)), context)


async def post_staff_person(call: Call) -> Response:
    shelter_id, person_id = call.path_params["shelter_id"], call.path_params["person_id"]

    async def find(tx: Transaction) -> PersonRow:
        return await _find(call, tx, shelter_id=shelter_id)

    async def save(tx: Transaction, form: StaffForm, seen: str | None) -> str:
        person = await find(tx)
        new = PersonFacts(form.name, person.organization_id, "staff", frozenset(form.shelters))
        await change_person(tx, call.actor, person_id, new, call.now, seen)
        return person_id

    async def end(tx: Transaction, seen: str | None) -> str:
        await find(tx)
        return await end_person(tx, call.actor, person_id, call.now, seen)

    return await take(call, StaffForm, save, leads_to=lambda _: f"/manage/shelters/{shelter_id}/staff", end=end)
