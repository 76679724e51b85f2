"""`bedboard verify`: looks through the audit trail, and names what is wrong."""

import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bedboard.actions.audit import Finding, Head, Verified, verify_trail
from bedboard.commands.databases import database_url, make_seal, migrated_database, run, settings_for_command
from bedboard.commands.failures import Failure
from bedboard.settings import Settings
from bedboard.trail import read_head

MOST_NAMED = 20


def verify(head: Path | None) -> str:
    """Return what was looked at, when nothing is wrong. Raises Failure that names the first wrong rows."""
    settings = settings_for_command()
    url, path = database_url(settings), head or settings.audit_head
    kept = kept_head(path)
    console, begun = Console(stderr=True), time.perf_counter()
    with console.status("verifying") as status:
        found, seen = run(look_through(settings, url, kept, lambda rows: status.update(f"verifying: {rows:,} rows")))
    seconds = time.perf_counter() - begun
    speed = f"{seen.rows:,} rows in {seen.blocks:,} blocks, {seen.rows / seconds:,.0f} rows/s; {seen.waiting} not chained yet"
    if found:
        named = [str(one) for one in found[:MOST_NAMED]]
        more = [f"and {len(found) - MOST_NAMED} more"] if len(found) > MOST_NAMED else []
        raise Failure("\n".join([*named, *more, f"verified {speed}"]))
    lines = [f"verified {speed}", f"head {seen.head.number} {seen.head.mark}"]
    if kept is None:
        lines.append("without a kept head a cut end is not seen: set BEDBOARD_AUDIT_HEAD")
    return "\n".join(lines)


def kept_head(path: Path | None) -> Head | None:
    """Return the head that was kept outside the database; None where none was. Raises Failure."""
    try:
        kept = None if path is None else read_head(path)
    except (OSError, ValueError) as error:
        raise Failure(f"the head of the audit trail cannot be read: {error}") from None
    if path is not None and kept is None:
        raise Failure(f"the head of the audit trail cannot be read: {path} is not there")
    return kept


async def look_through(
    settings: Settings, url: str, kept: Head | None, counted: Callable[[int], None]
) -> tuple[list[Finding], Verified]:
    """Return all findings, and what was looked at."""
    found: list[Finding] = []
    seen = Verified(0, 0, 0, Head(0, ""))
    async with migrated_database(url, make_seal(settings).marks, statement_seconds=60) as database:
        async with database.transaction() as tx:
            async for one in verify_trail(tx, kept, counted):
                if isinstance(one, Verified):
                    seen = one
                else:
                    found.append(one)
    return found, seen
