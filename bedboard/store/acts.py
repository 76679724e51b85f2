"""The acts of the audit trail, as an auditor or a manager reads them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import text

from bedboard.store.database import Transaction

ActKind = Literal["looks", "changes", "cases"]
ACT_KINDS: tuple[ActKind, ...] = ("looks", "changes", "cases")

WANTED = """
    {at} >= :since and {at} < :until and cast(:kind as text) in ('all', '{kind}')
    and (cast(:shelter_id as text) = '' or shelter_id = :shelter_id)
    and (cast(:actor as text) = '' or actor_kind || ':' || actor_id = :actor)
"""
OF_ACTOR = "actor_kind, actor_id, role, organization_id, session, network, shelter_id"
EACH = f"""
    select '{ACT_KINDS[1]}' as kind, id, received_at as at, {OF_ACTOR}, action as what, place_id, null as case_id,
        null as why, 'done' as result, subject, before, after
    from journal where {WANTED.format(at="received_at", kind="changes")}
    union all
    select 'looks', id, at, {OF_ACTOR}, what, null, case_id, why, result, null, null, null
    from disclosure where {WANTED.format(at="at", kind="looks")}
    union all
    select 'cases', id, at, {OF_ACTOR}, what, null, case_id, null, 'done', null, null, null
    from case_event where {WANTED.format(at="at", kind="cases")}
"""  # noqa: S608  (our own words)
NAMED = """
    left join person p on a.actor_kind = 'person' and p.id = a.actor_id
    left join client c on a.actor_kind = 'client' and c.id = a.actor_id
    left join organization o on o.id = coalesce(a.organization_id, p.organization_id, c.organization_id)
"""
SHELTER_NAMES = text("select name, id from shelter order by name, id")
LIST_ACTS = text(f"""
    select a.kind, a.at, a.what, a.why, a.result, coalesce(r.id, a.case_id) as case_id, a.session, a.network,
        coalesce(a.role, p.role, c.role) as role, coalesce(p.name, c.name) as name,
        o.name as organization,
        coalesce(s.name, sp.name, so.name, sc.name_nl, st.name, sk.name_nl, su.name, a.before ->> 'name_nl') as shelter,
        pl.label as place, a.subject, a.before, a.after
    from (select * from ({EACH}) every order by at desc, kind desc, id desc limit :most offset :skipped) a
    {NAMED} left join shelter s on s.id = a.shelter_id left join place pl on pl.id = a.place_id
    left join person sp on a.subject = 'person ' || sp.id left join organization so on a.subject = 'organization ' || so.id
    left join contact sc on a.subject = 'contact ' || sc.id left join client st on a.subject = 'client ' || st.id
    left join kind sk on a.subject = 'kind ' || sk.code left join unit su on a.subject = 'unit ' || su.code
    left join case_record r on a.kind = 'looks' and r.trace_id = a.case_id
    order by a.at desc, a.kind desc, a.id desc
""")  # noqa: S608  (our own words)
LIST_ACTORS = text(f"""
    select a.actor_kind || ':' || a.actor_id as key, coalesce(p.name, c.name, a.actor_id) as name, o.name as organization
    from (select distinct actor_kind, actor_id, null as organization_id from ({EACH}) every) a {NAMED}
    order by 2, 1 limit :most
""")  # noqa: S608  (our own words)


class ActFilter(NamedTuple):
    """The acts from `since` and before `until`; `kind` "all", `shelter_id` "" and `actor` "" (as in `Actor.key`): of all."""

    since: datetime
    until: datetime
    kind: ActKind | Literal["all"] = "all"
    shelter_id: str = ""
    actor: str = ""


class ActRow(NamedTuple):
    """One act. `name`: of the person or program; None for bedboard itself. `shelter`: the shelter, or another thing that
    was changed; None: a case as a whole.

    `subject`, `before`, `after`: of a change, as the journal has them. Telephone numbers are among them.
    `case_id`: when the case of a look is forgotten, its trace, which still shows the looks for one case.
    """

    kind: ActKind
    at: datetime
    what: str
    why: str | None
    result: str
    case_id: str | None
    session: str | None
    network: str | None
    role: str | None
    name: str | None
    organization: str | None
    shelter: str | None
    place: str | None
    subject: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


async def list_acts(tx: Transaction, chosen: ActFilter, most: int, skipped: int = 0) -> Sequence[ActRow]:
    """Return these acts, the newest first: at most so many, after those that are skipped."""
    found = await (await tx.connection()).execute(LIST_ACTS, {**chosen._asdict(), "most": most, "skipped": skipped})
    return [ActRow(*row) for row in found]


async def list_shelter_names(tx: Transaction) -> Sequence[tuple[str, str]]:
    """Return the name and the id of every shelter, also of those that are closed for good, by name."""
    found = await (await tx.connection()).execute(SHELTER_NAMES)
    return [(row.name, row.id) for row in found]


async def list_actors(tx: Transaction, chosen: ActFilter, most: int) -> Sequence[tuple[str, str]]:
    """Return the people and programs of these acts, by name: the key of each, and its name with its organization."""
    found = await (await tx.connection()).execute(LIST_ACTORS, {**chosen._asdict(), "most": most})
    return [(row.key, f"{row.name} ({row.organization})" if row.organization else row.name) for row in found]
