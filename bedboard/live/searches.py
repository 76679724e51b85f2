"""Searches of a whole board, each in its turn."""

from collections.abc import Callable
from datetime import datetime

from bedboard.live.board import Board
from bedboard.live.turns import Turns, breathe
from bedboard.rules.access import Role
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import Unavailable
from bedboard.store.board import Catalogue
from bedboard.views.found import Deciders, Found, deciders_of


class Searches:
    """The searches of one process.

    A group that may be split takes up to a second, all others some milliseconds. So splits have a round of their own, and
    between two shelters everything that waits goes first.
    """

    def __init__(self, board: Board, turns: Turns, now: Callable[[], datetime]) -> None:
        self._board = board
        self.turns = turns
        self._now = now
        self._splits = Turns()

    async def found(self, key: str, role: Role, profile: Profile, most: int | None) -> Found:
        """Wait for the turn of this person or program (`Actor.key`), and return the result; see `Columns.found`.

        A result for a group that may be split is of the moment at which its turn began. Refusal: Unavailable while nothing has
        been read.
        """
        columns = self._board.columns
        if profile.split:
            async with self._splits.of(key):
                catalogue, deciders = self._present(role)
                return await breathe(columns.steps(profile, catalogue, most, deciders))
        async with self.turns.of(key):
            catalogue, deciders = self._present(role)
            return columns.found(profile, catalogue, most, deciders)

    def _present(self, role: Role) -> tuple[Catalogue, Deciders]:
        """Return the catalogue of the cards, and the sides that decide now."""
        catalogue = self._board.catalogue
        if catalogue is None:
            raise Unavailable("database_away")
        return catalogue, deciders_of(catalogue, role, self._now())
