"""A board from nothing: users, a database and settings of its own, as on the first day of a deployment."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import asyncpg
from sqlalchemy.engine import make_url

from bedboard.store.address import asyncpg_url
from bedboard.store.seal import new_key

numbers = count(1)
ADMIN = ("--admin", "Noor de Wit", "--organization", "Regio Oost")
PASSWORD = "o'clock \\ \"%:@/"  # noqa: S105


def as_user(server_url: str, user: str, database: str) -> str:
    """Return the address of a database on this server as another user, with `PASSWORD`."""
    parts = make_url(server_url).set(drivername="postgresql", username=user, password=PASSWORD, database=database)
    return parts.render_as_string(hide_password=False)


def settings_of_first_day(server_url: str) -> dict[str, str]:
    """Return the settings of a deployment whose users and database are not there yet."""
    name = f"bedboard_first_{os.getpid()}_{next(numbers)}"
    return {
        "DATABASE_URL": as_user(server_url, f"{name}_web", name),
        "BEDBOARD_OWNER_URL": as_user(server_url, f"{name}_owner", name),
        "BEDBOARD_SECRET_KEY": new_key(),
        "BEDBOARD_PUBLIC_URL": "https://bedboard.example",
    }


async def execute(url: str, *statements: str) -> None:
    """Run statements, each in a transaction of its own."""
    connection = await asyncpg.connect(asyncpg_url(url))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def rows(url: str, query: str, *given: object) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(asyncpg_url(url))
    try:
        return [tuple(row) for row in await connection.fetch(query, *given)]
    finally:
        await connection.close()


@asynccontextmanager
async def first_day(server_url: str) -> AsyncIterator[dict[str, str]]:
    """Yield the settings of `settings_of_first_day`, and remove what was made with them."""
    settings = settings_of_first_day(server_url)
    yield settings
    owner, web = (make_url(settings[name]) for name in ("BEDBOARD_OWNER_URL", "DATABASE_URL"))
    await execute(
        server_url,
        f"drop database if exists {owner.database} with (force)",
        f"drop role if exists {owner.username}",
        f"drop role if exists {web.username}",
    )
