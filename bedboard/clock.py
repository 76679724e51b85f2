"""The present moment and everything that must never repeat: the only place in the code for either.

An action gets `now` and new ids from its caller, so that a test can say what time it is.
"""

import secrets
import uuid
from datetime import UTC, datetime
from time import monotonic

CONSONANTS, VOWELS = "bdfghjklmnprstvz", "aiou"  # 16 and 4: none sounds like another, in Dutch or in English


class Clock:
    """The real clock. A test hands over one that it moves itself."""

    def now(self) -> datetime:
        """Aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some moment; never jumps, says nothing about the date."""
        return monotonic()

    def new_id(self) -> str:
        """An id nobody can guess: 122 random bits, 32 hexadecimal digits."""
        return uuid.uuid4().hex

    def new_reference(self) -> str:
        """A name for a case, of 48 random bits, that can be said over a telephone: three times two syllables and a sound."""
        number = secrets.randbits(48)
        words = []
        for _ in range(3):
            word = ""
            for is_vowel in (False, True, False, True, False):
                sounds = VOWELS if is_vowel else CONSONANTS
                number, sound = divmod(number, len(sounds))
                word += sounds[sound]
            words.append(word)
        return "-".join(words)

    def new_token(self) -> str:
        """A secret of 256 random bits, for a session or a client; the database keeps only its hash."""
        return secrets.token_urlsafe(32)
