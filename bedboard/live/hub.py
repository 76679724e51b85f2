"""The hub: the seats of all viewers by audience, and the newest message for each of them.

Knows nothing of boards, people, HTTP or time: messages come ready made, the clock and the frame encoder are handed in.
Everything here is synchronous, in one thread, and never waits for a viewer. The kinds of seat: `bedboard.live.seats`.

The law: messages that a lagging viewer missed are made good by whole state, never by a queue.
"""

from collections.abc import Callable, Hashable, Iterable
from enum import Enum, auto
from typing import Generic, TypeVar

Message = str | bytes
"""A text message; bytes are the same text already in UTF-8."""

CatchUp = Callable[[], Message]
"""Return the whole present state of one audience. Called in the step that writes it, so it must not await or be slow."""

TRY_AGAIN_LATER = 1013
INTERNAL_ERROR = 1011
CLOSE_GRACE_SECONDS = 1.0
"""The time a closed viewer has to take its close frame before its transport is cut."""

V = TypeVar("V")


class Origin(Enum):
    """The source of a message that comes from no audience."""

    EVERYWHERE = auto()
    """The pulse: part of no state, and worth nothing once there is a newer one."""
    ALONE = auto()
    """For this viewer only; the state of its audiences contains it."""


class Seat(Generic[V]):
    """One viewer's place on the hub. `Hub.close_where` and `Hub.send_where` pick seats by `viewer`."""

    def __init__(self, hub: "Hub[V]", viewer: V) -> None:
        self.viewer = viewer
        self.closed = False
        self.catch_ups: dict[Hashable, CatchUp] = {}
        self._hub = hub

    def deliver(self, origin: Hashable, key: Hashable, message: Message, frame: bytes) -> None:
        """Take a message of an audience or an `Origin`; `frame` is the same message, ready for the wire."""
        raise NotImplementedError

    def close(self, code: int) -> None:
        """Send a close frame with this code, without waiting."""
        raise NotImplementedError

    def abort(self) -> None:
        """Cut the connection without a word."""
        raise NotImplementedError


class Hub(Generic[V]):
    """All seats of this process.

    `encode` makes a WebSocket frame of a message; `monotonic` returns seconds; `on_error` is called with an error that nobody
    foresaw, of one viewer (it is closed with 1011, the others do not notice).
    """

    def __init__(
        self,
        encode: Callable[[Message], bytes],
        monotonic: Callable[[], float],
        patience_seconds: float = 10.0,
        on_error: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        self.encode = encode
        self._monotonic = monotonic
        self._patience_seconds = patience_seconds
        self._on_error = on_error
        self._seats: dict[Seat[V], None] = {}
        self._rooms: dict[Hashable, dict[Seat[V], None]] = {}
        self._blocked: dict[Seat[V], float] = {}
        self._closing: dict[Seat[V], float] = {}

    def __len__(self) -> int:
        return len(self._seats)

    @property
    def lagging(self) -> int:
        """Count the viewers that cannot take a message at this moment."""
        return len(self._blocked)

    def audiences(self) -> frozenset[Hashable]:
        """Return the audiences with a member: nothing needs to be rendered for the others."""
        return frozenset(self._rooms)

    def viewers(self) -> list[V]:
        """Return the viewer of every seat."""
        return [seat.viewer for seat in self._seats]

    def join(self, seat: Seat[V], audience: Hashable, catch_up: CatchUp) -> None:
        """Seat the viewer in an audience, one of several perhaps. A seat that was closed meanwhile stays out."""
        if seat.closed:
            return
        seat.catch_ups[audience] = catch_up
        self._seats[seat] = None
        self._rooms.setdefault(audience, {})[seat] = None

    def leave(self, seat: Seat[V]) -> None:
        """Forget the viewer; its socket calls this at its end. Harmless when repeated."""
        if self._blocked.pop(seat, None) is not None:
            # Its connection would wait for ever to flush what the viewer does not read.
            self._closing.setdefault(seat, self._monotonic())
        self._seats.pop(seat, None)
        for audience in seat.catch_ups:
            room = self._rooms.get(audience, {})
            room.pop(seat, None)
            if not room:
                self._rooms.pop(audience, None)
        seat.closed = True

    def publish(self, audience: Hashable, key: Hashable, message: Message) -> None:
        """Hand a message to every viewer of the audience; for one that lags, the newest per key or a snapshot later."""
        self._hand_out(self._rooms.get(audience, ()), audience, key, message)

    def publish_everywhere(self, key: Hashable, message: Message) -> None:
        """Hand the pulse to every viewer; one that lags gets the newest, after its snapshot."""
        self._hand_out(self._seats, Origin.EVERYWHERE, key, message)

    def send(self, seat: Seat[V], key: Hashable, message: Message) -> None:
        """Hand a message to one viewer, such as the first snapshot; one that lags gets its catch-up instead."""
        self._hand_out(() if seat.closed else (seat,), Origin.ALONE, key, message)

    def send_where(self, predicate: Callable[[V], bool], key: Hashable, message: Message) -> None:
        """Hand a message to every viewer that the predicate picks; one that lags gets its catch-up instead."""
        self._hand_out([seat for seat in self._seats if predicate(seat.viewer)], Origin.ALONE, key, message)

    def close(self, seat: Seat[V], code: int) -> None:
        """Send nothing more to this viewer but a close frame, which it gets if it still reads; cut it a little later."""
        if seat.closed:
            return
        self.leave(seat)
        self._closing[seat] = self._monotonic()
        try:
            seat.close(code)
        except Exception as error:
            self._on_error(error)

    def close_where(self, predicate: Callable[[V], bool], code: int) -> int:
        """Close every viewer that the predicate picks (signed out, disabled, other role); return how many."""
        found = [seat for seat in self._seats if predicate(seat.viewer)]
        for seat in found:
            self.close(seat, code)
        return len(found)

    def drop_stuck(self, now: float) -> int:
        """Close viewers that could not take a message for too long, cut those closed before; return how many were closed.

        Call it every second or so; `now` is of the same clock as `monotonic`.
        """
        for seat in [seat for seat, since in self._closing.items() if now - since >= CLOSE_GRACE_SECONDS]:
            del self._closing[seat]
            try:
                seat.abort()
            except Exception as error:
                self._on_error(error)
        stuck = [seat for seat, since in self._blocked.items() if now - since >= self._patience_seconds]
        for seat in stuck:
            self.close(seat, TRY_AGAIN_LATER)
        return len(stuck)

    def note_blocked(self, seat: Seat[V]) -> None:
        """Note that this viewer cannot take more from now on. Called by seats."""
        if not seat.closed:
            self._blocked[seat] = self._monotonic()

    def note_flowing(self, seat: Seat[V]) -> None:
        """Note that this viewer takes messages again. Called by seats."""
        self._blocked.pop(seat, None)

    def fail(self, seat: Seat[V], error: Exception) -> None:
        """Close a viewer whose seat or channel has a bug: it comes back and begins with whole state."""
        self._on_error(error)
        self.close(seat, INTERNAL_ERROR)

    def _hand_out(self, seats: Iterable[Seat[V]], origin: Hashable, key: Hashable, message: Message) -> None:
        members = tuple(seats)  # a copy: one that fails leaves meanwhile
        if not members:
            return
        frame = self.encode(message)
        for seat in members:
            try:
                seat.deliver(origin, key, message, frame)
            except Exception as error:
                self.fail(seat, error)
