"""A file with shelters: the cells that a spreadsheet would take for a formula, and the labels of places that are alike."""

import pytest

from bedboard.rules.managing import numbered
from bedboard.rules.roster import is_formula, labels_of


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "+", "+31a"])
def test_a_formula_is_seen(cell: str) -> None:
    assert is_formula(cell)


@pytest.mark.parametrize("cell", ["+31 70 1234567", "+31 (0)70-123.45/67", "Linde", "070-1234567", "2.04", "kamer -1", "a=b"])
def test_a_number_or_a_name_is_no_formula(cell: str) -> None:
    assert not is_formula(cell)


def test_places_that_are_alike_always_have_the_same_labels() -> None:
    assert labels_of("kamer", 1) == ["kamer"]
    assert labels_of("kamer", 3) == ["kamer 1", "kamer 2", "kamer 3"] == numbered("kamer", 3, ())
