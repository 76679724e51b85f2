"""Weigh one table for the journal against a table for each month of ten years: the statements of the product on both.

    python bench/months.py                        300,000 lines of ten years, twice
    python bench/months.py --lines 3000000

A real server with the embedded PostgreSQL in a temporary folder; both tables are copies beside the journal. No figure is a
test. Figures last printed: at the end of this file.
"""

import argparse
import asyncio
import statistics
import time

import asyncpg
from board import make_up_board
from rig import serving

from bedboard.store.address import asyncpg_url

MAKE = (
    "drop schema if exists weighed cascade",
    "create schema weighed",
    "set search_path = weighed, public",
    "create table one (like public.journal)",
    "create table months (like public.journal) partition by range (received_at)",
    """
    do $$ declare first timestamptz := date_trunc('month', now()) - interval '119 months'; begin
        for n in 0..120 loop
            execute format('create table m%s partition of months for values from (%L) to (%L)',
                n, first, first + interval '1 month');
            first := first + interval '1 month';
        end loop;
        create table other_months partition of months default;
    end $$
    """,
)
LINES = """
    insert into one
        (id, received_at, observed_at, actor_kind, actor_id, action, shelter_id, version, place_id, before, after, tag)
    select g, at, at, 'person', 'police', 'place', 's' || g % 135, g / 135, 's' || g % 135 || '-' || g / 135 % 57,
        '{"state": "open"}', '{"state": "occupied"}', decode(md5(g::text), 'hex')
    from generate_series(1, $1::bigint) g, lateral (select now() - interval '3590 days' * (1 - g / $1::float8) as at) moment
"""
TABLES = {"one": "id", "months": "id, received_at"}  # a table in parts has its key over the moment too
STATEMENTS = {
    "lines for an undoing": """
        select * from {table} where shelter_id = 's1' and received_at >= now() - interval '1 minute' order by version, id""",
    "a line by its id": "select * from {table} where id = $1 - 5",
    "the last line of a place": "select id from {table} where place_id = 's1-1' order by id desc limit 1",
    "lines since a picture": """
        select json_agg(after order by version, id) from {table}
        where shelter_id = 's1' and version > $1 / 270 and version <= $1 / 270 + 12""",
    "rows to be chained": "select * from {table} where id > $1 - 300 order by id limit 500",
    "journal's page of a day": """
        select * from {table} where received_at >= now() - interval '400 days' and received_at < now() - interval '399 days'
        order by received_at desc limit 51""",
}


async def weigh(url: str, lines: int, turns: int) -> None:
    """Print the median of each statement on both tables, planned each time and planned before; then how a month goes."""
    connection, reader = [await asyncpg.connect(asyncpg_url(url), command_timeout=3600) for _ in range(2)]
    for statement in MAKE:
        await connection.execute(statement)
    await connection.execute(LINES, lines)
    await connection.execute("insert into months select * from one")
    for table, key in TABLES.items():
        for index in (f"alter table {table} add primary key ({key})", f"create index on {table} (shelter_id, version)"):
            await connection.execute(index)
        await connection.execute(f"create index on {table} (received_at)")
        await connection.execute(f"analyze {table}")
    for name, statement in STATEMENTS.items():
        given = (lines,) if "$1" in statement else ()
        took = [await _times(connection, statement.format(table=table), given, turns) for table in TABLES]
        words = "   ".join(f"{table} {cold:7.2f} {warm:7.2f}" for table, (cold, warm) in zip(TABLES, took, strict=True))
        print(f"{name:26} ms, planned and not: {words}", flush=True)
    await _drop_a_month(connection, reader)
    await connection.execute("drop schema weighed cascade")
    await connection.close()
    await reader.close()


async def _times(connection: asyncpg.Connection, statement: str, given: tuple[int, ...], turns: int) -> tuple[float, float]:
    """Return the medians in milliseconds: of a statement that is planned each time, and of one that was planned before."""
    ready, cold, warm = await connection.prepare(statement), [], []
    for turn in range(turns):
        begun = time.perf_counter()
        await (await connection.prepare(statement, name=f"once_{turn}_{time.monotonic_ns()}")).fetch(*given)
        cold.append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        await ready.fetch(*given)
        warm.append((time.perf_counter() - begun) * 1000)
    return statistics.median(cold), statistics.median(warm)


async def _drop_a_month(connection: asyncpg.Connection, reader: asyncpg.Connection) -> None:
    """Drop the oldest month beside somebody who reads the newest one, and then alone."""
    await connection.execute("set lock_timeout = '1s'")
    async with reader.transaction():
        await reader.fetchval("select count(*) from weighed.months where received_at >= now() - interval '1 minute'")
        try:
            await connection.execute("drop table m0")
            print("a month was dropped while another one was read")
        except asyncpg.LockNotAvailableError:
            print("a month cannot be dropped while another one is read")
    begun = time.perf_counter()
    await connection.execute("drop table if exists m0")
    print(f"to drop a month alone: {(time.perf_counter() - begun) * 1000:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=300_000)
    given = parser.parse_args()
    with serving(lambda url: asyncio.run(make_up_board(url, 4, 100))) as served:
        measure(served.database_url, given.lines, 25)


def measure(url: str, lines: int, turns: int) -> None:
    asyncio.run(weigh(url, lines, turns))


if __name__ == "__main__":
    main()


# Last printed, 30 November 2026, on two cores with ten other processes waiting for them (PostgreSQL 18.4):
# lines for an undoing       ms, planned and not: one    1.23    0.19   months   65.53    2.77
# a line by its id           ms, planned and not: one    0.23    0.06   months   35.35   13.96
# the last line of a place   ms, planned and not: one   10.49    8.39   months  323.74  316.22
# lines since a picture      ms, planned and not: one    0.49    0.16   months   49.04   15.72
# rows to be chained         ms, planned and not: one   12.31    9.08   months   64.91   15.68
# journal's page of a day    ms, planned and not: one    5.02    1.59   months   74.70    3.77
# a month cannot be dropped while another one is read
# to drop a month alone: 26 ms
