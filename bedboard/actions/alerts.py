"""Alerts: add one, read it, stop it, and report to it what a process has seen.

The profile comes in sealed and stays so. The bell says which alert has changed and nothing else.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from bedboard.rules.access import Actor
from bedboard.rules.alerts import ALERT_LASTS, MOST_DEVICES, SeenChange, check_alert_count, look_again
from bedboard.rules.refusals import NotAllowed, NotFound, SignInNeeded
from bedboard.store.alerts import (
    Device,
    count_alerts,
    delete_alert,
    delete_device,
    delete_expired,
    get_alert,
    get_versions,
    list_own_alerts,
    lock_alert,
    lock_person,
    save_device,
)
from bedboard.store.bell import ring
from bedboard.store.database import Transaction
from bedboard.store.keys import save_key
from bedboard.store.people import lock_session, still_has_role
from bedboard.store.seal import Seal, SealedNeeds
from bedboard.store.tables.people import AlertRecord
from bedboard.store.tallies import Tally, count_tallies

IsSame = Callable[[SealedNeeds], bool]
"""Whether an alert waits for the very profile that is left now. The seal is opened by the caller."""


async def add_alert(
    tx: Transaction,
    actor: Actor,
    alert_id: str,
    profile: SealedNeeds,
    seen: Sequence[str],
    now: datetime,
    is_same: IsSame | None = None,
) -> str:
    """Add an alert that lasts `ALERT_LASTS` and return its id. `seen`: the free places that fit and that its owner knows.

    An alert of the actor's own for the same profile lasts longer instead; `is_same` None: there is none.
    Refusals: NotAllowed, Conflict `waitings_of_person`.
    """
    if actor.kind != "person" or not await lock_person(tx, actor.id) or not await still_has_role(tx, actor):
        raise NotAllowed("not_your_role")
    if is_same is not None and (kept := await _lock_same(tx, actor, is_same, now)) is not None:
        kept.created_at, kept.expires_at = now, now + ALERT_LASTS
        tx.add(kept)
        await tx.flush()
        await ring(tx, "alert", kept.id)
        return kept.id
    check_alert_count(await count_alerts(tx, actor.id, now))
    tx.add(
        AlertRecord(
            id=alert_id,
            person_id=actor.id,
            profile_sealed=profile.needs,
            seen=sorted(seen),
            created_at=now,
            expires_at=now + ALERT_LASTS,
        )
    )
    await save_key(tx, alert_id, profile.key)
    await tx.flush()
    await ring(tx, "alert", alert_id)
    return alert_id


async def _lock_same(tx: Transaction, actor: Actor, is_same: IsSame, now: datetime) -> AlertRecord | None:
    own = next((alert for alert in await list_own_alerts(tx, actor.id, now) if is_same(alert.profile)), None)
    return None if own is None else await lock_alert(tx, own.id, now)


async def read_alert(tx: Transaction, actor: Actor, alert_id: str, now: datetime) -> AlertRecord:
    """Return an alert of the actor's own, and note that its news has been seen. Refusal: NotFound, for strangers as well."""
    alert = await get_alert(tx, alert_id, actor.id, now, lock=True) if actor.kind == "person" else None
    if alert is None:
        raise NotFound("no_such_waiting")
    if alert.found_at is not None:
        alert.found_at = None
        tx.add(alert)
        await tx.flush()
        await ring(tx, "alert", alert_id)
    return alert


async def stop_alert(tx: Transaction, actor: Actor, alert_id: str, now: datetime) -> None:
    """Delete an alert of the actor's own, and count what came of it. `now`: a local moment.

    Refusal: NotFound, for strangers as well.
    """
    outcome = await delete_alert(tx, alert_id, actor.id) if actor.kind == "person" else None
    if outcome is None:
        raise NotFound("no_such_waiting")
    await count_tallies(tx, now, [Tally("alert", "", "", outcome)])
    await ring(tx, "alert", alert_id)


async def report_to_alert(tx: Transaction, alert_id: str, changes: Sequence[SeenChange], now: datetime) -> str | None:
    """Note the changes that a process has seen for an alert; return its owner's id if they are news, and otherwise None.

    Changes that another process has reported before are no news, so only one process wakes the owner. A change of a version
    that is no longer the newest of its shelter is left out: the process that reports it gets the newer version soon.
    """
    alert = await lock_alert(tx, alert_id, now)
    if alert is None:
        return None
    # After the lock: otherwise a change that was overtaken while it waited could undo a newer one.
    versions = await get_versions(tx, [change.shelter_id for change in changes])
    seen, is_news = look_again(alert.seen, [change for change in changes if versions.get(change.shelter_id) == change.version])
    if seen == frozenset(alert.seen):
        return None
    alert.seen = sorted(seen)
    if is_news:
        alert.found_at = now
        alert.outcome = "found" if alert.outcome == "nothing" else alert.outcome
    elif not seen:  # the places have gone before anybody looked: "something is free" would not be true
        alert.found_at = None
    tx.add(alert)
    await tx.flush()
    await ring(tx, "alert", alert_id)
    return alert.person_id if is_news else None


async def drop_expired_alerts(tx: Transaction, now: datetime) -> int:
    """Delete the alerts that are past their hour, and count what came of them; return how many. `now`: a local moment."""
    ended = await delete_expired(tx, now)
    await count_tallies(tx, now, [Tally("alert", "", "", outcome) for outcome in ended.values()])
    for alert_id in ended:
        await ring(tx, "alert", alert_id)
    return len(ended)


async def add_device(tx: Transaction, actor: Actor, token_hash: bytes, device: Device, seal: Seal, now: datetime) -> None:
    """Add the device of this session, on which the actor wants to be woken; adding it again changes nothing.

    Refusals: NotAllowed, SignInNeeded when the session has ended meanwhile.
    """
    if actor.kind != "person" or not await lock_person(tx, actor.id) or not await still_has_role(tx, actor):
        raise NotAllowed("not_your_role")
    if await lock_session(tx, token_hash) is None:
        raise SignInNeeded("sign_in_needed")
    await save_device(tx, actor.id, token_hash, device, seal, MOST_DEVICES, now)


async def remove_device(tx: Transaction, actor: Actor, endpoint: str) -> None:
    """Remove a device of the actor's own, if there is one."""
    await delete_device(tx, endpoint, actor.id)


async def forget_device(tx: Transaction, endpoint: str) -> None:
    """Delete a device that no longer exists, as the push service says."""
    await delete_device(tx, endpoint)
