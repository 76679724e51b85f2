"""The files for Prometheus and Grafana: they name figures that exist, and every figure is in one of them and in the paper."""

import json
import re
from pathlib import Path

from bedboard.figures import FIGURES, STEPS
from bedboard.health import Health

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


def test_the_steps_of_the_figures_are_those_of_health() -> None:
    class Anything:
        is_used_up = False

        def monotonic(self) -> float:
            return 0.0

    health = Health(Anything(), Anything(), lambda: None, lambda: 0, demo=True)  # type: ignore[arg-type]
    assert set(health.words()) == set(STEPS)
