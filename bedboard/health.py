"""The health of one process, as last seen: a word for each thing that it needs. `ok` is the only good one."""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from bedboard.clock import Clock
from bedboard.migrations.run import WrongMigration, check_migrated
from bedboard.rules.refusals import Refusal, Unavailable
from bedboard.store.causes import NOT_REACHED
from bedboard.store.database import Database
from bedboard.store.health import check_room, write_mark
from bedboard.store.rights import list_unfit

log = structlog.get_logger()

LOOK_SECONDS = 4.0  # the longest that one look at the database may take
EVERY_SECONDS = 5
LATE_SECONDS = 30.0  # the jobs run every few seconds: after so long without one they stand still
RETRY_SECONDS = 1.0

WORDS = {"database_away": "away", "perhaps_saved": "away", "database_read_only": "read_only", "database_full": "full"}
NEEDED = ("database", "migration", "bell")
"""Without these a process answers hardly anything. Everything that is not here is told, and takes nobody away."""


class Health:
    """`is_fit`: the database was once found fit to be served; nobody is let in before.

    `bell` returns the line on which the bell is heard, or None: a new one may lead to a database that was restarted otherwise.
    `full_count` returns how often any call has heard that the disk of the database is full.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        bell: Callable[[], object | None],
        full_count: Callable[[], int],
        *,
        demo: bool,
    ) -> None:
        self._database = database
        self._clock = clock
        self._bell = bell
        self._full_count = full_count
        self._full_before = 0
        self._is_full = False
        self._demo = demo
        self._words = {"database": "unknown", "migration": "unknown", "safety": "unknown", "clock": "unknown"}
        self._looked = clock.monotonic()
        self._checked: object | None = None
        self.is_fit = False
        self.unfit: list[str] = []
        """Why the database must not be served, in sentences, as last read."""

    async def look(self) -> None:
        """Look at the database, and log each word that is another one than before."""
        before = dict(self._words)
        word, count = await self._look_at_database(), self._full_count()
        if count > self._full_before:
            self._full_before, self._is_full = count, True
        elif word == "ok":
            self._is_full = False
        # A server whose log has no room ends. It then does not answer, and nobody hears why any more.
        self._words["database"] = "full" if self._is_full and word in ("ok", "away") else word
        self._looked = self._clock.monotonic()
        for name, word in self._words.items():
            if word != before[name]:
                tell = log.info if word == "ok" else log.error
                tell("health", step=name, reason=word)

    async def _look_at_database(self) -> str:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                bell = self._bell()
                if not self.is_fit or self._words["migration"] != "ok" or bell is not self._checked:
                    await self._check_fitness()
                    self._checked = bell
                if self._words["migration"] == "ok":
                    async with self._database.transaction() as tx:
                        await write_mark(tx)
                        if self._is_full:  # the mark needs no new room
                            await check_room(tx)
                    self._words["clock"] = "apart" if self._clock.is_off else "ok"
        except TimeoutError:
            return "away"
        except Refusal as refusal:
            return WORDS.get(refusal.code, refusal.code)
        return "ok"

    async def _check_fitness(self) -> None:
        """Ask the database whether it may be served. Refusals: as for a transaction."""
        async with self._database.reading():  # so that what is away is told as for every other call
            pass
        try:
            await check_migrated(self._database.url)
        except NOT_REACHED as error:
            raise Unavailable("database_away") from error
        except WrongMigration as error:
            self.unfit, self._words["migration"] = [str(error)], "wrong"
        else:
            self.unfit, self._words["migration"] = await list_unfit(self._database, demo=self._demo), "ok"
            self._words["safety"] = "unsafe" if self.unfit else "ok"
        for sentence in self.unfit:
            log.error("database_unfit", reason=sentence)
        self.is_fit = self.is_fit or not self.unfit

    async def come_up(self) -> None:
        """Wait until the database was found fit to be served."""
        while not self.is_fit:
            await asyncio.sleep(RETRY_SECONDS)
            try:
                await self.look()
            except Exception as bug:  # the next try must come all the same
                log.error("bug", exc_info=bug)

    def words(self) -> Mapping[str, str]:
        """Return a word for each thing, as last seen."""
        is_late = self._clock.monotonic() - self._looked > LATE_SECONDS
        bell = "ok" if self._bell() is not None else "lost"
        pool = "full" if self._database.is_used_up else "ok"
        return {**self._words, "bell": bell, "jobs": "late" if is_late else "ok", "pool": pool}

    @property
    def is_ready(self) -> bool:
        """Whether this process can show the board and save changes."""
        words = self.words()
        is_safe = words["safety"] == "ok" or self._demo
        return self.is_fit and is_safe and all(words[name] == "ok" for name in NEEDED)

    def check_fit(self) -> None:
        """Refuse everybody before the database was found fit. Refusal: Unavailable."""
        if not self.is_fit:
            raise Unavailable("database_away")
