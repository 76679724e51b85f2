"""AlertRecord until a place is free: begin, look, stop, and what every process reports when it sees one.

The profile comes in sealed and stays so. The bell says which waiting has changed and nothing else.
"""

from collections.abc import Sequence
from datetime import datetime

from bedboard.rules.access import Actor
from bedboard.rules.alerts import ALERT_LASTS, MOST_DEVICES, SeenChange, check_alert_count, look_again
from bedboard.rules.refusals import NotAllowed, NotFound
from bedboard.store.alerts import (
    Device,
    count_alerts,
    delete_alert,
    delete_device,
    delete_expired,
    get_alert,
    get_versions,
    lock_alert,
    lock_person,
    save_device,
)
from bedboard.store.bell import ring
from bedboard.store.database import Transaction
from bedboard.store.people import still_has_role
from bedboard.store.tables.people import AlertRecord


async def add_alert(
    tx: Transaction, actor: Actor, alert_id: str, profile_sealed: bytes, seen: Sequence[str], now: datetime
) -> str:
    """The actor waits, for a day at most; gives the id. `seen`: the free places that would do and that they know of.

    Refusals: NotAllowed, Conflict `waitings_of_person`.
    """
    if actor.kind != "person" or not await lock_person(tx, actor.id) or not await still_has_role(tx, actor):
        raise NotAllowed("not_your_role")
    check_alert_count(await count_alerts(tx, actor.id, now))
    tx.add(
        AlertRecord(
            id=alert_id,
            person_id=actor.id,
            profile_sealed=profile_sealed,
            seen=sorted(seen),
            created_at=now,
            expires_at=now + ALERT_LASTS,
        )
    )
    await tx.flush()
    await ring(tx, "alert", alert_id)
    return alert_id


async def read_alert(tx: Transaction, actor: Actor, alert_id: str, now: datetime) -> AlertRecord:
    """The actor's own, which from now on has no news. Refusal: NotFound, also for strangers to it."""
    waiting = await get_alert(tx, alert_id, actor.id, now, lock=True) if actor.kind == "person" else None
    if waiting is None:
        raise NotFound("no_such_waiting")
    if waiting.found_at is not None:
        waiting.found_at = None
        tx.add(waiting)
        await tx.flush()
        await ring(tx, "alert", alert_id)
    return waiting


async def stop_alert(tx: Transaction, actor: Actor, alert_id: str) -> None:
    """Nothing is left of it. Refusal: NotFound, also for strangers to it."""
    if actor.kind != "person" or not await delete_alert(tx, alert_id, actor.id):
        raise NotFound("no_such_waiting")
    await ring(tx, "alert", alert_id)


async def report_to_alert(tx: Transaction, alert_id: str, changes: Sequence[SeenChange], now: datetime) -> str | None:
    """Notes what a process has seen for somebody who waits. Gives the id of that person when it was news; None when it was
    not, as when another process has said the same before: so one of them, and no other, has to wake somebody.

    A picture that is no longer the newest of its shelter says nothing: whoever has it gets a newer one.
    """
    waiting = await lock_alert(tx, alert_id, now)
    if waiting is None:
        return None
    # After the lock: else a change that was overtaken while it waited for the lock could undo a newer one.
    versions = await get_versions(tx, [change.shelter_id for change in changes])
    seen, is_news = look_again(
        waiting.seen, [change for change in changes if versions.get(change.shelter_id) == change.version]
    )
    if seen == frozenset(waiting.seen):
        return None
    waiting.seen = sorted(seen)
    if is_news:
        waiting.found_at = now
    elif not seen:  # what was found has gone before anybody looked: "something is free" would not be true
        waiting.found_at = None
    tx.add(waiting)
    await tx.flush()
    await ring(tx, "alert", alert_id)
    return waiting.person_id if is_news else None


async def drop_expired_alerts(tx: Transaction, now: datetime) -> int:
    """Those that are past their hour, which count as gone already; gives how many."""
    ids = await delete_expired(tx, now)
    for alert_id in ids:
        await ring(tx, "alert", alert_id)
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
