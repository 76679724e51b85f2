"""The way in: hear the bell, read what has changed, hand it to the board and to the followers.

Changes that this very process has made come in by the bell too, so one process and ten behave alike.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from random import Random
from typing import Protocol

import structlog

from bedboard.clock import Clock
from bedboard.live.board import Board
from bedboard.rules.refusals import Unavailable
from bedboard.store.bell import Listener, Lost, listen
from bedboard.store.board import Catalogue, get_catalogue, list_shelters
from bedboard.store.database import Database, Transaction
from bedboard.store.epoch import WentBack

log = structlog.get_logger()

LONGEST_RETRY_SECONDS = 1.5


class Follower(Protocol):
    """A memory of rows of another kind than shelters, kept up to date by the bell."""

    async def read(self, tx: Transaction, ids: Collection[str] | None) -> None:
        """Read the rows with these ids, which have changed; None: any may have. The shelters have been read just before."""


class Reader:
    """The reader of one process.

    `on_session_end` is called with the hash of every session that the bell names; `on_catalogue` with a catalogue that differs
    from the last one, before any shelter is drawn with it; `on_epoch` when the database may have come back older. `note_epoch`
    returns its present epoch, another one than that in which it was seen to go back (None: it was not). `on_loss` closes the
    connections of this process that may be as dead as that of the bell.
    """

    def __init__(
        self,
        database: Database,
        board: Board,
        on_session_end: Callable[[bytes], None],
        on_catalogue: Callable[[Catalogue], None],
        clock: Clock,
        note_epoch: Callable[[Transaction, int | None], Awaitable[int]],
        on_epoch: Callable[[], None],
        on_loss: Callable[[], Awaitable[None]],
    ) -> None:
        self._database = database
        self._board = board
        self._on_session_end = on_session_end
        self._on_catalogue = on_catalogue
        self._clock = clock
        self._note_epoch = note_epoch
        self._on_epoch = on_epoch
        self._on_loss = on_loss
        self._doubted: int | None = None  # the epoch in which the database went back
        self.followers: dict[str, Follower] = {}  # by the bell's noun
        self._rung: set[str] = set()  # shelters
        self._rung_others: dict[str, set[str]] = {}
        self._has_catalogue_rung = False
        self._wake = asyncio.Event()
        self._unread = board.unread
        self._random = Random()  # noqa: S311  (spreads retries, guards nothing)

    async def run(self) -> None:
        """Listen first, read second, then follow the bell; after a loss all of it again, until cancelled."""
        attempt = 0
        while True:
            try:
                async with listen(self._database, self._hear) as listener:
                    await self._clock.ask(listener.check)
                    self._unread.begin()
                    await self._read_everything()
                    self._unread.end()
                    attempt = 0
                    self._board.go_live(listener)
                    log.info("board_live", shelters=len(self._board.cards))
                    await self._follow(listener)
            except (Lost, Unavailable) as error:
                log.warning("board_lost", reason=type(error.__cause__ or error).__name__)
                await self._on_loss()
            except WentBack as error:  # a board that took this for old news would say "live" over what is not so any more
                log.error("board_went_back", shelter=error.shelter_id, version=error.version)
                self._doubted = self._board.epoch
            except Exception as bug:  # without its reader a process would show an old board for ever: say so, begin again
                log.error("bug", exc_info=bug)
                self._board.is_torn = True
            finally:
                self._board.listener = None
            attempt += 1
            await asyncio.sleep(self._random.uniform(0.05, longest_wait(attempt)))

    def _hear(self, noun: str, row_id: str, version: int) -> None:
        if noun == "shelter":
            if self._board.is_behind(row_id, version):
                self._rung.add(row_id)
                self._note_unread()
        elif noun == "session":
            self._on_session_end(bytes.fromhex(row_id))
        elif noun == "catalogue":
            self._has_catalogue_rung = True
            self._note_unread()
        elif noun in self.followers:
            self._rung_others.setdefault(noun, set()).add(row_id)
            self._note_unread()

    def _note_unread(self) -> None:
        self._unread.hear()
        self._wake.set()

    async def _follow(self, listener: Listener) -> None:
        """Read each row that the bell names, until the listener ends (raises Lost) or reading fails (Unavailable)."""
        while True:
            await _first_of(self._wake, listener.ends)
            if listener.ends.done():
                raise Lost
            self._wake.clear()
            self._unread.begin()
            if self._has_catalogue_rung:
                await self._read_everything()
            # Take both lists together, and read shelters first: a bell comes after its commit, so the shelters are then at
            # least as new as the other rows.
            rung, self._rung = self._rung, set()
            others, self._rung_others = self._rung_others, {}
            if rung:
                async with self._database.reading() as tx:
                    rows = await list_shelters(tx, rung)
                self._board.take(rows)
            for noun, ids in others.items():
                await self._read_follower(self.followers[noun], ids)
            self._unread.end()

    async def _read_everything(self) -> None:
        self._rung.clear()
        self._rung_others.clear()
        self._has_catalogue_rung = False
        async with self._database.transaction() as tx:
            catalogue = await get_catalogue(tx)
            epoch = 0 if catalogue is None else await self._note_epoch(tx, self._doubted)
        if catalogue is None:
            return
        self._doubted = None
        async with self._database.reading() as tx:
            rows = await list_shelters(tx)
        if epoch != self._board.epoch:
            self._on_epoch()
        before = self._board.catalogue
        if catalogue != before:
            self._board.take_catalogue(catalogue)
            self._on_catalogue(catalogue)
        self._board.replace(rows, epoch, is_redrawn=before is not None and before.words != catalogue.words)
        for follower in self.followers.values():
            await self._read_follower(follower, None)

    async def _read_follower(self, follower: Follower, ids: Collection[str] | None) -> None:
        """Let a follower read its rows; log a bug of its own, so that the board goes on. Raises Unavailable."""
        try:
            async with self._database.reading() as tx:
                await follower.read(tx, ids)
        except Unavailable:
            raise
        except Exception as bug:
            log.error("bug", exc_info=bug)


def longest_wait(attempt: int) -> float:
    """Return the limit in seconds of the wait before this attempt: it doubles with each up to a second and a half."""
    return min(LONGEST_RETRY_SECONDS, 0.1 * 2.0 ** min(attempt, 10))


async def _first_of(wake: asyncio.Event, ends: asyncio.Future[None]) -> None:
    """Wait until the event is set or the listener ends, and leave no waiting task behind."""
    woken = asyncio.create_task(wake.wait())
    try:
        await asyncio.wait([woken, ends], return_when=asyncio.FIRST_COMPLETED)  # type: ignore[type-var]
    finally:
        woken.cancel()
