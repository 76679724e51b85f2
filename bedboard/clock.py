"""The present moment, ids and secrets: no other place in the code makes them.

An action gets `now` and new ids from its caller, so that a test can say what time it is.
"""

import secrets
import uuid
from datetime import UTC, datetime
from time import monotonic

from bedboard.references import WORDS

REFERENCE_WORDS = 4


class Clock:
    """The real clock. A test hands over one that it moves itself."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the seconds since some moment. They never jump, and say nothing about the date."""
        return monotonic()

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
