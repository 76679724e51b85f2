"""Criteria: a shelter's answers about the people it takes. Each is yes, discuss or no; absent is unknown."""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from bedboard.rules.refusals import FieldError, Invalid

Verdict = Literal["yes", "discuss", "no"]

VERDICTS: tuple[Verdict, ...] = ("yes", "discuss", "no")

CRITERIA: Mapping[str, tuple[str, ...]] = {
    "adults": ("woman", "man", "other_gender"),
    "children": ("child_0_3", "child_4_11", "child_12_17", "boy_12_17"),
    "household": ("minor_alone", "group"),
    "status": ("dutch", "eu", "third_country", "undocumented", "dublin", "reflection", "b8"),
    "exploitation": ("sexual", "labour", "criminal", "other_exploitation", "serious_wrong"),
    "needs": ("lvb", "psychiatric", "addiction", "recovering", "medical", "pregnant", "wheelchair", "pets", "women_only"),
}
CRITERION_NAMES = frozenset(name for group in CRITERIA.values() for name in group)
LIMIT_NAMES = frozenset({"min_age", "max_age", "max_adults", "max_children", "oldest_son", "longest_stay_days"})

LARGEST_LIMITS: Mapping[str, int] = {
    "min_age": 99,
    "max_age": 120,
    "max_adults": 50,
    "max_children": 50,
    "oldest_son": 17,
    "longest_stay_days": 3650,
}
"""The most that each limit can be; the least is 0."""

SPOKEN_LANGUAGES = (
    "nl",
    "en",
    "fr",
    "es",
    "pt",
    "de",
    "it",
    "pl",
    "ro",
    "bg",
    "hu",
    "uk",
    "ru",
    "tr",
    "ar",
    "fa",
    "so",
    "ti",
    "zh",
    "vi",
)
"""The languages with which a deployment begins, as ISO 639-1; for others there is the interpreters' telephone."""


def in_order(codes: Iterable[str]) -> tuple[str, ...]:
    """Return languages in the order of forms: the usual ones first."""
    usual = {code: number for number, code in enumerate(SPOKEN_LANGUAGES)}
    return tuple(sorted(codes, key=lambda code: (usual.get(code, len(usual)), code)))


TAKES = ("women", "men", "families", "minors")


def takes(criteria: Mapping[str, str]) -> tuple[str, ...]:
    """Return the large groups of the board's filter that a shelter takes; "discuss" counts, "no" and unknown do not.

    A family has an adult: a house for minors only takes none.
    """

    def open_to(*names: str) -> bool:
        return any(criteria.get(name) in ("yes", "discuss") for name in names)

    found = {
        "women": open_to("woman"),
        "men": open_to("man"),
        "families": open_to("child_0_3", "child_4_11", "child_12_17") and open_to("woman", "man", "other_gender"),
        "minors": open_to("minor_alone"),
    }
    return tuple(group for group in TAKES if found[group])


def exploitations(criteria: Mapping[str, str]) -> tuple[str, ...]:
    """Return the kinds of exploitation after which a shelter takes people; "discuss" counts, "no" and unknown do not."""
    return tuple(name for name in CRITERIA["exploitation"] if criteria.get(name) in ("yes", "discuss"))


def wrong_criteria(criteria: Mapping[str, str]) -> list[FieldError]:
    """Return the names that are no criteria, and the answers that are none; empty when all is well."""
    wrong = [FieldError(f"criteria.{name}", "unknown_field") for name in criteria if name not in CRITERION_NAMES]
    return wrong + [
        FieldError(f"criteria.{name}", "not_one_of", {"allowed": list(VERDICTS)})
        for name, answer in criteria.items()
        if name in CRITERION_NAMES and answer not in VERDICTS
    ]


def check_terms(
    criteria: Mapping[str, str],
    limits: Mapping[str, int],
    intake: tuple[int, int],
    languages: Collection[str],
    known: Collection[str] = SPOKEN_LANGUAGES,
) -> None:
    """Refuse terms that cannot be right: Invalid with every such field.

    `intake`: local minutes, from and until; day and night is (0, 1440). Until may be lower than from (over midnight), but not
    the same: that could mean day and night as well as never. `known`: the languages of the deployment.
    """
    wrong = wrong_criteria(criteria)
    for name, number in limits.items():
        if name not in LARGEST_LIMITS:
            wrong.append(FieldError(f"limits.{name}", "unknown_field"))
        elif number < 0:
            wrong.append(FieldError(f"limits.{name}", "too_small", {"least": 0}))
        elif number > LARGEST_LIMITS[name]:
            wrong.append(FieldError(f"limits.{name}", "too_large", {"most": LARGEST_LIMITS[name]}))
    if "max_age" in limits and limits["max_age"] < limits.get("min_age", 0):
        wrong.append(FieldError("limits.max_age", "below_min_age"))
    opens, closes = intake
    if not 0 <= opens < 1440:
        wrong.append(FieldError("intake.from", "not_a_time"))
    if not 0 < closes <= 1440:
        wrong.append(FieldError("intake.until", "not_a_time"))
    if opens == closes:
        wrong.append(FieldError("intake.until", "same_as_from"))
    wrong += [FieldError(f"languages.{code}", "unknown_field") for code in languages if code not in known]
    if wrong:
        raise Invalid(*wrong)


def check_overrides(criteria: Mapping[str, str]) -> None:
    """Refuse a place's own criteria that cannot be right: Invalid with every such field."""
    wrong = wrong_criteria(criteria)
    if wrong:
        raise Invalid(*wrong)
