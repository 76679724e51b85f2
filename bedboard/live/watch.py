"""The watch: no socket outlives the right of its person, or goes on when nobody can tell whether the right is still there.

The pulse asks for more, and less often. A round of the watch is one small question about all sockets, every second.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection

import structlog

from bedboard.clock import Clock
from bedboard.live.board import Board
from bedboard.live.hub import TRY_AGAIN_LATER, Hub
from bedboard.live.viewer import Viewer
from bedboard.rules.refusals import Refusal

log = structlog.get_logger()

ROUND_SECONDS = 0.9
"""The time between two rounds, and the longest that one may take: two that fail take less than two seconds."""

MOST_MISSED = 2
"""After so many rounds without an answer every socket is closed. Pages come back by themselves, and are asked who they are."""

Seat = tuple[bytes, str]
"""The hash of a session or token, and the role in which its socket was opened."""


class Watch:
    """The watch of one process.

    `list_ended` returns the hashes of those that are over, or whose person has another role now (refusal: Unavailable).
    `end_session` forgets a session and closes its sockets.
    """

    def __init__(
        self,
        board: Board,
        hub: Hub[Viewer],
        clock: Clock,
        list_ended: Callable[[Collection[Seat]], Awaitable[Collection[bytes]]],
        end_session: Callable[[bytes], None],
    ) -> None:
        self._board = board
        self._hub = hub
        self._clock = clock
        self._list_ended = list_ended
        self._end_session = end_session
        self._missed = 0

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            begun = self._clock.monotonic()
            await self.look()
            await asyncio.sleep(max(0.0, ROUND_SECONDS - (self._clock.monotonic() - begun)))

    async def look(self) -> bool:
        """End the sockets whose right is over; return whether that could be found out.

        While the bell is not heard nothing goes out to any socket, so then they stay open and wait.
        """
        seats = {(viewer.token_hash, viewer.role) for viewer in self._hub.viewers()}
        if not seats:
            self._missed = 0
            return True
        try:
            async with asyncio.timeout(ROUND_SECONDS):
                ended = await self._list_ended(seats)
        except (TimeoutError, Refusal):
            self._miss()
            return False
        except Exception as bug:  # it can be told no better then, and the next round must come all the same
            log.error("bug", exc_info=bug)
            self._miss()
            return False
        self._missed = 0
        for token_hash in ended:
            self._end_session(token_hash)
        return True

    def _miss(self) -> None:
        self._missed += 1
        if self._missed >= MOST_MISSED and self._board.listener is not None:
            count = self._hub.close_where(lambda viewer: True, TRY_AGAIN_LATER)
            log.warning("sockets_closed_unchecked", count=count)
