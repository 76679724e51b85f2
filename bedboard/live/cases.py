"""The parties of each open case, in memory: their pages and programs are told when it changes.

The needs of a household are not kept here.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence

import structlog

from bedboard.clock import Clock
from bedboard.live.board import Board
from bedboard.live.news import News
from bedboard.live.reader import Reader
from bedboard.live.viewer import Viewer
from bedboard.rules.access import SEEKERS, Actor
from bedboard.rules.cases import ENDS
from bedboard.store.cases import PartiesRow, list_parties
from bedboard.store.database import Transaction
from bedboard.views.cards import Card

log = structlog.get_logger()

REMEMBERED = 10_000  # versions, also of cases that are over


class OpenCases:
    """The open cases, as far as this process knows: a follower of the bell and a watcher of the board."""

    def __init__(self, reader: Reader, board: Board, news: News, clock: Clock) -> None:
        self._board = board
        self._news = news
        self._clock = clock
        self._open: dict[str, PartiesRow] = {}
        self._versions: dict[str, int] = {}
        self._turned = asyncio.Event()
        self._reserved: dict[str, frozenset[tuple[str, str]]] = {}  # by shelter: place and reservation on its card
        self._open_desks: frozenset[str] | None = None  # the kinds of which the desk was open; None: not looked yet
        reader.followers["case"] = self
        board.watchers[self] = None

    async def read(self, tx: Transaction, ids: Collection[str] | None) -> None:
        """Read these cases, which have changed, and tell their parties: those before the change and those after it.

        `ids` None: any case may have changed; then only the parties of cases that differ are told.
        """
        before = {case_id: self._open[case_id] for case_id in (self._open if ids is None else ids) if case_id in self._open}
        rows = {row.id: row for row in await list_parties(tx, ids)}
        concerned = [row for _, row in before.items() ^ rows.items()] if ids is None else [*before.values(), *rows.values()]
        for case_id in before:
            del self._open[case_id]
        self._open |= {case_id: row for case_id, row in rows.items() if row.state not in ENDS}
        if ids is None:
            self._versions.clear()
        elif len(self._versions) > REMEMBERED:
            self._versions = {case_id: row.version for case_id, row in self._open.items()}
        self._versions |= {case_id: row.version for case_id, row in rows.items()}
        if concerned:
            self._tell(lambda viewer: any(_concerns(row, viewer) for row in concerned))
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    def see(self, changed: Sequence[Card]) -> None:
        """Tell the seekers of cases whose reservation was ended or has run out: the case itself does not change.

        Those who handed one over may be on the road to that place: they are told too.
        Tell all of them when a desk has opened or closed.
        """
        if not changed or self._open_desks is None:
            self._see_desks()
        moved = set()
        for card in changed:
            now = frozenset((one.id, one.claim.id) for one in card.places if one.claim and one.claim.type == "reservation")
            if now != self._reserved.get(card.id, frozenset()):
                moved.add(card.id)
            self._reserved[card.id] = now
        rows = [row for row in self._open.values() if row.shelter_ids & moved]
        if rows:
            self._news.tell_where(lambda viewer: any(_seeks_or_decides(row, viewer) or _is_former(row, viewer) for row in rows))

    def _see_desks(self) -> None:
        catalogue = self._board.catalogue
        if catalogue is None:
            return
        before, self._open_desks = self._open_desks, catalogue.open_desks(self._clock.now())
        if before not in (None, self._open_desks):
            self._news.tell_where(lambda viewer: any(_seeks_or_decides(row, viewer) for row in self._open.values()))

    def _tell(self, concerned: Callable[[Viewer], bool]) -> None:
        self._news.tell_where(concerned)
        self._news.tell_programs("requests", concerned)

    async def reached(self, case_id: str, version: int, seconds: float = 1.0) -> None:
        """Wait until this process knows a version that it has itself saved. Gives up after `seconds`, without an error."""
        try:
            async with asyncio.timeout(seconds):
                while self._versions.get(case_id, 0) < version:
                    await self._turned.wait()
        except TimeoutError:
            log.warning("cases_behind")

    def has_any(self, actor: Actor) -> bool:
        """Return whether an open case waits for this actor as a seeker, or as the desk that decides."""
        if actor.role == "desk":
            return bool(self._open)
        return actor.role in SEEKERS and any((actor.organization_id, actor.role) in _groups(row) for row in self._open.values())


def _groups(row: PartiesRow) -> Collection[tuple[str | None, str | None]]:
    """Return the requesters of a case: the group that has it, and the group that is offered it."""
    offered = [(row.handed_organization_id, row.handed_role)] if row.handed_role is not None else []
    return [(row.organization_id, row.role), *offered]


def _seeks_or_decides(row: PartiesRow, viewer: Viewer) -> bool:
    return viewer.role == "desk" or (viewer.organization, viewer.role) in _groups(row)


def _is_former(row: PartiesRow, viewer: Viewer) -> bool:
    return f"{viewer.organization} {viewer.role}" in row.former


def _concerns(row: PartiesRow, viewer: Viewer) -> bool:
    is_asked = viewer.shelter in row.shelter_ids or bool(viewer.shelters & row.shelter_ids)
    return _seeks_or_decides(row, viewer) or _is_former(row, viewer) or is_asked
