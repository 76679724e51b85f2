"""The time line of a case."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, text
from sqlmodel import col, select

from bedboard.rules.access import Actor, actor_fields
from bedboard.store.bell import CHANNEL
from bedboard.store.database import Transaction, marks_of
from bedboard.store.tables.board import Organization
from bedboard.store.tables.cases import CaseEvent

WRITE_EVENTS = text("""
    with written as (
        insert into case_event
            (at, case_id, what, actor_kind, actor_id, role, organization_id, session, network, shelter_id, tag)
        select at, case_id, what, actor_kind, actor_id, role, organization_id, session, network, shelter_id, tag
        from jsonb_populate_recordset(null::case_event, :rows) with ordinality order by ordinality
    )
    select case when :bell <> '' then pg_notify(:channel, :bell) end
""")


async def write_case_event(
    tx: Transaction,
    actor: Actor,
    case_id: str,
    what: str,
    now: datetime,
    shelter_ids: Sequence[str | None] = (None,),
    bell: str = "",
) -> None:
    """Write a line of the time line for each of these shelters; None: it is about no single one.

    `bell`: the message that rings at commit; "" rings none. Only actions may give one.
    """
    common = {"at": now, "case_id": case_id, "what": what, **actor_fields(actor)}
    rows: list[dict[str, Any]] = [common | {"shelter_id": shelter_id} for shelter_id in shelter_ids]
    marks = marks_of(tx)
    tagged = [row | {"tag": f"\\x{marks.tag('case_event', row).hex()}"} for row in rows]
    given = {"rows": orjson.dumps(tagged).decode(), "channel": CHANNEL, "bell": bell}
    await (await tx.connection()).execute(WRITE_EVENTS, given)


async def list_case_events(tx: Transaction, case_id: str) -> Sequence[CaseEvent]:
    """Return the time line of a case, in its order. An organization that went up in another one since counts as that one."""
    now_of = func.coalesce(col(Organization.merged_into_id), col(CaseEvent.organization_id))
    wanted = select(CaseEvent, now_of).outerjoin(Organization, col(Organization.id) == col(CaseEvent.organization_id))
    events = list[CaseEvent]()
    for event, organization_id in await tx.exec(wanted.where(CaseEvent.case_id == case_id).order_by(col(CaseEvent.id))):
        tx.expunge(event)  # a line is never changed; this is how it reads now
        event.organization_id = organization_id
        events.append(event)
    return events
