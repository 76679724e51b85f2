"""Results of searches that were found a moment ago, for callers that search for the same."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

MOST_KEPT = 100

Result = TypeVar("Result")


class Recent:
    """Results by key. The owner forgets them after each change of the board, and every second: no search stays for long."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Any] = {}

    def forget(self) -> None:
        self._kept.clear()

    def get(self, key: Hashable) -> Any:
        """Return the result under this key; None: there is none."""
        return self._kept.get(key)

    def keep(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """Return the result under this key, made now if there is none."""
        if key not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = make()
        result: Result = self._kept[key]
        return result
