"""The tests themselves: the code that they share stands in one place."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FILES = sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("*.py"))


def imported(file: str) -> set[str]:
    """Return the modules of the tests that a file imports, as dotted paths without `tests`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((TESTS / file).read_text())):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {f"tests.{one.name}" for one in node.names} if node.module == "tests" else {node.module}
    return {name.removeprefix("tests.") for name in found if name.startswith("tests.")}


def may_import(file: str, module: str) -> bool:
    """Return whether the module is of `tests.build`, or a helper of the file's own room."""
    room, _, name = module.rpartition(".")
    own = room == ".".join(Path(file).parent.parts) and name != "conftest" and not name.startswith("test_")
    return own or module.partition(".")[0] == "build"


@pytest.mark.parametrize("file", FILES)
def test_what_tests_share_does_not_stand_in_another_test(file: str) -> None:
    assert {module for module in imported(file) if not may_import(file, module)} == set()


@pytest.mark.parametrize("file", FILES)
def test_every_client_takes_the_certificates_that_were_read_once(file: str) -> None:
    """A client without `verify` reads all certificates of the machine, for a tenth of a second: see `build.site.TRUST`."""
    calls = [node for node in ast.walk(ast.parse((TESTS / file).read_text())) if isinstance(node, ast.Call)]
    clients = [call for call in calls if ast.unparse(call.func) in ("httpx.AsyncClient", "httpx.Client")]
    assert [call.lineno for call in clients if "verify" not in {one.arg for one in call.keywords}] == []
