"""The database of a command: named by the settings, and at this version's migration."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from bedboard.clock import Clock
from bedboard.commands.failures import Failure, sentence_of
from bedboard.migrations.run import WrongMigration, check_migrated
from bedboard.settings import Settings, WrongSettings, read_settings
from bedboard.store.database import Database, Transaction
from bedboard.store.marks import Marks
from bedboard.store.seal import Seal, new_key
from bedboard.store.setup import Found, find_deployment
from bedboard.store.whole import get_now

Result = TypeVar("Result")


def settings_for_command(**given: Any) -> Settings:
    """Read the settings of the environment, with the values of the command line over them. Raises Failure."""
    try:
        return read_settings(**given)
    except WrongSettings as error:
        raise Failure(str(error)) from None


def database_url(settings: Settings) -> str:
    if settings.database_url is None:
        raise Failure("DATABASE_URL is not set (without a database of your own, use `bedboard demo`)")
    return settings.database_url


def mistakes_of(error: ValidationError) -> str:
    """Return every mistake in a file, a line each: where it is, and what is wrong."""
    return "\n".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a command's work. Raises Failure for what the database refuses; a mistake in the code stays what it is."""
    try:
        return asyncio.run(work)
    except WrongMigration as error:
        raise Failure(str(error)) from None
    except Failure:
        raise
    except ValidationError as error:
        raise Failure(mistakes_of(error)) from None
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        raise Failure(sentence) from error


@asynccontextmanager
async def migrated_database(url: str, marks: Marks | None = None, *, statement_seconds: float = 5.0) -> AsyncIterator[Database]:
    """Yield a database that is at this version's migration, with one connection. Raises WrongMigration."""
    await check_migrated(url)
    database = Database(url, marks, pool_size=1, statement_seconds=statement_seconds)
    try:
        yield database
    finally:
        await database.dispose()


async def clock_of(tx: Transaction) -> Clock:
    """Return a clock that tells the database's time: a code or a token lasts as long as the processes that serve say."""
    clock = Clock()
    await clock.ask(lambda: get_now(tx))
    return clock


def make_seal(settings: Settings) -> Seal:
    """Return the seal for addresses; a demo makes a key of its own and keeps it in the data folder. Raises Failure."""
    if settings.secret_key:
        return Seal(settings.secret_key)
    if not settings.demo:
        raise Failure("BEDBOARD_SECRET_KEY is not set; make one with `bedboard key`")
    path = settings.data / "demo.key"
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(new_key())
        return Seal(path.read_text())
    except OSError as error:
        raise Failure(cannot_use(settings.data, error)) from None
    except ValueError:
        raise Failure(
            f"{path} does not hold a key; remove it and the database that it sealed (`bedboard demo --fresh`)"
        ) from None


async def set_up_in(url: str) -> Found | None:
    """Return the deployment that this database holds, whatever its migration; None: nothing was loaded yet."""
    database = Database(url, pool_size=1)
    try:
        async with database.transaction() as tx:
            return await find_deployment(tx)
    finally:
        await database.dispose()


def cannot_use(data: Path, error: OSError) -> str:
    """Return the sentence for a data folder (BEDBOARD_DATA, `--data`) that cannot be made or written."""
    return f"the data folder {data} cannot be used: {error.strerror or error}"
