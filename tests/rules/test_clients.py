"""A program's name stands in the journal for ever, so it is not a person's, nor a number that could be somebody's."""

import pytest

from bedboard.rules.clients import LONGEST_NAME, unfit_name


@pytest.mark.parametrize(
    "name",
    ["roster-linde", "roster", "Zicht", "replay of 2024", "ZorgDossier 3", "export v2.1", "demo police", "x" * LONGEST_NAME],
)
def test_the_name_of_a_program_is_taken(name: str) -> None:
    assert unfit_name(name) is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("jan@politie.nl", "e-mail"),
        ("Jan Jansen", "a person"),
        ("J. de Vries", "a person"),
        ("Anne-Marie van der Berg", "a person"),
        ("Zoë Şahin", "a person"),
        ("Piet O'Brien", "a person"),
        ("123456789", "a number"),
        ("06-12345678", "a number"),
        ("+31 6 12 34 56 78", "a number"),
        ("client 12.03.1990", "a number"),
        ("12", "a number"),
        ("…", "a number"),
        ("", "empty"),
        (" roster", "space"),
        ("ros\nter", "cannot be printed"),
        ("x" * (LONGEST_NAME + 1), "longer"),
    ],
)
def test_a_name_that_could_be_a_person_s_is_refused_with_the_reason(name: str, why: str) -> None:
    assert why in str(unfit_name(name))
