# ruff: noqa: S608  (the statements are the test)
"""The journal, disclosures and time lines cannot be changed or deleted, not even with SQL."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bedboard.store.database import Transaction
from tests.build.statements import AT, EVENT, LOOK, SIGN_IN


@pytest.mark.parametrize(
    "statement",
    [
        "update journal set actor_id = 'somebody else'",
        "update journal set actor_id = actor_id where false",
        "delete from journal",
        "delete from journal where false",
        "truncate journal",
        "truncate journal, place, shelter cascade",
        "insert into journal (id, received_at, observed_at, actor_kind, actor_id, action, shelter_id, version)"
        f" overriding system value select id, {AT}, {AT}, '', '', '', '', 1 from journal limit 1"
        " on conflict (id) do update set actor_id = 'x'",
    ],
)
async def test_the_journal_is_append_only(owner_tx: Transaction, statement: str) -> None:
    connection = await owner_tx.connection()
    rows = text("select string_agg(journal::text, '|' order by id) from journal")
    before = (await connection.execute(rows)).scalar_one()
    assert before
    with pytest.raises(DBAPIError, match="the journal is append-only"):
        async with connection.begin_nested():
            await connection.execute(text(statement))
    assert (await connection.execute(rows)).scalar_one() == before


@pytest.mark.parametrize(
    "statement",
    [
        "update disclosure set actor_id = 'x'",
        "delete from disclosure",
        "truncate disclosure",
        "delete from disclosure where false",
    ],
)
async def test_disclosures_are_append_only(owner_tx: Transaction, statement: str) -> None:
    connection = await owner_tx.connection()
    await connection.execute(text(f"{LOOK} ('', {AT}, 'person', 'mark', 'police', 'linde', 'telephone', 'hold')"))
    with pytest.raises(DBAPIError, match="the record of disclosures is append-only"):
        async with connection.begin_nested():
            await connection.execute(text(statement))
    assert (await connection.execute(text("select count(*) from disclosure where actor_id = 'mark'"))).scalar_one() == 1


@pytest.mark.parametrize(
    "statement",
    ["update case_event set role = 'x'", "delete from case_event", "truncate case_event", "delete from case_event where false"],
)
async def test_the_time_line_of_a_case_is_append_only(full: Transaction, statement: str) -> None:
    connection = await full.connection()
    await connection.execute(text(f"{EVENT} ('', {AT}, 'r', 'asked', 'person', 'mark', 'police')"))
    with pytest.raises(DBAPIError, match="the time line of a case is append-only"):
        async with connection.begin_nested():
            await connection.execute(text(statement))
    assert (await connection.execute(text("select count(*) from case_event where role = 'police'"))).scalar_one() == 1


@pytest.mark.parametrize(
    "statement",
    ["update sign_in set actor_id = 'x'", "delete from sign_in", "truncate sign_in", "delete from sign_in where false"],
)
async def test_the_journal_of_signing_in_is_append_only(owner_tx: Transaction, statement: str) -> None:
    connection = await owner_tx.connection()
    await connection.execute(text(f"{SIGN_IN} ('', {AT}, 'person', 'mark', 'sign_in', 'done')"))
    with pytest.raises(DBAPIError, match="the journal of signing in is append-only"):
        async with connection.begin_nested():
            await connection.execute(text(statement))
    assert (await connection.execute(text("select count(*) from sign_in where actor_id = 'mark'"))).scalar_one() == 1
