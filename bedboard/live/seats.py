"""The two kinds of seat on the hub: one writes ready frames to the connection itself, the other keeps a mailbox.

Nothing here waits for a viewer; only `MailboxSeat.pump` awaits.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Protocol

from bedboard.live.hub import INTERNAL_ERROR, Hub, Message, Origin, Seat, V, Write


class Connection(Protocol):
    """The part of a connection that a `DirectSeat` uses; `live.member.Member` is the real one."""

    @property
    def write(self) -> Write: ...
    @property
    def paused(self) -> bool: ...
    def listen(self, on_pause: Callable[[], None], on_resume: Callable[[], None]) -> None: ...
    def check_alive(self) -> bool: ...
    def close(self, code: int) -> None: ...
    def abort(self) -> None: ...


class DirectSeat(Seat[V]):
    """A seat that writes ready frames to the connection, and keeps only the newest pulse for a lagging viewer."""

    __slots__ = ("_connection", "_missed", "_missed_pulses")

    def __init__(self, hub: Hub[V], viewer: V, connection: Connection) -> None:
        super().__init__(hub, viewer)
        self._connection = connection
        self._missed: dict[Hashable, None] | None = None  # audiences, in order
        self._missed_pulses: dict[Hashable, Message] | None = None
        connection.listen(self._pause, self._resume)
        self.write = None if connection.paused else connection.write
        if connection.paused:
            self._pause()

    def deliver(self, origin: Hashable, key: Hashable, message: Message) -> None:
        if origin is Origin.EVERYWHERE:
            self._missed_pulses = {**(self._missed_pulses or {}), key: message}
            return
        missed = self.catch_ups if origin is Origin.ALONE else (origin,)
        self._missed = {**(self._missed or {}), **dict.fromkeys(missed)}

    def check_alive(self) -> bool:
        return self._connection.check_alive()

    def close(self, code: int) -> None:
        self._connection.close(code)

    def abort(self) -> None:
        self._connection.abort()

    def _pause(self) -> None:
        self.write = None
        self._hub.note_blocked(self)

    def _resume(self) -> None:
        self.write = self._connection.write
        self._hub.note_flowing(self)
        if self.closed:
            return
        try:
            # Each write may pause us again; the rest then waits for the next resume. An audience is taken off the list
            # before its state is read, so only a publication after this step can ask for another snapshot.
            while self._missed and self.write is not None:
                del self._missed[audience := next(iter(self._missed))]
                self.write(self._hub.encode(self.catch_ups[audience]()))
            # The pulse says "all up to here has reached you", so it comes after the state.
            while self._missed_pulses and self.write is not None:
                self.write(self._hub.encode(self._missed_pulses.pop(next(iter(self._missed_pulses)))))
        except Exception as error:
            # A viewer without its snapshot would show an old board as a live one: let it come back instead.
            self._hub.fail(self, error)


class MailboxSeat(Seat[V]):
    """A seat that keeps the newest message per key for its own pump: for servers whose transport is out of our reach."""

    def __init__(self, hub: Hub[V], viewer: V) -> None:
        super().__init__(hub, viewer)
        self._newest: dict[tuple[Hashable, Hashable], Message] = {}
        self._wake = asyncio.Event()
        self._limit = asyncio.timeout(None)
        self._code: int | None = None
        self._pumping = False

    def __len__(self) -> int:
        return len(self._newest)

    def check_alive(self) -> bool:
        return True  # its server sends the pings

    def deliver(self, origin: Hashable, key: Hashable, message: Message) -> None:
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
        """Send messages until the hub closes this seat; return the code to close the socket with. Run it once."""
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
        # The whole batch before anything newer: a busy key, always moved to the end, would otherwise never be sent.
        batch, self._newest = self._newest, {}
        self._wake.clear()
        for message in batch.values():
            if self._code is not None:  # closed by now, though the cancellation has not reached us yet
                return
            self._hub.note_blocked(self)
            await send_text(message if isinstance(message, str) else message.decode())
            self._hub.note_flowing(self)
