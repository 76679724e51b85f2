"""Identity: from a session cookie to a person, from a bearer token to a client.

Each process keeps identities for some seconds. The bell drops an ended session at once. While the database is away, a person
who was known a short time ago may still look at the last known board, and do nothing more.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bedboard.actions.signin import hash_token, leave_session
from bedboard.batch import Batch
from bedboard.clock import Clock
from bedboard.rules.access import Actor
from bedboard.rules.refusals import Refusal, Unavailable
from bedboard.settings import Settings
from bedboard.store.access import list_ended
from bedboard.store.clients import FoundClient, find_clients, note_use
from bedboard.store.database import Pools
from bedboard.store.epoch import get_server
from bedboard.store.people import (
    ActiveToken,
    FoundSession,
    list_active_tokens,
    list_sessions,
    use_session,
)

READ_SECONDS = 2.0  # for all callers who are looked up together: a connection that does not answer by then is dead
KEPT_SECONDS = 5.0  # so an ended session is noticed within 5 s even if a bell is lost
KEPT_AT_MOST = 10_000
USED_EVERY = timedelta(seconds=60)  # how precisely the last use of a session is noted
CALLED_EVERY = timedelta(hours=1)  # likewise of a program's token


K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class Known(Generic[K]):
    """A session or a client as last read, at a moment of the monotonic clock."""

    what: K
    checked: float


def _keep(kept: dict[bytes, V], token_hash: bytes, what: V) -> None:
    """Keep this as the newest; of too many, the one that was read longest ago goes."""
    kept.pop(token_hash, None)
    if len(kept) >= KEPT_AT_MOST:
        del kept[next(iter(kept))]
    kept[token_hash] = what


def read_until() -> float:
    """Return the last moment, of the loop's clock, of a read that begins now."""
    return asyncio.get_running_loop().time() + READ_SECONDS


class Identity:
    """The people and programs that this process knows.

    `database_is_demo`: the database is marked as a demo; None: it was not read yet. Demo tokens count only in a
    demo database, and only in a demo process.
    """

    def __init__(self, pools: Pools, settings: Settings, clock: Clock) -> None:
        self._database = pools.callers
        self._of_pulse = pools.pulse
        self._clock = clock
        self._demo = settings.demo
        self.limits = settings.session_limits
        self.cookie = "__Host-bedboard" if settings.secure else "bedboard"
        self.database_is_demo: bool | None = None
        self._used_every = min(USED_EVERY, self.limits.idle / 4)
        # In two tables, because a token is no cookie, and a cookie is no token.
        self._people: dict[bytes, Known[FoundSession]] = {}
        self._clients: dict[bytes, Known[FoundClient]] = {}
        self._left: dict[bytes, tuple[datetime, str | None]] = {}  # signed out here, and perhaps not yet in the database
        self._saved: dict[bytes, tuple[datetime, str | None]] = {}  # signed out here, and saved
        self._forgotten = 0  # counts calls of `forget`: a read that began before the last one may show an ended session
        self._asked: dict[bytes, asyncio.Task[Actor | None]] = {}
        self._sessions = Batch(self._read_sessions)
        self._tokens = Batch(self._read_tokens)
        self._strangers: dict[bytes, float] = {}  # tokens that nobody has, and when this was read
        self._met: dict[bytes, None] = {}  # tokens that have counted in this process, the newest last

    def learn(self, *, is_demo: bool) -> None:
        """Note whether the database is marked as a demo; a token of a demo may count from now on."""
        self.database_is_demo = is_demo
        self._strangers.clear()

    def forget(self, token_hash: bytes) -> None:
        self._forgotten += 1
        self._people.pop(token_hash, None)
        self._clients.pop(token_hash, None)

    def doubt(self) -> None:
        """Forget all that was read, and save the last sign-outs again: the database may have come back without them."""
        self._forgotten += 1
        self._people.clear()
        self._clients.clear()
        self._strangers.clear()
        self._left |= self._saved

    def _remember(self, kept: dict[bytes, Known[K]], token_hash: bytes, what: K) -> None:
        _keep(kept, token_hash, Known(what, self._clock.monotonic()))

    def _recent(self, kept: dict[bytes, Known[K]], token_hash: bytes) -> K | None:
        known = kept.get(token_hash)
        if known is None or self._clock.monotonic() - known.checked > KEPT_SECONDS:
            return None
        return known.what

    async def person(self, token: str | None, *, in_use: bool, is_lasting: bool = False) -> Actor | None:
        """Return the signed-in person, whose session may be locked; None without a session that counts.

        `in_use`: the person asks for something, which is a touch. False for a socket that reconnects by itself. `is_lasting`:
        for a socket, which lasts longer than an answer; what this process remembers does not count then.
        """
        if not token:
            return None
        token_hash, now = hash_token(token), self._clock.now()
        if token_hash in self._left:
            return None
        recent = None if is_lasting else self._recent(self._people, token_hash)
        if recent is not None and recent.state(self.limits, now) == "open":
            return recent.actor
        forgotten = self._forgotten
        found = await self._sessions.get(token_hash)  # also what seems locked: another process may have unlocked it
        state = "over" if found is None else found.state(self.limits, now)
        if found is None or state == "over":
            self.forget(token_hash)
            return None
        if state == "locked":
            return replace(found.actor, is_locked=True)
        if in_use and now - found.used_at >= self._used_every:
            async with self._database.transaction() as tx:
                await use_session(tx, token_hash, self.limits, now)
            found = found._replace(used_at=now)
        if self._forgotten == forgotten:
            self._remember(self._people, token_hash, found)
        return found.actor

    async def _read_sessions(self, hashes: list[bytes]) -> Mapping[bytes, FoundSession]:
        async with self._database.reading(read_until()) as tx:
            return await list_sessions(tx, hashes)

    async def leave(self, token_hash: bytes, network: str | None) -> bool:
        """Sign out: the session is dead in this process at once, and in the database now or, for False, by `leave_again`."""
        self.forget(token_hash)
        while len(self._left) >= KEPT_AT_MOST:
            del self._left[next(iter(self._left))]
        self._left[token_hash] = (self._clock.now(), network)
        return await self._save_left(token_hash)

    async def leave_again(self) -> None:
        """Save what could not be saved when its person signed out."""
        for token_hash in list(self._left):
            await self._save_left(token_hash)

    async def _save_left(self, token_hash: bytes) -> bool:
        now, network = self._left[token_hash]
        try:
            async with self._database.transaction() as tx:
                await leave_session(tx, token_hash, network, now)
        except Refusal:
            return False
        self._left.pop(token_hash, None)
        self._saved[token_hash] = (now, network)
        while len(self._saved) > KEPT_AT_MOST:
            del self._saved[next(iter(self._saved))]
        return True

    def last_known(self, token: str | None) -> Actor | None:
        """Return the person as last read; None if that is long ago, or the session is not open any more."""
        known = self._people.get(hash_token(token)) if token else None
        if known is None or self._clock.monotonic() - known.checked > self.limits.idle.total_seconds():
            return None
        return known.what.actor if known.what.state(self.limits, self._clock.now()) == "open" else None

    async def client(self, token: str, *, is_lasting: bool = False) -> Actor | None:
        """Return the API client with this token; None for an unknown one. `is_lasting`: as for a person."""
        token_hash = hash_token(token)
        if self._clock.monotonic() - self._strangers.get(token_hash, float("-inf")) <= KEPT_SECONDS:
            return None
        recent = None if is_lasting else self._recent(self._clients, token_hash)
        if recent is not None and (recent.until is None or self._clock.now() < recent.until):
            return recent.actor
        if token_hash not in self._asked:  # a program that asks fifty things at once is looked up once
            self._asked[token_hash] = asyncio.create_task(self._read_client(token_hash))
            self._asked[token_hash].add_done_callback(lambda _: self._asked.pop(token_hash, None))
        return await asyncio.shield(self._asked[token_hash])

    async def _read_client(self, token_hash: bytes) -> Actor | None:
        now, forgotten = self._clock.now(), self._forgotten
        is_read = not self._demo or self.database_is_demo is not None
        found = await self._tokens.get(token_hash)
        if found is None:
            self.forget(token_hash)
            if not is_read:
                raise Unavailable("database_away")  # "sign in" would be wrong: nobody knows yet whether its token counts
            _keep(self._strangers, token_hash, self._clock.monotonic())
            return None
        _keep(self._met, token_hash, None)
        if found.used_at is None or now - found.used_at >= CALLED_EVERY:
            found = await self._note_use(found, now)
        if self._forgotten == forgotten:
            self._remember(self._clients, token_hash, found)
        return found.actor

    async def _read_tokens(self, hashes: list[bytes]) -> Mapping[bytes, FoundClient]:
        async with self._database.reading(read_until()) as tx:
            return await find_clients(tx, hashes, self._clock.now(), demo=self._demo and bool(self.database_is_demo))

    def has_met(self, token: str) -> bool:
        """Return whether this token has counted in this process; it may have ended since."""
        return hash_token(token) in self._met

    async def _note_use(self, found: FoundClient, now: datetime) -> FoundClient:
        """Note the use of a token; a call never fails for this."""
        try:
            async with self._database.transaction() as tx:
                await note_use(tx, found.actor.id, now, CALLED_EVERY)
        except Refusal:
            return found
        return found._replace(used_at=now)

    async def touch(self, token_hash: bytes) -> None:
        """Note that a page of this session is in use. A session that is locked stays so, and one that has ended too."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            await use_session(tx, token_hash, self.limits, now)
        if (known := self._people.get(token_hash)) is not None and known.what.state(self.limits, now) == "open":
            known.what = known.what._replace(used_at=now)

    async def list_ended(self, seats: Collection[tuple[bytes, str]]) -> Collection[bytes]:
        """Return the tokens among these that are over, or no longer of this role. Refusal: Unavailable."""
        async with self._of_pulse.reading() as tx:
            return await list_ended(tx, seats, self._clock.now())

    async def server(self) -> str:
        """Return the words of the server that this process asks (`store/epoch.py`). Refusal: Unavailable, after two seconds."""
        try:
            async with asyncio.timeout(2.0), self._of_pulse.reading() as tx:
                return await get_server(tx)
        except TimeoutError:
            raise Unavailable("database_away") from None

    async def active_tokens(self, hashes: list[bytes]) -> dict[bytes, ActiveToken]:
        """Return the tokens among these that still count. Refusal: Unavailable, after two seconds at most."""
        try:
            async with asyncio.timeout(2.0), self._of_pulse.reading() as tx:
                return await list_active_tokens(tx, hashes, self.limits, self._clock.now())
        except TimeoutError:
            raise Unavailable("database_away") from None
