"""Crowds: callers who all want the lock of one shelter must not hold all connections while they wait.

A few wait in the database, each with a connection. The others wait here, in their order and without one, and then begin again.
"""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

from bedboard.rules.refusals import Busy

WAIT_SECONDS = 3.0
"""How long a caller waits here before it hears that it is busy."""


class Crowded(Busy):
    """Others wait already for the lock of this shelter. The transaction is to be rolled back, and begun again later."""

    def __init__(self, shelter_id: str) -> None:
        super().__init__()
        self.shelter_id = shelter_id


class Crowds:
    """The callers of one pool who wait for shelters.

    `each`: how many transactions may wait in the database for one shelter; `together`: for all shelters. `most_in_memory`: how
    many may wait here for one shelter.
    """

    def __init__(self, each: float = inf, together: float = inf, most_in_memory: float = inf) -> None:
        self._each = each
        self._together = together
        self._most = most_in_memory
        self._at: Counter[str] = Counter()
        self._queues: defaultdict[str, deque[asyncio.Future[None]]] = defaultdict(deque)

    @contextmanager
    def waiting(self, shelter_id: str) -> Iterator[None]:
        """Count this transaction as waiting in the database for the shelter. Refusal: Crowded, when enough do so."""
        if self._is_full(shelter_id):
            raise Crowded(shelter_id)
        self._at[shelter_id] += 1
        try:
            yield
        finally:
            self._at[shelter_id] -= 1
            if not self._at[shelter_id]:
                del self._at[shelter_id]
            self.wake(shelter_id)

    @property
    def waiting_in_memory(self) -> int:
        """How many callers wait here."""
        return sum(map(len, self._queues.values()))

    async def room(self, shelter_id: str, until: float) -> None:
        """Wait in memory until a transaction may wait for the shelter again.

        `until`: a moment of the loop's clock. Refusal: Busy, then, or at once when too many wait here.
        """
        queue = self._queues[shelter_id]
        if len(queue) >= self._most:
            raise Busy
        mine = asyncio.get_running_loop().create_future()
        queue.append(mine)
        self.wake(shelter_id)  # the crowd may be gone since this caller met it
        try:
            async with asyncio.timeout_at(until):
                await mine
        except TimeoutError:
            raise Busy from None
        finally:
            if mine in queue:
                queue.remove(mine)
            if not queue:
                self._queues.pop(shelter_id, None)

    def _is_full(self, shelter_id: str) -> bool:
        return self._at[shelter_id] >= self._each or self._at.total() >= self._together

    def wake(self, shelter_id: str) -> None:
        """Let the next caller of this shelter begin again; of another one when nobody waits for this."""
        for one in (shelter_id, *list(self._queues)):
            queue = self._queues.get(one, ())
            while queue and not self._is_full(one):
                mine = queue.popleft()
                if not mine.done():
                    mine.set_result(None)
                    return
