"""How often places were full: read from the journal once an evening by each process, and kept until the next one."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bedboard.rules.evenings import EVENINGS, Full, count_full, list_evenings
from bedboard.rules.refusals import Busy, Unavailable
from bedboard.store.database import Transaction
from bedboard.store.evenings import list_past_evenings

log = structlog.get_logger()

Begin = Callable[[], AbstractAsyncContextManager[Transaction]]


class Evenings:
    """The figures of the last evenings, by unit and kind. `kept`: how long claims are kept; older evenings are not counted."""

    def __init__(self, kept: timedelta) -> None:
        self._days = min(EVENINGS, kept.days)
        self._reading = asyncio.Lock()
        self._key: tuple[int, datetime] | None = None
        self._cells: Mapping[tuple[str, str], Full] = {}

    async def cells(self, begin: Begin, epoch: int, zone: ZoneInfo, now: datetime) -> Mapping[tuple[str, str], Full]:
        """Return the figure of each unit and kind, read if an evening has come since: by one caller, and the others wait.

        None of them while the database cannot read so much: the page is worth showing without figures.
        """
        evenings = list_evenings(zone, now, self._days)
        key = (epoch, evenings[-1])
        async with self._reading:
            if key == self._key:
                return self._cells
            free: dict[tuple[str, str], list[int]] = defaultdict(list)
            try:
                async with begin() as tx:
                    for one in await list_past_evenings(tx, evenings):
                        free[one.unit, one.kind].append(one.free)
            except (Busy, Unavailable) as refusal:
                log.warning("evenings_not_read", reason=refusal.code)
                return {}
            self._cells = {cell: count_full(each) for cell, each in free.items()}
            self._key = key
            return self._cells
