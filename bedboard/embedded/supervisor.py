"""The process between ours and PostgreSQL, which ends PostgreSQL when ours ends, however that happens.

Run as a script by a bare interpreter, so the standard library only.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import TypedDict

STOP_SECONDS = 15.0  # for a fast shutdown, which writes a checkpoint; then an immediate one, repaired by the next start


class Dropped(TypedDict, total=False):
    """The user that PostgreSQL runs as, in the words of Popen; empty: our own."""

    user: int
    group: int
    extra_groups: list[int]


def end_with(parent: int, number: int) -> None:
    """Let the kernel send this process a signal when its parent ends. It ends at once when it has another parent by now."""
    ctypes.CDLL(None).prctl(1, number)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


def supervise(uid: str, gid: str, lock: str, remove: str, *command: str) -> int:
    """Run `command` until it ends or standard input closes, which is when the process that started us ends.

    Should we be killed ourselves, the kernel passes a fast shutdown on. Returns the exit status, or 128 + signal.
    """
    supervisor = os.getpid()

    def end_with_supervisor() -> None:  # runs after the change of user, which would have cleared this
        end_with(supervisor, signal.SIGINT)

    dropped: Dropped = {} if uid == "-1" else {"user": int(uid), "group": int(gid), "extra_groups": []}
    program = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, pass_fds=[int(lock)], preexec_fn=end_with_supervisor, **dropped
    )

    def stop_when_closed() -> None:
        os.read(0, 1)
        program.send_signal(signal.SIGINT)  # fast
        time.sleep(STOP_SECONDS)
        program.send_signal(signal.SIGQUIT)  # immediate

    threading.Thread(target=stop_when_closed, daemon=True).start()
    status = program.wait()
    if remove:
        shutil.rmtree(remove)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(supervise(*sys.argv[1:]))
