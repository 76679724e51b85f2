"""`bedboard backup` and `bedboard restore`: the whole database in one file, by PostgreSQL's own programs.

The file has everything but the keys: BEDBOARD_SECRET_KEY, and the keys of single households, whose table is unlogged.
"""

import os
import re
from pathlib import Path
from typing import NamedTuple

from cryptography.fernet import InvalidToken

from bedboard.actions.restored import begin_restored
from bedboard.commands.databases import database_url, make_seal, migrated_database, run, settings_for_command
from bedboard.commands.failures import Failure
from bedboard.commands.programs import find_program, run_program
from bedboard.migrations.run import NUMBERS, migrate
from bedboard.settings import Settings
from bedboard.store.database import Database
from bedboard.store.whole import get_now, get_server_version, list_relations

MIGRATION = re.compile(r"^COPY .*alembic_version .*$\n^([0-9]{4})$", re.MULTILINE)
SEALED = re.compile(r"^COPY .*shelter_contact .*$\n^[^\t]+\t\\\\x([0-9a-f]+)\t", re.MULTILINE)
KEYS_ARE_APART = "BEDBOARD_SECRET_KEY is not in it: without that key nobody reads its addresses, so keep it elsewhere"


def back_up(file: Path) -> str:
    """Write the whole database to a new file, as it is at one moment, and return what to know. Raises Failure."""
    url = owner_of(settings_for_command())
    server, there = run(look_at(url))
    if "alembic_version" not in there:
        raise Failure("there is no board in this database")
    pg_dump, pg_restore = (find_program(name, server) for name in ("pg_dump", "pg_restore"))
    part = file.with_name(f"{file.name}.part")
    try:
        if file.exists():
            raise Failure(f"{file} is there already")
        part.touch(mode=0o600, exist_ok=False)
        options = ("--format=custom", "--no-owner", "--no-unlogged-table-data", "--lock-wait-timeout=10s")
        run_program(pg_dump, *options, "--file", str(part), url=url)
        number = look_into(pg_restore, part).migration
        _keep(part, file)
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)
    return f"backed up at migration {number}, {file.stat().st_size:,} bytes\n{KEYS_ARE_APART}"


def _keep(part: Path, file: Path) -> None:
    """Give a finished file its name, once it is on the disk."""
    for path in (part, part.parent):
        opened = os.open(path, os.O_RDONLY)
        os.fsync(opened)
        os.close(opened)
    part.rename(file)


def restore(file: Path) -> str:
    """Read a backup into an empty database, bring it to this version's migration, and end all sessions. Raises Failure."""
    settings = settings_for_command()
    url, web_url, seal = owner_of(settings), database_url(settings), make_seal(settings)
    server, there = run(look_at(url))
    if there:
        raise Failure(f"this database is not empty, it has {there[0]}: a backup is read into a new database")
    pg_restore = find_program("pg_restore", server)
    number, sealed = look_into(pg_restore, file)
    if number not in NUMBERS:
        raise Failure(f"the backup is at {number}, this version knows {NUMBERS[-1]}: install the bedboard that made it")
    if sealed is not None:
        try:
            seal.open(sealed)
        except InvalidToken:
            raise Failure("BEDBOARD_SECRET_KEY is not the key of this backup: it does not open the addresses in it") from None
    options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
    run_program(pg_restore, *options, str(file), url=url)
    run(migrate(url, web_url=web_url))

    async def begin() -> None:
        async with migrated_database(web_url, seal.marks, statement_seconds=60) as database, database.transaction() as tx:
            await begin_restored(tx, await get_now(tx))

    run(begin())
    lines = [f"restored from migration {number}; everybody signs in again", "now look through it: bedboard verify"]
    if settings.audit_head is not None:
        lines.append(f"without {settings.audit_head}, which may be ahead of this backup: see docs/deploy.md")
    return "\n".join(lines)


def owner_of(settings: Settings) -> str:
    """Return the address of the user that may read and make every table."""
    return settings.owner_url or database_url(settings)


async def look_at(url: str) -> tuple[int, list[str]]:
    """Return the major version of the server, and the names of all that is in the database."""
    database = Database(url, pool_size=1)
    try:
        async with database.transaction() as tx:
            return await get_server_version(tx), await list_relations(tx)
    finally:
        await database.dispose()


class Inside(NamedTuple):
    """The facts that a backup tells before it is read into a database. `sealed`: a telephone; None: no shelter is in it."""

    migration: str
    sealed: bytes | None


def look_into(pg_restore: Path, file: Path) -> Inside:
    """Return what a backup tells. Raises Failure for a file that is none of ours."""
    if not file.is_file():
        raise Failure(f"{file} cannot be read: no such file")
    tables = ("--table=alembic_version", "--table=shelter_contact")
    rows = run_program(pg_restore, "--data-only", *tables, "--file=-", str(file))
    migration, sealed = MIGRATION.search(rows), SEALED.search(rows)
    if migration is None:
        raise Failure(f"{file} is no backup of bedboard")
    return Inside(migration[1], None if sealed is None else bytes.fromhex(sealed[1]))
