"""Own news: tell a person's pages and programs that something of their own has changed, and never what it is.

Messages to a shared audience contain nothing about one person. A page that gets own news asks for the change over HTTP.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from bedboard.live.hub import Hub
from bedboard.live.viewer import Viewer
from bedboard.views.cards import Card
from bedboard.views.objects import to_json

OWN_NEWS = b'{"type":"own"}'


class Hold(NamedTuple):
    """A live claim, as far as its holder is told of a change. `until` None: a placement. `has_place`: its place is open.

    Several places of one promise have the same `claim_id`.
    """

    holder: str
    place_id: str
    claim_id: str
    until: datetime | None
    has_place: bool


class News:
    """The holders of the places on the board, and the way to the pages and programs that have news."""

    def __init__(self, hub: Hub[Viewer]) -> None:
        self._hub = hub
        self._holders: dict[str, frozenset[Hold]] = {}  # by shelter

    def note_holders(self, card: Card) -> None:
        """Keep the holders of this shelter's places, and tell everyone whose holds differ from before."""
        before = self._holders.get(card.id, frozenset())
        after = frozenset(
            Hold(claim.holder_key, place.id, claim.id, claim.until, place.claim is not None)
            for place in card.places
            if (claim := place.claim or place.shut_out) and claim.holder_key
        )
        self._holders[card.id] = after
        for key in {hold.holder for hold in before ^ after}:
            self.tell(key)

    def forget_holders(self, shelter_id: str) -> None:
        """Drop the holders of a shelter that no longer exists, without a word."""
        self._holders.pop(shelter_id, None)

    def has_hold(self, key: str) -> bool:
        """Return whether this actor (`Actor.key`) has a live hold, as far as this process knows."""
        return any(key == hold.holder for holds in self._holders.values() for hold in holds)

    def tell(self, key: str) -> None:
        """Tell every page of this person (`Actor.key`) that something of their own has changed."""
        self.tell_where(lambda viewer: viewer.key == key)

    def tell_where(self, predicate: Callable[[Viewer], bool]) -> None:
        """Tell the pages of all people that the predicate picks that something of their own has changed."""
        self._hub.send_where(lambda viewer: viewer.key is not None and predicate(viewer), "own", OWN_NEWS)

    def tell_programs(self, noun: str, predicate: Callable[[Viewer], bool]) -> None:
        """Tell the programs that the predicate picks to ask again for what `noun` names ("requests")."""
        message = to_json({"type": noun})
        self._hub.send_where(lambda viewer: viewer.key is None and predicate(viewer), noun, message)
