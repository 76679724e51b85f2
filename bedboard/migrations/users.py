"""The two users of the database and the database itself, as an administrator of the server makes them, once.

The owner migrates, and the web user serves: see "The database" in docs/security.md. Neither may make users or databases.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, String, text
from sqlalchemy.dialects.postgresql import dialect
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bedboard.store.address import engine_url

PREPARER = dialect().identifier_preparer  # type: ignore[no-untyped-call]
LITERAL = String().literal_processor(dialect())  # type: ignore[no-untyped-call]
HAS_USER = text("select exists (select from pg_roles where rolname = :name)")
HAS_DATABASE = text("select exists (select from pg_database where datname = :name)")
MAY_ONLY_LOG_IN = "login nosuperuser nocreatedb nocreaterole nobypassrls"


@dataclass(frozen=True, slots=True)
class User:
    """A user of the database. `password` None: the server lets it in by other means."""

    name: str
    password: str | None

    def statement(self, *, hidden: bool = False) -> str:
        """Return the statement that makes this user. They may then do nothing but log in. `hidden`: without the password."""
        if hidden and self.password is not None:
            return User(self.name, "…").statement()
        password = "" if self.password is None else f" password {LITERAL(self.password)}"
        return f"create role {PREPARER.quote_identifier(self.name)} {MAY_ONLY_LOG_IN}{password}"


def user_of(url: str) -> User:
    """Return the user that an address names."""
    parts = make_url(engine_url(url))
    return User(parts.username or "", None if parts.password is None else str(parts.password))


def database_of(url: str) -> str:
    """Return the name of the database in an address; without one PostgreSQL takes the name of the user."""
    parts = make_url(engine_url(url))
    return parts.database or parts.username or ""


def _database_statement(owner_url: str) -> str:
    name, owner = (PREPARER.quote_identifier(one) for one in (database_of(owner_url), user_of(owner_url).name))
    return f"create database {name} owner {owner} template template0 encoding 'UTF8'"


def statements(owner_url: str, web_url: str, *, hidden: bool = False) -> Iterator[str]:
    """Yield the statements for an administrator of the server. `hidden`: without the passwords in these addresses."""
    yield user_of(owner_url).statement(hidden=hidden)
    yield user_of(web_url).statement(hidden=hidden)
    yield _database_statement(owner_url)


def _make_missing(connection: Connection, owner_url: str, web_url: str) -> None:
    for user in (user_of(owner_url), user_of(web_url)):
        if not connection.scalar(HAS_USER, {"name": user.name}):
            connection.exec_driver_sql(user.statement())
    if not connection.scalar(HAS_DATABASE, {"name": database_of(owner_url)}):
        connection.exec_driver_sql(_database_statement(owner_url))


async def make_users(server_url: str, owner_url: str, web_url: str) -> None:
    """Make both users and the database where they are missing. `server_url` names an administrator of the server."""
    engine = create_async_engine(
        engine_url(server_url),
        poolclass=NullPool,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",  # a database is made outside a transaction
        connect_args={"timeout": 5.0},
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_make_missing, owner_url, web_url)
    finally:
        await engine.dispose()
