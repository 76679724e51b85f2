"""Every field that a page can call wrong has a name in words; nobody reads the code of a field."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel

import bedboard.schemas
from bedboard.rules.criteria import CRITERION_NAMES, LIMIT_NAMES
from bedboard.schemas.fields import Form
from bedboard.schemas.profile import LISTS, Adults, Children, SearchProfile
from bedboard.views.pages import SCREEN_LANGUAGES, Pages

ROOT = Path(__file__).parents[2]
RAISED = re.compile(r"FieldError\(\s*f?\"([^\"]+)\"")
# Nobody fills these in: a button, the page or a script sends them, or the headers of a program's call.
NOT_FILLED_IN = {
    *("auth", "back", "change", "do", "endpoint", "next", "p256dh", "page", "proof", "seen", "version", "void"),
    *("Idempotency-Key", "If-Match"),
}


def forms_below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for one in model.__subclasses__():
        yield one
        yield from forms_below(one)


def fields() -> set[str]:
    for module in pkgutil.iter_modules(bedboard.schemas.__path__):
        importlib.import_module(f"bedboard.schemas.{module.name}")
    names = {field.alias or name for form in forms_below(Form) for name, field in form.model_fields.items()}
    names |= {*SearchProfile.model_fields, *(f"{name}.0" for name in LISTS)}
    names |= {f"adults.{name}" for name in Adults.model_fields} | {f"children.{name}" for name in Children.model_fields}
    names |= {f"criteria.{name}" for name in CRITERION_NAMES} | {f"limits.{name}" for name in LIMIT_NAMES}
    names |= {"intake.from", "intake.until", "empty.women", "minutes.noord", "places.0", "shelters.0"}
    for path in sorted((ROOT / "bedboard").rglob("*.py")):
        names |= {name for name in RAISED.findall(path.read_text(encoding="utf-8")) if "{" not in name}
    return names - NOT_FILLED_IN


@pytest.mark.parametrize("language", SCREEN_LANGUAGES)
def test_every_field_that_can_be_wrong_has_a_name(language: str) -> None:
    pages, names = Pages(ROOT / "web", ZoneInfo("Europe/Amsterdam")), fields()
    assert {"oldest_son", "statuses", "label", "arrives_at", "split"} <= names, "the forms, the profile and the rules are read"
    said = {name: pages.macro(language, "words/fields.html", "field_name", name) for name in names}
    assert sorted(name for name, words in said.items() if not words or "<" in words) == []
