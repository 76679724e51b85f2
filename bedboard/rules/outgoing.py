"""Outgoing messages: the age after which each is of no use any more, and the wait before it is tried again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

Word = Literal["found", "asked", "news", "confirm", "token", "access"]
"""A place is free; a shelter is asked for a place; there is news of a case; a shelter has to confirm its board, or has
a new token; there is one more way to sign in as this person."""

LASTS: Mapping[Word, timedelta] = {
    "found": timedelta(minutes=30),  # by then somebody else has the place
    "asked": timedelta(minutes=30),  # by then the desk, or the requester, has been told of the silence
    "confirm": timedelta(hours=1),  # by then the desk sees it
    "news": timedelta(hours=8),  # a session of its reader lasts no longer
    "token": timedelta(hours=24),
    "access": timedelta(hours=24),
}

FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=5)
LEASE = timedelta(minutes=1)
"""How long a message is its sender's own: longer than one try takes. A process that dies meanwhile leaves it to others."""


def wait_before_retry(tries: int, chance: float, asked: timedelta | None = None) -> timedelta:
    """Return the wait after so many failed tries: it doubles with each, up to `LONGEST_WAIT`, and up to half more by chance.

    `chance`: from 0 up to 1, so that the messages of an outage do not all come back at once. `asked`: the wait for which the
    other side asks, at most `LONGEST_WAIT` of it.
    """
    doubled: int = 2 ** min(max(tries - 1, 0), 10)
    usual = min(LONGEST_WAIT, FIRST_WAIT * doubled)
    return max(usual, min(asked or usual, LONGEST_WAIT)) * (1 + chance / 2)
