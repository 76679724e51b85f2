"""The pulse: a sign of life for every viewer, sent only when the database answers on both lines and all bells are answered.

The same step closes the sockets of sessions that have ended, or were locked or unlocked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import structlog

from bedboard.clock import Clock
from bedboard.live.board import Board
from bedboard.live.hub import Hub
from bedboard.live.viewer import Viewer
from bedboard.rules.refusals import Refusal
from bedboard.store.bell import Listener, Lost
from bedboard.store.people import ActiveToken
from bedboard.views.objects import to_json

log = structlog.get_logger()

READING_SECONDS = 2.5
"""How long a pulse waits for the news that this process has heard of and not yet read."""

SESSION_ENDED = 4401
SESSION_TURNED = 4423
"""The session was locked or unlocked: the page comes back, and gets what it may have now."""


class Pulse:
    """The beat of one process.

    `active_tokens` returns the living sessions and tokens among the given hashes (refusal: Unavailable). `forget_session` is
    called with the hash of every session that ends, in this process or another. `server` returns the words of the server
    behind the pool, as `Listener.server` has them.
    """

    def __init__(
        self,
        board: Board,
        hub: Hub[Viewer],
        clock: Clock,
        active_tokens: Callable[[list[bytes]], Awaitable[Mapping[bytes, ActiveToken]]],
        forget_session: Callable[[bytes], None],
        server: Callable[[], Awaitable[str]],
    ) -> None:
        self._board = board
        self._hub = hub
        self._clock = clock
        self._active_tokens = active_tokens
        self._forget_session = forget_session
        self._server = server
        self._was_off = False

    async def run(self, every_seconds: float) -> None:
        """Beat until cancelled, at once when the bell is heard again, and every second close viewers that do not read.

        This is no job of the scheduler, because the scheduler follows the clock of the machine. If somebody sets that clock
        back by an hour, the scheduler runs nothing for an hour.
        """
        last, known = self._clock.monotonic(), None
        while True:
            self._hub.drop_stuck(self._clock.monotonic())
            self._hub.check_alive(self._clock.monotonic())
            listener = self._board.listener
            is_back = listener is not None and known is not None and listener is not known
            known = listener or known
            if is_back or self._clock.monotonic() - last >= every_seconds:
                last = self._clock.monotonic()
                try:
                    await self.beat()
                except Exception as bug:  # the next pulse must come all the same
                    log.error("bug", exc_info=bug)
            await asyncio.sleep(min(1.0, every_seconds / 2))

    async def beat(self) -> bool:
        """Tell every viewer that the board is live, and close the sockets of ended sessions.

        Return whether a pulse went out. None goes out while the database is away, for the bell's connection or for the pool, or
        while the board is known to be behind. The pulse carries the moment before all this was asked.
        """
        listener = self._board.listener
        if listener is None:
            return False
        at = self._clock.now()
        hashes = {viewer.token_hash for viewer in self._hub.viewers()}
        try:
            await self._clock.ask(listener.check)
            heard = self._board.unread.heard  # every bell of before `at` is among these, because it came before the answer
            alive = await self._active_tokens(list(hashes))
            if await self._server() != listener.server:  # the bells of one server, and the rows of another
                log.error("two_servers")
                listener.end()
                return False
        except (Lost, Refusal):
            return False
        self._name_wrong_clock()
        if self._board.listener is not listener:
            return False
        for ended in hashes - alive.keys():
            self._forget_session(ended)  # whatever ended it rang no bell, for instance somebody at the database
        # Only viewers whose session or token was read: a viewer that has come meanwhile would look signed out.
        self._hub.close_where(lambda viewer: viewer.token_hash in hashes and not viewer.may_stay(alive), SESSION_ENDED)
        self._hub.close_where(lambda viewer: viewer.has_turned(alive), SESSION_TURNED)
        return await self._is_read(heard) and self._tell(listener, at)

    def _name_wrong_clock(self) -> None:
        """Log once when the clock of this machine goes wrong, and when it is right again."""
        if self._clock.is_off != self._was_off:
            self._was_off = self._clock.is_off
            note = log.warning if self._was_off else log.info
            note("clock_off" if self._was_off else "clock_right", reason=f"{self._clock.offset.total_seconds():+.1f} s")

    async def _is_read(self, heard: int) -> bool:
        """Wait for this bell to be read, and return whether it was: with a change on its way nothing is of now."""
        try:
            async with asyncio.timeout(READING_SECONDS):
                await self._board.unread.read_up_to(heard)
        except TimeoutError:
            log.warning("pulse_held_back")
            return False
        return True

    def _tell(self, listener: Listener, at: datetime) -> bool:
        if self._board.listener is not listener:
            return False
        self._board.as_of = at
        self._hub.publish_everywhere("pulse", to_json({"type": "pulse", "at": at}))
        return True

    def end_session(self, token_hash: bytes) -> None:
        """Forget the session and close its sockets at once."""
        self._forget_session(token_hash)
        self._hub.close_where(lambda viewer: viewer.token_hash == token_hash, SESSION_ENDED)
