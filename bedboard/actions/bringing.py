"""Those who bring a household to its place after they have handed its case over."""

from datetime import datetime

from bedboard.rules.access import SEEKERS, Actor
from bedboard.rules.cases import CaseState, may_see_address
from bedboard.rules.handing import left_at, still_brings
from bedboard.store.case_events import list_case_events
from bedboard.store.database import Transaction
from bedboard.store.tables.cases import Ask, CaseRecord


async def is_bringing(tx: Transaction, actor: Actor, record: CaseRecord, chosen: Ask | None, now: datetime) -> bool:
    """Return whether the actor's group handed the case over and may still be on the road to the chosen place.

    As long as the address is theirs to see, they may call the shelter and say another hour.
    """
    state: CaseState = record.state  # type: ignore[assignment]  # a CHECK holds it to the states
    if actor.role not in SEEKERS or chosen is None or not may_see_address(state, record.decided_at, record.arrives_at, now):
        return False
    events = await list_case_events(tx, record.id)
    return still_brings(left_at(events, actor.organization_id, actor.role), chosen.settled_at)
