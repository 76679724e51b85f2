"""The paper of the promises: each has its row, and every command in it can be given."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "docs" / "promises.md"
FIGURES = ROOT / "bench" / "attacks.md"
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \| `(scripts/(?:attack|test) .+)` \|$", re.MULTILINE)
PROMISES = 14


def rows() -> list[tuple[str, ...]]:
    return ROW.findall(PAPER.read_text(encoding="utf-8"))


def test_every_promise_has_a_row() -> None:
    assert [int(row[0]) for row in rows()] == list(range(1, PROMISES + 1))


def test_every_command_and_test_exists() -> None:
    for row in rows():
        script, *tests = row[4].split()
        assert os.access(ROOT / script, os.X_OK)
        assert tests and [test for test in tests if not (ROOT / test).is_file()] == []


def test_every_attack_is_named() -> None:
    paper = PAPER.read_text(encoding="utf-8")
    attacks = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "attacks").glob("test_*.py"))
    assert attacks and [attack for attack in attacks if attack not in paper] == []


def test_every_figure_that_a_row_points_to_was_kept() -> None:
    kept = FIGURES.read_text(encoding="utf-8")
    named = {name for row in rows() for name in re.findall(r"`([a-z ]+)`", row[3])}
    assert named and {name for name in named if f"\n{name}: " not in kept} == set()
