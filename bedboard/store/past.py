"""The journal and the pictures of shelters, read to show a moment that has passed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text

from bedboard.rules.past import CHANGES_BETWEEN, KEPT_AGAIN, Line, Past, Words
from bedboard.store.database import Transaction

# Nulls are left out: most facts of a place are null, and rows of past years are many.
SHOWS = """jsonb_strip_nulls(jsonb_build_object(
    'name', s.name, 'organization', s.organization_id, 'unit', s.unit_code, 'confirm_times', to_jsonb(s.confirm_times),
    'intake', jsonb_build_array(s.intake_from_minutes, s.intake_until_minutes),
    'criteria', s.criteria, 'limits', s.limits, 'languages', to_jsonb(s.languages),
    'confirmed', jsonb_build_object('at', s.confirmed_at, 'by', s.confirmed_by, 'kinds', s.kinds_confirmed_at),
    'places', coalesce((
        select jsonb_agg(jsonb_build_object(
            'id', p.id, 'label', p.label, 'kind', p.kind_code, 'beds', p.beds, 'cots', p.cots,
            'exists', case when p.exists_from is not null then jsonb_build_array(p.exists_from, p.exists_until) end,
            'state', p.state, 'since', p.since, 'expected_free_at', p.expected_free_at, 'closed_reason', p.closed_reason,
            'criteria', p.criteria,
            'claim', case when c.id is not null then jsonb_build_object(
                'claim', c.id, 'type', c.type, 'organization', c.organization_id, 'role', c.role,
                'expires_at', c.expires_at, 'expected_at', c.expected_at) end
        ) order by p.position, p.id)
        from place p left join claim c on c.place_id = p.id and c.ended_at is null
        where p.shelter_id = s.id and p.ended_at is null
    ), '[]')
))"""
TAKE = text(f"""
    insert into picture (shelter_id, at, version, shows)
    select s.id, :now, s.version, {SHOWS}
    from shelter s
    left join lateral (select version, at from picture where shelter_id = s.id order by at desc limit 1) last on true
    where s.ended_at is null and (last.version is null or last.version + :changes <= s.version or last.at < :long_ago)
    on conflict do nothing
""")  # noqa: S608  (our own words)


async def take_pictures(tx: Transaction, now: datetime) -> int:
    """Keep a picture of each open shelter whose last one lies many changes or weeks back; return how many that were."""
    wanted = {"now": now, "changes": CHANGES_BETWEEN, "long_ago": now - KEPT_AGAIN}
    return (await (await tx.connection()).execute(TAKE, wanted)).rowcount


PRESENT = text(f"select s.id, s.version, cast({SHOWS} as text) as shows from shelter s")  # noqa: S608  (our own words)


async def list_present(tx: Transaction) -> dict[str, tuple[int, dict[str, Any]]]:
    """Return the version of each shelter and its picture as it is now."""
    found = await (await tx.connection()).execute(PRESENT)
    return {row.id: (row.version, orjson.loads(row.shows)) for row in found}


SAVE = text("""
    insert into picture (shelter_id, at, version, shows)
    select * from json_to_recordset(cast(:rows as json)) as one (shelter_id text, at timestamptz, version bigint, shows jsonb)
""")


async def save_pictures(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Save these pictures (columns of the table) of moments that have passed."""
    await (await tx.connection()).execute(SAVE, {"rows": orjson.dumps(rows).decode()})


PICTURES = text("""
    select s.id, s.created_at, coalesce(p.version, 0) as version, cast(p.shows as text) as shows,
           coalesce(q.version, s.version) as until
    from shelter s
    left join lateral (
        select version, shows from picture where shelter_id = s.id and at <= :at order by at desc limit 1) p on true
    left join lateral (select version from picture where shelter_id = s.id and at > :at order by at limit 1) q on true
    where s.created_at <= :at and coalesce(s.ended_at, 'infinity') > :at
        and (cast(:shelter_id as text) is null or s.id = :shelter_id)
    order by s.name
""")
# All lines of a shelter as one text: there may be thousands, and so they are read ten times as fast as one by one.
LINES = text("""
    select u.id, (
        select j.version from journal j where j.shelter_id = u.id and j.version > u.version and j.version <= u.until
        order by j.version limit 1
    ) as first, cast((
        select json_agg(json_build_array(j.version, j.received_at, j.observed_at, j.actor_kind, j.action, j.place_id,
            case when j.action in ('place', 'arrive', 'undo') then j.before end, j.after) order by j.version, j.id)
        from journal j
        where j.shelter_id = u.id and j.version > u.version and j.version <= u.until and j.received_at <= :at
    ) as text) as lines
    from unnest(cast(:ids as text[]), cast(:versions as bigint[]), cast(:untils as bigint[])) u (id, version, until)
""")


async def list_past(tx: Transaction, at: datetime, shelter_id: str | None = None) -> list[Past]:
    """Return what there is to know about each shelter that was there at this moment, by name; None: about all of them."""
    connection = await tx.connection()
    found = (await connection.execute(PICTURES, {"at": at, "shelter_id": shelter_id})).all()
    moved = [row for row in found if row.version < row.until]
    asked = {name: [getattr(row, name) for row in moved] for name in ("id", "version", "until")}
    wanted = {f"{name}s": values for name, values in asked.items()} | {"at": at}
    rows = (await connection.execute(LINES, wanted)).all() if moved else ()
    first = {row.id: row.first for row in rows}
    lines = {row.id: [_line(*one) for one in orjson.loads(row.lines or "[]")] for row in rows}
    return [
        Past(
            row.id,
            row.created_at,
            row.version,
            None if row.shows is None else orjson.loads(row.shows),
            lines.get(row.id, ()),
            row.version == row.until or first.get(row.id) == row.version + 1,
        )
        for row in found
    ]


def _line(version: int, received_at: str, observed_at: str, *rest: Any) -> Line:
    return Line(version, datetime.fromisoformat(received_at), datetime.fromisoformat(observed_at), *rest)


BETWEEN = text("""
    select j.version, j.received_at, j.observed_at, j.actor_kind, j.action, j.place_id, j.before, j.after, p.label
    from journal j left join place p on p.id = j.place_id
    where j.shelter_id = :shelter_id and j.received_at >= :since and j.received_at < :until
    order by j.version desc, j.id desc limit :most
""")


async def list_lines(
    tx: Transaction, shelter_id: str, since: datetime, until: datetime, most: int
) -> list[tuple[Line, str | None]]:
    """Return the newest lines about a shelter between two moments, each with the label of its place."""
    wanted = {"shelter_id": shelter_id, "since": since, "until": until, "most": most}
    found = await (await tx.connection()).execute(BETWEEN, wanted)
    return [(Line(*line), label) for *line, label in found]


CHANGES = text("""
    select subject, before from journal
    where action in ('change_kind', 'change_unit', 'change_organization') and received_at > :at
    order by received_at desc, id desc
""")


async def list_words_since(tx: Transaction, at: datetime) -> Words:
    """Return what is needed to give kinds, units and organizations the names that they had at this moment."""
    connection = await tx.connection()
    organizations = {row.id: row.name for row in await connection.execute(text("select id, name from organization"))}
    changes: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in await connection.execute(CHANGES, {"at": at}):
        changes[row.subject].append(row.before or {})
    return Words(organizations, changes)


BEGAN = text("select min(received_at) from (select received_at from journal order by received_at limit 1) j")


async def get_journal_began(tx: Transaction) -> datetime | None:
    """Return the moment of the oldest line that is kept; None: there is none."""
    began: datetime | None = (await (await tx.connection()).execute(BEGAN)).scalar_one()
    return began
