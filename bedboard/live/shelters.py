"""News of shelters for pages that ask for it over HTTP: the desk's list of late ones, and the overview of own shelters."""

from collections.abc import Awaitable, Callable, Collection, Sequence

from bedboard.live.board import Board
from bedboard.live.hub import Hub, Seat
from bedboard.live.news import OWN_NEWS, News
from bedboard.live.socket import OwnChannel
from bedboard.live.viewer import Viewer
from bedboard.views.cards import Card
from bedboard.views.late import Late, late_of
from bedboard.views.pieces import Audience


def _overview(shelter_id: str | None) -> Audience:
    """Return the pages that show something of this shelter among others; None: of every shelter."""
    return Audience("overview", "", shelter_id)


class ShelterNews:
    """A watcher of the board."""

    def __init__(self, board: Board, hub: Hub[Viewer], news: News) -> None:
        self._hub = hub
        self._news = news
        self._late: dict[str, Late | None] = {}
        board.watchers[self] = None

    def see(self, changed: Sequence[Card]) -> None:
        is_news = False
        if changed:
            self._hub.publish(_overview(None), "own", OWN_NEWS)
        for card in changed:
            self._hub.publish(_overview(card.id), "own", OWN_NEWS)
            late = late_of(card)
            is_news |= late != self._late.get(card.id)
            self._late[card.id] = late
        if is_news:
            self._news.tell_where(lambda viewer: viewer.role == "desk")


class OverviewChannel(OwnChannel):
    """The channel of a page with several shelters: it is told to ask again when one of them (None: when any) changes."""

    def __init__(
        self,
        board: Board,
        hub: Hub[Viewer],
        audience: Audience,
        on_active: Callable[[], Awaitable[None]],
        shelter_ids: Collection[str | None],
    ) -> None:
        super().__init__(board, audience, on_active)
        self._hub = hub
        self._shelter_ids = shelter_ids

    def begin(self, seat: Seat[Viewer]) -> None:
        for shelter_id in self._shelter_ids:
            self._hub.join(seat, _overview(shelter_id), lambda: OWN_NEWS)
