"""Shelters: an administrator adds them; administrators and their managers change their facts.

Telephone and address go in and are not shown again: a look at them is an act of its own, which is written down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bedboard.actions.manage.common import check_admin, check_seen, differences
from bedboard.actions.manage.moving import move_people, move_tokens
from bedboard.actions.manage.organizations import lock_living_organization
from bedboard.actions.occupancy import Changed
from bedboard.actions.roles import check_role
from bedboard.actions.saving import journal_row, save_shelter
from bedboard.actions.setup import NewShelter, add_shelter
from bedboard.rules.access import Actor
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotAllowed, NotFound
from bedboard.store.board import get_shelter
from bedboard.store.database import Transaction
from bedboard.store.disclosures import replace_contact, see_contact
from bedboard.store.managing import get_locked_organization, is_name_taken, list_run_by
from bedboard.store.people import may_act
from bedboard.store.seal import Seal
from bedboard.store.shelters import has_unit, lock_shelter
from bedboard.store.tables.board import Shelter


@dataclass(frozen=True, slots=True)
class ShelterFacts:
    """A shelter as its page shows it. `telephone`, `address` None: as they are. `organization_id`, `unit` None: likewise."""

    name: str
    confirm_times: Sequence[str]
    organization_id: str | None = None
    unit: str | None = None
    telephone: str | None = None
    address: str | None = None


def shelter_facts(name: str, organization_id: str, unit: str, confirm_times: Sequence[str]) -> dict[str, Any]:
    return {"name": name, "organization": organization_id, "unit": unit, "confirm_times": list(confirm_times)}


async def found_shelter(
    tx: Transaction, actor: Actor, shelter_id: str, new: ShelterFacts, seal: Seal, now: datetime
) -> Changed:
    """Add a shelter without places, which nobody has confirmed yet.

    Refusals: NotAllowed, Invalid `organization`, `unit`, `name`, `telephone`, `address`.
    """
    needed = {"organization": new.organization_id, "unit": new.unit, "telephone": new.telephone, "address": new.address}
    missing = [FieldError(name, "missing") for name, value in needed.items() if value is None]
    if missing:
        raise Invalid(*missing)
    await lock_living_organization(tx, new.organization_id or "")
    await check_admin(tx, actor)
    await _check(tx, shelter_id, new)
    shelter = NewShelter(
        id=shelter_id,
        organization_id=new.organization_id or "",
        unit=new.unit or "",
        name=new.name,
        telephone=new.telephone or "",
        address=new.address or "",
        confirmed_at=None,
        places=(),
        confirm_times=new.confirm_times,
    )
    await add_shelter(tx, shelter, seal, now, actor)
    return await unchanged(tx, shelter_id)


async def change_shelter(
    tx: Transaction, actor: Actor, shelter_id: str, new: ShelterFacts, seal: Seal, now: datetime, seen: str | None = None
) -> Changed:
    """Change the facts of a shelter. A manager changes neither its organization nor its police unit.

    `seen`: the stamp of the facts as the page showed them. The journal says that telephone or address were replaced, not how.
    Refusals: NotAllowed, NotFound, Invalid, Conflict `facts_changed`.
    """
    run_by = (await list_run_by(tx, [shelter_id])).get(shelter_id) if actor.role == "admin" else None
    is_moving = run_by is not None and new.organization_id not in (None, run_by)
    for organization_id in sorted({one for one in (new.organization_id, run_by) if one is not None}):
        row = await get_locked_organization(tx, organization_id)
        if organization_id == new.organization_id and (row is None or row.ended_at is not None):
            raise Invalid(FieldError("organization", "unknown_organization"))
    if is_moving:
        await move_people(tx, actor, shelter_id, run_by or "", new.organization_id or "", now)
    shelter = await lock_managed(tx, actor, shelter_id)
    if run_by not in (None, shelter.organization_id):
        raise Conflict("facts_changed")  # it went to another organization while this waited
    before = shelter_facts(shelter.name, shelter.organization_id, shelter.unit_code, shelter.confirm_times)
    check_seen(seen, before)
    after = shelter_facts(
        new.name, new.organization_id or shelter.organization_id, new.unit or shelter.unit_code, new.confirm_times
    )
    was, becomes = differences(before, after)
    if actor.role != "admin" and becomes.keys() & {"organization", "unit"}:
        raise NotAllowed("not_your_role")
    await _check(tx, shelter_id, new)
    replaced = [name for name in ("telephone", "address") if getattr(new, name) is not None]
    if replaced:
        sealed = [None if value is None else seal.close(value) for value in (new.telephone, new.address)]
        await replace_contact(tx, shelter_id, *sealed)
        becomes["replaced"] = replaced
    if not becomes:
        return await unchanged(tx, shelter_id)
    shelter.name, shelter.organization_id, shelter.unit_code = new.name, after["organization"], after["unit"]
    shelter.confirm_times = list(new.confirm_times)
    if is_moving:
        await move_tokens(tx, actor, shelter_id, run_by or "", shelter.organization_id, now)
    saved, [journal_id] = await save_shelter(tx, shelter, [journal_row(actor, "change_shelter", None, was, becomes, now)])
    return Changed(saved, journal_id)


async def disclose_own_contact(tx: Transaction, actor: Actor, shelter_id: str, seal: Seal, now: datetime) -> dict[str, str]:
    """Disclose telephone and address to a manager of the shelter, and write both looks down. Refusals: NotAllowed, NotFound."""
    if actor.role != "manager":
        raise NotAllowed("not_your_role")
    if not await may_act(tx, actor, shelter_id):
        raise NotFound("no_such_shelter")
    found = {}
    for what in ("telephone", "address"):
        sealed = await see_contact(tx, actor, shelter_id, what, "own", now)
        if sealed is None:
            raise NotFound("no_such_shelter")
        found[what] = seal.open(sealed)
    return found


async def lock_managed(tx: Transaction, actor: Actor, shelter_id: str) -> Shelter:
    """Lock a shelter, and check under the lock that the actor manages it or is an administrator.

    Refusals: NotAllowed, NotFound.
    """
    if actor.role not in ("admin", "manager"):
        raise NotAllowed("not_your_role")
    shelter = await lock_shelter(tx, shelter_id)
    if shelter is None or (actor.role == "manager" and not await may_act(tx, actor, shelter_id)):
        raise NotFound("no_such_shelter")
    await check_role(tx, actor)
    return shelter


async def unchanged(tx: Transaction, shelter_id: str) -> Changed:
    """Return the shelter as it is; the caller knows that it is there."""
    present = await get_shelter(tx, shelter_id)
    if present is None:
        raise AssertionError(f"shelter {shelter_id} is locked and yet gone")
    return Changed(present)


async def _check(tx: Transaction, shelter_id: str, new: ShelterFacts) -> None:
    """Refusal: Invalid with every fact that cannot be right."""
    wrong = []
    if new.unit is not None and not await has_unit(tx, new.unit):
        wrong.append(FieldError("unit", "unknown_unit"))
    if await is_name_taken(tx, new.name, shelter_id):
        wrong.append(FieldError("name", "name_taken"))
    if wrong:
        raise Invalid(*wrong)
