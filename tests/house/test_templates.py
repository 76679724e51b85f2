"""Templates use only the words that they import: a missing import is seen on the page alone, and only when it is drawn."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[2] / "web" / "templates"
FILES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("name", FILES)
def test_a_template_imports_every_word_list_that_it_uses(name: str) -> None:
    text = (TEMPLATES / name).read_text()
    used = set(re.findall(r"(?<![\w./\"])(\w*words)\.\w+\(", text))
    assert used <= set(re.findall(r"{%-? import \"[\w/.]+\" as (\w+)", text))
