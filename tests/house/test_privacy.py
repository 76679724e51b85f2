"""Every column has a purpose, a class and a term, and docs/privacy.md says the same as the code."""

import importlib.util
from collections.abc import Collection, Mapping
from pathlib import Path
from types import ModuleType

import pytest
from sqlmodel import SQLModel

import bedboard.store.tables.audit
import bedboard.store.tables.board
import bedboard.store.tables.cases
import bedboard.store.tables.people  # noqa: F401  (all tables)
from bedboard.actions.retention import forgetting
from bedboard.rules.retention import Terms
from bedboard.store.tables.inventory import CLASSES, INVENTORY, TERMS, Column, read_inventory

ROOT = Path(__file__).parents[2]
COLUMNS = {table.name: {column.name for column in table.columns} for table in SQLModel.metadata.sorted_tables}


def gaps(inventory: Mapping[str, list[Column]], tables: Mapping[str, Collection[str]]) -> list[str]:
    """Return what is missing or wrong, a line each; empty: the inventory is whole."""
    found = [f"{table} is not in the inventory" for table in tables.keys() - inventory.keys()]
    found += [f"{table} is no table" for table in inventory.keys() - tables.keys()]
    for table in inventory.keys() & tables.keys():
        names = [one.name for one in inventory[table]]
        found += [f"{table}.{name} is not in the inventory" for name in set(tables[table]) - set(names)]
        found += [
            f"{table}.{name} is no column, or is there twice" for name in names if names.count(name) != (name in tables[table])
        ]
        for one in inventory[table]:
            found += [f"{table}.{one.name} has no purpose"] * (not one.purpose.strip())
            found += [f"{table}.{one.name} has no class: {one.kind}"] * (one.kind not in CLASSES)
            found += [f"{table}.{one.name} has no term: {one.term}"] * (one.term not in TERMS)
    return found


def test_every_column_has_a_purpose_a_class_and_a_term() -> None:
    """When this fails: add the column to bedboard/store/tables/inventory.py."""
    assert gaps(read_inventory(), COLUMNS) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("holiday deployment\nday operational a day on which desks are closed\n\n", ""),
        ("\nday operational a day on which desks are closed", "\nday operational a day\nnight operational a night"),
        ("day operational a day", "day private a day"),
        ("holiday deployment", "holiday forever"),
        ("used_at staff when it was last used", "used staff when it was last used"),
        ("refusal household why the desk said no, as a code @needs", "refusal household why the desk said no, as a code @ever"),
    ],
)
def test_a_gap_is_found(old: str, new: str) -> None:
    assert old in INVENTORY
    assert gaps(read_inventory(INVENTORY.replace(old, new, 1)), COLUMNS) != []


FORGOTTEN_BY: Mapping[str, tuple[str, ...]] = {
    "person": ("people", "clients"),
    "case": ("cases", "holds"),
    "session": ("sessions",),
    "device": ("sessions",),  # with its session, and with that its messages
    "reply": ("answers",),
    "reminder": ("reminders",),
    "message": ("messages",),
    "journal": ("journal",),
    "picture": ("pictures",),
    "disclosure": ("disclosures", "sign_ins"),
    "passkey": ("passkeys", "accounts"),
    "challenge": ("challenges",),
    "code": ("codes",),
    "draft": ("drafts",),
}
"""The steps of the hourly job that end what has each term."""
OTHERWISE = {
    "deployment": "its people change it",
    "always": "nobody is in it",
    "needs": "the end of the case or the alert erases it in the same transaction",
    "search": "the end of the case erases it in the same transaction",
    "alert": "a job of each minute ends alerts",
    "hour": "a job of each hour adds what waits to the counts",
    "departure": "the job that counts a stay deletes them",
}
"""Why the hourly job does nothing about these terms."""


def test_every_term_has_a_job_that_ends_it_or_a_reason_without_one() -> None:
    """When this fails: add the step to `actions/retention.py`, or say here what ends the rows instead."""
    used = {one.term for columns in read_inventory().values() for one in columns}
    assert used == set(TERMS) == FORGOTTEN_BY.keys() | OTHERWISE.keys()
    assert not FORGOTTEN_BY.keys() & OTHERWISE.keys()
    assert {step for steps in FORGOTTEN_BY.values() for step in steps} == forgetting(Terms()).keys()


def test_a_line_without_a_purpose_is_none() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        read_inventory("holiday deployment\nday operational")


def test_a_new_column_without_a_line_is_found() -> None:
    assert gaps(read_inventory(), COLUMNS | {"person": {*COLUMNS["person"], "born_on"}}) == [
        "person.born_on is not in the inventory"
    ]


def test_what_says_something_about_a_household_is_gone_when_the_case_is_over() -> None:
    columns = [(table, one) for table, every in read_inventory().items() for one in every if one.kind == "household"]
    assert len(columns) > 5
    assert {(table, one.name) for table, one in columns if one.term != "needs"} == {
        ("case_record", "unit_code"),
        ("departure", "code"),
    }


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("list_columns", ROOT / "scripts" / "list_columns.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_paper_lists_the_columns_as_they_are(script: ModuleType) -> None:
    """When this fails: .venv/bin/python scripts/list_columns.py."""
    paper = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    assert paper.count(script.BEGIN) == paper.count(script.END) == 1
    assert script.written(paper) == paper
    assert script.written(paper.replace("recognizes a signed-in device", "whatever")) == paper
