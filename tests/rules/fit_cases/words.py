"""The words in which worked cases are written: a house and its answers, and a case."""

from typing import NamedTuple

from bedboard.rules.fit import Fit, Terms, make_terms


class House(NamedTuple):
    """A place and what its shelter says about whom it takes there."""

    terms: Terms
    beds: int
    cots: int
    unit: str


class Case(NamedTuple):
    who: str
    where: str
    verdict: Fit
    reasons: str


def clock(at: str) -> int:
    """Minutes since midnight of "09:30"."""
    hours, minutes = at.split(":")
    return int(hours) * 60 + int(minutes)


def house(
    yes: str = "",
    discuss: str = "",
    no: str = "",
    *,
    beds: int = 1,
    cots: int = 0,
    unit: str = "amsterdam",
    intake: str = "00:00-24:00",
    languages: str = "",
    **limits: int,
) -> House:
    """house("woman pregnant", no="man", beds=2, oldest_son=12): a criterion in none of the three lists is unknown."""
    answers = {"yes": yes, "discuss": discuss, "no": no}
    criteria = {name: answer for answer, names in answers.items() for name in names.split()}
    opens, closes = intake.split("-")
    return House(make_terms(criteria, limits, (clock(opens), clock(closes)), languages.split()), beds, cots, unit)


def but(whole: House, yes: str = "", discuss: str = "", no: str = "", **size: int) -> House:
    """One place of that house which says something else, as far as it says anything."""
    own = house(yes, discuss, no).terms.criteria
    terms = whole.terms
    merged = make_terms({**terms.criteria, **own}, terms.limits, terms.intake, terms.languages)
    return House(merged, size.get("beds", whole.beds), size.get("cots", whole.cots), whole.unit)
