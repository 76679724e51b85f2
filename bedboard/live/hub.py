"""The hub: the seats of all viewers by audience, and the newest message for each of them.

Knows nothing of boards, people, HTTP or time: messages come ready made, the clock and the frame encoder are handed in.
Everything here is synchronous, in one thread, and never waits for a viewer. The kinds of seat: `bedboard.live.seats`.

The law: a lagging viewer misses messages, and later gets whole state. There is never a queue for it.
"""

import math
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from enum import Enum, auto
from itertools import repeat
from operator import call, length_hint
from typing import Generic, TypeVar

Message = str | bytes
"""A text message; bytes are the same text already in UTF-8."""

Write = Callable[[bytes], None]

CatchUp = Callable[[], Message]
"""Return the whole present state of one audience. Called in the step that writes it, so it must not await or be slow."""

TRY_AGAIN_LATER = 1013
INTERNAL_ERROR = 1011
CLOSE_GRACE_SECONDS = 1.0
"""The time a closed viewer has to take its close frame before its transport is cut."""

ASK_EVERY_SECONDS = 20
"""How often a viewer is asked for a sign of life; without an answer it is closed at the next time."""

V = TypeVar("V")


class Origin(Enum):
    """The source of a message that comes from no audience."""

    EVERYWHERE = auto()
    """The pulse, and the message that something of the viewer's own has changed.

    No snapshot contains them. Only the newest of each counts.
    """
    ALONE = auto()
    """A message for one viewer only, such as its first snapshot. A later snapshot of its audiences contains the same."""


class Seat(Generic[V]):
    """One viewer's place on the hub. `Hub.close_where` and `Hub.send_where` pick seats by `viewer`.

    `write`: writes a ready frame to the connection at once; None while the viewer cannot take one, and for a mailbox: then
    `deliver` is called.
    """

    __slots__ = ("_hub", "catch_ups", "closed", "viewer", "write")

    def __init__(self, hub: "Hub[V]", viewer: V) -> None:
        self.viewer = viewer
        self.closed = False
        self.catch_ups: dict[Hashable, CatchUp] = {}
        self.write: Write | None = None
        self._hub = hub

    def deliver(self, origin: Hashable, key: Hashable, message: Message) -> None:
        """Take note of a message of an audience or an `Origin`."""
        raise NotImplementedError

    def check_alive(self) -> bool:
        """Return whether the viewer has given a sign of life since the last call, and ask it for another."""
        raise NotImplementedError

    def close(self, code: int) -> None:
        """Send a close frame with this code, without waiting."""
        raise NotImplementedError

    def abort(self) -> None:
        """Cut the connection without a word."""
        raise NotImplementedError


class SeatGroup(Generic[V]):
    """The seats of one audience: those that can take a frame, with the call that writes it, and the others."""

    __slots__ = ("others", "ready")

    def __init__(self) -> None:
        self.ready: dict[Seat[V], Write] = {}
        self.others: dict[Seat[V], None] = {}

    def __len__(self) -> int:
        return len(self.ready) + len(self.others)

    def __iter__(self) -> Iterator[Seat[V]]:
        yield from (*self.ready, *self.others)

    def put(self, seat: Seat[V]) -> None:
        """Put the seat where it now belongs."""
        self.drop(seat)
        if seat.write is not None:
            self.ready[seat] = seat.write
        else:
            self.others[seat] = None

    def drop(self, seat: Seat[V]) -> None:
        self.ready.pop(seat, None)
        self.others.pop(seat, None)


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
        self._encode = encode
        self._encoded: tuple[Message, bytes] = b"", b""
        self._monotonic = monotonic
        self._patience_seconds = patience_seconds
        self._on_error = on_error
        self._seats: SeatGroup[V] = SeatGroup()
        self._groups: dict[Hashable, SeatGroup[V]] = {}
        self._blocked: dict[Seat[V], float] = {}
        self._closing: dict[Seat[V], float] = {}
        self._to_ask: list[Seat[V]] = []
        self._asked_at_once = 0
        self._asked_at = self._round_at = float("-inf")

    def __len__(self) -> int:
        return len(self._seats)

    def encode(self, message: Message) -> bytes:
        """Return the frame of a message; the same message again, such as a first snapshot, is encoded once."""
        if self._encoded[0] is not message:
            self._encoded = message, self._encode(message)
        return self._encoded[1]

    @property
    def lagging(self) -> int:
        """Count the viewers that cannot take a message at this moment."""
        return len(self._blocked)

    def audiences(self) -> frozenset[Hashable]:
        """Return the audiences with a member: nothing needs to be rendered for the others."""
        return frozenset(self._groups)

    def viewers(self) -> list[V]:
        """Return the viewer of every seat."""
        return [seat.viewer for seat in self._seats]

    def join(self, seat: Seat[V], audience: Hashable, catch_up: CatchUp) -> None:
        """Seat the viewer in an audience; it may be in several. A seat that was closed meanwhile stays out."""
        if seat.closed:
            return
        seat.catch_ups[audience] = catch_up
        self._seats.put(seat)
        self._groups.setdefault(audience, SeatGroup()).put(seat)

    def leave(self, seat: Seat[V]) -> None:
        """Forget the viewer; its socket calls this at its end. Harmless when repeated."""
        if self._blocked.pop(seat, None) is not None:
            # Its connection would wait for ever to flush what the viewer does not read.
            self._closing.setdefault(seat, self._monotonic())
        self._seats.drop(seat)
        for audience in seat.catch_ups:
            if (group := self._groups.get(audience)) is not None:
                group.drop(seat)
                if not group:
                    del self._groups[audience]
        seat.closed = True

    def publish(self, audience: Hashable, key: Hashable, message: Message) -> None:
        """Hand a message to every viewer of the audience; for one that lags, the newest per key or a snapshot later."""
        self._hand_out(self._groups.get(audience), audience, key, message)

    def publish_everywhere(self, key: Hashable, message: Message) -> None:
        """Hand the pulse to every viewer; one that lags gets the newest, after its snapshot."""
        self._hand_out(self._seats, Origin.EVERYWHERE, key, message)

    def send(self, seat: Seat[V], key: Hashable, message: Message) -> None:
        """Hand a message to one viewer, such as the first snapshot; one that lags gets its catch-up instead."""
        if not seat.closed:
            self._hand_to(seat, Origin.ALONE, key, message, self.encode(message))

    def send_where(self, predicate: Callable[[V], bool], key: Hashable, message: Message) -> None:
        """Hand a message to every viewer that the predicate picks.

        A lagging viewer gets the newest message of this key later, as with a pulse: no snapshot contains it.
        """
        picked = [seat for seat in self._seats if predicate(seat.viewer)]
        frame = self.encode(message) if picked else b""
        for seat in picked:
            self._hand_to(seat, Origin.EVERYWHERE, key, message, frame)

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
        """Close viewers that could not take a message for too long, and cut those that were closed before them.

        Return how many were closed now.

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

    def check_alive(self, now: float) -> None:
        """Ask a part of the viewers for a sign of life, and close those that gave none.

        Call it every second or so; `now` is of the same clock as `monotonic`. Every viewer is asked once in
        `ASK_EVERY_SECONDS`, one part of them at a time, so that no change waits behind pings.
        """
        if now - self._asked_at < 1.0:
            return
        self._asked_at = now
        if not self._to_ask and now - self._round_at >= ASK_EVERY_SECONDS:
            self._round_at = now
            self._to_ask = list(self._seats)
            self._asked_at_once = math.ceil(len(self._to_ask) / ASK_EVERY_SECONDS)
        for seat in [self._to_ask.pop() for _ in range(min(self._asked_at_once, len(self._to_ask)))]:
            if not seat.closed and not seat.check_alive():
                self.close(seat, TRY_AGAIN_LATER)

    def note_blocked(self, seat: Seat[V]) -> None:
        """Note that this viewer cannot take more from now on. Called by seats."""
        if not seat.closed:
            self._blocked[seat] = self._monotonic()
            self._move(seat)

    def note_flowing(self, seat: Seat[V]) -> None:
        """Note that this viewer takes messages again. Called by seats."""
        self._blocked.pop(seat, None)
        if not seat.closed:
            self._move(seat)

    def _move(self, seat: Seat[V]) -> None:
        for audience in seat.catch_ups:
            self._groups[audience].put(seat)
        if seat.catch_ups:
            self._seats.put(seat)

    def fail(self, seat: Seat[V], error: Exception) -> None:
        """Close a viewer whose seat or channel has a bug: it comes back and begins with whole state."""
        self._on_error(error)
        self.close(seat, INTERNAL_ERROR)

    def _hand_out(self, group: SeatGroup[V] | None, origin: Hashable, key: Hashable, message: Message) -> None:
        if not group:
            return
        frame = self.encode(message)
        # Copies, because the group changes meanwhile: a seat that fails leaves it, and a seat that this frame fills is moved.
        seats, others = tuple(group.ready), tuple(group.others)
        writes = iter(tuple(group.ready.values()))
        while length_hint(writes):
            try:
                deque(map(call, writes, repeat(frame)), maxlen=0)  # no line of Python for each viewer
            except Exception as error:
                self.fail(seats[len(seats) - length_hint(writes) - 1], error)
        for seat in others:
            seat.deliver(origin, key, message)

    def _hand_to(self, seat: Seat[V], origin: Origin, key: Hashable, message: Message, frame: bytes) -> None:
        if seat.write is None:
            seat.deliver(origin, key, message)
            return
        try:
            seat.write(frame)
        except Exception as error:
            self.fail(seat, error)
