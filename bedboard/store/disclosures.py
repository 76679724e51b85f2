"""Looks at a shelter's telephone or address. The database writes each one down in the statement that gives the value."""

import json
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text

from bedboard.rules.access import Actor, actor_fields
from bedboard.store.database import Transaction, marks_of

What = Literal["telephone", "address"]

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


OTHERS_SEEN = text("""
    select max(at) as at from disclosure
    where actor_kind = :kind and actor_id = :id and at > :since
        and why = 'stale' and shelter_id <> :shelter_id
    group by shelter_id order by at desc offset :number - 1 limit 1
""")


async def get_other_seen_at(tx: Transaction, actor: Actor, shelter_id: str, number: int, since: datetime) -> datetime | None:
    """Return when the actor last saw the telephone of another shelter without a hold since then; None without so many.

    `number`: 1 for the shelter that was seen last, 2 for the one before it, and so on.
    """
    chosen = {"kind": actor.kind, "id": actor.id, "since": since, "shelter_id": shelter_id, "number": number}
    seen_at: datetime | None = (await (await tx.connection()).execute(OTHERS_SEEN, chosen)).scalar_one_or_none()
    return seen_at
