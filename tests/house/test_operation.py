"""The files for Prometheus and Grafana: they name figures that exist, and every figure is in one of them and in the paper."""

import json
import re
from pathlib import Path

import pytest

from bedboard.figures import FIGURES, STEPS
from bedboard.health import Health
from bedboard.store.database import Pools
from tests.build import SEAL

DOCS = Path(__file__).parents[2] / "docs"
ALERTS = DOCS / "operation" / "alerts.yaml"
DASHBOARD = DOCS / "operation" / "dashboard.json"
NAMED = re.compile(r"\b(bedboard_[a-z_]+)")
PARTS = re.compile(r"_(bucket|sum|count)$")


def known() -> set[str]:
    return {"bedboard_figures_age_seconds", *(f"bedboard_{figure.name}" for figure in FIGURES)}


def alerts() -> dict[str, str]:
    """Each rule: its name and its expression."""
    text = ALERTS.read_text(encoding="utf-8")
    rules = dict(re.findall(r"^ +- alert: (\w+)\n +expr: (.+)$", text, re.MULTILINE))
    assert len(rules) == text.count("- alert:")
    return rules


def shown() -> set[str]:
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return {name for panel in board["panels"] for target in panel["targets"] for name in NAMED.findall(target["expr"])}


def whole(names: set[str]) -> set[str]:
    return {PARTS.sub("", name) for name in names}


def test_every_figure_is_on_the_dashboard_and_no_other_is() -> None:
    assert whole(shown()) == known()


def test_rules_ask_for_figures_that_exist() -> None:
    named = {name for expression in alerts().values() for name in NAMED.findall(expression)}
    assert named and whole(named) <= known()


def test_the_paper_has_every_figure_and_every_alert() -> None:
    paper = (DOCS / "operations.md").read_text(encoding="utf-8")
    assert {f"`{name}`" for name in known()} <= set(re.findall(r"`bedboard_[a-z_]+`", paper))
    assert whole(set(NAMED.findall(paper))) <= known()
    assert {name for name in alerts() if f"`{name}`" not in paper} == set()


@pytest.mark.parametrize("pool_size", [4, 6, 10, 11])
def test_a_process_has_as_many_connections_as_the_paper_says(pool_size: int) -> None:
    pools = Pools.of(
        "postgresql://nobody@localhost/none", SEAL.marks, pool_size=pool_size, statement_seconds=5, most_in_crowd=40
    )
    bell = 1
    assert sum(database.size for database in pools) + bell == pool_size + 8
    paper = (DOCS / "deploy.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) × (\d+) \| (\d+) \| (\d+) \| (\d+) × (\d+) \+ 10 = (\d+) \|", paper, re.MULTILINE)
    assert len(rows) >= 5
    for row in rows:
        machines, workers, pool, all_processes, processes, each, total = map(int, row)
        assert machines * (workers + 1) == all_processes == processes
        assert (each, total) == (pool + 8 + 1, processes * each + 10)


def test_the_steps_of_the_figures_are_those_of_health() -> None:
    class Anything:
        is_used_up = False

        def monotonic(self) -> float:
            return 0.0

    health = Health(Anything(), Anything(), lambda: None, lambda: 0, demo=True)  # type: ignore[arg-type]
    assert set(health.words()) == set(STEPS)
