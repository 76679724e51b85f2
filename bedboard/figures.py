"""The figures of all processes of one `bedboard serve`, as Prometheus reads them. They name nobody and no shelter.

Each process writes a row of numbers into memory that the workers share, so that one of them can answer for all. A label has
one of the few words that stand here, and never a word that comes from outside.
"""

import mmap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

POOLS = ("pulse", "callers", "presses", "rest", "strangers")
STEPS = ("database", "migration", "safety", "clock", "bell", "jobs", "pool")
BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Seconds. A press that takes more than the fifth of them is felt as slow."""

PREFIX = "bedboard_"

Row = Sequence[float]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `label`: its name and its words; "le" with none: a histogram's, whose words are `BUCKETS`."""

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    help: str
    label: str = ""
    words: tuple[str, ...] = ("",)


FIGURES = (
    Figure("ready", "gauge", "Whether the process can show the board and save changes."),
    Figure("fit", "gauge", "Whether each thing that the process needs is as it should be.", "step", STEPS),
    Figure("viewers", "gauge", "Live pages and programs that are connected."),
    Figure("viewers_lagging", "gauge", "Of these, the ones that cannot take a message at this moment."),
    Figure("listening", "gauge", "Whether the bell of the database is heard."),
    Figure("board_age_seconds", "gauge", "Time since the board was last known to be right."),
    Figure("behind_seconds", "gauge", "Age of the oldest change that was heard of and is not on the board yet."),
    Figure("clock_offset_seconds", "gauge", "How far the clock of the machine is ahead of the database's."),
    Figure("shelters", "gauge", "Shelters on the board."),
    Figure("shelters_stale", "gauge", "Of these, the ones whose news is too old to be believed."),
    Figure("calls_at_work", "gauge", "Calls that are being answered."),
    Figure("calls_waiting", "gauge", "Calls that wait for others of the same person or program."),
    Figure("presses_waiting", "gauge", "Presses that wait in memory for the lock of a shelter."),
    Figure("pushes_waiting", "gauge", "Messages to devices that are not delivered yet, of all processes."),
    Figure("pool_size", "gauge", "Connections to the database that each pool may have.", "pool", POOLS),
    Figure("pool_in_use", "gauge", "Of these, the ones at work.", "pool", POOLS),
    Figure("calls_total", "counter", "Calls of pages and programs."),
    Figure("calls_refused_total", "counter", "Calls that came at a bad moment: too many, busy, or the database is away."),
    Figure("holds_refused_total", "counter", "Holds that were refused, mostly because somebody was earlier."),
    Figure("bugs_total", "counter", "Mistakes of ours in calls and sockets, each with its stack in the log."),
    Figure("tap_to_screen_seconds", "histogram", "Time from a press to the moment when its change goes to the screens."),
)


def _slots() -> Iterator[tuple[str, str]]:
    yield "written_at", ""
    for figure in FIGURES:
        words = (*map(str, BUCKETS), "+Inf", "sum") if figure.kind == "histogram" else figure.words
        yield from ((figure.name, word) for word in words)


SLOTS = {slot: index for index, slot in enumerate(_slots())}
ROW_BYTES = 8 * len(SLOTS)


class Figures:
    """The rows of all processes in one memory. `number` is that of this process.

    A row is of float64. It begins with the moment at which it was written, in seconds of the machine's monotonic clock; 0 is
    never.
    """

    def __init__(self, memory: mmap.mmap | None = None, number: int = 0) -> None:
        self._rows = memoryview(memory or make_memory(1)).cast("d")
        self._first = number * len(SLOTS)
        self._rows[self._first : self._first + len(SLOTS)] = memoryview(bytes(ROW_BYTES)).cast("d")

    def put(self, name: str, value: float, word: str = "") -> None:
        """Put a gauge to this value."""
        self._rows[self._first + SLOTS[name, word]] = value

    def count(self, name: str, word: str = "") -> None:
        """Add one to a counter."""
        self._rows[self._first + SLOTS[name, word]] += 1

    def note_tap(self, seconds: float) -> None:
        """Count a press in the histogram of `tap_to_screen_seconds`."""
        word = next((str(bucket) for bucket in BUCKETS if seconds <= bucket), "+Inf")
        self.count("tap_to_screen_seconds", word)
        self._rows[self._first + SLOTS["tap_to_screen_seconds", "sum"]] += max(0.0, seconds)

    def text(self, now: float) -> str:
        """Return the rows of all processes that have written one, in the text format of Prometheus. `now`: as in the rows."""
        rows = [self._rows[at : at + len(SLOTS)] for at in range(0, len(self._rows), len(SLOTS))]
        return generate_latest(_Written({str(number): row for number, row in enumerate(rows) if row[0]}, now)).decode()


class _Written(Collector):
    """The rows that processes have written, by the number of the process, for the library."""

    def __init__(self, rows: Mapping[str, Row], now: float) -> None:
        self._rows = rows
        self._now = now

    def collect(self) -> Iterator[Metric]:
        age = Figure("figures_age_seconds", "gauge", "Time since the process wrote its figures; it grows when one hangs.")
        yield _metric(age, {number: {"": self._now - row[0]} for number, row in self._rows.items()})
        for figure in FIGURES:
            words = [word for name, word in SLOTS if name == figure.name]
            read = {number: {word: row[SLOTS[figure.name, word]] for word in words} for number, row in self._rows.items()}
            yield _histogram(figure, read) if figure.kind == "histogram" else _metric(figure, read)


def make_memory(processes: int) -> mmap.mmap:
    """Return memory for the rows of so many processes, which those that are forked from this one share."""
    return mmap.mmap(-1, ROW_BYTES * processes)


def _metric(figure: Figure, read: Mapping[str, Mapping[str, float]]) -> Metric:
    """Return a gauge or counter. `read`: by process, the value of each word."""
    metric = Metric(PREFIX + figure.name.removesuffix("_total"), figure.help, figure.kind)
    for number, values in read.items():
        for word, value in values.items():
            metric.add_sample(PREFIX + figure.name, {"process": number} | ({figure.label: word} if figure.label else {}), value)
    return metric


def _histogram(figure: Figure, read: Mapping[str, Mapping[str, float]]) -> Metric:
    metric = HistogramMetricFamily(PREFIX + figure.name, figure.help, labels=["process"])
    for number, values in read.items():
        buckets = [word for word in values if word != "sum"]
        counts = accumulate(values[word] for word in buckets)
        metric.add_metric([number], list(zip(buckets, counts, strict=True)), values["sum"])
    return metric
