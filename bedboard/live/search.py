"""An open search page: it sends its profile over its socket, and gets the matches again whenever they change.

The profile is in the memory of this socket and nowhere else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import orjson

from bedboard.live.board import Board
from bedboard.live.hub import Hub, Seat
from bedboard.live.searches import Searches
from bedboard.live.seats import MailboxSeat
from bedboard.live.socket import Channel
from bedboard.live.viewer import Viewer
from bedboard.rules.access import Role
from bedboard.rules.fit import Fit, Profile, Reason
from bedboard.rules.order import Decides
from bedboard.rules.refusals import Invalid
from bedboard.views.cards import Card
from bedboard.views.found import Found, deciders_of
from bedboard.views.pieces import Audience, Pieces

BREATH_SECONDS = 0.1  # between two searches of a page, so that nobody can keep a process busy
MATCHES_SHOWN = 40  # rows of a page


class SearchChannel(Channel):
    """The channel of a search page.

    `read` makes a profile of a page's fields as it reads now (refusal: Invalid); `explain` renders that refusal. `key`: the
    person, whose pages take one turn together.
    """

    def __init__(
        self,
        board: Board,
        hub: Hub[Viewer],
        pieces: Pieces,
        audience: Audience,
        now: Callable[[], datetime],
        on_active: Callable[[], Awaitable[None]],
        read: Callable[[Mapping[str, str]], Profile],
        explain: Callable[[Invalid], str],
        searches: Searches,
        key: str,
        role: Role,
    ) -> None:
        super().__init__(board, audience, on_active)
        self._hub = hub
        self._pieces = pieces
        self._now = now
        self._read = read
        self._explain = explain
        self._searches = searches
        self._key = key
        self._role = role
        self._seat: Seat[Viewer] | None = None
        self._fields: Mapping[str, str] | None = None  # None: the page has asked nothing yet, or nothing that can be read
        self._number: int | None = None  # the page's own, to tell a late answer from the present one
        self._order: list[str] = []
        self._shown: dict[str, tuple[Fit, Decides, tuple[Reason, ...]]] = {}  # by lot
        self._figures = ""
        self._notice = ""
        self._dirty: set[str] = set()
        self._gone = False
        self._work: asyncio.Task[None] | None = None
        self._said: object = None  # the newest search of the page, which waits for its turn: it takes the place of older ones
        self._asking: asyncio.Task[None] | None = None
        self._split: tuple[Mapping[str, str], Found] | None = None  # of a group that may be split, and its fields

    async def prepare(self, hello: Mapping[str, object]) -> None:
        self.board.watchers[self] = None  # before the page is seated, so that no change is missed
        async with self._searches.turns.of(self._key):
            self._search(hello.get("search"))
        await self._find_split()

    def begin(self, seat: Seat[Viewer]) -> None:
        self._seat = seat
        self._catch_up()

    def end(self) -> None:
        self.board.watchers.pop(self, None)
        for task in (self._work, self._asking):
            if task is not None:
                task.cancel()

    def first(self, hello: Mapping[str, object]) -> bytes:
        return self.whole()

    def whole(self) -> bytes:
        if self._split is None:
            self._take_dirty()
        return self._snapshot(self._answer(None))

    def _snapshot(self, found: Mapping[str, object] | None) -> bytes:
        message = {
            "type": "snapshot",
            **self.board.moment()._asdict(),
            "exists": None,
            "fragments": [],
            "totals": None,
            "found": found,
        }
        return orjson.dumps(message, option=orjson.OPT_UTC_Z)

    async def hear(self, message: Mapping[str, object]) -> None:
        kind = message.get("type")
        if kind not in ("search", "hello"):
            await super().hear(message)
            return
        self._said = message if kind == "search" else message.get("search")  # a late hello has a search too
        if self._seat is not None and (self._asking is None or self._asking.done()):
            self._asking = asyncio.create_task(self._answer_newest(self._seat))

    async def _answer_newest(self, seat: Seat[Viewer]) -> None:
        """Answer the newest search of the page until there is no newer one."""
        try:
            while self._said is not None:
                async with self._searches.turns.of(self._key):
                    said, self._said = self._said, None
                    self._search(said)
                    if not self._may_split:
                        self._send(self._answer(None))
                if await self._find_split() is not None:
                    self._send(self._answer(None))
                await asyncio.sleep(BREATH_SECONDS)
        except Exception as error:
            self._hub.fail(seat, error)

    def _send(self, found: Mapping[str, object] | None) -> None:
        if self._seat is not None and found is not None:
            self._hub.send(self._seat, "found", orjson.dumps({"type": "found", "found": found}))

    def see(self, changed: Sequence[Card]) -> None:
        """Note the shelters that look different, and search again in a task of its own: boards come first."""
        if self._fields is None:
            return
        self._dirty.update(card.id for card in changed)
        self._gone = self._gone or not changed
        self._catch_up()

    def _catch_up(self) -> None:
        if (self._dirty or self._gone) and self._seat is not None and (self._work is None or self._work.done()):
            self._work = asyncio.create_task(self._follow(self._seat))

    async def _follow(self, seat: Seat[Viewer]) -> None:
        """Search again until nothing has changed meanwhile, and send a list that has become different."""
        try:
            while self._dirty or self._gone:
                split = await self._find_split()
                async with self._searches.turns.of(self._key):
                    order, figures = self._order, self._figures
                    # A mailbox keeps only the newest message, so each message to a mailbox must be whole.
                    changed = self._take_dirty() if split is None else split
                    found = self._answer(None if isinstance(seat, MailboxSeat) else changed)
                    if found is not None and (found.get("fragments") or self._order != order or self._figures != figures):
                        self._send(found)
        except Exception as error:  # a page that misses a change would show an old list as a live one
            self._hub.fail(seat, error)

    @property
    def _may_split(self) -> bool:
        return self._fields is not None and self._read(self._fields).split

    async def _find_split(self) -> set[str] | None:
        """Find a group that may be split, and return the shelters that had changed before; None for all other searches.

        This takes its time. A shelter that changes meanwhile stays for the next round.
        """
        fields = self._fields
        if fields is None or not self._may_split:
            self._split = None
            return None
        changed = self._take_dirty()
        self._split = fields, await self._searches.found(self._key, self._role, self._read(fields), MATCHES_SHOWN)
        return changed

    def _take_dirty(self) -> set[str]:
        """Return the shelters that have changed since the last answer."""
        changed, self._dirty, self._gone = self._dirty, set(), False
        return changed

    def _search(self, said: object) -> None:
        """Begin a new search with the fields of this message, if it has any."""
        catalogue = self.board.catalogue
        if not isinstance(said, Mapping) or not isinstance(said.get("fields"), Mapping) or catalogue is None:
            return
        number = said.get("n")
        self._number = number if isinstance(number, int) else None
        self._fields, self._notice = None, ""
        self._dirty.clear()
        fields = {str(name): value for name, value in said["fields"].items() if isinstance(value, str) and value}
        try:
            self._read(fields)
            self._fields = fields
        except Invalid as refusal:
            self._notice = self._explain(refusal)

    def _answer(self, changed: set[str] | None) -> Mapping[str, object] | None:
        """Return the matches as of now, or the reason why there can be none.

        `changed`: the shelters whose rows go along, besides rows that are new or have other reasons; None: every row. Returns
        None before the first search.
        """
        catalogue = self.board.catalogue
        if self._fields is None or catalogue is None:
            return {"n": self._number, "notice": self._notice} if self._notice else None
        profile = self._read(self._fields)  # each time: "arrives now" moves with the clock
        if self._split is not None and self._split[0] is self._fields:
            found = self._split[1]
        else:
            deciders = deciders_of(catalogue, self._role, self._now())
            found = self.board.columns.found(profile, catalogue, MATCHES_SHOWN, deciders)
        shown = self._shown
        self._shown = {match.id: (match.fit, match.decides, match.reasons) for match in found.matches}
        self._order = list(self._shown)
        self._figures = self._pieces.figures(self.audience.language, found, catalogue)
        fragments = [
            {"id": match_id, "html": self._pieces.match(self.audience.language, match, catalogue)}
            for match_id, match in zip(self._order, found.matches, strict=True)
            if changed is None or match.card.id in changed or shown.get(match_id) != self._shown[match_id]
        ]
        return {"n": self._number, "order": self._order, "fragments": fragments, "figures": self._figures}
