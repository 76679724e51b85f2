"""The bells that a process has heard and not yet answered by reading: until then its board is known to be behind."""

import asyncio
from collections.abc import Callable
from datetime import datetime


class Unread:
    """The bells of one process, in the order in which they were heard."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.heard = 0
        """The number of bells so far."""
        self._taken = 0
        self._read = 0
        self._waiting_since: datetime | None = None
        self._reading_since: datetime | None = None
        self._turned = asyncio.Event()

    @property
    def is_empty(self) -> bool:
        return self._read == self.heard

    @property
    def right_until(self) -> datetime:
        """The moment up to which a live board is known to be right: now, or when the oldest unread bell was heard."""
        return self._reading_since or self._waiting_since or self._now()

    def hear(self) -> None:
        """Note a bell whose row has to be read."""
        self.heard += 1
        self._waiting_since = self._waiting_since or self._now()

    def begin(self) -> None:
        """Note that the rows of all bells so far are read from now on. A reading that failed is not forgotten."""
        self._taken = self.heard
        self._reading_since = self._reading_since or self._waiting_since or self._now()
        self._waiting_since = None

    def end(self) -> None:
        """Note that this reading is over, and that the board shows what was read."""
        self._read = self._taken
        self._reading_since = None
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    async def read_up_to(self, bell: int) -> None:
        """Wait until the board shows this bell (a number of `heard`) and all before it."""
        while self._read < bell:
            await self._turned.wait()
