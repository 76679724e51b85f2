"""The present board of this process, in memory: hears the bell, reads what changed, renders once, hands it to the hub.

There is one way in, the bell, also for changes that this very process has made: so one process or ten behave alike. This module
must not know sockets or requests; the hub must not know shelters.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Protocol

import structlog

from bedboard.clock import Clock
from bedboard.live.hub import Hub
from bedboard.rules.freshness import FreshnessLimits
from bedboard.rules.refusals import Refusal, Unavailable
from bedboard.store.bell import Listener, Lost, listen
from bedboard.store.board import Catalogue, ShelterRow, get_catalogue, list_shelters
from bedboard.store.database import Database, Transaction
from bedboard.store.people import ActiveToken
from bedboard.views.cards import Card, Totals, add_totals, make_card
from bedboard.views.objects import to_json
from bedboard.views.pieces import Audience, Piece, Pieces, board_answer, is_known, snapshot_message, update_message

log = structlog.get_logger()

LONGEST_RETRY_SECONDS = 5.0
BURST = 8  # more shelters at once than this, and most of all, go as one snapshot: one message instead of many


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who sits on a seat. `shelter` None: looks at no single shelter. `key`: whose own news it hears (`Actor.key`), and that of
    colleagues in the same `organization` and role; None for a program, which hears only the latter. `shelters`: of which it
    hears that they are asked, besides the one it looks at."""

    token_hash: bytes
    role: str
    shelter: str | None
    key: str | None = None
    organization: str | None = None
    shelters: frozenset[str] = frozenset()

    def may_stay(self, alive: Mapping[bytes, ActiveToken]) -> bool:
        """Whether the session still counts, in the same role, and still for the shelter that is looked at."""
        now = alive.get(self.token_hash)
        return now is not None and now.role == self.role and (self.shelter is None or self.shelter in now.shelter_ids)


class Watcher(Protocol):
    """Somebody who wants to know which shelters look different, besides the audiences that get them rendered."""

    def see(self, changed: Sequence[Card]) -> None:
        """`changed`: as they now are; all of them after a loss. Must not await, and must not be slow."""


class Follower(Protocol):
    """Somebody who keeps rows of another kind, and reads them when the bell says so."""

    async def read(self, tx: Transaction, ids: Collection[str] | None) -> None:
        """`ids`: those that have changed, or None after a loss. The shelters have been read just before."""


def longest_wait(attempt: int) -> float:
    """Seconds; doubles with each try up to five, however many there have been."""
    return min(LONGEST_RETRY_SECONDS, 0.1 * 2.0 ** min(attempt, 10))


class Board:
    """`on_session_end` is told the hash of every session that ended, wherever that was."""

    def __init__(
        self,
        database: Database,
        hub: Hub[Viewer],
        pieces: Pieces,
        limits: FreshnessLimits,
        clock: Clock,
        on_session_end: Callable[[bytes], None],
        on_catalogue: Callable[[Catalogue], None],
    ) -> None:
        self._database = database
        self._hub = hub
        self._pieces = pieces
        self._limits = limits
        self._clock = clock
        self._on_session_end = on_session_end
        self._on_reference = on_catalogue
        self._rows: dict[str, ShelterRow] = {}
        self.cards: dict[str, Card] = {}
        self.catalogue: Catalogue | None = None
        self.totals: Totals | None = None
        self.as_of: datetime | None = None  # until when this board is known to be right
        self.live = False
        self.watchers: dict[Watcher, None] = {}
        self.followers: dict[str, Follower] = {}  # by the bell's noun
        self._holders: dict[str, frozenset[tuple[str, str, datetime]]] = {}  # shelter: who holds, which, until when
        self._rung: set[str] = set()
        self._rung_others: dict[str, set[str]] = {}
        self._aged: set[str] = set()  # what time has changed while nobody could be told
        self._reference_rung = False
        self._wake = asyncio.Event()
        self._turned = asyncio.Event()
        self._listener: Listener | None = None
        self._random = Random()  # noqa: S311  (spreads retries, guards nothing)

    # --- the bell

    async def run(self) -> None:
        """Until cancelled: listen first, read second, then follow the bell; after a loss all of it again."""
        attempt = 0
        while True:
            try:
                async with listen(self._database, self._hear) as listener:
                    await self._read_everything()
                    self._listener, self.live, attempt = listener, True, 0
                    self._publish([self.cards[id] for id in self._aged if id in self.cards])
                    self._aged.clear()
                    self._announce_turn()
                    log.info("board_live", shelters=len(self.cards))
                    await self._follow(listener)
            except (Lost, Unavailable) as error:
                log.warning("board_lost", reason=type(error.__cause__ or error).__name__)
            except Exception as bug:  # without its board a process would show an old board for ever: say so, begin again
                log.error("bug", exc_info=bug)
            finally:
                self._listener, self.live = None, False
            attempt += 1
            await asyncio.sleep(self._random.uniform(0.05, longest_wait(attempt)))

    def _hear(self, noun: str, id: str, version: int) -> None:
        if noun == "shelter":
            if id not in self._rows or self._rows[id].version < version:
                self._rung.add(id)
                self._wake.set()
        elif noun == "session":
            self.end_session(bytes.fromhex(id))
        elif noun == "catalogue":
            self._reference_rung = True
            self._wake.set()
        elif noun in self.followers:
            self._rung_others.setdefault(noun, set()).add(id)
            self._wake.set()

    def end_session(self, token_hash: bytes) -> None:
        """Forgets the session and closes its sockets."""
        self._on_session_end(token_hash)
        self._hub.close_where(lambda viewer: viewer.token_hash == token_hash, 4401)

    async def _follow(self, listener: Listener) -> None:
        """Reads what was rung, as often as it rings. Raises Lost when the listener ends, Unavailable when reading fails."""
        while True:
            await _first_of(self._wake, listener.ends)
            if listener.ends.done():
                raise Lost
            self._wake.clear()
            if self._reference_rung:
                await self._read_everything()
            # Both at once, shelters first: bells come in the order of commits, so what a row was written after has been read.
            rung, self._rung = self._rung, set()
            others, self._rung_others = self._rung_others, {}
            if rung:
                async with self._database.transaction() as tx:
                    rows = await list_shelters(tx, rung)
                self._take(rows)
            for noun, ids in others.items():
                await self._read_follower(self.followers[noun], ids)

    async def _read_everything(self) -> None:
        self._rung.clear()
        self._rung_others.clear()
        self._reference_rung = False
        async with self._database.transaction() as tx:
            catalogue = await get_catalogue(tx)
            rows = await list_shelters(tx) if catalogue is not None else []
        if catalogue is None:
            return
        if catalogue != self.catalogue:
            self.catalogue = catalogue
            self._pieces.forget()
            self._on_reference(catalogue)
        gone = self._rows.keys() - {row.id for row in rows}
        for id in gone:
            del self._rows[id], self.cards[id]
            self._holders.pop(id, None)
        self._take(rows)
        if gone:
            self._publish_snapshots()
            for watcher in list(self.watchers):
                watcher.see([])
        for follower in self.followers.values():
            await self._read_follower(follower, None)

    async def _read_follower(self, follower: Follower, ids: Collection[str] | None) -> None:
        """Raises Unavailable. A mistake in there is theirs: the board goes on."""
        try:
            async with self._database.transaction() as tx:
                await follower.read(tx, ids)
        except Unavailable:
            raise
        except Exception as bug:
            log.error("bug", exc_info=bug)

    # --- the board

    def _take(self, rows: Iterable[ShelterRow]) -> None:
        """Newer rows become the board; a lower version than the one at hand is left out."""
        catalogue = self.catalogue
        if catalogue is None:
            return
        now = self._clock.now()
        changed: list[Card] = []
        for row in rows:
            present = self._rows.get(row.id)
            if present is not None and present.version > row.version:
                continue
            self._rows[row.id] = row
            card = make_card(row, catalogue, self._limits, now)
            if row.id not in self.cards or self.cards[row.id].stamp != card.stamp:
                changed.append(card)
            self._put(card)
        self.as_of = now
        self._publish(changed)
        self._announce_turn()

    def _put(self, card: Card) -> None:
        """The card becomes part of the board; who holds or held a place there is told to look at their own."""
        self.cards[card.id] = card
        before = self._holders.get(card.id, frozenset())
        after = frozenset(
            (place.claim.holder, place.claim.id, place.claim.until)
            for place in card.places
            if place.claim and place.claim.holder
        )
        self._holders[card.id] = after
        for key in {key for key, _, _ in before ^ after}:
            self.tell(key)

    def tell(self, key: str) -> None:
        """Says to every page of this person (`Actor.key`) that something of their own has changed, and not what."""
        self.tell_where(lambda viewer: viewer.key == key)

    def tell_where(self, predicate: Callable[[Viewer], bool]) -> None:
        """As `tell`, to the pages of all people whom the predicate knows."""
        self._hub.send_where(lambda viewer: viewer.key is not None and predicate(viewer), "own", b'{"type":"own"}')

    def tell_programs(self, noun: str, predicate: Callable[[Viewer], bool]) -> None:
        """Says to the programs that the predicate knows that something has changed of which they may ask ("requests")."""
        message = to_json({"type": noun})
        self._hub.send_where(lambda viewer: viewer.key is None and predicate(viewer), noun, message)

    def holds_anything(self, key: str) -> bool:
        """Whether this actor (`Actor.key`) has a live hold, as far as this process knows."""
        return any(key == holder for holds in self._holders.values() for holder, _, _ in holds)

    def _announce_turn(self) -> None:
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    def age(self) -> int:
        """Shows what time alone has changed: news that aged, a reminder that is due, a claim that ran out.

        Called every second; needs no database. Returns how many shelters look different.
        """
        now = self._clock.now()
        due = [id for id, card in self.cards.items() if card.changes_at is not None and card.changes_at <= now]
        if due and self.catalogue is not None:
            cards = [make_card(self._rows[id], self.catalogue, self._limits, now) for id in due]
            for card in cards:
                self._put(card)
            if self.live:
                self._publish(cards)
            else:  # a board that cannot be followed must not give signs of life
                self._aged.update(due)
        return len(due)

    def _audiences(self) -> list[Audience]:
        return [one for one in self._hub.audiences() if isinstance(one, Audience) and one.view not in ("search", "own")]

    def _publish(self, changed: list[Card]) -> None:
        catalogue = self.catalogue
        if not changed or catalogue is None:
            return
        self.totals = add_totals(self.cards.values(), catalogue)
        for watcher in list(self.watchers):
            watcher.see(changed)
        if len(changed) > BURST and 2 * len(changed) > len(self.cards):
            self._publish_snapshots()
            return
        for audience in self._audiences():
            seen = [card for card in changed if audience.shelter in (None, card.id)]
            if not seen:
                continue
            totals = self._totals_html(audience)
            for card in seen:
                fragment = self._pieces.get(audience, card, catalogue).fragment
                message = (
                    b'{"type":"shelter","shelter":' + fragment + b"}"
                    if audience.view == "api"
                    else update_message(fragment, totals)
                )
                self._hub.publish(audience, card.id, message)

    def _publish_snapshots(self) -> None:
        for audience in self._audiences():
            self._hub.publish(audience, "snapshot", self.snapshot(audience, {}))

    def _totals_html(self, audience: Audience) -> str | None:
        if audience.view != "board" or self.catalogue is None or self.totals is None:
            return None
        return self._pieces.totals(audience.language, self.totals, self.catalogue)

    def pieces(self, audience: Audience, chosen: Callable[[Card], bool] = lambda card: True) -> list[tuple[str, Piece]]:
        """Shelter id and piece, by name, of what the audience may see and the caller has chosen."""
        if self.catalogue is None:
            return []
        cards = (
            self.cards.values()
            if audience.shelter is None
            else [self.cards[audience.shelter]]
            if audience.shelter in self.cards
            else []
        )
        found = sorted((card for card in cards if chosen(card)), key=lambda card: card.name)
        return [(card.id, self._pieces.get(audience, card, self.catalogue)) for card in found]

    def snapshot(self, audience: Audience, known: Mapping[str, str]) -> bytes:
        """The whole of what the audience may see; `known`, shelter id to stamp, is left out where it is still so."""
        pieces = self.pieces(audience)
        now = self._clock.now()
        if audience.view == "api":
            return b'{"type":"snapshot",' + board_answer(now, (piece.fragment for _, piece in pieces))[1:]
        fragments = (piece.fragment for id, piece in pieces if not is_known(known, piece, id))
        return snapshot_message(now, (id for id, _ in pieces), fragments, self._totals_html(audience))

    def nothing(self) -> bytes:
        """The snapshot of a page that shows no shelter."""
        return snapshot_message(self._clock.now(), (), (), None)

    async def reached(self, shelter_id: str, version: int, seconds: float = 1.0) -> None:
        """Waits until this process shows a version that it has itself saved, so that who changed it reads it back.

        Gives up after `seconds`, without an error: the change is saved all the same.
        """
        try:
            async with asyncio.timeout(seconds):
                while shelter_id not in self._rows or self._rows[shelter_id].version < version:
                    await self._turned.wait()
        except TimeoutError:
            log.warning("board_behind", shelter=shelter_id, version=version)

    async def first_read(self, seconds: float) -> None:
        """Waits until the board has been read once, or `seconds` have passed: a process may start before its database."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.live:
                    await self._turned.wait()

    # --- the pulse

    async def pulse(self, active_tokens: Callable[[list[bytes]], Awaitable[Mapping[bytes, ActiveToken]]]) -> bool:
        """Tells every viewer that the board is live, which it is only if the database answers on both lines.

        `living` says of token hashes which still count; the sockets of the others are closed. Returns
        whether a pulse went out.
        """
        listener = self._listener
        if listener is None or not self.live:
            return False
        hashes = {viewer.token_hash for viewer in self._hub.viewers()}
        try:
            await listener.check()
            alive = await active_tokens(list(hashes))
        except (Lost, Refusal):
            return False
        if self._listener is not listener or not self.live:
            return False
        # Only who was asked about: somebody who has sat down meanwhile would else be taken for signed out.
        self._hub.close_where(lambda viewer: viewer.token_hash in hashes and not viewer.may_stay(alive), 4401)
        self.as_of = self._clock.now()
        self._hub.publish_everywhere("pulse", to_json({"type": "pulse", "at": self.as_of}))
        return True


async def _first_of(wake: asyncio.Event, ends: asyncio.Future[None]) -> None:
    """Waits until the event is set or the listener ends, and leaves neither waiting behind."""
    woken = asyncio.create_task(wake.wait())
    try:
        await asyncio.wait([woken, ends], return_when=asyncio.FIRST_COMPLETED)  # type: ignore[type-var]
    finally:
        woken.cancel()
