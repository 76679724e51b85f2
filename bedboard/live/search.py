"""An open search page: it says over its socket what is looked for, and hears what is found, again whenever that changes.

The profile is in the memory of this socket and nowhere else. After a change only the changed shelter is weighed again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import orjson

from bedboard.live.feed import Feed, Viewer
from bedboard.live.hub import Hub, Seat
from bedboard.live.socket import Talk
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import Invalid
from bedboard.views.cards import Card
from bedboard.views.found import Finder, Match
from bedboard.views.pieces import Audience, Pieces

BREATH_SECONDS = 0.1  # however fast a page asks, so that nobody can keep a process busy
SHOWN = 40  # rows of a page


class SearchTalk(Talk):
    """`read` makes a profile of a page's fields (refusal: Invalid); `explain` renders that refusal."""

    def __init__(
        self,
        feed: Feed,
        hub: Hub[Viewer],
        pieces: Pieces,
        audience: Audience,
        now: Callable[[], datetime],
        on_active: Callable[[], Awaitable[None]],
        read: Callable[[Mapping[str, str]], Profile],
        explain: Callable[[Invalid], str],
    ) -> None:
        super().__init__(feed, audience, on_active)
        self._hub = hub
        self._pieces = pieces
        self._now = now
        self._read = read
        self._explain = explain
        self._seat: Seat[Viewer] | None = None
        self._finder: Finder | None = None
        self._number: object = None  # the page's own, to tell a late answer from the present one
        self._order: list[str] = []
        self._figures = ""

    def begin(self, seat: Seat[Viewer]) -> None:
        self._seat = seat
        self.feed.watchers[self] = None

    def end(self) -> None:
        self.feed.watchers.pop(self, None)

    def first(self, hello: Mapping[str, object]) -> bytes:
        return self._snapshot(self._look(hello.get("search")))

    def whole(self) -> bytes:
        return self._snapshot(self._found(None))

    def _snapshot(self, found: Mapping[str, object] | None) -> bytes:
        message = {"type": "snapshot", "at": self._now(), "exists": None, "parts": [], "totals": None, "found": found}
        return orjson.dumps(message, option=orjson.OPT_UTC_Z)

    async def hear(self, message: Mapping[str, object]) -> None:
        if message.get("type") != "search":
            await super().hear(message)
            return
        found = self._look(message)
        if found is not None:
            self._send(found)
        await asyncio.sleep(BREATH_SECONDS)

    def _send(self, found: Mapping[str, object]) -> None:
        if self._seat is not None:
            self._hub.send(self._seat, "found", orjson.dumps({"type": "found", "found": found}))

    def see(self, changed: Sequence[Card]) -> None:
        """The feed's word that shelters look different."""
        finder = self._finder
        if finder is None:
            return
        finder.take(changed)
        finder.keep_only(self.feed.cards)
        order, figures = self._order, self._figures
        found = self._found({card.id for card in changed})
        if found is not None and (found["parts"] or self._order != order or self._figures != figures):
            self._send(found)

    def _look(self, said: object) -> Mapping[str, object] | None:
        """A new search; None when nothing was asked."""
        if not isinstance(said, Mapping) or not isinstance(said.get("fields"), Mapping):
            return None
        reference = self.feed.reference
        if reference is None:
            return None
        self._number = said.get("n")
        fields = {str(name): value for name, value in said["fields"].items() if isinstance(value, str) and value}
        try:
            profile = self._read(fields)
        except Invalid as refusal:
            self._finder = None
            return {"n": self._number, "notice": self._explain(refusal)}
        self._finder = Finder(profile, reference)
        self._finder.take(self.feed.cards.values())
        return self._found(None)

    def _found(self, changed: set[str] | None) -> Mapping[str, object] | None:
        """What is found now; `changed` None: with every row, else with the rows of these shelters."""
        reference = self.feed.reference
        if self._finder is None or reference is None:
            return None
        found = self._finder.found(SHOWN)
        shown = set(self._order)
        self._order = [match.lot.id for match in found.matches]
        self._figures = self._pieces.figures(self.audience.language, found, reference)

        def is_new(match: Match) -> bool:
            return changed is None or match.card.id in changed or match.lot.id not in shown

        parts = [
            {"id": match.lot.id, "html": self._pieces.match(self.audience.language, match, reference)}
            for match in found.matches
            if is_new(match)
        ]
        return {"n": self._number, "order": self._order, "parts": parts, "figures": self._figures}
