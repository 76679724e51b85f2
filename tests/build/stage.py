"""A hub with hand-made connections, a clock that the test turns, and boards that its viewers must come to."""

from collections.abc import Callable

from hypothesis import strategies as st

from bedboard.live.hub import Hub, Message
from bedboard.live.seats import DirectSeat, MailboxSeat

Versions = dict[str, int]


class FakeConnection:
    """A connection whose kernel takes `room` frames; the next one waits here and pauses the writer, as asyncio does."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.room = room
        self.taken: list[bytes] = []
        self.waiting: list[bytes] = []
        self.closed_with: list[int] = []
        self.aborted = 0
        self.broken = False
        self.alive = True
        self.asked = 0
        self._on_pause: Callable[[], None] = lambda: None
        self._on_resume: Callable[[], None] = lambda: None

    @property
    def paused(self) -> bool:
        return bool(self.waiting)

    def listen(self, on_pause: Callable[[], None], on_resume: Callable[[], None]) -> None:
        self._on_pause, self._on_resume = on_pause, on_resume

    def write(self, frame: bytes) -> None:
        if self.broken:
            raise OSError("no such socket")
        if self.room:
            self.room -= 1
            self.taken.append(frame)
        else:
            self.waiting.append(frame)
            if len(self.waiting) == 1:
                self._on_pause()

    def read(self, frames: int) -> None:
        """The viewer reads again: room for that many frames, what waited goes first."""
        self.room += frames
        while self.room and self.waiting:
            self.room -= 1
            self.taken.append(self.waiting.pop(0))
            if not self.waiting:
                self._on_resume()

    def check_alive(self) -> bool:
        self.asked += 1
        return self.alive

    def close(self, code: int) -> None:
        self.closed_with.append(code)

    def abort(self) -> None:
        self.aborted += 1


class Stage:
    """A hub, its clock, and what it was asked and told."""

    def __init__(self) -> None:
        self.now = 100.0
        self.encoded: list[Message] = []
        self.errors: list[Exception] = []
        self.hub: Hub[str] = Hub(self.encode, lambda: self.now, patience_seconds=10, on_error=self.errors.append)

    def encode(self, message: Message) -> bytes:
        self.encoded.append(message)
        return b"#" + (message.encode() if isinstance(message, str) else message)

    def drop_stuck(self, now: float) -> int:
        self.now = now
        return self.hub.drop_stuck(now)

    def seat(self, viewer: str, room: int = 1_000_000, audience: str = "board") -> tuple[DirectSeat[str], FakeConnection]:
        line = FakeConnection(room)
        seat = DirectSeat(self.hub, viewer, line)
        self.hub.join(seat, audience, lambda: f"all of {audience}")
        return seat, line

    def mailbox(self, viewer: str = "an") -> MailboxSeat[str]:
        """Seat a viewer of the board that has a mailbox, whose snapshots do not matter."""
        seat = MailboxSeat(self.hub, viewer)
        self.hub.join(seat, "board", lambda: "unused")
        return seat


Step = st.one_of(
    st.tuples(st.just("publish"), st.sampled_from(["amber", "birch", "cedar"])), st.tuples(st.just("read"), st.just(""))
)


def state(board: Versions) -> str:
    return " ".join(f"{shelter}={version}" for shelter, version in board.items())


def after(before: Versions, messages: list[str]) -> Versions:
    """Return the board of a page that applies the messages in turn; fail when a version goes down."""
    shown = dict(before)
    for word in " ".join(messages).split():
        shelter, version = word.split("=")
        assert int(version) >= shown[shelter], "an older state came after a newer one"
        shown[shelter] = int(version)
    return shown
