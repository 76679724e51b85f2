"""Bring a database to the newest migration. One process does this at a time; a second one waits for the first."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bedboard.store.database import engine_url

LOCK = 7_262_316  # any number, as long as it is always the same


class WrongMigration(Exception):
    """A sentence: at which migration the database is, which one this version needs, and what to do."""


def config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def _engine(url: str) -> AsyncEngine:
    return create_async_engine(engine_url(url), poolclass=NullPool, hide_parameters=True, connect_args={"timeout": 5.0})


def _present(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(present: str | None) -> str:
    """Return the migration that this version needs. Raises WrongMigration for a database that is past it."""
    script = ScriptDirectory.from_config(config())
    needed = script.get_current_head() or ""
    if present is not None and present not in {one.revision for one in script.walk_revisions()}:
        raise WrongMigration(f"the database is at {present}, this version needs {needed}: install the bedboard that made it")
    return needed


async def check_migrated(url: str) -> None:
    """Return when the database is at this version's migration, neither before nor past it. Raises WrongMigration."""
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            present = await connection.run_sync(_present)
    finally:
        await engine.dispose()
    needed = _refuse_newer(present)
    if present != needed:
        raise WrongMigration(
            f"the database is {f'at {present}' if present else 'empty'}, this version needs {needed}: run `bedboard migrate`"
        )


def _upgrade(connection: Connection, target: str) -> None:
    with connection.begin():
        connection.execute(text("set local lock_timeout = '10s'"))
        connection.execute(text(f"select pg_advisory_xact_lock({LOCK})"))
        _refuse_newer(_present(connection))
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, target)


async def migrate(url: str, target: str = "head") -> None:
    """Bring the database to `target`, a migration's number, or to the newest. Raises WrongMigration for a newer database."""
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade, target)
    finally:
        await engine.dispose()


def migrate_now(url: str) -> None:
    """Bring the database to the newest migration, for callers without a running event loop."""
    asyncio.run(migrate(url))
