"""English: a docstring begins with a short sentence, and no relative clause stands without its noun."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FIRST_SENTENCE = 25  # words
FOLDERS = ("bedboard", "bench", "scripts", "tests")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if path != Path(__file__))
LOOSE = re.compile(
    r"\b(?:of|for|by|to|with|from|at|on) whom\b|\b[Ww]h(?:om|o)ever\b|\banew\b|\bor else\b|\balso when\b"
    r"|\b[Ee]lse (?:it|the|they|two|a|nobody)\b"
    r"|(?:^|[.:;(,] |and |or |than |as |for |to |by |of |with |from )[Ww]ho [a-z]+(?![^.]*\?)"
    r"|(?:^|[.:;] )[Ww]hat (?:is|was|are|were|has|a|the|it|they|one|nobody|somebody)\b(?![^.]*\?)"
)
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def first_sentence(text: str) -> str:
    paragraph = " ".join(text.strip().split("\n\n")[0].split())
    return re.split(r"(?<=[.!?])\s", paragraph)[0]


def prose_of(source: str) -> Iterator[tuple[str, bool]]:
    """Yield each docstring (True) and each comment (False), on one line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Documented) and (text := ast.get_docstring(node)):
            yield text, True
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string.lstrip("# "), False


def faults_in(source: str) -> list[str]:
    """Return the first sentences that are too long and the clauses that have no noun."""
    faults = []
    for text, is_docstring in prose_of(source):
        first = first_sentence(text)
        if is_docstring and len(first.split()) > LONGEST_FIRST_SENTENCE:
            faults.append(first)
        faults += [found[0] for found in [LOOSE.search(" ".join(text.split()))] if found]
    return faults


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sentences_are_short_and_clauses_have_a_noun(path: Path) -> None:
    assert faults_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "is_plain"),
    [
        ('"""Return the cases older than a week that nobody closed."""', True),
        (f'"""Return {"one more " * 12}word."""', False),
        (f'"""Return a card. {"One more " * 20}."""', True),
        ('"""Tell who asks."""', True),
        ('"""Shown to who asks."""', False),
        ("x = 1  # what is held", False),
        ("x = 1  # the held places, anew", False),
        ("x = 1  # or else it waits", False),
    ],
)
def test_the_rules_find_what_they_are_for(source: str, is_plain: bool) -> None:
    assert (faults_in(source) == []) is is_plain
