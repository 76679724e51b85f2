"""The processes behind `bedboard serve --workers N`, and their parent, which starts them again when they die or hang.

The parent has no threads and runs no event loop, so a worker begins as a copy of it: everything is imported already.
Nothing is shared after that. Workers know each other through the database only, as processes on two machines do.
"""

import gc
import mmap
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import structlog

from bedboard.clock import Clock
from bedboard.commands.failures import Failure
from bedboard.embedded.supervisor import end_with

LONGEST_WAIT_SECONDS = 30.0
LONG_LIFE_SECONDS = 60.0  # after such a life a worker starts again at once
END_SECONDS = 8.0  # a worker ends within three; systemd waits for ten
HUNG_SECONDS = 10.0  # its pages turn grey after fifteen; a loop that stands still for so long does not come back
START_SECONDS = 180.0  # the same before people are let in, when a worker reads everything on a slow machine
LOOK_SECONDS = 1.0
HEARD = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}

log = structlog.get_logger()


@dataclass
class Life:
    """The life of one worker. `begins_at`: monotonic seconds. `waits`: how often in a row it has died young.

    `beat`: the last one that was seen. `silent_seconds`: for how long the parent has seen no other one.
    """

    number: int
    begins_at: float
    waits: int = 0
    has_served: bool = False
    beat: int = 0
    silent_seconds: float = 0.0

    def look(self, beat: int, seconds: float) -> bool:
        """Take note of the beat at this look, so many seconds after the last one; return whether the worker hangs."""
        self.silent_seconds = 0.0 if beat != self.beat else self.silent_seconds + seconds
        self.beat = beat
        return self.silent_seconds >= (HUNG_SECONDS if beat else START_SECONDS)


def wait_seconds(waits: int) -> float:
    """Return the wait before a worker starts again that has died young so often in a row: 0, 1, 2, 4 … 30 seconds."""
    return min(LONGEST_WAIT_SECONDS, 2.0 ** (waits - 2)) if waits > 1 else 0.0


class Workers:
    """`serve` runs in each worker: it gets the worker's number, and a function to call each second while it serves people."""

    def __init__(self, count: int, serve: Callable[[int, Callable[[], None]], None]) -> None:
        self._serve = serve
        self._clock = Clock()
        self._beats = mmap.mmap(-1, count)  # a byte for each worker, which the worker writes: 0 until it serves
        self._looked_at = self._clock.monotonic()
        self._waiting = [Life(number, 0.0) for number in range(count)]
        self._running: dict[int, Life] = {}

    def run(self) -> None:
        """Keep all workers running until SIGTERM or SIGINT comes. Raises SystemExit when a worker cannot start at all."""
        signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
        gc.freeze()  # the collector would write into pages of memory that all share
        try:
            number = self._keep()
        finally:
            self._end()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        signal.raise_signal(number)

    def _keep(self) -> int:
        """Start those that are due, and bury the dead, until a signal asks to end; return it."""
        while True:
            now = self._clock.monotonic()
            for life in [one for one in self._waiting if one.begins_at <= now]:
                self._waiting.remove(life)
                self._start(life)
            next_at = min((one.begins_at for one in self._waiting), default=now + LOOK_SECONDS)
            next_at = min(next_at, now + LOOK_SECONDS)
            heard = signal.sigtimedwait(HEARD, max(0.0, next_at - now))
            if heard is not None and heard.si_signo != signal.SIGCHLD:
                return heard.si_signo
            self._bury()
            self._end_hung()

    def _start(self, life: Life) -> None:
        life.begins_at, self._beats[life.number] = self._clock.monotonic(), 0
        life.beat, life.silent_seconds = 0, 0.0
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._work(parent, life.number)
        self._running[pid] = life

    def _work(self, parent: int, number: int) -> NoReturn:
        """Be a worker. It never returns into the parent's code."""
        status = 1
        try:
            end_with(parent, signal.SIGTERM)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
            self._serve(number, lambda: self._beat(number))
            status = 0
        except Failure as failure:
            sys.stderr.write(f"{failure}\n")
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except KeyboardInterrupt:
            status = 130
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _beat(self, number: int) -> None:
        self._beats[number] = self._beats[number] % 255 + 1

    def _end_hung(self) -> None:
        """Kill the workers whose loop stands still: the kernel would go on to give them every second caller."""
        now = self._clock.monotonic()
        seconds = min(now - self._looked_at, 2 * LOOK_SECONDS)  # after a sleep of the machine nobody has had time to beat
        self._looked_at = now
        for pid, life in self._running.items():
            if life.look(self._beats[life.number], seconds):
                log.error("worker_hung", process=life.number)
                life.has_served, life.silent_seconds = True, 0.0
                os.kill(pid, signal.SIGKILL)

    def _bury(self) -> None:
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            life = self._running.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            life.has_served = life.has_served or self._beats[life.number] > 0
            if not life.has_served:
                raise SystemExit(max(code, 1))  # it has said why
            now = self._clock.monotonic()
            life.waits = 1 if now - life.begins_at >= LONG_LIFE_SECONDS else life.waits + 1
            life.begins_at = now + wait_seconds(life.waits)
            log.error("worker_ended", process=life.number, status=code, count=life.waits)
            self._waiting.append(life)

    def _end(self) -> None:
        """End all workers: ask them, and kill those that do not end."""
        for pid in self._running:
            os.kill(pid, signal.SIGTERM)
        until = self._clock.monotonic() + END_SECONDS
        while self._running:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid:
                self._running.pop(pid)
            elif (left := until - self._clock.monotonic()) > 0:
                signal.sigtimedwait({signal.SIGCHLD}, left)
            else:
                for late in self._running:
                    os.kill(late, signal.SIGKILL)
                until += END_SECONDS
