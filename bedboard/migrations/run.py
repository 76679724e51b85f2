"""Brings a database to the newest migration. One process at a time; a second one waits for the first."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bedboard.store.database import engine_url

LOCK = 7_262_316  # any number, as long as it is always the same


def config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def _upgrade(connection: Connection) -> None:
    with connection.begin():
        connection.execute(text("set local lock_timeout = '10s'"))
        connection.execute(text(f"select pg_advisory_xact_lock({LOCK})"))
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")


async def migrate(url: str) -> None:
    engine = create_async_engine(engine_url(url), poolclass=NullPool, connect_args={"timeout": 5.0})
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def migrate_now(url: str) -> None:
    """For callers without a running event loop."""
    asyncio.run(migrate(url))
