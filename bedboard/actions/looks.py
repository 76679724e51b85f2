"""A look at a shelter's telephone: only with a reason, and only once the look has been written down."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bedboard.rules.access import Actor
from bedboard.rules.refusals import NotAllowed, NotFound, TooMany
from bedboard.store.claims import HoldRow, list_holds, lock_organization
from bedboard.store.database import Transaction
from bedboard.store.looks import count_shelters_seen, write_look
from bedboard.store.seal import Seal
from bedboard.store.shelters import get_telephone

MOST_SHELTERS_AN_HOUR = 20  # without a hold; who calls round a region does not need more, who copies the list does


async def look_at_telephone(
    tx: Transaction, actor: Actor, shelter_id: str, seal: Seal, now: datetime, *, is_stale: bool
) -> str:
    """The shelter's telephone, for the desk, for who holds a place there, and when the board itself says "call" (`is_stale`).

    Refusals: NotFound, NotAllowed `hold_first`, TooMany.
    """
    why, claim_id = "desk", None
    if actor.role != "desk":
        hold = next((hold for hold in await list_holds(tx, actor, now) if hold.shelter_id == shelter_id), None)
        if hold is not None:
            why, claim_id = "hold", hold.id
        elif is_stale:
            why = "stale"
            since = now - timedelta(hours=1)
            await lock_organization(tx, actor.organization_id or "")  # or many at once would each count the others out
            if await count_shelters_seen(tx, actor, shelter_id, since) >= MOST_SHELTERS_AN_HOUR:
                raise TooMany("too_many", retry_after_seconds=600)
        else:
            raise NotAllowed("hold_first")
    sealed = await get_telephone(tx, shelter_id)
    if sealed is None:
        raise NotFound("no_such_shelter")
    await write_look(tx, actor, shelter_id, why, now, claim_id)
    return seal.open(sealed)


async def look_at_holds(tx: Transaction, actor: Actor, seal: Seal, now: datetime) -> Sequence[tuple[HoldRow, str]]:
    """The actor's own live holds, each with the telephone that goes with it; every one is a look."""
    found = []
    for hold in await list_holds(tx, actor, now):
        sealed = await get_telephone(tx, hold.shelter_id)
        if sealed is not None:
            await write_look(tx, actor, hold.shelter_id, "hold", now, hold.id)
            found.append((hold, seal.open(sealed)))
    return found
