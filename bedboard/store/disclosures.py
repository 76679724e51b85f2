"""Looks at a shelter's telephone or address. The database writes each one down in the statement that gives the value."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text

from bedboard.rules.access import Actor, actor_fields
from bedboard.rules.looks import What
from bedboard.store.database import Transaction, marks_of

SEE_CONTACT = text("select see_contact(cast(:look as jsonb), :since)")
TRACE_OF = text("select trace_id from case_record where id = :case_id")


async def see_contact(
    tx: Transaction,
    actor: Actor,
    shelter_id: str,
    what: What,
    why: str,
    now: datetime,
    *,
    claim_id: str | None = None,
    case_id: str | None = None,
    since: datetime | None = None,
) -> bytes | None:
    """Write a look down, and return what is seen, still sealed; None, and nothing written, without such a shelter.

    `since`: the same look, at the same value and for the same reason, counts once if it was written down after this moment;
    None: every look is one of its own.
    """
    about = {"shelter_id": shelter_id, "what": what, "why": why, "claim_id": claim_id, "case_id": case_id, "result": "shown"}
    return await _look(tx, {"at": now, **actor_fields(actor), **about}, since)


REPLACE = text("select replace_contact(:shelter_id, :telephone, :address)")


async def replace_contact(tx: Transaction, shelter_id: str, telephone: bytes | None, address: bytes | None) -> None:
    """Replace the sealed telephone or address of a shelter; None: it stays. The caller holds the shelter's lock."""
    given = {"shelter_id": shelter_id, "telephone": telephone, "address": address}
    if not (await (await tx.connection()).execute(REPLACE, given)).scalar_one():
        raise AssertionError(f"shelter {shelter_id} has no contact")


async def save_refused_look(
    tx: Transaction, actor: Actor, shelter_id: str, what: What, now: datetime, case_id: str | None = None
) -> None:
    """Write down that a look was refused; nothing without such a shelter."""
    about = {"shelter_id": shelter_id, "what": what, "why": "none", "claim_id": None, "case_id": case_id, "result": "refused"}
    await _look(tx, {"at": now, **actor_fields(actor), **about}, None)


async def _look(tx: Transaction, row: dict[str, Any], since: datetime | None) -> bytes | None:
    """Write a look down. Its case is noted by its trace and not by its reference, because a look is kept for longer."""
    connection = await tx.connection()
    if row["case_id"] is not None:
        row = row | {"case_id": (await connection.execute(TRACE_OF, {"case_id": row["case_id"]})).scalar_one_or_none()}
    tag = marks_of(tx).tag("disclosure", row)
    look = json.dumps({**row, "at": row["at"].isoformat(), "tag": f"\\x{tag.hex()}"})
    sealed: bytes | None = (await connection.execute(SEE_CONTACT, {"look": look, "since": since})).scalar_one()
    return sealed


SEEN_FOR_CASE = text("""
    select distinct on (shelter_id) shelter_id, why from disclosure
    where actor_kind = :kind and actor_id = :id and what = 'telephone' and result = 'shown' and claim_id is null
        and case_id = (select trace_id from case_record where id = :case_id)
    order by shelter_id, id
""")


async def list_shelters_seen(tx: Transaction, actor: Actor, case_id: str) -> dict[str, str]:
    """Return the shelters whose telephones the actor has seen for this case, each with the reason."""
    chosen = {"kind": actor.kind, "id": actor.id, "case_id": case_id}
    found = await (await tx.connection()).execute(SEEN_FOR_CASE, chosen)
    return {row.shelter_id: row.why for row in found}


WAS_SEEN = text("""
    select exists (
        select from disclosure
        where actor_kind = :kind and actor_id = :id and shelter_id = :shelter_id and at > :since
            and what = 'telephone' and why = :why and result = 'shown' and claim_id is not distinct from :claim_id
            and case_id is not distinct from (select trace_id from case_record where id = :case_id)
    )
""")


async def was_seen(
    tx: Transaction, actor: Actor, shelter_id: str, why: str, since: datetime, *, claim_id: str | None, case_id: str | None
) -> bool:
    """Return whether the actor has seen this telephone since then for the very same reason, so that it is one look."""
    about = {"shelter_id": shelter_id, "why": why, "since": since, "claim_id": claim_id, "case_id": case_id}
    found = await (await tx.connection()).execute(WAS_SEEN, {"kind": actor.kind, "id": actor.id, **about})
    return bool(found.scalar_one())


LOCK_LOOKS = text("select pg_advisory_xact_lock(hashtextextended('looks ' || :actor, 0))")


async def lock_looks(tx: Transaction, actor: Actor) -> None:
    """Lock the new looks of the actor until the end of the transaction, so that looks at the same moment are counted in turn.

    After every lock of a row, and before the first telephone or address is read.
    """
    await (await tx.connection()).execute(LOCK_LOOKS, {"actor": actor.key})


OTHERS_SEEN = text("""
    select max(at) as at from disclosure
    where actor_kind = :kind and actor_id = :id and at > :since
        and what = :what and result = 'shown' and shelter_id <> :shelter_id
    group by shelter_id order by at desc offset :number - 1 limit 1
""")


async def get_other_seen_at(
    tx: Transaction, actor: Actor, what: What, shelter_id: str, number: int, since: datetime
) -> datetime | None:
    """Return when the actor last saw this of another shelter since then, in whatever way; None without so many shelters.

    `number`: 1 for the shelter that was seen last, 2 for the one before it, and so on. The caller holds the lock of the looks.
    """
    chosen = {"kind": actor.kind, "id": actor.id, "what": what, "since": since, "shelter_id": shelter_id, "number": number}
    seen_at: datetime | None = (await (await tx.connection()).execute(OTHERS_SEEN, chosen)).scalar_one_or_none()
    return seen_at


class SeenRow(NamedTuple):
    """A look at the address of a shelter. `case_id` None: the case is forgotten."""

    at: datetime
    organization: str | None
    role: str
    shelter_id: str
    shelter: str
    case_id: str | None


ADDRESSES_SEEN = text("""
    select d.at, o.name, d.role, d.shelter_id, s.name, r.id
    from disclosure d join shelter s on s.id = d.shelter_id left join organization o on o.id = d.organization_id
        left join case_record r on r.trace_id = d.case_id
    where d.at > :since and d.what = 'address' and d.result = 'shown'
        and (cast(:shelter_id as text) is null or d.shelter_id = :shelter_id)
    order by d.at desc, d.id desc
""")


async def list_addresses_seen(tx: Transaction, since: datetime, shelter_id: str | None = None) -> Sequence[SeenRow]:
    """Return the looks since then at the address of this shelter, the newest first; None: of any shelter."""
    found = await (await tx.connection()).execute(ADDRESSES_SEEN, {"since": since, "shelter_id": shelter_id})
    return [SeenRow(*row) for row in found]


class UnusualRow(NamedTuple):
    """A person or program that saw many telephones or addresses. `at`: the last look of so many within the time that counts."""

    organization: str | None
    role: str
    what: What
    shelter_count: int
    at: datetime


UNUSUAL_LOOKS = text("""
    with seen as (select * from disclosure where at > :since and result = 'shown'),
    counted as (
        select s.organization_id, s.role, s.actor_kind, s.actor_id, s.what, s.at,
            (select count(distinct o.shelter_id) from seen o
             where (o.actor_kind, o.actor_id, o.what) = (s.actor_kind, s.actor_id, s.what)
                and o.at > s.at - cast(:counted as interval) and o.at <= s.at) as number
        from seen s
    )
    select max(o.name), min(c.role), c.what, max(c.number), max(c.at)
    from counted c left join organization o on o.id = c.organization_id
    where c.number >= case c.what when 'telephone' then cast(:telephones as integer) else cast(:addresses as integer) end
    group by c.actor_kind, c.actor_id, c.what order by max(c.at) desc, c.what
""")


async def list_unusual_looks(
    tx: Transaction, since: datetime, counted: timedelta, least: Mapping[What, int]
) -> Sequence[UnusualRow]:
    """Return those who since then saw telephones or addresses of at least so many shelters within `counted`.

    The one with the newest such look comes first.
    """
    chosen = {"since": since, "counted": counted, "telephones": least["telephone"], "addresses": least["address"]}
    found = await (await tx.connection()).execute(UNUSUAL_LOOKS, chosen)
    return [UnusualRow(*row) for row in found]
