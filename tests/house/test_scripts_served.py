"""Our scripts as a browser gets them."""

from pathlib import Path

import pytest

from bedboard.settings import WEB
from bedboard.views.files import content_of

SCRIPTS = sorted((WEB / "static" / "js").glob("*.js"))


def test_comments_and_indentation_of_a_script_do_not_travel(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    script = tmp_path / "js" / "a.js"
    script.write_text(
        "/* What it is for:\n   all of it. */\n(() => {\n  // why\n"
        '  let a = "//b"; // goes\n  a(); // "stays"\n\n  a();\n})();\n'
    )
    assert content_of(script).decode() == '(() => {\nlet a = "//b";\na(); // "stays"\na();\n})();\n'


def test_a_script_of_somebody_else_travels_as_it_is() -> None:
    htmx = WEB / "static" / "vendor" / "htmx.min.js"
    assert content_of(htmx) == htmx.read_bytes()


def test_a_script_that_names_others_is_all_of_them_in_this_order(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    for name, text in (("a", '/* Why. */\nimport "c.js";\nimport "b.js";\n'), ("b", "b();\n"), ("c", "/* Not. */\nc();\n")):
        (tmp_path / "js" / f"{name}.js").write_text(text)
    assert content_of(tmp_path / "js" / "a.js").decode() == "c();\nb();\n"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_no_text_in_a_script_spans_lines(script: Path) -> None:
    """The control: in such a text an indentation or a line that looks like a comment would mean something."""
    lines = script.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.count("`") % 2] == []
    assert not any("/*" in line for line in lines[1:]), "a comment of several lines stands at the top only"
    served = content_of(script).decode()
    assert served and not any(line.startswith((" ", "//", "/*")) for line in served.splitlines())
