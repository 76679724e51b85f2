"""The part of one process in the audit trail: it chains new rows, and keeps the head of the chain outside the database.

The owner of the database can cut off its newest rows together with their blocks. A head that is kept elsewhere shows it.
"""

import json
import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import structlog

from bedboard.actions.audit import Finding, Head, chain_rows, check_head, head_of
from bedboard.clock import Clock
from bedboard.rules.refusals import Refusal
from bedboard.store.chain import get_head
from bedboard.store.database import Database

log = structlog.get_logger()


def read_head(path: Path) -> Head | None:
    """Return the head in this file; None when there is no file yet. Raises ValueError for a file that holds none, OSError."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("number"), int) or not isinstance(said.get("mark"), str):
        raise ValueError(f"{path} does not hold the head of an audit trail")
    return Head(said["number"], said["mark"])


def write_head(path: Path, head: Head) -> None:
    """Put the head into this file, whole or not at all. Raises OSError."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(json.dumps(head._asdict()) + "\n", encoding="utf-8")
    new.replace(path)


class Trail:
    """The chain as this process knows it. `path`: the file of the head; None: it is only remembered, until the process ends."""

    def __init__(self, database: Database, clock: Clock, path: Path | None) -> None:
        self._database = database
        self._clock = clock
        self._path = path
        self._known: Head | None = None
        self._whole = True  # the first turn looks among all rows: one may have come late while no process was running
        self._told_of_head: set[Finding] = set()
        self._told_of_rows: set[Finding] = set()

    async def chain(self) -> None:
        """Chain what is new, unless the chain does not go on from what is known of it."""
        try:
            known = self._known or (read_head(self._path) if self._path else None)
            async with self._database.transaction() as tx:
                wrong = None if known is None else await check_head(tx, known)
                done = None if wrong else await chain_rows(tx, self._clock.now(), whole=self._whole)
                head = head_of(await get_head(tx))
        except (Refusal, OSError, ValueError) as error:
            log.warning("trail_not_chained", reason=str(error))
            return
        if wrong is not None:
            self._tell_of_head(wrong)
            return
        self._known = head
        if done is not None:
            self._whole = False
            self._tell_of_rows(done.forged)

    async def keep_head(self) -> None:
        """Write the head into its file, unless the chain does not go on from the head that is there."""
        if self._path is None or self._known is None or self._known.number == 0:
            return
        try:
            kept = read_head(self._path)
            if kept is not None:
                async with self._database.transaction() as tx:
                    wrong = await check_head(tx, kept)
                if wrong is not None:
                    self._tell_of_head(wrong)
                    return
            if kept is None or kept.number < self._known.number:
                write_head(self._path, self._known)
        except (Refusal, OSError, ValueError) as error:
            log.error("head_not_kept", reason=str(error))

    def _tell_of_head(self, finding: Finding) -> None:
        """Say once that the chain does not go on from the head that was known."""
        if finding not in self._told_of_head:
            self._told_of_head.add(finding)
            log.error("trail_broken", reason=str(finding))

    def _tell_of_rows(self, forged: Sequence[Finding]) -> None:
        """Say which rows are wrong: for each table one line with the first that is new, and the number of the others.

        `bedboard verify` lists them all. Each turn finds them again, for ten minutes or more.
        """
        new = [one for one in forged if one not in self._told_of_rows]
        self._told_of_rows = set(forged)
        for _, found in groupby(new, key=lambda one: one.source):
            first, *others = found
            log.error(
                "trail_broken",
                reason=f"{first}, and {len(others)} more like it" if others else str(first),
                count=len(others) + 1,
            )
