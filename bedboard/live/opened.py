"""The requests that somebody of a shelter has opened: they ring no more on any page of that shelter.

This is kept in memory only. A process that has not heard of it, for instance after a restart, lets a request ring again: too
loud is better than too silent.
"""

from collections.abc import Collection

from bedboard.live.news import News
from bedboard.live.reader import Reader
from bedboard.store.database import Transaction

REMEMBERED = 10_000


class Opened:
    """The opened requests, as far as this process knows: a follower of the bell."""

    def __init__(self, reader: Reader, news: News) -> None:
        self._news = news
        self._pairs: dict[str, None] = {}  # "shelter case", the newest last
        reader.followers["opened"] = self

    async def read(self, tx: Transaction, ids: Collection[str] | None) -> None:
        """Note these requests ("shelter case"), and tell the pages of their shelters."""
        fresh = [pair for pair in ids or () if pair not in self._pairs]
        self._pairs |= dict.fromkeys(fresh)
        while len(self._pairs) > REMEMBERED:
            del self._pairs[next(iter(self._pairs))]
        shelters = {pair.partition(" ")[0] for pair in fresh}
        if shelters:
            self._news.tell_where(lambda viewer: viewer.shelter in shelters or bool(viewer.shelters & shelters))

    def has(self, shelter_id: str, case_id: str) -> bool:
        return f"{shelter_id} {case_id}" in self._pairs
