"""The present board of a process, in memory: each shelter drawn once per audience and handed to the hub.

This module must not know sockets or HTTP requests; the hub must not know shelters.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

import structlog

from bedboard.clock import Clock
from bedboard.live.hub import TRY_AGAIN_LATER, Hub
from bedboard.live.kept import Kept
from bedboard.live.news import News
from bedboard.live.tiles import Tiles
from bedboard.live.unread import Unread
from bedboard.live.viewer import Viewer
from bedboard.live.watchers import Watchers
from bedboard.rules.freshness import FreshnessLimits
from bedboard.store.bell import Listener
from bedboard.store.board import Catalogue, ShelterRow
from bedboard.store.epoch import WentBack
from bedboard.views.cards import Card
from bedboard.views.columns import Columns
from bedboard.views.facets import Facets, Filter, add_facets
from bedboard.views.faults import make_whole_card, unknown_card
from bedboard.views.pieces import (
    Audience,
    Moment,
    Piece,
    Pieces,
    board_answer,
    is_known,
    pack,
    snapshot_message,
    update_message,
)

log = structlog.get_logger()

BURST = 8  # more changed shelters than this, if they are more than half of all, go as one snapshot


class Board:
    """All shelters as they are now, as far as this process knows.

    `as_of` is the last moment at which the board was known to be right. `listener` is the line on which the bell is heard;
    None while the board cannot be followed. `epoch`: of the database that was read, 0 before that; versions count within it.
    """

    def __init__(self, hub: Hub[Viewer], news: News, pieces: Pieces, limits: FreshnessLimits, clock: Clock) -> None:
        self._hub = hub
        self._news = news
        self._pieces = pieces
        self._limits = limits
        self._clock = clock
        self._rows: dict[str, ShelterRow] = {}
        self.cards: dict[str, Card] = {}
        self.columns = Columns()  # the same cards, to be searched
        self.tiles = Tiles(pieces)
        self.catalogue: Catalogue | None = None
        self.as_of: datetime | None = None
        self.listener: Listener | None = None
        self.epoch = 0
        self.unread = Unread(clock.now)
        self.watchers = Watchers()
        self.is_torn = False
        """A bug kept some viewers from a change that is on the board: they get whole state when it is live again."""
        self._aged: set[str] = set()  # shelters that time has changed while the board could not be followed
        self._turned = asyncio.Event()
        self._minute: datetime | None = None
        self._changes = 0  # counts every shelter that came, changed or went
        self._facets: dict[Filter, Facets] = {}  # since the last change
        self._facets_of = 0
        self._kept = Kept()

    @property
    def live(self) -> bool:
        """Whether every change reaches this board at once."""
        return self.listener is not None

    def go_live(self, listener: Listener) -> None:
        """Follow the bell from now on, and publish what time has changed meanwhile. Everything has just been read."""
        self.listener = listener
        if self.is_torn:
            self.is_torn = False
            self._publish_snapshots()
        self._publish([self.cards[shelter_id] for shelter_id in self._aged if shelter_id in self.cards])
        self._aged.clear()
        self._announce_turn()

    def take_catalogue(self, catalogue: Catalogue) -> None:
        """Draw everything with this catalogue from now on; the caller replaces all rows next."""
        self.catalogue = catalogue
        self._pieces.forget()
        self.columns.recent.forget()
        self._changes += 1

    def take(self, rows: Iterable[ShelterRow]) -> None:
        """Put newer rows on the board and publish them. Raises WentBack for a lower version than the one at hand."""
        catalogue = self.catalogue
        if catalogue is None:
            return
        now = self._clock.now()
        changed: list[Card] = []
        for row in rows:
            present = self._rows.get(row.id)
            if present is not None and present.version > row.version:
                raise WentBack(row.id, row.version)
            self._rows[row.id] = row
            card = self.make_card(row, catalogue, now)
            if row.id not in self.cards or self.cards[row.id].stamp != card.stamp:
                changed.append(card)
            self._put(card)
        self.as_of = self.unread.right_until
        self._publish(changed)
        self._announce_turn()

    def replace(self, rows: Sequence[ShelterRow], epoch: int, *, is_redrawn: bool = False) -> None:
        """Take all rows there are; a shelter without one leaves the board. `is_redrawn`: the words on boards are others.

        In a new epoch the same version may mean another change. Nothing of before is kept, and every viewer comes back.
        """
        gone = self._rows.keys() - {row.id for row in rows}
        if epoch != self.epoch:
            self.epoch, gone = epoch, set(self._rows)
            self._pieces.forget()
            self._hub.close_where(lambda viewer: True, TRY_AGAIN_LATER)
        for shelter_id in gone:
            del self._rows[shelter_id], self.cards[shelter_id]
            self.columns.drop(shelter_id)
            self.tiles.forget(shelter_id)
            self._changes += 1
            self._news.forget_holders(shelter_id)
            self._pieces.faults.forget(shelter_id)
        self.take(rows)
        if gone or is_redrawn:
            self._publish_snapshots()
            self.watchers.tell([])

    def age(self) -> int:
        """Show what time alone has changed: old news, a reminder that is due, a claim that ran out.

        Called every second; needs no database. Return how many shelters look different.
        """
        now = self._clock.now()
        self.columns.recent.forget()
        due = [card.id for card in self.cards.values() if card.changes_at is not None and card.changes_at <= now]
        due += [one for one in self._pieces.faults.due(now) if one not in due]
        if due and self.catalogue is not None:
            cards = [self.make_card(self._rows[shelter_id], self.catalogue, now) for shelter_id in due]
            for card in cards:
                self._put(card)
            if self.live:
                self._publish(cards)
            else:  # a board that cannot be followed must not give signs of life
                self._aged.update(due)
        if self.live and (minute := now.replace(second=0, microsecond=0)) != self._minute:  # "arrives now" has moved
            self._minute = minute
            self.watchers.tell([])
        return len(due)

    def make_card(self, row: ShelterRow, catalogue: Catalogue, now: datetime) -> Card:
        """Return the card of this row; if a bug prevents it, one that says that the shelter is unknown."""
        try:
            return make_whole_card(row, catalogue, self._limits, now)
        except Exception as bug:
            self._pieces.faults.note(row.id, row.version, "card", bug)
            return unknown_card(row, self.cards.get(row.id))

    def _put(self, card: Card) -> None:
        self.tiles.take(self.cards.get(card.id), card)
        self.cards[card.id] = card
        self.columns.take(card)
        self._changes += 1
        self._news.note_holders(card)

    def is_behind(self, shelter_id: str, version: int) -> bool:
        """Return whether this board has yet to show this version of the shelter, or the shelter at all."""
        row = self._rows.get(shelter_id)
        return row is None or row.version < version

    async def reached(self, shelter_id: str, version: int, seconds: float = 1.0) -> None:
        """Wait until this board shows a version that the process itself has saved, so that its author sees the change.

        Gives up after `seconds`, without an error: the change is saved all the same.
        """
        try:
            async with asyncio.timeout(seconds):
                while self.is_behind(shelter_id, version):
                    await self._turned.wait()
        except TimeoutError:
            log.warning("board_behind", shelter=shelter_id, version=version)

    async def first_read(self, seconds: float) -> None:
        """Wait until the board is live, or `seconds` have passed: a process may start before its database."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.live:
                    await self._turned.wait()

    def _announce_turn(self) -> None:
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    def _audiences(self) -> list[Audience]:
        drawn = ("board", "wall", "staff", "api")
        return [one for one in self._hub.audiences() if isinstance(one, Audience) and one.view in drawn]

    def _publish(self, changed: list[Card]) -> None:
        catalogue = self.catalogue
        if not changed or catalogue is None:
            return
        self.watchers.tell(changed)
        tiles = {card.id: self.tiles.news(card) for card in changed}
        if len(changed) > BURST and 2 * len(changed) > len(self.cards):
            self._publish_snapshots()
            return
        for audience in self._audiences():
            seen = [card for card in changed if audience.shelter in (None, card.id)]
            if not seen:
                continue
            totals = self._totals_html(audience)
            for card in seen:
                for key, fragment in self.tiles.draw(audience, card, catalogue, tiles[card.id]):
                    message = b'{"type":"shelter","shelter":' + fragment + b"}"
                    self._hub.publish(audience, key, message if audience.view == "api" else update_message(fragment, totals))

    def _publish_snapshots(self) -> None:
        for audience in self._audiences():
            self._hub.publish(audience, "snapshot", self.snapshot(audience, {}))

    def _totals_html(self, audience: Audience) -> str | None:
        if audience.view not in ("board", "wall") or self.catalogue is None:
            return None
        return self._pieces.totals(audience.language, self.facets(audience.chosen, self.catalogue))

    def facets(self, chosen: Filter, catalogue: Catalogue) -> Facets:
        """Return the numbers of a filter, added up once for all viewers while nothing changes."""
        if self._facets_of != self._changes:
            self._facets, self._facets_of = {}, self._changes
        if chosen not in self._facets:
            self._facets[chosen] = add_facets(self.cards.values(), chosen, catalogue)
        return self._facets[chosen]

    def pieces(self, audience: Audience, chosen: Callable[[Card], bool] = lambda card: True) -> list[tuple[str, Piece]]:
        """Return shelter id and piece, by name, of the shelters that the audience may see and the caller has chosen."""
        if self.catalogue is None:
            return []
        cards: Iterable[Card] = self.cards.values()
        if audience.shelter is not None:
            cards = [self.cards[audience.shelter]] if audience.shelter in self.cards else []
        found = sorted((card for card in cards if chosen(card)), key=lambda card: card.name)
        return [(card.id, self._pieces.get(audience, card, self.catalogue)) for card in found]

    def snapshot(self, audience: Audience, known: Mapping[str, str]) -> bytes:
        """Return all that the audience may see, but for shelters whose stamp is the one in `known` (shelter id to stamp).

        While nothing changes, all callers that ask for the same within a second get the same bytes.
        """
        key = (audience, frozenset(known.items()))
        return self.keep(key, lambda: self._make_snapshot(audience, known, self.unread.right_until))

    def answer(self, audience: Audience, *, packed: bool) -> bytes:
        """Return the answer of the API's `GET /board`, plain or with gzip, kept like a snapshot. The board has been read."""
        if packed:
            return self.keep(("packed", audience), lambda: pack(self.answer(audience, packed=False)))
        return self.keep(("plain", audience), lambda: self._make_answer(audience))

    def _make_answer(self, audience: Audience) -> bytes:
        as_of = self.unread.right_until if self.live or self.as_of is None else self.as_of
        return board_answer(as_of, self.epoch, (piece.fragment for _, piece in self.pieces(audience)))

    def keep(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return what is kept under this key, made now if it is not, or if the board or the second has changed."""
        return self._kept.get((self._changes, self.live, self._clock.now().replace(microsecond=0)), key, make)

    def _make_snapshot(self, audience: Audience, known: Mapping[str, str], now: datetime) -> bytes:
        pieces = self.pieces(audience)
        if audience.view == "api":
            return b'{"type":"snapshot",' + board_answer(now, self.epoch, (piece.fragment for _, piece in pieces))[1:]
        fragments: list[bytes] = []
        for shelter_id, piece in pieces:
            if self.catalogue is not None and not is_known(known, piece, shelter_id):
                card, shown = self.cards[shelter_id], known.get(shelter_id, "")
                drawn = self.tiles.draw(audience, card, self.catalogue, self.tiles.since(card, shown))
                fragments += [fragment for _, fragment in drawn]
        return snapshot_message(self.moment(), [one for one, _ in pieces], fragments, self._totals_html(audience))

    def moment(self) -> Moment:
        """Return the moment of a snapshot that is made now."""
        return Moment(self.unread.right_until, self._clock.now(), self.epoch)

    def empty_snapshot(self, *, is_locked: bool = False) -> bytes:
        """Return the snapshot of a page that shows no shelter; of a locked one, which keeps what it shows and covers it."""
        return snapshot_message(self.moment(), None if is_locked else (), (), None, is_locked=is_locked)
