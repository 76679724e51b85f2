"""Ready answers and snapshots, kept for a moment: screens that come back together ask for the same ones."""

from collections.abc import Callable, Hashable

MOST_KEPT = 30


class Kept:
    """The bytes that were made for one state of the board."""

    def __init__(self) -> None:
        self._state: Hashable = None
        self._made: dict[Hashable, bytes] = {}

    def get(self, state: Hashable, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return what is kept under this key, made now if it is not, or if the state is another one."""
        if self._state != state:
            self._made, self._state = {}, state
        kept = self._made.get(key)
        if kept is None:
            kept = make()
            if len(self._made) >= MOST_KEPT:
                del self._made[next(iter(self._made))]
            self._made[key] = kept
        return kept
