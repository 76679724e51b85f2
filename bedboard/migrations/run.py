"""Bring a database to the newest migration. One process does this at a time; a second one waits for the first.

Only a migration imports Alembic. A process that serves needs no more than the numbers, and so it starts sooner.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bedboard.store.address import engine_url

if TYPE_CHECKING:
    from alembic.config import Config

LOCK = 7_262_316  # any number, as long as it is always the same
NUMBERS = sorted(path.name[:4] for path in (Path(__file__).parent / "versions").glob("[0-9]*.py"))
OLDEST = "0018"
"""The migration of the oldest version that may serve a database at the newest one. One that does more than add raises it."""


class WrongMigration(Exception):
    """A sentence: at which migration the database is, which one this version needs, and what to do."""


def config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def _engine(url: str) -> AsyncEngine:
    return create_async_engine(engine_url(url), poolclass=NullPool, hide_parameters=True, connect_args={"timeout": 5.0})


def _present(connection: Connection) -> str | None:
    if connection.scalar(text("select to_regclass('alembic_version')")) is None:
        return None
    present: str | None = connection.scalar(text("select version_num from alembic_version"))
    return present


def _oldest_to_serve(connection: Connection, present: str | None) -> str | None:
    """Return the `OLDEST` of the version that brought the database to this migration; None: it did not say."""
    if present is None:
        return None
    said = connection.scalar(text("select obj_description('alembic_version'::regclass, 'pg_class')"))
    number, _, oldest = (said or "").partition(" serves from ")
    return oldest if number == present else None


def _look(connection: Connection) -> tuple[str | None, str | None]:
    present = _present(connection)
    return present, _oldest_to_serve(connection, present)


def _refuse_newer(present: str | None) -> str:
    """Return the migration that this version needs. Raises WrongMigration for a database that is past it."""
    needed = NUMBERS[-1]
    if present is not None and present not in NUMBERS:
        raise WrongMigration(f"the database is at {present}, this version needs {needed}: install the bedboard that made it")
    return needed


async def check_migrated(url: str) -> None:
    """Return when this version can serve the database. Raises WrongMigration.

    It is at this version's migration, or it is past it and says that this version may serve it: then the way back from an
    update is to start the version of before.
    """
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            present, oldest = await connection.run_sync(_look)
    finally:
        await engine.dispose()
    if present not in NUMBERS and oldest is not None and oldest <= NUMBERS[-1]:
        return
    needed = _refuse_newer(present)
    if present != needed:
        is_at, command = (f"at {present}", "migrate") if present else ("empty", "init")
        raise WrongMigration(f"the database is {is_at}, this version needs {needed}: run `bedboard {command}`")


def _upgrade(connection: Connection, target: str, web_url: str | None) -> None:
    from alembic import command

    from bedboard.migrations.rights import give_rights

    with connection.begin():
        connection.execute(text("set local lock_timeout = '10s'"))
        connection.execute(text(f"select pg_advisory_xact_lock({LOCK})"))
        _refuse_newer(_present(connection))
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, target)
        if target == "head":
            connection.exec_driver_sql(f"comment on table alembic_version is '{NUMBERS[-1]} serves from {OLDEST}'")
        if web_url is not None:
            give_rights(connection, web_url)


async def migrate(url: str, target: str = "head", *, web_url: str | None = None) -> None:
    """Bring the database to `target`, a migration's number, or to the newest. Raises WrongMigration for a newer database.

    `url` names the owner. `web_url` names the role that serves, which gets its rights; None: nobody else gets any.
    """
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade, target, web_url)
    finally:
        await engine.dispose()


def migrate_now(url: str, web_url: str) -> None:
    """Bring the database to the newest migration, for callers without a running event loop."""
    asyncio.run(migrate(url, web_url=web_url))
