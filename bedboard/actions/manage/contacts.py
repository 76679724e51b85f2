"""Wie bel ik: an administrator adds, changes and removes numbers of others than shelters."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bedboard.actions.manage.common import check_admin, check_seen, differences, write_about
from bedboard.rules.access import Actor
from bedboard.rules.contacts import MOST_CONTACTS
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound
from bedboard.store.bell import ring
from bedboard.store.contacts import list_contacts, lock_contacts
from bedboard.store.database import Transaction
from bedboard.store.shelters import has_unit
from bedboard.store.tables.board import ContactRecord


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """A number as its page shows it. `unit` None: for the whole country. `hours` None: always. `position` None: the last."""

    topic: str
    unit: str | None
    name_nl: str
    name_en: str
    telephone: str
    hours: str | None = None
    position: int | None = None


def contact_facts(row: ContactRecord) -> dict[str, Any]:
    return {
        "topic": row.topic,
        "unit": row.unit_code,
        "name_nl": row.name_nl,
        "name_en": row.name_en,
        "telephone": row.telephone,
        "hours": row.hours,
        "position": row.position,
    }


async def add_contact(tx: Transaction, actor: Actor, contact_id: str, new: ContactFacts, now: datetime) -> str:
    """Add a number, and return its id. Refusals: NotAllowed, Invalid `unit`, Conflict `contacts_full`."""
    await lock_contacts(tx)
    await check_admin(tx, actor)
    present = await list_contacts(tx)
    if len(present) >= MOST_CONTACTS:
        raise Conflict("contacts_full", most=MOST_CONTACTS)
    last = max((one.position for one in present), default=0)
    row = ContactRecord(
        id=contact_id,
        position=last + 1,
        topic=new.topic,
        name_nl=new.name_nl,
        name_en=new.name_en,
        telephone=new.telephone,
    )
    await _fill(tx, row, new)
    await write_about(tx, actor, "add_contact", f"contact {contact_id}", None, contact_facts(row), now)
    await ring(tx, "catalogue", "all")
    return contact_id


async def change_contact(
    tx: Transaction, actor: Actor, contact_id: str, new: ContactFacts, now: datetime, seen: str | None = None
) -> str:
    """Change a number. `seen`: the stamp of its facts as the page showed them.

    Refusals: NotAllowed, NotFound, Invalid `unit`, Conflict `facts_changed`.
    """
    row = await _lock(tx, actor, contact_id, seen)
    before = contact_facts(row)
    await _fill(tx, row, new)
    changed = differences(before, contact_facts(row))
    if changed[1]:
        await write_about(tx, actor, "change_contact", f"contact {contact_id}", *changed, now)
        await ring(tx, "catalogue", "all")
    return contact_id


async def remove_contact(tx: Transaction, actor: Actor, contact_id: str, now: datetime, seen: str | None = None) -> str:
    """Remove a number from the list. Refusals: NotAllowed, NotFound, Conflict `facts_changed`."""
    row = await _lock(tx, actor, contact_id, seen)
    await tx.delete(row)
    await tx.flush()
    await write_about(tx, actor, "end_contact", f"contact {contact_id}", contact_facts(row), None, now)
    await ring(tx, "catalogue", "all")
    return contact_id


async def _lock(tx: Transaction, actor: Actor, contact_id: str, seen: str | None) -> ContactRecord:
    await lock_contacts(tx)
    await check_admin(tx, actor)
    found = [one for one in await list_contacts(tx) if one.id == contact_id]
    if not found:
        raise NotFound("no_such_contact")
    check_seen(seen, contact_facts(found[0]))
    return found[0]


async def _fill(tx: Transaction, row: ContactRecord, new: ContactFacts) -> None:
    """Refusal: Invalid `unit`."""
    if new.unit is not None and not await has_unit(tx, new.unit):
        raise Invalid(FieldError("unit", "unknown_unit"))
    row.topic, row.unit_code, row.telephone, row.hours = new.topic, new.unit, new.telephone, new.hours
    row.name_nl, row.name_en = new.name_nl, new.name_en
    row.position = row.position if new.position is None else new.position
    tx.add(row)
    await tx.flush()
