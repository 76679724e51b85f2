"""Who waits for a place, in the memory of this process: which changed shelter would do for whom.

Each process watches for everybody; the database decides which one has seen something first. Profiles are opened here and are
in memory and nowhere else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bedboard.clock import Clock
from bedboard.live.board import Board
from bedboard.rules.alerts import SeenChange
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import Invalid, Refusal
from bedboard.store.alerts import AlertRow, list_alerts
from bedboard.store.board import Catalogue
from bedboard.store.database import Transaction
from bedboard.views.cards import Card
from bedboard.views.found import Finder

log = structlog.get_logger()

RETRY_SECONDS = 1.0
SAME_TIME = timedelta(seconds=2)  # how far the clocks of two processes may be apart

Open = Callable[[bytes], Callable[[datetime], Profile]]
"""Opens a sealed profile (or raises ValueError); what it gives says how that reads at a moment, for "arrives now" (or raises
Invalid)."""


def would_do(profile: Profile, cards: Iterable[Card], catalogue: Catalogue) -> frozenset[str]:
    """The free places that fit or are worth a call, in shelters whose news is not stale: there "free" says nothing."""
    finder = Finder(profile, catalogue)
    finder.take(card for card in cards if card.freshness != "stale")
    return finder.matching_places()


@dataclass(slots=True)
class Alert:
    """`profile_at` None: it could not be opened, so nothing is found for it until it ends by itself."""

    row: AlertRow
    profile_at: Callable[[datetime], Profile] | None


class Alerts:
    """`report` writes down what this process has seen for a waiting; it is called again until it does not raise."""

    def __init__(
        self, board: Board, clock: Clock, open_profile: Open, report: Callable[[str, Sequence[SeenChange]], Awaitable[None]]
    ) -> None:
        self._board = board
        self._clock = clock
        self._open = open_profile
        self._report = report
        self._alerts: dict[str, Alert] = {}
        self._changed: set[str] = set()  # shelters, to be weighed for everybody
        self._fresh: set[str] = set()  # alerts, for which everything is to be weighed
        self._wake = asyncio.Event()
        self._turned = asyncio.Event()
        self._busy = False
        board.watchers[self] = None
        board.followers["alert"] = self

    def waits(self, key: str) -> bool:
        """Whether this actor (`Actor.key`) waits for something, as far as this process knows."""
        return any(f"person:{alert.row.person_id}" == key for alert in self._alerts.values())

    @property
    def is_idle(self) -> bool:
        """Whether everything that was said so far has been weighed and written down."""
        return not (self._busy or self._wake.is_set())

    # --- what the board says

    def see(self, changed: Sequence[Card]) -> None:
        self._changed.update(card.id for card in changed)
        self._wake.set()

    async def read(self, tx: Transaction, ids: Collection[str] | None) -> None:
        """These alerts have changed; None: anything may have. Their people's pages are told when something shows."""
        before = {id: self._alerts[id].row for id in (self._alerts if ids is None else ids) if id in self._alerts}
        rows = {row.id: row for row in await list_alerts(tx, self._clock.now(), ids)}
        for id in before.keys() - rows.keys():
            del self._alerts[id]
        for row in rows.values():
            self._keep(row)
        self._fresh.update(rows)
        for id in before.keys() | rows.keys():
            old, new = before.get(id), rows.get(id)
            shown = [(row.expires_at, row.found_at) if row else None for row in (old, new)]
            if shown[0] != shown[1]:
                self._board.tell(f"person:{(new or old).person_id}")  # type: ignore[union-attr]  # one of them is there
        self._wake.set()
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    def _keep(self, row: AlertRow) -> None:
        known = self._alerts.get(row.id)
        if known is not None:
            known.row = row
            return
        try:
            profile_at = self._open(row.profile_sealed)
        except ValueError:
            log.warning("waiting_not_opened")
            profile_at = None
        self._alerts[row.id] = Alert(row, profile_at)

    async def reached(self, alert_id: str, *, present: bool, seconds: float = 1.0) -> None:
        """Waits until this process knows what it has itself saved. Gives up after `seconds`, without an error."""
        try:
            async with asyncio.timeout(seconds):
                while (alert_id in self._alerts) != present:
                    await self._turned.wait()
        except TimeoutError:
            log.warning("board_behind")

    # --- weighing

    async def run(self) -> None:
        """Until cancelled: weighs what has changed and reports what is news."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._busy = True
            is_done = await self._settle()
            self._busy = False
            if not is_done:
                await asyncio.sleep(RETRY_SECONDS)
                self._wake.set()

    async def _settle(self) -> bool:
        """False when something could not be written down and has to be tried again."""
        changed, self._changed = self._changed, set()
        fresh, self._fresh = self._fresh, set()
        again: set[str] = set()
        for id in list(self._alerts):
            try:
                changes = list(self._seen_changes(id, None if id in fresh else changed))
                if changes:
                    await self._report(id, changes)
            except Invalid as refusal:  # a unit that no longer exists: nothing can be said, until it ends by itself
                log.warning("waiting_not_understood", code=refusal.code)
            except Refusal as refusal:
                log.warning("waiting_later", code=refusal.code)
                again.add(id)
            except Exception as bug:  # the others go on
                log.error("bug", exc_info=bug)
            await asyncio.sleep(0)  # however many wait, nobody else has to
        self._fresh |= again
        return not again

    def _seen_changes(self, id: str, shelter_ids: Collection[str] | None) -> Iterator[SeenChange]:
        """What the present pictures of these shelters (None: of all) change for this waiting."""
        alert, catalogue, now = self._alerts.get(id), self._board.catalogue, self._clock.now()
        if alert is None or alert.profile_at is None or catalogue is None or alert.row.expires_at <= now:
            return
        profile = alert.profile_at(now)
        cards = self._board.cards
        for card in [cards[one] for one in (cards if shelter_ids is None else shelter_ids) if one in cards]:
            if card.changes_at is not None and card.changes_at <= now + SAME_TIME:
                continue  # time overtakes this picture, and another process may have the next one already: wait for it here
            free = would_do(profile, [card], catalogue)
            known = alert.row.seen & {place.id for place in card.places}
            if free != known:
                yield SeenChange(card.id, card.stamp.version, free - known, known - free)
