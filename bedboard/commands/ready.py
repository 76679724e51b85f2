"""Everything that would be wrong later, named before a process serves: all at once, each with the variable that mends it."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from bedboard.commands.failures import Failure, sentence_of
from bedboard.migrations.run import WrongMigration, check_migrated
from bedboard.rules.refusals import Unavailable
from bedboard.settings import Settings, read_partly
from bedboard.store.causes import cause_of
from bedboard.store.database import Database
from bedboard.store.rights import list_unfit
from bedboard.store.setup import get_demo_mark

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def settings_to_serve() -> tuple[list[str], Settings]:
    """Return everything that is wrong with the settings of a process that serves, a line each, and the settings without it."""
    wrong, settings = read_partly()
    named = {line.split()[0] for line in wrong}
    return wrong + [line for line in _not_to_serve(settings) if line.split()[0] not in named], settings


def _not_to_serve(settings: Settings) -> Iterator[str]:
    if settings.database_url is None:
        yield "DATABASE_URL is not set (without a database of your own, use `bedboard demo`)"
    if settings.secret_key is None and not settings.demo:
        yield "BEDBOARD_SECRET_KEY is not set; make one with `bedboard key`"
    host = urlsplit(settings.public_url).hostname or ""
    if settings.demo:
        if host not in LOOPBACK:
            yield "BEDBOARD_DEMO is set, and BEDBOARD_PUBLIC_URL is not of this machine: a demo lets everybody in as anybody"
    elif not settings.secure:
        yield "BEDBOARD_PUBLIC_URL must be the https address that people open, like https://bedboard.example"
    elif _is_number(host):
        yield "BEDBOARD_PUBLIC_URL must have a name: a passkey does not belong to a number"


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class Away(Failure):
    """The database does not answer now, and may later."""


def _may_pass(error: Exception) -> bool:
    """Return whether an error of the database may pass by itself. A wrong user, password or name of the database does not."""
    inner = error.__cause__ if isinstance(error, Unavailable) else error
    cause = cause_of(inner or error)
    return cause.kind not in ("bug", "conflict") and cause.name[:2] not in ("28", "3D")


async def wrong_in_database(url: str, *, demo: bool) -> list[str]:
    """Return all reasons why this version must not serve this database. Raises Away."""
    try:
        return await _wrong_in_database(url, demo=demo)
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        if _may_pass(error):
            raise Away(sentence) from error
        return [sentence]


async def _wrong_in_database(url: str, *, demo: bool) -> list[str]:
    wrong: list[str] = []
    try:
        await check_migrated(url)
    except WrongMigration as error:
        wrong.append(str(error))
    database = Database(url, pool_size=1)
    try:
        wrong += await list_unfit(database, demo=demo)
        if not wrong:
            async with database.transaction() as tx:
                wrong += _wrong_mark(await get_demo_mark(tx), demo=demo)
    finally:
        await database.dispose()
    return wrong


def _wrong_mark(mark: bool | None, *, demo: bool) -> list[str]:
    if mark is None and not demo:
        return ["nothing is set up in this database yet: run `bedboard init`"]
    if mark is True and not demo:
        return ["DATABASE_URL names the database of a demo, and BEDBOARD_DEMO is not set"]
    if mark is False and demo:
        return ["BEDBOARD_DEMO is set, and DATABASE_URL names a database that is not a demo's"]
    return []
