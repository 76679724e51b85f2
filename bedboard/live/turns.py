"""Turns for long work: one piece at a time, and everybody in turn, however much one of them asks."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bedboard.views.steps import Result, Steps


async def breathe(steps: Steps[Result]) -> Result:
    """Do all steps, and return the result. Everything else that waits goes first after each."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        await asyncio.sleep(0)


class Turns:
    """The lock around all long work: one search or large page at a time, and other work of the process goes before each.

    A search or a page takes some milliseconds without a pause. Without turns, fifty that arrive together would delay a change
    of a place, or the check of a session, each time that it has waited for the database. The turn goes round the people and
    programs that wait, and not round their pages: one with three hundred pages keeps nobody waiting for more than one of them.
    """

    def __init__(self) -> None:
        self._is_taken = False
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}  # by person or program, the next one first

    def __len__(self) -> int:
        """Count the pieces of work that wait."""
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def of(self, key: str) -> AsyncIterator[None]:
        """Wait for a turn of this person or program (`Actor.key`), and hold it for the block."""
        await self._take(key)
        try:
            await asyncio.sleep(0)
            yield
        finally:
            self._pass_on()

    async def _take(self, key: str) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        mine = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Give the turn to the first person in the round, and put that person at its end; work that was given up gets none."""
        while self._waiting:
            key = next(iter(self._waiting))
            theirs = self._waiting.pop(key)
            while theirs and theirs[0].done():
                theirs.popleft()
            if not theirs:
                continue
            theirs.popleft().set_result(None)
            if theirs:
                self._waiting[key] = theirs
            return
        self._is_taken = False
