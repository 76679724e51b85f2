"""Answer many callers with one read: ten thousand screens come back at once, and the database is asked some hundred times."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import Context
from typing import Generic, TypeVar

PAUSE_SECONDS = 0.02

K = TypeVar("K")
V = TypeVar("V")


class Batch(Generic[K, V]):
    """Answers by key. `read` answers many keys at once; a key without an answer is left out of its result.

    Keys that arrive during a read, or within `PAUSE_SECONDS` after it, wait for the next one, at most `most` of them at a time.
    """

    def __init__(self, read: Callable[[list[K]], Awaitable[Mapping[K, V]]], most: int = 1000) -> None:
        self._read = read
        self._most = most
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._work: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """Return the answer, read after this call; None when there is none. Raises what the read raises."""
        answer = self._waiting.get(key)
        if answer is None:
            answer = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._read_all(), context=Context())  # of no caller, because it works for all
        return await asyncio.shield(answer)

    async def _read_all(self) -> None:
        while self._waiting:
            keys = list(self._waiting)[: self._most]
            answers = [self._waiting.pop(key) for key in keys]
            try:
                found = await self._read(keys)
            except Exception as error:
                for answer in answers:
                    answer.set_exception(error)
                    answer.exception()  # the callers may have left meanwhile
            else:
                for key, answer in zip(keys, answers, strict=True):
                    answer.set_result(found.get(key))
            await asyncio.sleep(PAUSE_SECONDS)  # so that a crowd needs few reads; a single caller does not wait
