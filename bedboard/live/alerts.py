"""The alerts of all people, in the memory of this process: a changed shelter is weighed for each of them.

Every process weighs for everybody; the database decides which one has seen something first. Profiles are opened here, and are
in memory and nowhere else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bedboard.clock import Clock
from bedboard.live.board import Board
from bedboard.live.news import News
from bedboard.live.reader import Reader
from bedboard.rules.alerts import SeenChange
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import Invalid, Refusal
from bedboard.store.alerts import AlertRow, list_alerts
from bedboard.store.database import Transaction
from bedboard.store.seal import SealedNeeds
from bedboard.views.cards import Card
from bedboard.views.found import Finder, Found

log = structlog.get_logger()

RETRY_SECONDS = 1.0
SAME_TIME = timedelta(seconds=2)  # the most that the clocks of two processes may be apart

Open = Callable[[SealedNeeds], Callable[[datetime], Profile]]
"""Open a sealed profile (raises ValueError), and return a function from a moment to the profile as it reads then: "arrives now"
moves with the time. That function raises Invalid."""


def would_do(found: Found) -> frozenset[str]:
    """Return the free places that fit or are worth a call, without shelters whose news is stale: there "free" says nothing."""
    return frozenset(place.id for match in found.matches if match.card.freshness != "stale" for place in match.places)


@dataclass(slots=True)
class Alert:
    """One alert. `profile_at` None: it could not be opened, so nothing is found for it until it ends by itself."""

    row: AlertRow
    profile_at: Callable[[datetime], Profile] | None


class Alerts:
    """All alerts, as far as this process knows: a follower of the bell and a watcher of the board.

    `report` writes down the changes that this process has seen for an alert; it is called again until it does not raise.
    """

    def __init__(
        self,
        reader: Reader,
        board: Board,
        news: News,
        clock: Clock,
        open_profile: Open,
        report: Callable[[str, Sequence[SeenChange]], Awaitable[None]],
    ) -> None:
        self._board = board
        self._news = news
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
        reader.followers["alert"] = self

    def has_any(self, key: str) -> bool:
        """Return whether this actor (`Actor.key`) has an alert, as far as this process knows."""
        return any(f"person:{alert.row.person_id}" == key for alert in self._alerts.values())

    @property
    def is_idle(self) -> bool:
        """Whether all changes so far have been weighed and written down."""
        return not (self._busy or self._wake.is_set())

    # --- hearing of changes

    def see(self, changed: Sequence[Card]) -> None:
        """Note the shelters that look different, to be weighed for every alert."""
        self._changed.update(card.id for card in changed)
        self._wake.set()

    async def read(self, tx: Transaction, ids: Collection[str] | None) -> None:
        """Read these alerts, which have changed (None: any may have), and tell the pages that show a difference."""
        kept = self._alerts
        before = {alert_id: kept[alert_id].row for alert_id in (kept if ids is None else ids) if alert_id in kept}
        rows = {row.id: row for row in await list_alerts(tx, self._clock.now(), ids)}
        for alert_id in before.keys() - rows.keys():
            del kept[alert_id]
        for row in rows.values():
            self._keep(row)
        self._fresh.update(rows)
        for alert_id in before.keys() | rows.keys():
            old, new = before.get(alert_id), rows.get(alert_id)
            shown = [(row.expires_at, row.found_at) if row else None for row in (old, new)]
            if shown[0] != shown[1]:
                self._news.tell(f"person:{(new or old).person_id}")  # type: ignore[union-attr]  # one of them is there
        self._wake.set()
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    def _keep(self, row: AlertRow) -> None:
        known = self._alerts.get(row.id)
        if known is not None:
            known.row = row
            return
        try:
            profile_at = self._open(row.profile)
        except ValueError:
            log.warning("alert_not_opened")
            profile_at = None
        self._alerts[row.id] = Alert(row, profile_at)

    async def reached(self, alert_id: str, *, present: bool, seconds: float = 1.0) -> None:
        """Wait until this process knows an alert that it has itself saved (`present`), or no longer knows a deleted one.

        Gives up after `seconds`, without an error.
        """
        try:
            async with asyncio.timeout(seconds):
                while (alert_id in self._alerts) != present:
                    await self._turned.wait()
        except TimeoutError:
            log.warning("alerts_behind")

    # --- weighing

    async def run(self) -> None:
        """Weigh changed shelters and changed alerts, and report the results, until cancelled."""
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
        """Weigh all noted changes; return False when a report failed and has to be tried again."""
        changed, self._changed = self._changed, set()
        fresh, self._fresh = self._fresh, set()
        again: set[str] = set()
        for alert_id in list(self._alerts):
            try:
                changes = list(self._list_changes(alert_id, None if alert_id in fresh else changed))
                if changes:
                    await self._report(alert_id, changes)
            except Invalid as refusal:  # a unit that no longer exists: nothing can be said, until it ends by itself
                log.warning("alert_not_understood", code=refusal.code)
            except Refusal as refusal:
                log.warning("alert_later", code=refusal.code)
                again.add(alert_id)
            except Exception as bug:  # the others go on
                log.error("bug", exc_info=bug)
            await asyncio.sleep(0)  # many alerts must not hold up the rest of the process
        self._fresh |= again
        return not again

    def _list_changes(self, alert_id: str, shelter_ids: Collection[str] | None) -> Iterator[SeenChange]:
        """Yield the changes that the present cards of these shelters (None: of all) bring for this alert."""
        alert, catalogue, now = self._alerts.get(alert_id), self._board.catalogue, self._clock.now()
        if alert is None or alert.profile_at is None or catalogue is None or alert.row.expires_at <= now:
            return
        profile = alert.profile_at(now)
        cards = self._board.cards
        for card in [cards[one] for one in (cards if shelter_ids is None else shelter_ids) if one in cards]:
            if card.changes_at is not None and card.changes_at <= now + SAME_TIME:
                continue  # this card is about to age, and another process may have the next one already: wait for it here
            free = would_do(Finder(profile, catalogue).found([card], None))
            known = alert.row.seen & {place.id for place in card.places}
            if free != known:
                yield SeenChange(card.id, card.stamp.version, free - known, known - free)
