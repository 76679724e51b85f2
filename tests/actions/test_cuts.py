# ruff: noqa: S608  (the statements are the test)
"""Retention takes rows out of the audit trail, and `bedboard verify` knows them from rows that a thief took."""

import pytest
from sqlalchemy import text

from bedboard.actions.retention import forgetting
from bedboard.rules.retention import Terms
from bedboard.store.chain import TABLES
from bedboard.store.database import Database
from bedboard.store.marks import Source
from tests.build import NOW
from tests.build.audit import chain, count_rows, look, verify
from tests.build.cases import ask, bring_to
from tests.build.rows import do, run

LATER = NOW + 2 * max(Terms().journal, Terms().disclosure)


@pytest.fixture
async def forgotten(case_database: Database) -> Database:
    """A board on which all chained rows were forgotten, with a look and a case from after that."""
    await bring_to(case_database, "arrived")
    await look(case_database)
    await chain(case_database)
    for name in ("cases", "journal", "disclosures"):
        assert await do(case_database, lambda tx, name=name: forgetting(Terms())[name](tx, LATER)) > 0  # type: ignore[misc]
    assert [await count_rows(case_database, table) for table in TABLES] == [0, 0, 0, 0]
    await look(case_database)
    await ask(case_database)
    await chain(case_database)
    return case_database


async def test_what_retention_deleted_is_not_missed(forgotten: Database) -> None:
    findings, seen = await verify(forgotten)
    assert findings == [] and seen.waiting == 0
    assert await count_rows(forgotten, "cut") == 3


@pytest.mark.parametrize("source", ["disclosure", "case_event"])
async def test_a_row_that_is_in_no_cut_is_missed_as_before(forgotten: Database, source: Source) -> None:
    await run(forgotten, f"alter table {source} disable trigger user")
    await run(forgotten, f"delete from {source} where id = (select max(id) from {source})")
    findings, _ = await verify(forgotten)
    assert len(findings) == 1 and findings[0].startswith(f"{source} row ") and findings[0].endswith("was deleted")


async def test_a_cut_that_bedboard_did_not_sign_hides_nothing(forgotten: Database) -> None:
    await run(forgotten, "alter table disclosure disable trigger user")
    await run(
        forgotten,
        "with gone as (delete from disclosure returning id) insert into cut (source, before, ids, tag)"
        " select 'disclosure', max(before), (select array_agg(id) from gone), max(tag) from cut",
    )
    findings, _ = await verify(forgotten)
    assert findings[0] == "cut row 4 was not written by bedboard" and findings[1].endswith("was deleted")


async def test_a_cut_is_not_changed_to_cover_more(forgotten: Database) -> None:
    await run(forgotten, "alter table cut disable trigger user")
    await run(forgotten, "update cut set ids = ids || 1000 where source = 'disclosure'")
    findings, _ = await verify(forgotten)
    assert "was not written by bedboard" in findings[0] and any(one.startswith("disclosure row ") for one in findings[1:])


async def test_rows_that_the_role_that_serves_forgot_without_a_cut_are_missed(forgotten: Database) -> None:
    async with forgotten.transaction() as tx:
        await (await tx.connection()).execute(text("select forget_oldest('disclosure', 'infinity', 100)"))
    findings, _ = await verify(forgotten)
    assert len(findings) == 1 and findings[0].startswith("disclosure row ") and findings[0].endswith("was deleted")


async def test_only_what_is_over_is_forgotten(forgotten: Database) -> None:
    async with forgotten.transaction() as tx:
        connection = await tx.connection()
        assert (await connection.execute(text("select cases from forget_cases('infinity', 100)"))).scalar_one() == 0
        assert (await connection.execute(text("select forget_people('infinity', 100)"))).scalar_one() == 0
        assert (await connection.execute(text("select forget_oldest('case_event', 'infinity', 100)"))).scalar_one() == []
