"""The picture of a request's life is what the script draws from the table now."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from bedboard.rules.cases import EVENTS, NEXT, STATES

ROOT = Path(__file__).parents[2]


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_cases", ROOT / "scripts" / "draw_cases.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_is_drawn_from_the_table_as_it_is(script: ModuleType) -> None:
    """When this fails: .venv/bin/python scripts/draw_cases.py, and look at the picture."""
    assert (ROOT / "docs" / "cases.svg").read_text(encoding="utf-8") == script.draw()


def test_the_picture_shows_every_state_every_event_and_every_refusal(script: ModuleType) -> None:
    said = re.findall(r"<text[^>]*>([^<]*)</text>", script.draw())
    cells = {cell.removeprefix("request_").replace("_", " ") for cell in NEXT.values()}
    assert {event.replace("_", " ") for event in EVENTS} | set(STATES) | cells <= set(said)
    assert len([one for one in said if one in cells]) >= len(NEXT)


def test_an_arrow_that_has_no_place_yet_is_an_error(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "NEXT", {**NEXT, ("housed", "miss"): "chosen"})
    with pytest.raises(SystemExit, match="where these arrows go"):
        script.draw()
    monkeypatch.setattr(script, "NEXT", {**NEXT, ("confirmed", "withdraw"): "request_decided"})
    with pytest.raises(SystemExit, match="not the same"):
        script.draw()
