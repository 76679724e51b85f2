"""People and their sessions. Tokens come and go as hashes only."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, and_, bindparam, exists, or_, text, update
from sqlmodel import col, select

from bedboard.rules.access import SHELTER, Actor
from bedboard.rules.sessions import SessionLimits, SessionState, session_state
from bedboard.store.clients import list_living_clients
from bedboard.store.database import Transaction
from bedboard.store.retention import delete_batch
from bedboard.store.tables.board import Organization
from bedboard.store.tables.people import Client, Membership, Person, Session

SESSIONS = text("""
    select s.token_hash, s.kind, s.created_at, s.used_at, p.id, p.role, p.name, p.organization_id, p.language,
           coalesce(array_agg(m.shelter_id) filter (where m.shelter_id is not null), '{}') as shelter_ids,
           exists (
               select from (
                   select person_id, added_at from passkey where ended_at is null
                   union all select person_id, added_at from account where ended_at is null) k
               where k.person_id = p.id and k.added_at > (
                   select max(coalesce(o.seen_at, o.added_at)) from (
                       select id, added_at, seen_at from passkey union all select id, added_at, seen_at from account) o
                   where o.id in (s.passkey_id, s.account_id))) as has_new_access
    from session s join person p on p.id = s.person_id
    left join membership m on m.person_id = p.id and p.role in ('staff', 'manager')
    where s.token_hash = any(:hashes) and s.ended_at is null and p.ended_at is null
    group by p.id, s.token_hash
""")


def acts_for(shelter_id: Any) -> ColumnElement[bool]:
    """Return the condition that the actor of `as_asked` works for this shelter, in the same role."""
    kind, actor_id = bindparam("actor_kind", type_=Text), bindparam("actor_id", type_=Text)
    role = bindparam("actor_role", type_=Text)
    membership = exists().where(col(Membership.person_id) == actor_id, col(Membership.shelter_id) == shelter_id)
    works_there = (col(Person.role) == role, col(Person.role).in_(SHELTER))  # in a further role the membership waits
    person = exists().where(col(Person.id) == actor_id, *works_there, col(Person.ended_at).is_(None))
    client = exists().where(
        *(col(Client.id) == actor_id, col(Client.shelter_id) == shelter_id, col(Client.role) == role),
        col(Client.ended_at).is_(None),
    )
    return or_(and_(kind == "person", membership, person), and_(kind == "client", client))


def has_role_of() -> ColumnElement[bool]:
    """Return the condition that the actor of `as_asked` has its role."""
    kind, actor_id = bindparam("actor_kind", type_=Text), bindparam("actor_id", type_=Text)
    role = bindparam("actor_role", type_=Text)
    person = exists().where(col(Person.id) == actor_id, col(Person.role) == role, col(Person.ended_at).is_(None))
    client = exists().where(col(Client.id) == actor_id, col(Client.role) == role, col(Client.ended_at).is_(None))
    return or_(and_(kind == "person", person), and_(kind == "client", client))


def as_asked(actor: Actor) -> dict[str, str]:
    return {"actor_kind": actor.kind, "actor_id": actor.id, "actor_role": actor.role}


MAY_ACT = select(acts_for(bindparam("shelter_id")))

STILL_HAS_ROLE = select(has_role_of())


class FoundSession(NamedTuple):
    """A session that nobody has ended, with its person. Time may have locked it, or ended it."""

    actor: Actor
    created_at: datetime
    used_at: datetime

    def state(self, limits: SessionLimits, now: datetime) -> SessionState:
        return session_state(self.actor.session, self.created_at, self.used_at, limits, now)


async def list_sessions(tx: Transaction, hashes: Sequence[bytes]) -> dict[bytes, FoundSession]:
    """Return these sessions, without those that are unknown or that somebody has ended."""
    found: dict[bytes, FoundSession] = {}
    for row in await (await tx.connection()).execute(SESSIONS, {"hashes": list(hashes)}):
        own = frozenset(row.shelter_ids)
        actor = Actor("person", row.id, row.role, row.name, row.organization_id, own, row.language, row.kind)
        actor = replace(actor, has_new_access=row.has_new_access) if row.has_new_access else actor
        found[row.token_hash] = FoundSession(actor, row.created_at, row.used_at)
    return found


async def lock_session(tx: Transaction, token_hash: bytes) -> Session | None:
    """Return the session if nobody has ended it, and lock its row."""
    living = select(Session).where(col(Session.token_hash) == token_hash, col(Session.ended_at).is_(None))
    return (await tx.exec(living.with_for_update().execution_options(populate_existing=True))).one_or_none()


class ActiveToken(NamedTuple):
    """The rights of a session or token that still counts."""

    role: str
    shelter_ids: frozenset[str]
    is_locked: bool = False


async def list_active_tokens(
    tx: Transaction, hashes: Sequence[bytes], limits: SessionLimits, now: datetime
) -> dict[bytes, ActiveToken]:
    """Return the session or client tokens among these that still count."""
    clients = await list_living_clients(tx, hashes, now)
    found = {token_hash: ActiveToken(role, shelter_ids) for token_hash, (role, shelter_ids) in clients.items()}
    for token_hash, session in (await list_sessions(tx, hashes)).items():
        if (state := session.state(limits, now)) != "over":
            found[token_hash] = ActiveToken(session.actor.role, session.actor.shelter_ids, state == "locked")
    return found


VISITORS = text("""
    select p.role, m.shelter_id from session s join person p on p.id = s.person_id left join membership m on m.person_id = p.id
    where s.ended_at is null and p.ended_at is null
      and (s.kind = 'person' and s.created_at > :begun_since or s.kind = 'shift' and s.created_at > :shift_since)
""")


class Visitors(NamedTuple):
    """The roles of the people who are signed in, and the shelters for which they work."""

    roles: frozenset[str]
    shelters: frozenset[str]


async def list_visitors(tx: Transaction, limits: SessionLimits, now: datetime) -> Visitors:
    """Return the parts of the people whose sessions are not over, locked or not."""
    since = {"begun_since": now - limits.longest, "shift_since": now - limits.shift}
    rows = (await (await tx.connection()).execute(VISITORS, since)).all()
    return Visitors(frozenset(row.role for row in rows), frozenset(row.shelter_id for row in rows if row.shelter_id))


async def may_act(tx: Transaction, actor: Actor, shelter_id: str) -> bool:
    """Return whether the actor, in the same role, works for the shelter at this moment, whatever was true before."""
    connection = await tx.connection()
    return bool((await connection.execute(MAY_ACT, as_asked(actor) | {"shelter_id": shelter_id})).scalar_one())


async def still_has_role(tx: Transaction, actor: Actor) -> bool:
    """Return whether the actor has its role at this moment, whatever was true before."""
    return bool((await (await tx.connection()).execute(STILL_HAS_ROLE, as_asked(actor))).scalar_one())


async def use_session(tx: Transaction, token_hash: bytes, limits: SessionLimits, now: datetime) -> None:
    """Note that the session is used now. This unlocks no session, and brings none back."""
    is_open = or_(col(Session.kind) != "person", col(Session.used_at) > now - limits.idle)
    living = and_(col(Session.token_hash) == token_hash, col(Session.ended_at).is_(None))
    used = update(Session).where(living, is_open).values(used_at=now)
    await (await tx.connection()).execute(used)


async def end_session(tx: Transaction, token_hash: bytes, now: datetime) -> str | None:
    """End the session and return its person; None when there was no such session or it had ended."""
    ended = await (await tx.connection()).execute(
        update(Session)
        .where(col(Session.token_hash) == token_hash, col(Session.ended_at).is_(None))
        .values(ended_at=now)
        .returning(col(Session.person_id))
    )
    return ended.scalar_one_or_none()


END_OLDEST = text("""
    update session set ended_at = :now where token_hash in (
        select token_hash from session where person_id = :person_id and ended_at is null
        order by used_at desc, created_at desc, token_hash offset :most)
    returning token_hash
""")


async def end_oldest_sessions(tx: Transaction, person_id: str, most: int, now: datetime) -> list[bytes]:
    """End the sessions of a person besides these many that were used last, and return their hashes."""
    wanted = {"person_id": person_id, "most": most, "now": now}
    return [bytes(one) for one in (await (await tx.connection()).execute(END_OLDEST, wanted)).scalars()]


async def delete_sessions(tx: Transaction, before: datetime) -> int:
    """Delete a batch of the sessions that ended, or were last used, before this moment; return how many."""
    return await delete_batch(tx, "session", "ended_at < :before or used_at < :before", before)


async def get_person(tx: Transaction, person_id: str) -> Person | None:
    return (await tx.exec(select(Person).where(Person.id == person_id))).one_or_none()


DEMO_PEOPLE = text("""
    select p.id, p.name, p.role, o.name as organization, string_agg(s.name, ', ' order by s.name) as shelters
    from person p join organization o on o.id = p.organization_id
    left join membership m on m.person_id = p.id left join shelter s on s.id = m.shelter_id
    where p.demo and p.ended_at is null
    group by p.id, o.name
    order by
        array_position(array['police', 'coordinator', 'staff', 'desk', 'manager', 'admin', 'auditor', 'policy'], p.role), p.name
""")


class DemoPerson(NamedTuple):
    """A person of a demo, as whom anybody may sign in there; `shelters` None for a person who works for none."""

    id: str
    name: str
    role: str
    organization: str
    shelters: str | None


async def list_demo_people(tx: Transaction) -> list[DemoPerson]:
    return [DemoPerson(*row) for row in await (await tx.connection()).execute(DEMO_PEOPLE)]


SHELTER_PEOPLE = text("""
    select p.id from person p join membership m on m.person_id = p.id
    where m.shelter_id = :shelter_id and p.role = any(:roles) and p.ended_at is null
    order by p.id
""")


async def list_shelter_people(tx: Transaction, shelter_id: str, roles: Sequence[str]) -> list[str]:
    """Return the ids of the shelter's people in these roles."""
    chosen = {"shelter_id": shelter_id, "roles": list(roles)}
    return list((await (await tx.connection()).execute(SHELTER_PEOPLE, chosen)).scalars())


async def list_organization_names(tx: Transaction, ids: Collection[str]) -> dict[str, str]:
    """Return the names of these organizations by id."""
    return dict((await tx.exec(select(Organization.id, Organization.name).where(col(Organization.id).in_(ids)))).all())


HANDED_OVER_BY = text("""
    select p.id from case_event e join person p on p.id = e.actor_id
    where e.case_id = :case_id and e.what = 'handed_over' and e.actor_kind = 'person' and p.ended_at is null
    order by e.id desc limit 1
""")


async def get_handed_over_by(tx: Transaction, case_id: str) -> str | None:
    """Return the id of the last person that offered the case to others; None when a program did, or the person has left."""
    person_id: str | None = (await (await tx.connection()).execute(HANDED_OVER_BY, {"case_id": case_id})).scalar_one_or_none()
    return person_id


SEEKS = text("""
    select exists (select from person where organization_id = :organization_id and role = :role and ended_at is null)
        or exists (select from client where organization_id = :organization_id and role = :role and ended_at is null)
""")


async def has_seekers(tx: Transaction, organization_id: str, role: str) -> bool:
    """Return whether somebody of this organization acts in this role: a person or a program."""
    chosen = {"organization_id": organization_id, "role": role}
    return bool((await (await tx.connection()).execute(SEEKS, chosen)).scalar_one())


async def list_people_of_group(tx: Transaction, organization_id: str, role: str) -> list[str]:
    """Return the ids of the people of an organization in this role."""
    own = (Person.organization_id == organization_id, Person.role == role, col(Person.ended_at).is_(None))
    return list(await tx.exec(select(Person.id).where(*own).order_by(Person.id)))


async def list_people_of_role(tx: Transaction, role: str) -> list[str]:
    """Return the ids of all people in this role."""
    found = await tx.exec(select(Person.id).where(Person.role == role, col(Person.ended_at).is_(None)).order_by(Person.id))
    return list(found)
