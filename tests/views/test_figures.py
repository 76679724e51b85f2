"""Files of figures: nothing in them is worked out by a spreadsheet, and their names are made of nothing from outside."""

import csv
import io
from datetime import date

import pytest

from bedboard.views.exports import Export, Line, file_name, write_csv


@pytest.mark.parametrize("name", ["=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|' /C calc'!A0"])
def test_no_cell_is_a_formula(name: str) -> None:
    lines = [Line("2026-01", "placed_kind", "x", "cosm", name, 7, "apart")]
    rows = list(csv.reader(io.StringIO(write_csv(Export({"source": name}, lines), ",").decode("utf-8-sig")), strict=True))
    assert [row[4] for row in rows if row[1] == "placed_kind"] == [f"'{name}"]
    assert [row[2] for row in rows if row[1] == "about"] == [f"'{name}"]


@pytest.mark.parametrize("name", ['a "quoted", comma', "two\r\nlines", "één; twee"])
def test_a_cell_comes_back_as_it_went(name: str) -> None:
    body = write_csv(Export({}, [Line("2026-01", "t", "x", "c", name, None, "hidden")]), ";").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(body, newline=""), delimiter=";", strict=True))
    assert rows[1] == ["2026-01", "t", "x", "c", name, "", "hidden"]


def test_the_name_of_a_file_is_its_period() -> None:
    assert file_name([date(2026, 1, 1), date(2026, 2, 1)], "", "csv") == "bedboard-2026-01-2026-02.csv"
