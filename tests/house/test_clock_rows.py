"""The page of everything that changes by the clock: each of its rows has a test, and each test a row."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_every_value_that_depends_on_the_clock_names_its_test() -> None:
    tested = read("tests/routes/test_clock.py") + read("tests/build/clock_proofs.py")
    rows = re.findall(r'^    Row\(\s*"([\w-]+)"', tested, re.MULTILINE)
    lines = [line for line in read("docs/clock.md").splitlines() if line.startswith("| ")]
    named = [re.fullmatch(r".*\| `([\w-]+)` \|", line) for line in lines[1:]]
    assert [None if found is None else found[1] for found in named] == rows
