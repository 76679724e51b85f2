"""The papers: every path that one of them names exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAPERS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + sorted((ROOT / "docs").glob("*.md"))
NAMED = re.compile(r"`((?:bedboard|web|tests|scripts|seeds|bench|docs)/[\w./-]*)|\]\((?!https?:|#)([^)#\s]+)")
INSIDE = re.compile(r"`((?:rules|store|actions|live|views|routes|schemas|city)/[\w./-]*\w\.py)`")


def paths_in(paper: Path) -> set[str]:
    """Return the paths between backticks and the targets of links, from the root of the repository."""
    text = paper.read_text(encoding="utf-8")
    named = {path for path, _ in NAMED.findall(text) if path}
    linked = {str((paper.parent / target).resolve().relative_to(ROOT)) for _, target in NAMED.findall(text) if target}
    return named | linked | {f"bedboard/{path}" for path in INSIDE.findall(text)}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: str(paper.name))
def test_every_path_that_a_paper_names_exists(paper: Path) -> None:
    assert sorted(path for path in paths_in(paper) if not (ROOT / path).exists()) == []


def test_paths_are_found_in_papers() -> None:
    assert "bedboard/rules/claims.py" in paths_in(ROOT / "docs" / "adding.md")
    assert "docs/live.md" in paths_in(ROOT / "README.md")
