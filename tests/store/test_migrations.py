"""The migrations make what `tables.py` says, from nothing, once."""

import asyncio
import os
import sys
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Text, text
from sqlalchemy.engine import make_url
from sqlalchemy.types import String, TypeDecorator
from sqlmodel import SQLModel

import bedboard.store.tables  # noqa: F401  (registers the tables)
from bedboard.migrations.run import NUMBERS, config, migrate
from bedboard.store.address import asyncpg_url
from bedboard.store.database import Database

# What only the database knows. The models never make tables, so they need not say it; `test_constraints.py` breaks each.
SERVER_ONLY = {"uq_shelter_name", "uq_place_shelter_id_label", "uq_claim_live_place_id", "ix_claim_live_organization_id"}
SERVER_ONLY |= {"ix_journal_received_at", "ix_disclosure_at", "ix_case_event_at", "ix_chain_source"}
SERVER_ONLY |= {"ix_sign_in_at", "ix_challenge_created_at", "uq_account_living_subject_hash", "uq_account_living_person_id"}
SERVER_ONLY |= {"ix_picture_at", "ix_journal_shelter_id_version", "ix_journal_criteria", "ix_journal_words"}
SERVER_ONLY |= {"ix_case_record_handed_organization_id"}
SERVER_ONLY |= {"ix_case_record_open_organization_id", "uq_ask_chosen_case_id", "ix_claim_live_case_id"}
SERVER_ONLY |= {"ix_case_record_open_created_at", "ix_ask_chosen_shelter_id", "ix_ask_silent_asked_at"}


def _other_type(
    context: MigrationContext, found: Column[Any], said: Column[Any], found_type: Any, said_type: Any
) -> bool | None:
    """All our texts are `text`, and SQLModel's `str` says no length either; anything else is compared as it is."""
    plain = said_type.impl if isinstance(said_type, TypeDecorator) else said_type
    return not isinstance(found_type, Text) if isinstance(plain, String) and plain.length is None else None


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": _other_type})
    return [
        one
        for one in compare_metadata(context, SQLModel.metadata)
        if not (one[0] in ("remove_index", "remove_constraint") and one[1].name in SERVER_ONLY)
    ]


async def test_the_migrations_make_exactly_the_tables(shared_database: Database) -> None:
    async with shared_database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


def test_the_files_of_the_migrations_have_their_numbers_in_one_line() -> None:
    script = ScriptDirectory.from_config(config())
    assert [one.revision for one in script.walk_revisions()][::-1] == NUMBERS
    assert script.get_heads() == NUMBERS[-1:]


async def test_a_process_that_serves_does_not_import_what_migrates() -> None:
    program = "import sys, bedboard.commands.serve; sys.exit('alembic' in sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == 0


@pytest.mark.parametrize(
    "drift",
    [
        "alter table place add column note text",
        "alter table place drop column label",
        "alter table place alter beds type bigint",
        "alter table place alter label drop not null",
        "alter table place alter label type varchar(20)",
        "alter table shelter drop constraint fk_shelter_unit_code",
        "drop index ix_place_shelter_id",
        "create index ix_place_state on place (state)",
        "alter table client drop constraint uq_client_token_hash",
    ],
)
async def test_the_comparison_sees_a_difference(owner_database: Database, drift: str) -> None:
    async with owner_database.engine.connect() as connection:
        await connection.execute(text(drift))  # never committed
        assert await connection.run_sync(differences) != []


def test_there_is_one_newest_migration() -> None:
    assert len(ScriptDirectory.from_config(config()).get_heads()) == 1


def test_there_is_no_way_back() -> None:
    script = ScriptDirectory.from_config(config())
    for revision in script.walk_revisions():
        with pytest.raises(RuntimeError, match="no way back"):
            revision.module.downgrade()


async def test_two_processes_may_migrate_the_same_empty_database_at_once(server_url: str) -> None:
    name = f"bedboard_twice_{os.getpid()}"
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    connection = await asyncpg.connect(asyncpg_url(server_url))
    try:
        await connection.execute(f"create database {name}")
        try:
            await asyncio.gather(migrate(url), migrate(url), migrate(url))
            database = Database(url)
            async with database.transaction() as tx:
                head = (await (await tx.connection()).execute(text("select version_num from alembic_version"))).scalars().all()
            await database.dispose()
            assert head == ScriptDirectory.from_config(config()).get_heads()
        finally:
            await connection.execute(f"drop database {name} with (force)")
    finally:
        await connection.close()
