"""Commands of bedboard in processes of their own, which begin with everything imported.

`python -m bedboard` reads two thousand modules for two seconds before it begins. The tests of commands would spend most of
their time on that. So one process reads them once, and each command begins as a copy of it. Nothing else is shared: settings,
folder, standard output and process are the command's own. `tests/flow/test_wheel.py` starts `bedboard` as a person does.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "bedboard.commands.demo",
        "bedboard.commands.init",
        "bedboard.commands.load",
        "bedboard.commands.replay",
        "bedboard.commands.serve",
        "bedboard.commands.token",
        "tests.build.forks",
    ]
)


def _run(command: Sequence[str], environment: Mapping[str, str], cwd: Path, out: Path, err: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        written = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(written, stream.fileno())
        os.close(written)
    sys.argv = ["bedboard", *command]
    from bedboard.cli import main

    main()


class Fork:
    """A running command; its calls are those of `subprocess.Popen`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], cwd: Path, out: Path, err: Path) -> None:
        """Start the command. Its words go to the ends of these files."""
        self._process = FORKS.Process(target=_run, args=(command, dict(environment), cwd, out, err), daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError(f"process {self.pid} does not end")
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self._process.exitcode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()
