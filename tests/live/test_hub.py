"""The hub alone and the viewers that it writes to directly: hand-made connections, a clock that the test turns."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.live.hub import ASK_EVERY_SECONDS, Message
from bedboard.live.seats import DirectSeat
from tests.build.stage import FakeConnection, Stage, Step, Versions, after, state


def test_one_encoding_serves_every_viewer_of_the_audience() -> None:
    stage = Stage()
    lines = [stage.seat(str(number))[1] for number in range(3)]
    _, other = stage.seat("elsewhere", audience="requests")
    stage.hub.publish("board", "amber", "hello")
    assert stage.encoded == ["hello"]
    assert all(line.taken == [b"#hello"] and line.taken[0] is lines[0].taken[0] for line in lines)
    assert other.taken == []


def test_nothing_is_encoded_for_nobody() -> None:
    stage = Stage()
    stage.hub.publish("board", "amber", "hello")
    stage.hub.publish_everywhere("pulse", "tick")
    seat, _ = stage.seat("an")
    assert stage.hub.audiences() == {"board"}
    assert len(stage.hub) == 1
    stage.hub.leave(seat)
    stage.hub.leave(seat)
    stage.hub.publish("board", "amber", "hello")
    assert stage.encoded == []
    assert stage.hub.audiences() == frozenset()
    assert len(stage.hub) == 0


def test_a_lagging_viewer_is_left_out_and_catches_up_with_one_snapshot() -> None:
    stage = Stage()
    _, line = stage.seat("slow", room=1)
    for number in range(50):
        stage.hub.publish("board", f"shelter {number}", f"message {number}")
    assert line.taken == [b"#message 0"]
    assert line.waiting == [b"#message 1"]
    assert stage.hub.lagging == 1
    line.read(10)
    assert line.taken[2:] == [b"#all of board"]
    assert stage.hub.lagging == 0
    stage.hub.publish("board", "amber", "after")
    assert line.taken[3:] == [b"#after"]


def test_a_viewer_that_missed_nothing_gets_no_snapshot() -> None:
    stage = Stage()
    _, line = stage.seat("slow", room=0)
    stage.hub.publish("board", "amber", "one")
    line.read(10)
    assert line.taken == [b"#one"]


def test_snapshots_end_when_nothing_is_published_even_if_each_one_pauses_again() -> None:
    stage = Stage()
    _, line = stage.seat("slow", room=0)
    stage.hub.publish("board", "amber", "one")
    stage.hub.publish("board", "amber", "two")
    line.read(1)  # takes "one"; the snapshot fills the line again
    assert line.waiting == [b"#all of board"]
    line.read(1)
    line.read(5)
    assert line.taken == [b"#one", b"#all of board"]
    assert stage.hub.lagging == 0


def test_the_newest_pulse_comes_after_the_snapshot() -> None:
    stage = Stage()
    _, line = stage.seat("slow", room=0)
    stage.hub.publish("board", "amber", "one")
    for number in range(3):
        stage.hub.publish_everywhere("pulse", f"pulse {number}")
    stage.hub.publish("board", "amber", "two")
    line.read(1)
    assert line.waiting == [b"#all of board"]
    line.read(5)
    assert line.taken == [b"#one", b"#all of board", b"#pulse 2"]


def test_a_viewer_of_two_audiences_gets_one_pulse_and_only_the_snapshot_it_missed() -> None:
    stage = Stage()
    seat, line = stage.seat("an", room=1)
    stage.hub.join(seat, "requests", lambda: "all of requests")
    stage.hub.publish_everywhere("pulse", "tick")
    stage.hub.publish("board", "amber", "one")
    stage.hub.publish("requests", "case", "two")
    line.read(10)
    assert line.taken == [b"#tick", b"#one", b"#all of requests"]
    line.room = 0
    for audience in ("board", "requests", "board"):
        stage.hub.publish(audience, "amber", "three")
    stage.hub.publish("board", "amber", "four")
    line.read(1)
    assert len(line.waiting) == 1, "the second snapshot is not made before there is room for it"
    line.read(10)
    assert line.taken[3:] == [b"#three", b"#all of requests", b"#all of board"]


def test_a_private_message_to_a_lagging_viewer_comes_with_its_snapshot() -> None:
    stage = Stage()
    seat, line = stage.seat("an", room=1)
    stage.hub.send(seat, "greeting", b"welcome")
    stage.hub.send(seat, "greeting", "fills the line")
    stage.hub.send(seat, "greeting", "missed")
    line.read(10)
    assert line.taken == [b"#welcome", b"#fills the line", b"#all of board"]


def test_a_viewer_that_was_full_before_it_sat_down_counts_as_lagging() -> None:
    stage = Stage()
    line = FakeConnection(room=0)
    line.write(b"sent before")
    stage.hub.join(DirectSeat(stage.hub, "an", line), "board", lambda: "all")
    stage.hub.publish("board", "amber", "one")
    line.read(10)
    assert line.taken == [b"sent before", b"#all"]


@given(st.lists(st.booleans(), max_size=8))
def test_broken_viewers_are_closed_and_the_others_notice_nothing(broken: list[bool]) -> None:
    stage = Stage()
    lines = [stage.seat(str(number))[1] for number in range(len(broken))]
    for line, is_broken in zip(lines, broken, strict=True):
        line.broken = is_broken
    stage.hub.publish("board", "amber", "hello")
    for line in lines:
        assert (line.taken, line.closed_with) == (([], [1011]) if line.broken else ([b"#hello"], []))
    assert len(stage.hub) == broken.count(False)
    assert [str(error) for error in stage.errors] == ["no such socket"] * broken.count(True)


def test_a_viewer_whose_snapshot_cannot_be_made_is_closed_rather_than_left_with_an_old_board() -> None:
    stage = Stage()
    seat, line = stage.seat("an", room=0)

    def no_snapshot() -> Message:
        raise LookupError("no board yet")

    stage.hub.join(seat, "board", no_snapshot)
    stage.hub.publish("board", "amber", "one")
    stage.hub.publish("board", "amber", "two")
    line.read(5)
    assert line.closed_with == [1011]
    assert len(stage.errors) == 1
    assert len(stage.hub) == 0


def test_a_viewer_that_stays_full_is_closed_with_1013_and_then_cut() -> None:
    stage = Stage()
    _, line = stage.seat("stuck", room=0)
    stage.seat("fine")
    stage.hub.publish("board", "amber", "one")
    stage.now += 5
    stage.hub.publish("board", "amber", "two")  # patience runs from the pause, not from the last message
    assert stage.drop_stuck(109.9) == 0
    assert stage.drop_stuck(110.0) == 1
    assert (line.closed_with, line.aborted) == ([1013], 0)
    assert len(stage.hub) == 1
    stage.drop_stuck(110.5)
    assert line.aborted == 0
    assert stage.drop_stuck(111.0) == 0
    stage.drop_stuck(120.0)
    assert (line.closed_with, line.aborted) == ([1013], 1)


def test_patience_begins_again_for_a_viewer_that_reads_again() -> None:
    stage = Stage()
    _, line = stage.seat("slow", room=0)
    stage.hub.publish("board", "amber", "one")
    stage.now += 9
    line.read(1)
    stage.hub.publish("board", "amber", "two")
    assert stage.drop_stuck(118.0) == 0
    assert stage.drop_stuck(119.0) == 1


def test_the_connection_of_a_viewer_that_leaves_while_full_is_cut_too() -> None:
    stage = Stage()
    seat, line = stage.seat("gone", room=0)
    stage.hub.publish("board", "amber", "one")
    stage.hub.leave(seat)
    assert stage.drop_stuck(101.0) == 0
    assert line.aborted == 1
    assert stage.hub.lagging == 0


def test_signing_out_closes_every_socket_of_that_person_and_no_other() -> None:
    stage = Stage()
    seat, phone = stage.seat("an")
    _, wall = stage.seat("an", room=0)
    _, other = stage.seat("bo")
    stage.hub.publish("board", "amber", "one")
    assert stage.hub.close_where(lambda viewer: viewer == "an", 4401) == 2
    stage.hub.publish("board", "amber", "two")
    assert phone.closed_with == wall.closed_with == [4401]
    assert phone.taken == [b"#one"]
    assert other.taken == [b"#one", b"#two"]
    stage.hub.join(seat, "board", lambda: "all")
    stage.hub.send(seat, "greeting", "hello")
    wall.read(5)
    assert len(stage.hub) == 1, "a closed seat stays out"
    assert wall.taken == [b"#one"]


@given(st.lists(Step, max_size=60), st.integers(0, 3))
@settings(deadline=None)
def test_direct_viewer_has_the_whole_board_whatever_it_missed(steps: list[tuple[str, str]], room: int) -> None:
    board: Versions = {"amber": 0, "birch": 0, "cedar": 0}
    stage = Stage()
    line = FakeConnection(room)
    seat = DirectSeat(stage.hub, "an", line)
    stage.hub.join(seat, "board", lambda: state(board))
    before = dict(board)
    for act, shelter in steps:
        if act == "publish":
            board[shelter] += 1
            stage.hub.publish("board", shelter, f"{shelter}={board[shelter]}")
        else:
            line.read(1)
        assert len(line.waiting) <= 1, "nothing queues"
    line.read(1000)
    assert after(before, [frame[1:].decode() for frame in line.taken]) == board


def test_a_viewer_that_answers_no_ping_is_closed_and_the_others_stay() -> None:
    stage = Stage()
    lines = [stage.seat(str(number))[1] for number in range(50)]
    lines[7].alive = False
    for second in range(2 * ASK_EVERY_SECONDS):
        before = sum(line.asked for line in lines)
        stage.hub.check_alive(100.0 + second)
        stage.hub.check_alive(100.1 + second)
        assert sum(line.asked for line in lines) - before <= 3, "a part of them at a time, and once a second"
    assert [line.asked for number, line in enumerate(lines) if number != 7] == [2] * 49
    assert [line.closed_with for line in lines] == [[1013] if number == 7 else [] for number in range(50)]
    assert len(stage.hub) == 49


def test_word_of_ones_own_that_a_lagging_viewer_missed_comes_once_after_its_state() -> None:
    stage = Stage()
    _, line = stage.seat("an", room=0)
    stage.hub.publish("board", "amber", "fills the kernel")
    for _ in range(3):
        stage.hub.send_where(lambda viewer: viewer == "an", "own", "own")
    stage.hub.publish("board", "amber", "missed")
    line.read(10)
    assert line.taken == [b"#fills the kernel", b"#all of board", b"#own"]
