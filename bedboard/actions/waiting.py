"""Waiting until a place is free: begin, look, stop, and what every process reports when it sees one.

The profile comes in sealed and stays so. The bell says which waiting has changed and nothing else.
"""

from collections.abc import Sequence
from datetime import datetime

from bedboard.rules.access import Actor
from bedboard.rules.refusals import NotAllowed, NotFound
from bedboard.rules.waiting import LONGEST_WAIT, MOST_DEVICES, Sight, check_waitings, look_again
from bedboard.store.bell import ring
from bedboard.store.database import Transaction
from bedboard.store.people import still_has_role
from bedboard.store.tables import Waiting
from bedboard.store.waiting import (
    Device,
    count_waitings,
    delete_device,
    delete_expired,
    delete_waiting,
    get_versions,
    get_waiting,
    lock_person,
    lock_waiting,
    save_device,
)


async def leave_waiting(
    tx: Transaction, actor: Actor, waiting_id: str, profile_sealed: bytes, seen: Sequence[str], now: datetime
) -> str:
    """The actor waits, for a day at most; gives the id. `seen`: the free places that would do and that they know of.

    Refusals: NotAllowed, Conflict `waitings_of_person`.
    """
    if actor.kind != "person" or not await lock_person(tx, actor.id) or not await still_has_role(tx, actor):
        raise NotAllowed("not_your_role")
    check_waitings(await count_waitings(tx, actor.id, now))
    tx.add(
        Waiting(
            id=waiting_id,
            person_id=actor.id,
            profile_sealed=profile_sealed,
            seen=sorted(seen),
            created_at=now,
            expires_at=now + LONGEST_WAIT,
        )
    )
    await tx.flush()
    await ring(tx, "waiting", waiting_id)
    return waiting_id


async def look_at_waiting(tx: Transaction, actor: Actor, waiting_id: str, now: datetime) -> Waiting:
    """The actor's own, which from now on has no news. Refusal: NotFound, also for strangers to it."""
    waiting = await get_waiting(tx, waiting_id, actor.id, now, lock=True) if actor.kind == "person" else None
    if waiting is None:
        raise NotFound("no_such_waiting")
    if waiting.found_at is not None:
        waiting.found_at = None
        tx.add(waiting)
        await tx.flush()
        await ring(tx, "waiting", waiting_id)
    return waiting


async def stop_waiting(tx: Transaction, actor: Actor, waiting_id: str) -> None:
    """Nothing is left of it. Refusal: NotFound, also for strangers to it."""
    if actor.kind != "person" or not await delete_waiting(tx, waiting_id, actor.id):
        raise NotFound("no_such_waiting")
    await ring(tx, "waiting", waiting_id)


async def find_for_waiting(tx: Transaction, waiting_id: str, sights: Sequence[Sight], now: datetime) -> str | None:
    """Notes what a process has seen for somebody who waits. Gives the id of that person when it was news; None when it was
    not, as when another process has said the same before: so one of them, and no other, has to wake somebody.

    A picture that is no longer the newest of its shelter says nothing: whoever has it gets a newer one.
    """
    waiting = await lock_waiting(tx, waiting_id, now)
    if waiting is None:
        return None
    # After the lock: else a sight that was overtaken while it waited for the lock could undo a newer one.
    versions = await get_versions(tx, [sight.shelter_id for sight in sights])
    seen, is_news = look_again(waiting.seen, [sight for sight in sights if versions.get(sight.shelter_id) == sight.version])
    if seen == frozenset(waiting.seen):
        return None
    waiting.seen = sorted(seen)
    if is_news:
        waiting.found_at = now
    elif not seen:  # what was found has gone before anybody looked: "something is free" would not be true
        waiting.found_at = None
    tx.add(waiting)
    await tx.flush()
    await ring(tx, "waiting", waiting_id)
    return waiting.person_id if is_news else None


async def drop_expired_waitings(tx: Transaction, now: datetime) -> int:
    """Those that are past their hour, which count as gone already; gives how many."""
    ids = await delete_expired(tx, now)
    for id in ids:
        await ring(tx, "waiting", id)
    return len(ids)


async def add_device(tx: Transaction, actor: Actor, device: Device, now: datetime) -> None:
    """The actor wants to be woken there. Repeating it changes nothing. Refusal: NotAllowed."""
    if actor.kind != "person" or not await lock_person(tx, actor.id) or not await still_has_role(tx, actor):
        raise NotAllowed("not_your_role")
    await save_device(tx, actor.id, device, MOST_DEVICES, now)


async def remove_device(tx: Transaction, actor: Actor, endpoint: str) -> None:
    """Nobody is woken there for the actor any more; also when nobody was."""
    await delete_device(tx, endpoint, actor.id)


async def forget_device(tx: Transaction, endpoint: str) -> None:
    """The push service says that it no longer exists."""
    await delete_device(tx, endpoint)
