"""Waiting: somebody leaves word for whom a place is sought, and hears it when one that would do becomes free."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from bedboard.rules.refusals import Conflict

ALERT_LASTS = timedelta(hours=24)
MOST_PER_PERSON = 5
MOST_DEVICES = 10  # of one person that may be woken; the oldest goes first


class SeenChange(NamedTuple):
    """What one picture of a shelter changes for somebody who waits: free places that would do and were not known to them, and
    known ones that would no longer do. `version`: the shelter's, of that picture."""

    shelter_id: str
    version: int
    found: frozenset[str]
    gone: frozenset[str]


def check_alert_count(count: int) -> None:
    """Whether a person who waits so often may do so once more. Refusal: Conflict."""
    if count >= MOST_PER_PERSON:
        raise Conflict("waitings_of_person", most=MOST_PER_PERSON)


def look_again(seen: Iterable[str], changes: Iterable[SeenChange]) -> tuple[frozenset[str], bool]:
    """The places that are known after these changes, and whether one of them is news.

    What has gone is forgotten, so that it is news when it comes back.
    """
    known, is_news = set(seen), False
    for change in changes:
        known -= change.gone
        is_news = is_news or not change.found <= known
        known |= change.found
    return frozenset(known), is_news
