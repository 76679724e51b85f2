"""When each tile of a shelter's own page last changed, as far as this process knows.

A page that shows the shelter as of some stamp needs the tiles that changed after it, and the frame around them. So a change of
one place sends one tile, also where a shelter has hundreds.
"""

from collections.abc import Sequence

from bedboard.store.board import Catalogue
from bedboard.views.cards import Card, PlaceView, Stamp
from bedboard.views.pieces import Audience, Pieces

MOST_TILES = 24  # more than these are sent as a whole page


class Tiles:
    """The stamps of the tiles. A shelter whose places come, go or move starts again: then every tile counts as changed."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._stamps: dict[str, dict[str, Stamp]] = {}
        self._published: dict[str, Stamp] = {}

    def take(self, before: Card | None, card: Card) -> None:
        """Compare a new card with the one before it; None: there was none."""
        old = self._stamps.get(card.id, {})
        if before is None or [place.id for place in before.places] != [place.id for place in card.places]:
            self._stamps[card.id] = {place.id: card.stamp for place in card.places}
            return
        for place, was in zip(card.places, before.places, strict=True):
            if place != was:
                old[place.id] = card.stamp

    def forget(self, shelter_id: str) -> None:
        self._stamps.pop(shelter_id, None)
        self._published.pop(shelter_id, None)

    def news(self, card: Card) -> Sequence[PlaceView] | None:
        """Return the places whose tiles changed since the last call for this shelter; None: all viewers need the whole page."""
        last = self._published.get(card.id)
        self._published[card.id] = card.stamp
        return None if last is None else self.since(card, str(last))

    def since(self, card: Card, known: str) -> Sequence[PlaceView] | None:
        """Return the places whose tiles changed after the stamp that a page shows; None: it needs the whole page.

        `known` as in `data-stamp`; "" or anything that is no stamp: the page shows nothing.
        """
        version, _, phase = known.partition(".")
        if not (known.isascii() and version.isdigit() and phase.isdigit()) or len(known) > 20:
            return None
        shown, stamps = Stamp(int(version), int(phase)), self._stamps.get(card.id, {})
        changed = [place for place in card.places if stamps.get(place.id, card.stamp) > shown]
        return changed if len(changed) <= MOST_TILES and len(changed) < len(card.places) else None

    def draw(
        self, audience: Audience, card: Card, catalogue: Catalogue, tiles: Sequence[PlaceView] | None
    ) -> list[tuple[str, bytes]]:
        """Return id and element of each part of a live message about one shelter; `tiles` None: of the whole of it.

        The tiles come before the frame: a page that shows the stamp of a frame shows all tiles up to it.
        """
        faults, part = self._pieces.faults, ("tiles", audience.language)
        if audience.view == "staff" and tiles is not None and not faults.is_shown(card.id):
            try:
                drawn = [(place.id, self._pieces.tile(audience, card, place, catalogue)) for place in tiles]
                return [*drawn, (card.id, self._pieces.frame(audience, card, catalogue))]
            except Exception as bug:
                faults.note(card.id, card.stamp.version, part, bug)
        return [(card.id, self._pieces.get(audience, card, catalogue).fragment)]

    def page(self, language: str, card: Card, catalogue: Catalogue, shown: str, present: Card | None) -> str:
        """Draw the shelter's own page for one that shows it as of `shown`; "": for one that shows nothing of it.

        `present`: the card on the board. Where another one is drawn, nothing is known of its tiles.
        """
        is_present = present is not None and present.stamp == card.stamp
        return self._pieces.own_page(language, card, catalogue, self.since(card, shown) if is_present else None)
