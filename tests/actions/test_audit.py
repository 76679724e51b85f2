# ruff: noqa: S608  (the statements are the test)
"""The audit trail: each change by the owner of the database is found and named, and bedboard itself is never suspected."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from bedboard.actions.audit import Head, chain_rows
from bedboard.store.chain import TABLES
from bedboard.store.database import Database
from bedboard.store.seal import Seal, new_key
from tests.build import NOW
from tests.build.audit import chain, count_rows, cut, forget_tags, look, try_wrong_code, verify
from tests.build.cases import NOOR, bring_to
from tests.build.holds import hold
from tests.build.rows import run
from tests.build.site import as_owner


@pytest.fixture
async def trail(case_database: Database) -> AsyncIterator[tuple[Database, Head]]:
    """A board with a history in each of the tables, chained."""
    await bring_to(case_database, "confirmed")
    await look(case_database)
    await try_wrong_code(case_database)
    await chain(case_database)
    await hold(case_database, NOOR, ["ceder-1"])
    await look(case_database)
    await try_wrong_code(case_database)
    yield case_database, await chain(case_database)


async def test_all_that_bedboard_wrote_is_in_the_chain_and_nothing_is_wrong(trail: tuple[Database, Head]) -> None:
    database, head = trail
    findings, seen = await verify(database, head)
    assert findings == []
    assert seen.rows == sum([await count_rows(database, table) for table in TABLES])
    assert (seen.waiting, seen.head) == (0, head)
    assert await chain(database) == head  # nothing is new, so nothing is added


# --- attacks of the owner ---------------------------------------------------------------------------------------------

LAST = "(select max(id) from {table})"
FIRST = "(select min(id) from {table})"
ATTACKS: dict[str, tuple[str, str]] = {
    "a byte is changed": (
        "update {table} set actor_id = actor_id || 'x' where id = {first}",
        "{table} row {first} was changed",
    ),
    "a time is changed by a microsecond": (
        "update {table} set {at} = {at} + interval '1 microsecond' where id = {first}",
        "{table} row {first} was changed",
    ),
    "a row is deleted": ("delete from {table} where id = {first}", "{table} row {first} was deleted"),
    "two rows change places": (
        "update {table} a set {swapped} from {table} b where (a.id, b.id) in (({first}, {last}), ({last}, {first}))",
        "{table} row {first} was changed",
    ),
    "the newest row is deleted": ("delete from {table} where id = {last}", "{table} row {last} was deleted"),
    "a row is put in": (
        "insert into {table} ({columns}) select {columns} from (select *, 'x'::bytea as y from {table}) a where id = {first}",
        "{table} row {next} is a copy of row {first}",
    ),
    "a row is made up": (
        "insert into {table} ({columns}) select {made_up} from {table} where id = {first}",
        "{table} row {next} was not written by bedboard",
    ),
    "a row without a tag is made up": (
        "insert into {table} ({columns}) select {untagged} from {table} where id = {first}",
        "{table} row {next} was not written by bedboard",
    ),
    "an old id is used again": (
        "delete from {table} where id = {first};"
        " insert into {table} (id, {columns}) overriding system value select {first}, {columns} from {table} where id = {last}",
        "{table} row {first} was changed",
    ),
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("attack", ATTACKS)
async def test_what_the_owner_does_to_a_row_is_found_and_named(trail: tuple[Database, Head], attack: str, table: str) -> None:
    database, head = trail
    statement, finding = ATTACKS[attack]
    async with as_owner(database) as tx:
        connection = await tx.connection()
        names = text("""
            select string_agg(column_name, ', ') from information_schema.columns
            where table_name = :table and column_name <> 'id'
        """)
        columns = (await connection.execute(names, {"table": table})).scalar_one()
        ends = f"select min(id), max(id), nextval(pg_get_serial_sequence('{table}', 'id')) + 1 from {table}"
        first, last, following = (await connection.execute(text(ends))).one()
        given = {
            "table": table,
            "at": "received_at" if table == "journal" else "at",
            "columns": columns,
            "made_up": columns.replace("actor_id", "'nobody'"),
            "untagged": columns.replace("tag", "''"),
            "swapped": ", ".join(f"{name} = b.{name}" for name in columns.split(", ")),
            "first": first,
            "last": last,
            "next": following,
        }
        await connection.execute(text(f"alter table {table} disable trigger user"))
        for one in statement.format(**given).split(";"):
            await connection.execute(text(one))
    findings, _ = await verify(database, head)
    assert findings[0] == finding.format(**given)
    async with database.transaction() as tx:  # the next turn does not take it in
        done = await chain_rows(tx, NOW, whole=True)
        assert done is not None
        assert [str(one) for one in done.forged] == ([findings[0]] if "not written" in finding else [])
    assert (await verify(database, head))[0][0] == findings[0]


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        (
            "update chain set at = at + interval '1 second' where number = 2",
            "chain block 2 was changed",
        ),
        ("delete from chain where number = 1", "chain block 1 was deleted"),
        ("delete from chain where number = 2", "chain block 2 was deleted"),
        ("update chain set mark = 'x' where number = 1", "chain block 1 was changed"),
    ],
)
async def test_what_the_owner_does_to_the_chain_is_found_and_named(
    trail: tuple[Database, Head], statement: str, finding: str
) -> None:
    database, head = trail
    await run(database, "alter table chain disable trigger user")
    await run(database, statement)
    assert (await verify(database, head))[0][0] == finding


async def test_a_cut_end_is_found_by_the_head_that_was_kept(trail: tuple[Database, Head]) -> None:
    database, head = trail
    await cut(database, head.number - 1)
    assert (await verify(database))[0] == []  # the control: without a kept head nobody sees it
    cut_off = f"chain block {head.number - 1} is the last block, and there were {head.number}: the end of the chain was cut off"
    assert (await verify(database, head))[0] == [cut_off]


async def test_an_end_that_was_cut_off_and_grew_again_is_found(trail: tuple[Database, Head]) -> None:
    database, head = trail
    await cut(database, head.number - 1)
    await look(database)
    assert (await chain(database)).number == head.number
    assert (await verify(database, head))[0] == [f"chain block {head.number} is not the block that was there"]


async def test_another_key_believes_nothing(trail: tuple[Database, Head]) -> None:
    database, _ = trail
    stranger = Database(database.url, Seal(new_key()).marks, pool_size=1)
    findings, seen = await verify(stranger)
    assert findings[0] == "chain block 1 was changed"
    assert len(findings) == seen.rows + seen.blocks
    await stranger.dispose()


async def test_a_key_that_was_replaced_still_knows_its_marks(case_database: Database) -> None:
    old, new = new_key(), new_key()
    for keys in (old, f"{new},{old}"):
        database = Database(case_database.url, Seal(keys).marks, pool_size=1)
        if keys == old:
            await forget_tags(case_database)
        await look(database)
        await chain(database)
        assert (await verify(database))[0] == []
        await database.dispose()
