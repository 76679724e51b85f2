"""A list of shelters, places and people from a file: its limits, and its cells that a spreadsheet would take for a formula."""

import re
from datetime import timedelta

MOST_ROWS = 200  # all in one transaction: its organizations and shelters wait for some seconds
LARGEST_FILE_KB = 128
DRAFT_LASTS = timedelta(hours=2)
"""How long a file waits to be saved, after somebody has looked at what it would change."""

FORMULA = re.compile(r"[=+\-@\t\r]")
NUMBER_ABROAD = re.compile(r"\+[0-9 ()./-]+")


def is_formula(cell: str) -> bool:
    """Return whether a spreadsheet might work this cell out; a telephone number with the code of a country is none."""
    return FORMULA.match(cell) is not None and NUMBER_ABROAD.fullmatch(cell) is None


def labels_of(label: str, count: int) -> list[str]:
    """Return the labels of so many places: the label itself for one, otherwise with the numbers from 1 on behind it.

    The numbers do not depend on what is there already, so that the same file always means the same places.
    """
    return [label] if count == 1 else [f"{label} {number}" for number in range(1, count + 1)]
