"""Where the people of a place went: the shelter may say it after the tap that made the place free. It is only counted."""

from datetime import datetime

from bedboard.actions.occupancy import lock_own_shelter
from bedboard.rules.access import Actor
from bedboard.rules.departures import check_departure, is_departure
from bedboard.rules.refusals import NotFound
from bedboard.store.database import Transaction
from bedboard.store.journal import get_journal
from bedboard.store.tables.board import Journal
from bedboard.store.tallies import save_departure


def is_asked(tap: Journal) -> bool:
    """Return whether this line of the journal ended a stay by a tap, so that its people may say where the others went."""
    return tap.action == "place" and is_departure((tap.before or {}).get("state"), (tap.after or {}).get("state"))


async def tell_departure(tx: Transaction, actor: Actor, shelter_id: str, journal_id: int, code: str, now: datetime) -> None:
    """Note where the people of a place went, after the actor's own tap; a second answer takes the place of the first.

    A tap that is undone counts as no departure. Refusals: NotFound, Invalid, Conflict `too_late_to_tell`.
    """
    pressed_at = now  # in time is in time, however long this waits
    await lock_own_shelter(tx, actor, shelter_id, None)
    tap = await get_journal(tx, journal_id)
    if tap is None or tap.shelter_id != shelter_id or (tap.actor_kind, tap.actor_id) != (actor.kind, actor.id):
        raise NotFound("no_such_change")
    if not is_asked(tap):
        raise NotFound("no_such_change")
    check_departure(code, tap.received_at, pressed_at)
    await save_departure(tx, journal_id, tap.received_at, code)
