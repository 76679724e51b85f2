"""Alerts, and the devices on which their owners may be woken. An alert that is past its hour counts as gone."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from cryptography.fernet import InvalidToken
from sqlalchemy import delete, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from bedboard.rules.access import SEEKERS
from bedboard.store.database import Transaction
from bedboard.store.keys import delete_keys
from bedboard.store.seal import Seal, SealedNeeds
from bedboard.store.tables.board import Shelter
from bedboard.store.tables.people import AlertRecord, Person, PushSubscription


async def lock_person(tx: Transaction, person_id: str) -> bool:
    """Lock the person against other alerts and devices of theirs, until the end of the transaction; False when unknown."""
    found = await tx.exec(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    return found.one_or_none() is not None


async def count_alerts(tx: Transaction, person_id: str, now: datetime) -> int:
    found = await tx.exec(
        select(func.count())
        .select_from(AlertRecord)
        .where(AlertRecord.person_id == person_id, col(AlertRecord.expires_at) > now)
    )
    return found.one()


async def get_alert(tx: Transaction, alert_id: str, person_id: str, now: datetime, *, lock: bool = False) -> AlertRecord | None:
    """Return an alert of the person's own, read afresh; None when there is none. `lock`: until the end of the transaction."""
    statement = select(AlertRecord).where(
        AlertRecord.id == alert_id, AlertRecord.person_id == person_id, col(AlertRecord.expires_at) > now
    )
    if lock:
        statement = statement.with_for_update()
    return (await tx.exec(statement.execution_options(populate_existing=True))).one_or_none()


async def list_own_alerts(tx: Transaction, person_id: str, now: datetime) -> Sequence[AlertRecord]:
    """Return the person's own alerts, the oldest first."""
    found = await tx.exec(
        select(AlertRecord)
        .where(AlertRecord.person_id == person_id, col(AlertRecord.expires_at) > now)
        .order_by(col(AlertRecord.created_at), col(AlertRecord.id))
    )
    return found.all()


async def lock_alert(tx: Transaction, alert_id: str, now: datetime) -> AlertRecord | None:
    """Lock an alert until the end of the transaction and return it, read afresh; None when it is gone."""
    found = await tx.exec(
        select(AlertRecord)
        .where(AlertRecord.id == alert_id, col(AlertRecord.expires_at) > now)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.one_or_none()


class AlertRow(NamedTuple):
    """An alert as a process keeps it in memory; the profile stays sealed."""

    id: str
    person_id: str
    profile: SealedNeeds
    seen: frozenset[str]
    expires_at: datetime
    found_at: datetime | None


async def list_alerts(tx: Transaction, now: datetime, ids: Collection[str] | None = None) -> list[AlertRow]:
    """Return the alerts with these ids (unknown ones are left out), or all for None, whose owner may still look for a place."""
    statement = (
        select(AlertRecord)
        .join(Person, col(Person.id) == col(AlertRecord.person_id))
        .where(col(AlertRecord.expires_at) > now, col(Person.ended_at).is_(None), col(Person.role).in_(sorted(SEEKERS)))
    )
    if ids is not None:
        statement = statement.where(col(AlertRecord.id).in_(ids))
    found = await tx.exec(statement.execution_options(populate_existing=True))
    return [AlertRow(row.id, row.person_id, row.profile, frozenset(row.seen), row.expires_at, row.found_at) for row in found]


async def delete_alert(tx: Transaction, alert_id: str, person_id: str) -> str | None:
    """Delete an alert of the person's own and return its outcome; None when there was none."""
    dropped = await (await tx.connection()).execute(
        delete(AlertRecord)
        .where(col(AlertRecord.id) == alert_id, col(AlertRecord.person_id) == person_id)
        .returning(col(AlertRecord.outcome))
    )
    outcome: str | None = dropped.scalar_one_or_none()
    if outcome is not None:
        await delete_keys(tx, [alert_id])
    return outcome


async def delete_expired(tx: Transaction, now: datetime) -> dict[str, str]:
    """Delete the alerts that are past their hour and return the outcome of each; leave out rows that others have locked."""
    over = text("select id, outcome from alert where expires_at <= :now order by id for update skip locked")
    connection = await tx.connection()
    ended = {row.id: row.outcome for row in await connection.execute(over, {"now": now})}
    if ended:
        await connection.execute(delete(AlertRecord).where(col(AlertRecord.id).in_(ended)))
        await delete_keys(tx, list(ended))
    return ended


LED = text("""
    update alert set outcome = 'led'
    where person_id = :person_id and outcome = 'found' and expires_at > :now
        and (seen && cast(:place_ids as text[])
            or exists (select from place where shelter_id = any(:shelter_ids) and id = any(seen)))
""")


async def note_led(
    tx: Transaction, person_id: str, now: datetime, place_ids: Collection[str] = (), shelter_ids: Collection[str] = ()
) -> None:
    """Note that a person keeps one of these places, or asks one of these shelters, after an alert has found a place there."""
    wanted = {"person_id": person_id, "now": now, "place_ids": list(place_ids), "shelter_ids": list(shelter_ids)}
    await (await tx.connection()).execute(LED, wanted)


async def get_versions(tx: Transaction, shelter_ids: Collection[str]) -> Mapping[str, int]:
    """Return the present versions of these shelters; unknown ones are left out."""
    found = await tx.exec(select(Shelter.id, Shelter.version).where(col(Shelter.id).in_(shelter_ids)))
    return {shelter_id: version for shelter_id, version in found}


class Device(NamedTuple):
    """A browser that may be woken: its endpoint, and its public key and secret (base64url, RFC 8291)."""

    endpoint: str
    p256dh: str
    auth: str


def _hash(endpoint: str) -> bytes:
    return hashlib.sha256(endpoint.encode()).digest()


async def save_device(
    tx: Transaction, person_id: str, token_hash: bytes, device: Device, seal: Seal, most: int, now: datetime
) -> None:
    """Save the device, sealed, for this person and session and no other; of more than `most` the oldest go.

    The caller holds the locks of the person and of the session.
    """
    connection = await tx.connection()
    newest = _hash(device.endpoint)
    row = {
        "endpoint_hash": newest,
        "device_sealed": seal.close(json.dumps(device)),
        "person_id": person_id,
        "token_hash": token_hash,
        "created_at": now,
    }
    saved = insert(PushSubscription).values(row)
    fresh = {name: value for name, value in row.items() if name != "endpoint_hash"}  # a message may refer to it meanwhile
    await connection.execute(saved.on_conflict_do_update(index_elements=["endpoint_hash"], set_=fresh))
    oldest_first = text("""
        delete from push_subscription where endpoint_hash in (
            select endpoint_hash from push_subscription where person_id = :person_id
            order by created_at desc, endpoint_hash = :newest desc, endpoint_hash offset :most)
    """)
    await connection.execute(oldest_first, {"person_id": person_id, "newest": newest, "most": most})


async def delete_device(tx: Transaction, endpoint: str, person_id: str | None = None) -> bool:
    """Delete the device if it is this person's, or for None in any case; False when there was none."""
    statement = delete(PushSubscription).where(col(PushSubscription.endpoint_hash) == _hash(endpoint))
    if person_id is not None:
        statement = statement.where(col(PushSubscription.person_id) == person_id)
    return (await (await tx.connection()).execute(statement)).rowcount > 0


def open_device(sealed: bytes, seal: Seal) -> Device | None:
    """Return the device; None when its key is no longer among the keys of the settings."""
    try:
        return Device(*json.loads(seal.open(sealed)))
    except InvalidToken:
        return None
