"""Labels of places: the words of shelters fit, and nothing that could be about a victim does."""

import pytest

from bedboard.rules.managing import is_label, is_taken

ROOMS = [
    "2.04",
    "12a",
    "B",
    "kamer 3",
    "Gezinskamer",
    "gezinskamer 2",
    "Zolder",
    "logeerkamer",
    "zolderkamer",
    "blauwe kamer",
    "tuinkant 3",
]
BEDS = [
    "bed 3 (raam)",
    "Bed 3 (raam)",
    "kamer 2, bed 3",
    "kamer 2 bed 3",
    "bed links",
    "Kamer 2.04 (bed A)",
    "noodbed 2 (gang)",
]
FLOORS = ["begane grond 2", "1e verdieping kamer 4"]
NAMES = ["Fatima", "kamer Fatima", "bed 3 (Fatima)", "de Wit", "Roos", "jan@x.nl", "zwanger", "Syrië", "кamer 1"]
NUMBERS = ["123456789", "061234567", "kamer 061234567", "06 123 456", "12 34", "kamer 12 34 56", "a b c", "kamer ١"]
SHAPES = ["kamer (links", "kamer 1) links", "(raam) (deur)", "bed bed bed bed bed", "kamer  1", " kamer", "kamer, , 1"]


@pytest.mark.parametrize("label", [*ROOMS, *BEDS, *FLOORS])
def test_a_place_is_called_as_a_shelter_would_write_it(label: str) -> None:
    assert is_label(label)


@pytest.mark.parametrize("label", [*NAMES, *NUMBERS, *SHAPES])
def test_no_name_and_no_long_number_fits_into_a_label(label: str) -> None:
    assert not is_label(label)


def test_names_that_people_read_as_one_are_one() -> None:
    assert is_taken("STICHTING  de Kade", ["Oever", "Stichting De Kade"])
    assert not is_taken("Kade", ["Oever", "Stichting De Kade"])
