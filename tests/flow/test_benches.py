"""The benches, in their smallest sizes: a bench that no longer fits the product is found here, and not months later."""

import subprocess
import sys

from tests.build.processes import ROOT, environment

LATE = "maximum number of running instances reached"  # the scheduler's word on a busy machine
SECONDS = 300.0  # it takes about ten on a machine that does nothing else


def test_every_bench_runs_to_its_end() -> None:
    command = [sys.executable, "bench/smallest.py"]
    ran = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ran.returncode == 0, ran.stderr
    assert [line for line in ran.stderr.splitlines() if LATE not in line] == []
    for sign in (
        "fresh at 22:00",
        "the hub over the wire",
        "screens: all fresh",
        "50 that search alike",
        "last board",
        "taps/s",
        "GET /, packed",
        "the board as it stood",
        "retention, 500 lines",
    ):
        assert sign in ran.stdout


def test_every_bench_is_among_them() -> None:
    programs = {path.stem for path in (ROOT / "bench").glob("*.py") if "def main()" in path.read_text(encoding="utf-8")}
    run = (ROOT / "bench" / "smallest.py").read_text(encoding="utf-8")
    assert {name for name in programs if f"{name}.measure(" not in run} == {"smallest", "viewers"}  # fanout starts viewers
