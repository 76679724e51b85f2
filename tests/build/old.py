"""A database as an older version left it, to be migrated by a test."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import asyncpg

from bedboard.migrations.run import migrate
from bedboard.store.address import asyncpg_url
from tests.build.site import name_database

_numbers = count()


@asynccontextmanager
async def old_database(server_url: str, revision: str, rows: str) -> AsyncIterator[str]:
    """Yield the address of a database of the test's own, at this migration and with these rows; `rows` is SQL."""
    name = f"bedboard_old_{os.getpid()}_{next(_numbers)}"
    url = name_database(server_url, name)
    server = await asyncpg.connect(asyncpg_url(server_url))
    await server.execute(f"create database {name}")
    try:
        await migrate(url, revision)
        old = await asyncpg.connect(asyncpg_url(url))
        await old.execute(rows)
        await old.close()
        yield url
    finally:
        await server.execute(f"drop database {name} with (force)")
        await server.close()
