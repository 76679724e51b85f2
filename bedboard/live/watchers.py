"""The searches and memories of a process that are told which shelters look different."""

from collections.abc import Sequence
from typing import Protocol

import structlog

from bedboard.views.cards import Card

log = structlog.get_logger()


class Watcher(Protocol):
    """A search, or a memory of this process, that is told which shelters look different; nothing is drawn for it."""

    def see(self, changed: Sequence[Card]) -> None:
        """Take the present cards of the shelters that look different. Must not await, or be slow.

        `changed` is empty when shelters have left the board, and once a minute because "arrives now" moves with the clock.
        """


class Watchers(dict[Watcher, None]):
    """The watchers of a board, in the order in which they came."""

    def tell(self, changed: Sequence[Card]) -> None:
        """Tell all of them. A bug of one is logged, and keeps nothing from the others."""
        for watcher in list(self):
            try:
                watcher.see(changed)
            except Exception as bug:
                log.error("bug", exc_info=bug)
