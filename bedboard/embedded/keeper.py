"""The keeper of a running server: it starts the server again whenever that ends by itself."""

import threading
import time
from collections.abc import Callable
from typing import Literal, Protocol

from bedboard.embedded.errors import EmbeddedError

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
LIVED_SECONDS = 60.0  # a server that lived for so long is started again at once; any other one after a longer pause each time

Event = Literal["ended", "not_started", "back"]
Tell = Callable[[Event, str], None]
"""Hears what has happened, and why in a word. Called in a thread of its own."""


class Kept(Protocol):
    """A server that can be started again."""

    def wait(self) -> None:
        """Wait until the server has ended, however that happened."""

    def restart(self) -> None:
        """Start it again where it was. Raises EmbeddedError, OSError."""

    def why_ended(self) -> str:
        """Return a word for what its log says last."""


def pause_seconds(attempt: int) -> float:
    """Return the pause before this attempt, counted from 0: it doubles with each."""
    return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(attempt, 10))


class Keeper:
    """One thread, from the call of `begin` to that of `end`."""

    def __init__(self, server: Kept, tell: Tell) -> None:
        self._server = server
        self._tell = tell
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper of the database", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Start the server no more. The caller ends the server next, and then waits for `join`."""
        self._is_over.set()

    def join(self) -> None:
        self._thread.join()

    def _keep(self) -> None:
        attempt = 0
        while True:
            begun = time.monotonic()
            self._server.wait()
            if self._is_over.is_set():
                return
            self._tell("ended", self._server.why_ended())
            attempt = 0 if time.monotonic() - begun > LIVED_SECONDS else attempt
            while not self._is_over.wait(pause_seconds(attempt)):
                attempt += 1
                try:
                    self._server.restart()
                except (EmbeddedError, OSError):
                    if not self._is_over.is_set():
                        self._tell("not_started", self._server.why_ended())
                else:
                    self._tell("back", "")
                    break
            else:
                return
