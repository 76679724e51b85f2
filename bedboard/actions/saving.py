"""The end of every change of a shelter, so that none forgets a part of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bedboard.rules.access import Actor, actor_fields
from bedboard.store.board import ShelterRow, get_shelter
from bedboard.store.database import Transaction
from bedboard.store.saving import save_all
from bedboard.store.tables.board import ClaimRecord, Place, Shelter


def journal_row(
    actor: Actor,
    action: str,
    place_id: str | None,
    before: Any,
    after: Any,
    now: datetime,
    observed_at: datetime | None = None,
) -> dict[str, Any]:
    """Return a row for the journal, without the shelter and its version.

    `place_id` None: about the whole shelter. `observed_at` None: seen at the moment at which it is said.
    """
    return {
        "received_at": now,
        "observed_at": now if observed_at is None else observed_at,
        **actor_fields(actor),
        "action": action,
        "place_id": place_id,
        "before": before,
        "after": after,
    }


async def save_shelter(tx: Transaction, shelter: Shelter, rows: Sequence[dict[str, Any]]) -> tuple[ShelterRow, list[int]]:
    """Save the shelter with its next version, these rows in the journal (see `journal_row`) and a bell.

    Places and claims that the caller has changed or made go along. Return the shelter as it then is, and the ids of the rows.
    The caller holds the shelter's lock.
    """
    shelter.version += 1
    places = [place for place in tx.dirty if isinstance(place, Place)]
    claims = [claim for claim in (*tx.dirty, *tx.new) if isinstance(claim, ClaimRecord)]  # first those that end
    for one in (shelter, *places, *claims):
        if one in tx:
            tx.expunge(one)  # saved below, in one statement
    if tx.new:
        await tx.flush()  # new rows, such as a place, come before those that name them
    ids = await save_all(
        tx, shelter, places, claims, [row | {"shelter_id": shelter.id, "version": shelter.version} for row in rows]
    )
    present = await get_shelter(tx, shelter.id)
    if present is None:
        raise AssertionError(f"shelter {shelter.id} is locked and yet gone")
    return present, ids
