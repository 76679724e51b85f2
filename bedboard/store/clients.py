"""Clients: the program behind a token, the tokens that count, and the list of them. Tokens come and go as hashes only."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import col, or_, select

from bedboard.rules.access import Actor
from bedboard.rules.clients import ClientRole, Scope, Terms, is_told
from bedboard.store.database import Transaction
from bedboard.store.tables.people import Client

LIVING = "c.ended_at is null and (c.expires_at is null or c.expires_at > :now)"
FIND = text(f"""
    select c.token_hash, c.id, c.role, c.name, c.organization_id, c.shelter_id, c.scopes, c.used_at, c.expires_at as until
    from client c where c.token_hash = any(:hashes) and {LIVING} and (:demo or not c.demo)
    union all
    select c.previous_hash, c.id, c.role, c.name, c.organization_id, c.shelter_id, c.scopes, c.used_at, c.previous_until
    from client c where c.previous_hash = any(:hashes) and c.previous_until > :now and {LIVING} and (:demo or not c.demo)
""")  # noqa: S608  (our own words)
LIVING_CLIENTS = text(f"""
    select c.token_hash, c.role, array_remove(array[c.shelter_id], null) as shelter_ids from client c
    where c.token_hash = any(:hashes) and {LIVING}
    union all
    select c.previous_hash, c.role, array_remove(array[c.shelter_id], null) from client c
    where c.previous_hash = any(:hashes) and c.previous_until > :now and {LIVING}
""")  # noqa: S608  (our own words)
NOTE_USE = text("update client set used_at = :now where id = :id and (used_at is null or used_at <= :past)")
LIST = text("""
    select c.id, c.name, c.role, c.organization_id, o.name, c.shelter_id, s.name, c.scopes, c.created_at, c.rotated_at,
        c.used_at, c.expires_at, c.ended_at, c.previous_until
    from client c left join organization o on o.id = c.organization_id left join shelter s on s.id = c.shelter_id
    where not c.demo and (:every or c.shelter_id = any(:shelter_ids)) and (cast(:id as text) = '' or c.id = :id)
    order by c.ended_at is not null, s.name nulls last, o.name nulls last, c.name, c.id
""")


class FoundClient(NamedTuple):
    """The program behind a token. `until`: when this token of it stops counting; None: it has no end.

    `used_at`: its last use that was noted; None: none yet.
    """

    actor: Actor
    until: datetime | None
    used_at: datetime | None


async def find_clients(tx: Transaction, hashes: Sequence[bytes], now: datetime, *, demo: bool) -> dict[bytes, FoundClient]:
    """Return the programs of the tokens among these that count; `demo` says whether demo tokens count at all."""
    found = await (await tx.connection()).execute(FIND, {"hashes": list(hashes), "demo": demo, "now": now})
    clients = dict[bytes, FoundClient]()
    for row in found:
        own = frozenset({row.shelter_id}) if row.shelter_id else frozenset[str]()
        actor = Actor("client", row.id, row.role, row.name, row.organization_id, own, scopes=frozenset(row.scopes))
        clients[row.token_hash] = FoundClient(actor, row.until, row.used_at)
    return clients


async def list_living_clients(
    tx: Transaction, hashes: Sequence[bytes], now: datetime
) -> Mapping[bytes, tuple[str, frozenset[str]]]:
    """Return the tokens among these that count: of each the role and the shelters of its program."""
    rows = await (await tx.connection()).execute(LIVING_CLIENTS, {"hashes": list(hashes), "now": now})
    return {row.token_hash: (row.role, frozenset(row.shelter_ids)) for row in rows}


async def note_use(tx: Transaction, client_id: str, now: datetime, every: timedelta) -> None:
    """Note that the program calls now, unless its last use was noted a shorter time ago than `every`."""
    await (await tx.connection()).execute(NOTE_USE, {"id": client_id, "now": now, "past": now - every})


class ClientRow(NamedTuple):
    """A program as the administration lists it. `rotated_at` None: its token is still the first one."""

    id: str
    name: str
    role: ClientRole
    organization_id: str | None
    organization: str | None
    shelter_id: str | None
    shelter: str | None
    scopes: Sequence[Scope]
    created_at: datetime
    rotated_at: datetime | None
    used_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    previous_until: datetime | None

    @property
    def terms(self) -> Terms:
        return Terms(self.expires_at, self.ended_at, self.previous_until)


async def list_clients(tx: Transaction, shelter_ids: Sequence[str] | None = None, client_id: str = "") -> list[ClientRow]:
    """Return the programs of these shelters, or all for None; those whose token was ended come last.

    The fixed tokens of a demo are not among them: nobody makes, rotates or ends them.
    """
    chosen = {"every": shelter_ids is None, "shelter_ids": list(shelter_ids or ()), "id": client_id}
    return [ClientRow(*row) for row in await (await tx.connection()).execute(LIST, chosen)]


async def list_new_clients(tx: Transaction, shelter_ids: Collection[str], now: datetime) -> list[ClientRow]:
    """Return the programs of these shelters whose token counts and was made a short time ago; their managers are told."""
    rows = await list_clients(tx, sorted(shelter_ids))
    return [row for row in rows if row.terms.counts(now) and is_told(row.created_at, now)]


async def lock_client(tx: Transaction, client_id: str) -> Client | None:
    """Lock a program until the end of the transaction and return it, read afresh; None for none, or one of a demo."""
    wanted = select(Client).where(Client.id == client_id, col(Client.demo).is_(False))
    locked = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await tx.exec(locked)).one_or_none()


async def count_clients(tx: Transaction, shelter_id: str | None, organization_id: str | None, now: datetime) -> int:
    """Count the programs whose token counts: of this shelter, or for None of the organization besides its shelters."""
    return len(await list_client_names(tx, shelter_id, organization_id, now))


async def list_client_names(tx: Transaction, shelter_id: str | None, organization_id: str | None, now: datetime) -> list[str]:
    """Return the names of these programs; there are few."""
    wanted = select(Client.name).where(col(Client.shelter_id).is_not_distinct_from(shelter_id), col(Client.demo).is_(False))
    if shelter_id is None:
        wanted = wanted.where(col(Client.organization_id).is_not_distinct_from(organization_id))
    lives = (col(Client.ended_at).is_(None), or_(col(Client.expires_at).is_(None), col(Client.expires_at) > now))
    return list(await tx.exec(wanted.where(*lives)))
