"""The present moment, ids and secrets: no other place in the code makes them.

An action gets `now` and new ids from its caller, so that a test can say what time it is.
"""

import secrets
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from bedboard.references import WORDS

REFERENCE_WORDS = 4
MOST_OFF = timedelta(seconds=2)
"""A machine whose clock differs from the database's by more is named in the log and in readiness."""

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    """The clock of one process: once it has heard the database say the time, it tells the database's time.

    So all processes tell the same time, and the clock of the machine decides nothing. A test hands over a clock that it moves
    itself.
    """

    _ahead: timedelta | None = None  # of the database's time before `monotonic`; None: never heard

    def now(self) -> datetime:
        """Return the present moment of the database, aware, in UTC; of the machine while nothing has been heard."""
        return self.machine() if self._ahead is None else BEGINNING + self._ahead + timedelta(seconds=self.monotonic())

    def machine(self) -> datetime:
        """Return the present moment as the machine tells it."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the seconds since some moment. They never jump, and go on while the machine sleeps."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    async def ask(self, database: Callable[[], Awaitable[datetime]]) -> None:
        """Ask the database for the time, and tell it from now on."""
        asked = self.monotonic()
        said = await database()
        self.hear(said, asked, self.monotonic())

    def hear(self, said: datetime, asked: float, answered: float) -> None:
        """Take the time that the database said between these two moments of `monotonic`.

        An answer tells the time within its own trip. As long as the present time can be right it stays, so that a slow answer
        does not make it worse.
        """
        earliest, latest = (said - BEGINNING - timedelta(seconds=moment) for moment in (answered, asked))
        present = (earliest + latest) / 2 if self._ahead is None else self._ahead
        self._ahead = min(max(present, earliest), latest)

    @property
    def offset(self) -> timedelta:
        """Return how far the clock of the machine is ahead of the database's; zero while nothing has been heard."""
        return timedelta(0) if self._ahead is None else self.machine() - self.now()

    @property
    def is_off(self) -> bool:
        """Return whether the clock of the machine is wrong. Nothing is decided by it, but somebody should set it."""
        return abs(self.offset) > MOST_OFF

    def new_id(self) -> str:
        """Return an id that nobody can guess: 122 random bits, 32 hexadecimal digits."""
        return uuid.uuid4().hex

    def new_reference(self) -> str:
        """Return a name for a case that people can say over a telephone: four Dutch words, 40 random bits."""
        return self.new_words(REFERENCE_WORDS)

    def new_words(self, count: int) -> str:
        """Return so many Dutch words, 10 random bits each, with a hyphen between."""
        return "-".join(secrets.choice(WORDS) for _ in range(count))

    def chance(self) -> float:
        """Return a number from 0 up to 1, each as likely as the others."""
        return secrets.randbits(32) / 2**32

    def new_token(self) -> str:
        """Return a secret of 256 random bits, for a session or a client; the database keeps only its hash."""
        return secrets.token_urlsafe(32)
