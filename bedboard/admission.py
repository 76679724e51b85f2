"""Admission: how much one person, program or address may ask at once, so that nobody keeps the others waiting.

Everything is counted in the memory of one process, and forgotten with it. `docs/security.md` has the number of a heavy night
beside each limit.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from math import inf
from typing import Self

from bedboard.clock import Clock
from bedboard.rules.refusals import Busy, TooMany
from bedboard.settings import Settings

MOMENT = 1e-6  # seconds: sums of many steps are not exact
MOST_REMEMBERED = 10_000
"""How many tokens or addresses have a rate of their own at a time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one process; `inf` takes one away.

    Of one person or program: `sockets` open at once; `at_work`, calls that are answered at once, and `waiting`, those that wait
    for these. Of one token: `calls_a_second`, and `calls_in_burst` after a silence. Of one address: the same for tokens that
    nobody has, and `calls_of_address` that are answered at once. `calls` are those of everybody. `in_crowd`: presses that wait
    in memory for one shelter.
    """

    sockets: float = 30
    at_work: float = 6
    waiting: float = 60
    calls_a_second: float = 20
    calls_in_burst: float = 60
    strangers_a_second: float = 10
    strangers_in_burst: float = 50
    calls_of_address: float = 200
    calls: float = 500
    in_crowd: float = 40

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(sockets=settings.live_pages, calls_a_second=settings.token_calls, calls_in_burst=3 * settings.token_calls)


NO_LIMITS = Limits(*[inf] * 10)
"""For a measurement, and for the test that shows what happens without them."""


class Rates:
    """So many calls a second of each key, and more after a silence."""

    def __init__(self, a_second: float, in_burst: float, clock: Clock) -> None:
        self._step = 1 / a_second
        self._ahead = inf if in_burst == inf else (in_burst - 1) / a_second
        self._clock = clock
        self._due: dict[str | bytes, float] = {}  # when the calls so far would have come at the steady rate

    def check(self, key: str | bytes) -> None:
        """Count one call. Refusal: TooMany, with the moment from which there is room for another one."""
        now = self._clock.monotonic()
        due = max(self._due.pop(key, now), now)
        too_early = due - now - self._ahead
        if too_early < MOMENT:
            due += self._step
        self._due[key] = due
        if len(self._due) > MOST_REMEMBERED:
            del self._due[next(iter(self._due))]  # the one that has been silent for the longest time
        if too_early >= MOMENT:
            at = self._clock.now()
            raise TooMany("too_many_calls", at, at + timedelta(seconds=too_early))


@dataclass(slots=True)
class Lane:
    """The calls of one person or program: how many are at work, and those that wait."""

    at_work: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Admission:
    """The counters of one process."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self.limits = limits
        self._clock = clock
        self._known = Rates(limits.calls_a_second, limits.calls_in_burst, clock)
        self._strangers = Rates(limits.strangers_a_second, limits.strangers_in_burst, clock)
        self._lanes: dict[str, Lane] = {}
        self._sockets: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()  # by address
        self._all_calls = 0

    def check_token(self, token_hash: bytes, address: str, *, is_known: bool) -> None:
        """Count a call with a token: of the token, or of the address when nobody is known by it. Refusal: TooMany."""
        if is_known:
            self._known.check(token_hash)
        else:
            self._strangers.check(address)

    @property
    def at_work(self) -> int:
        """How many calls are being answered."""
        return self._all_calls

    @property
    def waiting(self) -> int:
        """How many calls wait for others of the same person or program."""
        return sum(len(lane.waiting) for lane in self._lanes.values())

    @contextmanager
    def call(self, address: str | None) -> Iterator[None]:
        """Count a call of a page or of the API while it is answered; `address` None: it is not known.

        Refusal: Busy, when too many are answered at this moment.
        """
        key = address or ""
        if self._all_calls >= self.limits.calls or (address and self._calls[key] >= self.limits.calls_of_address):
            raise Busy
        self._all_calls += 1
        self._calls[key] += 1
        try:
            yield
        finally:
            self._all_calls -= 1
            _take_one(self._calls, key)

    @asynccontextmanager
    async def lane(self, key: str | None) -> AsyncIterator[None]:
        """Wait for the other calls of this person or program, if many of them are at work; None: nobody is known.

        Refusal: TooMany, when too many wait.
        """
        if key is None:
            yield
            return
        lane = self._lanes.setdefault(key, Lane())
        if lane.at_work < self.limits.at_work:
            lane.at_work += 1
        elif len(lane.waiting) < self.limits.waiting:
            await _wait_in(lane)
        else:
            now = self._clock.now()
            raise TooMany("too_many_calls", now, now + timedelta(seconds=1))
        try:
            yield
        finally:
            _leave(lane)
            if not lane.at_work:
                del self._lanes[key]

    def take_seat(self, key: str) -> "Leave":
        """Count a socket of this person or program, and return the call for its end. Refusal: TooMany."""
        if self._sockets[key] >= self.limits.sockets:
            now = self._clock.now()
            raise TooMany("too_many_calls", now, now + timedelta(seconds=30))
        self._sockets[key] += 1
        return Leave(self._sockets, key)


class Leave:
    """Give the place of one socket back. Harmless when repeated."""

    __slots__ = ("_key", "_sockets")

    def __init__(self, sockets: Counter[str], key: str) -> None:
        self._sockets = sockets
        self._key: str | None = key

    def __call__(self) -> None:
        if self._key is not None:
            _take_one(self._sockets, self._key)
            self._key = None


async def _wait_in(lane: Lane) -> None:
    """Wait for a place at work, which the call that leaves hands over."""
    mine = asyncio.get_running_loop().create_future()
    lane.waiting.append(mine)
    try:
        await mine
    except asyncio.CancelledError:
        if mine.done() and not mine.cancelled():
            _leave(lane)
        else:
            lane.waiting.remove(mine)
        raise


def _leave(lane: Lane) -> None:
    """Hand the place at work over to the call that waits for the longest time, or give it up."""
    while lane.waiting:
        first = lane.waiting.popleft()
        if not first.done():
            first.set_result(None)
            return
    lane.at_work -= 1


def _take_one(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
