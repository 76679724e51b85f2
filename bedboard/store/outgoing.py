"""Outgoing messages that wait until they have been delivered or are too old; a row is one message for one device."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text

from bedboard.store.database import Transaction

BATCH = 50

# A device that is being forgotten at this moment is left out: its messages would go with it, and the change does not wait.
SAVE = text("""
    insert into outgoing (endpoint_hash, what, made_at, due_at, expires_at)
    select d.endpoint_hash, :what, :now, :now, :expires_at from (
        select s.endpoint_hash from push_subscription s join person p on p.id = s.person_id
        where s.person_id = any(:people) and p.ended_at is null
        order by s.endpoint_hash for key share of s skip locked) d
""")
CLAIM = text("""
    update outgoing o set due_at = :until, tries = o.tries + 1
    from (select id from outgoing where due_at <= :now and expires_at > :now order by due_at, id limit :most
          for update skip locked) mine, push_subscription s
    where o.id = mine.id and s.endpoint_hash = o.endpoint_hash
    returning o.id, o.endpoint_hash, o.what, o.tries, o.expires_at, s.device_sealed
""")
# Only the present sender changes a message: after its lease another one may have it.
POSTPONE = text("update outgoing set due_at = :due_at where id = :id and tries = :tries")
COUNT = text("select count(*) from outgoing where expires_at > :now")
DROP = text("delete from outgoing where id = :id and tries = :tries")
DROP_OLD = text(f"""
    delete from outgoing where id = any(array(
        select id from outgoing where expires_at <= :now order by id limit {BATCH} for update skip locked))
    returning what
""")  # noqa: S608  (a number of our own)


class Outgoing(NamedTuple):
    """A message that its claimer sends now. `tries`: with this one; `device_sealed`: opened by the sender."""

    id: int
    endpoint_hash: bytes
    what: str
    tries: int
    expires_at: datetime
    device_sealed: bytes


async def save_outgoing(tx: Transaction, people: Collection[str], what: str, now: datetime, expires_at: datetime) -> int:
    """Save one message for each device of these people, as far as they may sign in; return how many that were."""
    wanted = {"people": sorted(people), "what": what, "now": now, "expires_at": expires_at}
    return (await (await tx.connection()).execute(SAVE, wanted)).rowcount


async def claim_outgoing(tx: Transaction, now: datetime, lease: timedelta, most: int) -> Sequence[Outgoing]:
    """Claim up to so many messages whose turn it is; no other process gets them for as long as the lease."""
    found = await (await tx.connection()).execute(CLAIM, {"now": now, "until": now + lease, "most": most})
    return [Outgoing(*row) for row in found]


async def postpone_outgoing(tx: Transaction, message: Outgoing, due_at: datetime) -> None:
    """Leave a message for a later try, unless somebody else has claimed it meanwhile."""
    await (await tx.connection()).execute(POSTPONE, {"id": message.id, "tries": message.tries, "due_at": due_at})


async def delete_outgoing(tx: Transaction, message: Outgoing) -> None:
    """Delete a message that needs no other try, unless somebody else has claimed it meanwhile."""
    await (await tx.connection()).execute(DROP, {"id": message.id, "tries": message.tries})


async def count_outgoing(tx: Transaction, now: datetime) -> int:
    """Count the messages that still wait."""
    return int((await (await tx.connection()).execute(COUNT, {"now": now})).scalar_one())


async def delete_old_outgoing(tx: Transaction, now: datetime) -> Mapping[str, int]:
    """Delete a batch of messages that are too old to be of use; return how many that were, by word."""
    return _count((await (await tx.connection()).execute(DROP_OLD, {"now": now})).scalars())


def _count(words: Iterable[str]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts
