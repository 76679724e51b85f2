"""Sessions and people, as far as access to an account goes: ended sessions, proofs, and the people whom others help."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import col, select

from bedboard.store.clients import LIVING as LIVING_CLIENT
from bedboard.store.database import Transaction
from bedboard.store.tables.people import Membership, Session

LIVING = f"{LIVING_CLIENT} and c.role = w.role"
ENDED = text(f"""
    select w.hash from unnest(cast(:hashes as bytea[]), cast(:roles as text[])) w(hash, role)
    where not exists (
            select from session s join person p on p.id = s.person_id
            where s.token_hash = w.hash and s.ended_at is null and p.ended_at is null and p.role = w.role)
        and not exists (select from client c where c.token_hash = w.hash and {LIVING})
        and not exists (select from client c where c.previous_hash = w.hash and c.previous_until > :now and {LIVING})
""")  # noqa: S608  (our own words)


async def list_ended(tx: Transaction, seats: Collection[tuple[bytes, str]], now: datetime) -> list[bytes]:
    """Return the tokens among these that somebody has ended, or that no longer belong to this role, or have expired.

    Time ends the token of a program here, and no session.
    """
    hashes, roles = [token_hash for token_hash, _ in seats], [role for _, role in seats]
    return list((await (await tx.connection()).execute(ENDED, {"hashes": hashes, "roles": roles, "now": now})).scalars())


async def get_proven_at(tx: Transaction, token_hash: bytes) -> datetime | None:
    """Return when the person of this session last proved who they are; None: never, or nobody has such a session."""
    living = select(Session.proven_at).where(col(Session.token_hash) == token_hash, col(Session.ended_at).is_(None))
    return (await tx.exec(living)).one_or_none()


async def get_session_passkey(tx: Transaction, token_hash: bytes) -> str | None:
    """Return the id of the passkey with which this session was made; None when there was none."""
    return (await tx.exec(select(Session.passkey_id).where(col(Session.token_hash) == token_hash))).one_or_none()


NOTE_SEEN = (
    text("update passkey set seen_at = :now where id = (select passkey_id from session where token_hash = :token_hash)"),
    text("update account set seen_at = :now where id = (select account_id from session where token_hash = :token_hash)"),
)


async def note_seen(tx: Transaction, token_hash: bytes, now: datetime) -> None:
    """Note that the person of this session has seen what was added to their access.

    It is noted with the passkey or the account of the session: a thief who adds one more hides that from nobody.
    """
    for statement in NOTE_SEEN:
        await (await tx.connection()).execute(statement, {"token_hash": token_hash, "now": now})


PEOPLE = text("""
    select p.id, p.name, p.role, o.name as organization,
        coalesce(array_agg(m.shelter_id) filter (where m.shelter_id is not null), '{}') as shelter_ids
    from person p join organization o on o.id = p.organization_id left join membership m on m.person_id = p.id
    where p.ended_at is null group by p.id, o.name order by o.name, p.name, p.id
""")


class PersonRow(NamedTuple):
    """Somebody who works with the board."""

    id: str
    name: str
    role: str
    organization: str
    shelter_ids: Sequence[str]


async def list_people(tx: Transaction) -> list[PersonRow]:
    """Return everybody who may sign in, by organization and name."""
    return [PersonRow(*row) for row in await (await tx.connection()).execute(PEOPLE)]


async def list_shelters_of(tx: Transaction, person_id: str) -> frozenset[str]:
    """Return the ids of the shelters for which a person works."""
    return frozenset(await tx.exec(select(Membership.shelter_id).where(Membership.person_id == person_id)))
