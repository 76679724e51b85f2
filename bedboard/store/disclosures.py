"""Disclosures of a telephone or an address. Each is written before anything is shown, in the same transaction."""

from datetime import datetime

from sqlalchemy import insert, text
from sqlmodel import select

from bedboard.rules.access import Actor
from bedboard.store.database import Transaction
from bedboard.store.tables.cases import CaseRecord
from bedboard.store.tables.people import Disclosure


async def save_disclosure(
    tx: Transaction,
    actor: Actor,
    shelter_id: str,
    why: str,
    now: datetime,
    claim_id: str | None = None,
    case_id: str | None = None,
    what: str = "telephone",
) -> None:
    """Note that the actor is about to see the shelter's telephone (or address).

    The case is noted by its trace and not by its reference: a disclosure is kept for longer than the case.
    """
    row = {
        "at": now,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "role": actor.role,
        "shelter_id": shelter_id,
        "what": what,
        "why": why,
        "claim_id": claim_id,
        "case_id": select(CaseRecord.trace_id).where(CaseRecord.id == case_id).scalar_subquery() if case_id else None,
    }
    await (await tx.connection()).execute(insert(Disclosure).values(row))


SEEN_FOR_CASE = text("""
    select distinct shelter_id from disclosure
    where actor_kind = :kind and actor_id = :id and what = 'telephone' and at >= :since
      and case_id = (select trace_id from case_record where id = :case_id)
""")


async def list_shelters_seen(tx: Transaction, actor: Actor, case_id: str, since: datetime) -> set[str]:
    """Return the shelters whose telephones the actor has seen for this case. `since`: the beginning of the case."""
    chosen = {"kind": actor.kind, "id": actor.id, "case_id": case_id, "since": since}
    return set((await (await tx.connection()).execute(SEEN_FOR_CASE, chosen)).scalars())


OTHERS_SEEN = text("""
    select count(distinct shelter_id) from disclosure
    where actor_kind = :kind and actor_id = :id and at > :since and why = 'stale' and shelter_id <> :shelter_id
""")


async def count_shelters_seen(tx: Transaction, actor: Actor, shelter_id: str, since: datetime) -> int:
    """Count the other shelters whose telephones the actor has seen without a hold since then."""
    chosen = {"kind": actor.kind, "id": actor.id, "since": since, "shelter_id": shelter_id}
    return int((await (await tx.connection()).execute(OTHERS_SEEN, chosen)).scalar_one())
