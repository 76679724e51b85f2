"""Imports go one way, and the things that must be in one place only are in one place only.

These are the arrows of the design, read from the code.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "bedboard"

LONGEST_FILE = 300  # lines
EVERYWHERE = {"clock", "settings"}  # small, and import no room themselves but three of the rules for their limits
MAY_IMPORT: dict[str, set[str]] = {
    "rules/": {"rules"},
    "store/": {"rules", "store"},
    "migrations/": {"store", "migrations"},
    "actions/": {"rules", "store", "actions", "clock"},
    "schemas/": {"rules", "schemas"},
    "views/": {"rules", "store.board", "store.tables", "store.claims.HoldRow", "store.seal.SealedNeeds", "schemas", "views"},
    "live/hub.py": set(),
    "live/member.py": set(),
    "live/wire.py": {"live.member"},
    "live/seats.py": {"live.hub"},
    "live/viewer.py": {"store"},
    "live/news.py": {"views", "live.hub", "live.viewer"},
    "live/board.py": {
        "rules",
        "store",
        "views",
        "live.hub",
        "live.kept",
        "live.news",
        "live.tiles",
        "live.unread",
        "live.viewer",
        "live.watchers",
        "clock",
    },
    "live/pulse.py": {"rules", "store", "views", "live.hub", "live.board", "live.viewer", "clock"},
    "live/reader.py": {"rules", "store", "live.board", "clock"},
    "live/socket.py": {"views", "live"},
    "live/": {"rules", "store", "views", "live", "clock"},
    "trail.py": {"rules", "store", "actions", "clock"},
    "health.py": {"rules", "store", "migrations.run", "clock"},
    "push.py": {"rules", "store", "actions", "clock"},
    "admission.py": {"rules", "clock", "settings"},
    "doorway.py": set(),
    "figures.py": set(),
    "readings.py": {"rules", "store", "process", "figures"},
    "provider.py": {"rules", "clock", "provider_settings"},
    "routes/": {
        "rules",
        "schemas",
        "actions",
        "store",
        "views",
        "live",
        "routes",
        "push",
        "provider",
        "process",
        "identity",
        "readings",
    }
    | EVERYWHERE,
    "case_jobs.py": {"actions", "rules", "process", "store.database"},
    "jobs.py": {
        "actions",
        "case_jobs",
        "rules",
        "process",
        "readings",
        "clock",
        "health.EVERY_SECONDS",
        "store.board.Catalogue",
        "store.database",
    },
    "seeds.py": {"actions", "rules", "schemas", "store", "settings.SEEDS"},
    "seed_cases.py": {"actions", "rules", "schemas", "store"},
    "seed_past.py": {"rules", "schemas", "store"},
    "seed_nights.py": {"actions", "rules", "schemas", "store"},
    "city/": {"actions", "rules", "store", "city", "clock", "seeds"},
    "cast/": {"rules", "store.people.Visitors", "cast", "clock"},
    "commands/": {
        "actions",
        "rules",
        "store",
        "schemas.manage_forms",
        "schemas.seeds",
        "city",
        "seeds",
        "seed_cases",
        "seed_nights",
        "seed_past",
        "migrations",
        "embedded",
        "commands",
        "app",
        "log",
        "trail",
        "live.wire",
        "doorway",
        "figures",
    }
    | EVERYWHERE,
    "cli.py": {"commands", "rules.clients", "migrations.run", "push", "store.seal", "embedded"},
    "settings.py": {
        "operation_settings",
        "provider_settings",
        "rules.freshness",
        "rules.cases",
        "rules.retention",
        "rules.sessions",
    },
    "clock.py": {"references"},
    "references.py": set(),
    "embedded/": {"embedded"},
    "log.py": set(),
}


def imported(tree: ast.AST) -> set[str]:
    """Modules and the names taken from them, as dotted paths."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, "imports name the whole path"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def under(name: str, allowed: set[str]) -> bool:
    return any(name == f"bedboard.{one}" or name.startswith(f"bedboard.{one}.") for one in allowed)


def calls(tree: ast.AST) -> set[str]:
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {ast.unparse(function) for function in functions if isinstance(function, ast.Name | ast.Attribute)}


@cache
def files() -> dict[str, ast.Module]:
    return {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text()) for path in PACKAGE.rglob("*.py")}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_lies_below_it(room: str) -> None:
    own = {name: tree for name, tree in files().items() if name.startswith(room)}
    assert own, f"{room} is gone"
    wrong = {
        f"{name}: {one}"
        for name, tree in own.items()
        for one in imported(tree)
        if one.startswith("bedboard.") and not under(one, MAY_IMPORT[room])
    }
    assert wrong == set()


def test_the_rules_are_pure() -> None:
    pure = {"collections", "dataclasses", "datetime", "typing", "zoneinfo", "bedboard", "itertools", "functools", "enum", "re"}
    pure |= {"math", "operator", "string", "unicodedata", "holidays"}  # the last: a table of dates, without any effect
    for name, tree in files().items():
        if name.startswith("rules/"):
            assert {one.partition(".")[0] for one in imported(tree)} <= pure, name
            assert not [node for node in ast.walk(tree) if isinstance(node, ast.Await | ast.AsyncFunctionDef)], name


def users(*wanted: str) -> set[str]:
    """The files that import or call one of these."""
    return {
        name
        for name, tree in files().items()
        for one in imported(tree) | calls(tree)
        if any(one == want or one.startswith(f"{want}.") for want in wanted)
    }


def test_the_present_moment_and_new_ids_come_from_the_clock_alone() -> None:
    assert users("datetime.now", "datetime.utcnow", "date.today", "uuid", "secrets", "time.time") <= {"clock.py"}
    monotonic = users("time.monotonic", "monotonic")
    assert monotonic <= {"clock.py", "embedded/keeper.py", "embedded/places.py", "embedded/server.py"}


def test_only_the_settings_read_the_environment() -> None:
    read = {
        name
        for name, tree in files().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv", "os.putenv")
    }
    assert read <= {"settings.py"}


def test_sql_is_in_the_store() -> None:
    words = ("text", "select", "insert", "update", "delete")
    made = {f"{library}.{word}" for library in ("sqlalchemy", "sqlmodel") for word in words}
    made |= {"sqlalchemy.dialects.postgresql.insert", "asyncpg"}
    speak = {name for name, tree in files().items() if imported(tree) & made}
    assert {name for name in speak if not name.startswith(("store/", "migrations/"))} == set()


def test_only_actions_ring_the_bell() -> None:
    ringing = users("ring", "bedboard.store.bell.ring") | users("bedboard.store.saving")
    assert {name for name in ringing if not name.startswith("actions/")} == set()


def test_every_projection_is_in_views() -> None:
    classes = {(name, node.name) for name, tree in files().items() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    projections = {(name, made) for name, made in classes if made.endswith("View")}
    assert len(projections) > 5, "the names of projections have changed"
    assert {(name, made) for name, made in projections if not name.startswith("views/")} == set()


def test_a_file_stays_readable_at_one_sitting() -> None:
    root = PACKAGE.parent
    ours = [
        path
        for folder in ("bedboard", "bench", "scripts", "tests", "web")
        for path in (root / folder).rglob("*")
        if path.is_file()
    ]
    read = [path for path in ours if path.suffix in {".py", ".html", ".css", ".js", ""} and "vendor" not in path.parts]
    long = {path.name: count for path in read if (count := len(path.read_text().splitlines())) > LONGEST_FILE}
    assert len(read) > 200 and long == {}
