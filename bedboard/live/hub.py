"""Who is looking at what, and the newest message for each of them.

Knows nothing of boards, people, HTTP or time: messages come ready made, the clock and the frame encoder are handed in.
Everything here is synchronous, in one thread, and never waits for a viewer; only `MailboxSeat.pump` awaits.

The law: what a viewer missed while it could not take more is made good by whole state, never by a queue.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from enum import Enum, auto
from typing import Generic, Protocol, TypeVar

Message = str | bytes
"""A text message; bytes are the same text already in UTF-8."""

CatchUp = Callable[[], Message]
"""Gives the whole present state of one audience. Called in the step that writes it, so it must not await or be slow."""

TRY_AGAIN_LATER = 1013
INTERNAL_ERROR = 1011
CLOSE_GRACE_SECONDS = 1.0
"""How long a closed viewer has to take its close frame before its transport is cut."""

V = TypeVar("V")


class Origin(Enum):
    """Where a message comes from, when it is not an audience."""

    EVERYWHERE = auto()
    """The pulse: part of no state, and worth nothing once there is a newer one."""
    ALONE = auto()
    """For this viewer only; the state of its audiences contains it."""


class Connection(Protocol):
    """What a `DirectSeat` needs of a connection; `live.wire.Wire` is the real one."""

    @property
    def paused(self) -> bool: ...
    def listen(self, on_pause: Callable[[], None], on_resume: Callable[[], None]) -> None: ...
    def write(self, frame: bytes) -> None: ...
    def close(self, code: int) -> None: ...
    def abort(self) -> None: ...


class Seat(Generic[V]):
    """One viewer's place on the hub. `viewer` is whatever `Hub.close_where` has to recognise."""

    def __init__(self, hub: "Hub[V]", viewer: V) -> None:
        self.viewer = viewer
        self.closed = False
        self.catch_ups: dict[Hashable, CatchUp] = {}
        self._hub = hub

    def deliver(self, origin: Hashable, key: Hashable, message: Message, frame: bytes) -> None:
        """Take a message of an audience or an `Origin`; `frame` is the same message, ready for the wire."""
        raise NotImplementedError

    def close(self, code: int) -> None:
        raise NotImplementedError

    def abort(self) -> None:
        raise NotImplementedError


class DirectSeat(Seat[V]):
    """Writes ready frames to the connection. Holds nothing back for a lagging viewer but the newest pulse."""

    def __init__(self, hub: "Hub[V]", viewer: V, connection: Connection) -> None:
        super().__init__(hub, viewer)
        self._connection = connection
        self._paused = False
        self._missed: dict[Hashable, None] = {}  # audiences, in order
        self._missed_pulses: dict[Hashable, bytes] = {}
        connection.listen(self._pause, self._resume)
        if connection.paused:
            self._pause()

    def deliver(self, origin: Hashable, key: Hashable, message: Message, frame: bytes) -> None:
        if not self._paused:
            self._connection.write(frame)
        elif origin is Origin.EVERYWHERE:
            self._missed_pulses[key] = frame
        elif origin is Origin.ALONE:
            self._missed.update(dict.fromkeys(self.catch_ups))
        else:
            self._missed[origin] = None

    def close(self, code: int) -> None:
        self._connection.close(code)

    def abort(self) -> None:
        self._connection.abort()

    def _pause(self) -> None:
        self._paused = True
        self._hub.note_blocked(self)

    def _resume(self) -> None:
        self._paused = False
        self._hub.note_flowing(self)
        if self.closed:
            return
        try:
            # Each write may pause us again; what is left then waits for the next resume. What was missed is forgotten
            # before its state is read, so only a publication after this step can ask for another snapshot.
            while self._missed and not self._paused:
                del self._missed[audience := next(iter(self._missed))]
                self._connection.write(self._hub.encode(self.catch_ups[audience]()))
            # The pulse says "all up to here has reached you", so it comes after the state.
            while self._missed_pulses and not self._paused:
                self._connection.write(self._missed_pulses.pop(next(iter(self._missed_pulses))))
        except Exception as error:
            # A viewer without its snapshot would show an old board as a live one: let it come back instead.
            self._hub.fail(self, error)


class MailboxSeat(Seat[V]):
    """Keeps the newest message per key for a pump of its own: for servers whose transport is out of our reach."""

    def __init__(self, hub: "Hub[V]", viewer: V) -> None:
        super().__init__(hub, viewer)
        self._newest: dict[tuple[Hashable, Hashable], Message] = {}
        self._wake = asyncio.Event()
        self._limit = asyncio.timeout(None)
        self._code: int | None = None
        self._pumping = False

    def __len__(self) -> int:
        return len(self._newest)

    def deliver(self, origin: Hashable, key: Hashable, message: Message, frame: bytes) -> None:
        self._newest.pop((origin, key), None)  # to the end: the order is that of last publication
        self._newest[origin, key] = message
        self._wake.set()

    def close(self, code: int) -> None:
        self._code = code
        self.abort()

    def abort(self) -> None:
        if self._pumping and not self._limit.expired():
            self._limit.reschedule(0.0)

    async def pump(self, send_text: Callable[[str], Awaitable[None]]) -> int:
        """Send what comes, until the hub closes this seat; gives the code to close the socket with. Run it once."""
        try:
            async with self._limit:
                self._pumping = True
                while self._code is None:
                    await self._wake.wait()
                    await self._send_all(send_text)
        except TimeoutError:
            if not self._limit.expired():  # the socket's own time-out, not our close
                raise
        finally:
            self._pumping = False
            self._hub.note_flowing(self)
        return INTERNAL_ERROR if self._code is None else self._code

    async def _send_all(self, send_text: Callable[[str], Awaitable[None]]) -> None:
        # The whole batch before anything newer: else a busy key, always moved to the end, would never be sent.
        batch, self._newest = self._newest, {}
        self._wake.clear()
        for message in batch.values():
            if self._code is not None:  # closed by now, though the cancellation has not reached us yet
                return
            self._hub.note_blocked(self)
            await send_text(message if isinstance(message, str) else message.decode())
            self._hub.note_flowing(self)


class Hub(Generic[V]):
    """All seats of this process.

    `encode` makes a WebSocket frame of a message; `monotonic` gives seconds; `on_error` hears of a viewer that failed
    in a way nobody foresaw (it is closed with 1011, the others do not notice).
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
        """How many viewers cannot take a message at this moment."""
        return len(self._blocked)

    def audiences(self) -> frozenset[Hashable]:
        """Those with a member: nothing needs to be rendered for the others."""
        return frozenset(self._rooms)

    def viewers(self) -> list[V]:
        """Who is seated, to be asked whether they still may be."""
        return [seat.viewer for seat in self._seats]

    def join(self, seat: Seat[V], audience: Hashable, catch_up: CatchUp) -> None:
        """Seat the viewer, who may be in several audiences. A seat that was closed meanwhile stays out."""
        if seat.closed:
            return
        seat.catch_ups[audience] = catch_up
        self._seats[seat] = None
        self._rooms.setdefault(audience, {})[seat] = None

    def leave(self, seat: Seat[V]) -> None:
        """Forget the viewer; the socket does so in its `finally`. Harmless when repeated."""
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
        """Hand a message to every viewer that the predicate knows; one that lags gets its catch-up instead."""
        self._hand_out([seat for seat in self._seats if predicate(seat.viewer)], Origin.ALONE, key, message)

    def close(self, seat: Seat[V], code: int) -> None:
        """Nothing more goes to this viewer; it gets a close frame if it still reads, and is cut a little later."""
        if seat.closed:
            return
        self.leave(seat)
        self._closing[seat] = self._monotonic()
        try:
            seat.close(code)
        except Exception as error:
            self._on_error(error)

    def close_where(self, predicate: Callable[[V], bool], code: int) -> int:
        """Close every viewer that the predicate knows (signed out, disabled, other role); gives how many."""
        found = [seat for seat in self._seats if predicate(seat.viewer)]
        for seat in found:
            self.close(seat, code)
        return len(found)

    def drop_stuck(self, now: float) -> int:
        """Close who could not take a message for too long, cut who was closed before; gives how many were closed.

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
        """For seats: this viewer cannot take more, from now."""
        if not seat.closed:
            self._blocked[seat] = self._monotonic()

    def note_flowing(self, seat: Seat[V]) -> None:
        self._blocked.pop(seat, None)

    def fail(self, seat: Seat[V], error: Exception) -> None:
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
