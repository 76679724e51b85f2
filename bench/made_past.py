"""A past for a made-up board: years of taps and confirmations in the journal, with the pictures between them, made by SQL."""

import argparse
import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import asyncpg
from board import make_up_board
from rig import Served, serving

from bedboard.clock import Clock
from bedboard.rules.past import CHANGES_BETWEEN
from bedboard.store.address import asyncpg_url
from bedboard.store.past import SHOWS

AT_ONCE = 500_000  # lines of one statement
A_DAY = 0.41  # changes of one place in a day: of 20,000 places in ten years, 30 million

INDEXES = """
    select indexname as name, indexdef as made from pg_indexes
    where tablename = 'journal' and indexname <> 'pk_journal'
"""
# What places say changes with the day only: to build the words of each line took most of the time.
SAID = (
    """
create temp table said as
    select day, odd,
        jsonb_build_object('state', case when odd = 0 then 'open' else 'occupied' end, 'since', at - interval '1 day',
            'closed_reason', null, 'expected_free_at', null,
            'confirmed', jsonb_build_object('at', at - interval '1 hour', 'by', 'person', 'kinds', jsonb_build_object())
        ) as before,
        jsonb_build_object('state', case when odd = 0 then 'occupied' else 'open' end, 'since', at,
            'closed_reason', null, 'expected_free_at', null) as after
    from generate_series(0, $2::int) day, generate_series(0, 1) odd,
        lateral (select $1::timestamptz + day * interval '1 day' as at) moment
""",
    "analyze said",
)
# Nine of ten lines are taps on a place, the words as the actions write them; the tenth confirms. The tags are no real ones.
LINES = """
    with numbered as materialized (
        select row_number() over (order by id) - 1 as number, id, count(*) over () as every from shelter
    ), placed as materialized (
        select shelter_id, id, row_number() over (partition by shelter_id order by position) - 1 as number,
            count(*) over (partition by shelter_id) as every from place where ended_at is null
    ), turns as (
        select g, g / (select count(*) from shelter) as k, g % (select count(*) from shelter) as n,
            $1::timestamptz + g * ($2::interval / $3::float8) as at
        from generate_series($4::bigint, $5::bigint) g
    )
    insert into journal (received_at, observed_at, actor_kind, actor_id, role, organization_id, session, network,
                         action, shelter_id, version, place_id, before, after, tag)
    select t.at, t.at, 'person', 'police', 'staff', 'org', 'shift', 'public',
        case when t.k % 10 = 9 then 'confirm' else 'place' end, s.id, 2 + t.k, case when t.k % 10 <> 9 then p.id end,
        said.before, said.after, decode(md5(t.g::text), 'hex')
    from turns t join numbered s on s.number = t.n
    join placed p on p.shelter_id = s.id and p.number = t.k % p.every
    left join said on t.k % 10 <> 9 and said.odd = t.k % 2 and said.day = extract(day from t.at - $1::timestamptz)
    order by t.g
"""
PICTURES = f"""
    with shown as materialized (select s.id, {SHOWS} as shows from shelter s)
    insert into picture (shelter_id, at, version, shows)
    select j.shelter_id, j.received_at, j.version, shown.shows
    from shown join journal j on j.shelter_id = shown.id and j.version % {CHANGES_BETWEEN} = 0
    on conflict do nothing
"""  # noqa: S608  (our own words)

# As if the lines had been chained long ago: otherwise the server would be busy with that, and not with what is measured.
CHAINED = """
    insert into chain select min(id), $1, 'journal', max(id), array_agg(id order by id),
        string_agg(tag, '' order by id), '' from journal where id >= $2 and id < $2 + $3::bigint group by id / 500
"""
ROOMY = (
    "alter system set max_wal_size = '8GB'",
    "select pg_reload_conf()",
    "set work_mem = '256MB'",
    "set maintenance_work_mem = '1GB'",
    "set synchronous_commit = off",
)


async def make_up_past(url: str, years: float, lines: int | None = None) -> int:
    """Give each shelter a past of so many years that ends now; return the number of lines. `lines` None: as the places have."""
    connection = await asyncpg.connect(asyncpg_url(url), command_timeout=3600)
    try:
        now, span = Clock().now(), timedelta(days=365 * years)
        places = await connection.fetchval("select count(*) from place")
        count = round(places * A_DAY * span.days) if lines is None else lines
        begin = now - span - timedelta(seconds=1)
        await connection.execute("update shelter set created_at = $1", begin)
        # The lines of now that added the board would have the lowest numbers, and retention begins with those.
        await connection.execute("select set_config('bedboard.forgetting', 'yes', false)")
        await connection.execute("delete from journal")
        indexes = await connection.fetch(INDEXES)
        for index in indexes:
            await connection.execute(f"drop index {index['name']}")
        for statement in ROOMY:
            await connection.execute(statement)
        await connection.execute(SAID[0], begin, span.days)
        await connection.execute(SAID[1])
        for first in range(0, count, AT_ONCE):
            last = min(first + AT_ONCE, count) - 1
            await connection.execute(LINES, begin, span, count, first, last)
        for index in indexes:
            await connection.execute(index["made"])
        await connection.execute("analyze journal")
        await connection.execute(PICTURES)
        latest = "(select max(version) from journal j where j.shelter_id = s.id)"
        await connection.execute(f"update shelter s set version = greatest(s.version, coalesce({latest}, 1))")  # noqa: S608
        lowest, highest = await connection.fetchrow("select min(id), max(id) from journal")
        for first in range(lowest, highest + 1, AT_ONCE):
            await connection.execute(CHAINED, begin, first, AT_ONCE)
        await connection.execute("vacuum analyze")
        return count
    finally:
        await connection.close()


async def sizes(url: str) -> dict[str, float]:
    """Return the megabytes of the journal, of its indexes by name, and of the pictures."""
    connection = await asyncpg.connect(asyncpg_url(url))
    try:
        rows = await connection.fetch("""
            select relname as name, pg_table_size(oid) as bytes from pg_class
            where relname in ('journal', 'picture', 'chain') or (relkind = 'i' and relname ~ '^(ix|pk)_(journal|picture|chain)')
            order by pg_table_size(oid) desc
        """)
        return {row["name"]: row["bytes"] / 1e6 for row in rows}
    finally:
        await connection.close()


def run(description: str, years: float, measure: Callable[[Served, float], None]) -> None:
    """Serve a board with a past of so many years, or as the command line says, and measure it."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shelters", type=int, default=800)
    parser.add_argument("--places", type=int, default=20_000)
    parser.add_argument("--years", type=float, default=years)
    given = parser.parse_args()

    def fill(url: str) -> None:
        asyncio.run(make_up_board(url, given.shelters, given.places))
        begun = time.perf_counter()
        lines = asyncio.run(make_up_past(url, given.years))
        print(f"{lines:,} lines made up in {time.perf_counter() - begun:.0f} s", flush=True)

    with serving(fill) as served:
        measure(served, given.years)
