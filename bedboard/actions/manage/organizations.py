"""Organizations: an administrator adds, changes and ends them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bedboard.actions.manage.common import check_admin, check_seen, differences, write_about
from bedboard.actions.saving import journal_row, save_shelter
from bedboard.actions.setup import add_organization
from bedboard.rules.access import Actor
from bedboard.rules.employing import check_callbacks, check_living
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound
from bedboard.store.bell import ring
from bedboard.store.clients import count_clients
from bedboard.store.database import Transaction
from bedboard.store.managing import (
    count_of_organization,
    get_locked_organization,
    is_organization_name_taken,
    list_seeking_roles,
    list_shelters_run_by,
)
from bedboard.store.shelters import lock_shelter
from bedboard.store.tables.board import Organization


@dataclass(frozen=True, slots=True)
class OrganizationFacts:
    """An organization as its page shows it. `telephones`: role to the number under which it is called back."""

    name: str
    telephones: Mapping[str, str] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        return {"name": self.name, "telephones": dict(self.telephones)}


def facts_of(row: Organization) -> dict[str, Any]:
    return {"name": row.name, "telephones": row.telephones, "ended": row.ended_at is not None}


async def found_organization(tx: Transaction, actor: Actor, organization_id: str, new: OrganizationFacts, now: datetime) -> str:
    """Add an organization, and return its id. Refusals: NotAllowed, Invalid `name`."""
    await check_admin(tx, actor)
    await _check_name(tx, organization_id, new.name)
    await add_organization(tx, organization_id, new.name, new.telephones)
    await write_about(tx, actor, "add_organization", f"organization {organization_id}", None, new.facts(), now)
    await ring(tx, "catalogue", "all")
    return organization_id


async def change_organization(
    tx: Transaction, actor: Actor, organization_id: str, new: OrganizationFacts, now: datetime, seen: str | None = None
) -> str:
    """Change the name and the numbers of an organization. `seen`: the stamp of its facts as the page showed them.

    Refusals: NotAllowed, NotFound, Invalid `name`, `telephone_…`, Conflict `facts_changed`, `organization_ended`.
    """
    row = await _lock(tx, actor, organization_id, seen)
    check_living(row.ended_at, row.merged_into_id)
    before, after = differences(facts_of(row), facts_of(row) | new.facts())
    if "name" in after:
        await _check_name(tx, organization_id, new.name)
    check_callbacks(row.telephones, new.telephones, await list_seeking_roles(tx, organization_id, now))
    if after:
        row.name, row.telephones = new.name, dict(new.telephones)
        await _save(tx, actor, row, "change_organization", before, after, now)
    if "name" in after:
        await _rename_on_shelters(tx, actor, organization_id, before["name"], new.name, now)
    return organization_id


async def end_organization(tx: Transaction, actor: Actor, organization_id: str, now: datetime, seen: str | None = None) -> str:
    """End an organization for which no person or program acts and which runs no shelter; one that has ended begins again.

    Refusals: NotAllowed, NotFound, Conflict `facts_changed`, `organization_merged`, `organization_in_use` with the counts.
    """
    row = await _lock(tx, actor, organization_id, seen)
    if row.merged_into_id is not None:
        raise Conflict("organization_merged")
    people, shelters = await count_of_organization(tx, organization_id)
    tokens = await count_clients(tx, None, organization_id, now)
    if row.ended_at is None and people + shelters + tokens:
        raise Conflict("organization_in_use", people=people, shelters=shelters, tokens=tokens)
    row.ended_at = now if row.ended_at is None else None
    ended = row.ended_at is not None
    await _save(
        tx, actor, row, "end_organization" if ended else "begin_organization", {"ended": not ended}, {"ended": ended}, now
    )
    return organization_id


async def _check_name(tx: Transaction, organization_id: str, name: str) -> None:
    """Refusal: Invalid `name`."""
    if await is_organization_name_taken(tx, name, organization_id):
        raise Invalid(FieldError("name", "organization_name_taken"))


async def _lock(tx: Transaction, actor: Actor, organization_id: str, seen: str | None) -> Organization:
    row = await get_locked_organization(tx, organization_id)
    await check_admin(tx, actor)
    if row is None:
        raise NotFound("no_such_organization")
    check_seen(seen, facts_of(row))
    return row


async def _rename_on_shelters(
    tx: Transaction, actor: Actor, organization_id: str, before: str, after: str, now: datetime
) -> None:
    """Give each shelter of the organization its next version: its card shows the name."""
    for shelter_id in await list_shelters_run_by(tx, organization_id):
        shelter = await lock_shelter(tx, shelter_id)
        if shelter is not None and shelter.organization_id == organization_id:
            words = {"organization_name": before}, {"organization_name": after}
            await save_shelter(tx, shelter, [journal_row(actor, "change_shelter", None, *words, now)])


async def _save(tx: Transaction, actor: Actor, row: Organization, action: str, before: Any, after: Any, now: datetime) -> None:
    tx.add(row)
    await tx.flush()
    await write_about(tx, actor, action, f"organization {row.id}", before, after, now)
    await ring(tx, "catalogue", "all")


async def lock_living_organization(tx: Transaction, organization_id: str) -> Organization:
    """Lock an organization that somebody or something is to be of. Refusal: Invalid `organization`."""
    row = await get_locked_organization(tx, organization_id)
    if row is None or row.ended_at is not None:
        raise Invalid(FieldError("organization", "unknown_organization"))
    return row
