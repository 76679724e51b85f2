"""The answers of the cast: plausible for a shelter, whatever the search says about it."""

from typing import Any

import pytest

from bedboard.cast.answers import choose_answer, choose_change
from bedboard.rules.cases import ShelterAnswer, check_answer

YES, CALL = {"answer": "yes", "place": "linde-1"}, {"answer": "discuss"}


def ask(hold: str | None = None) -> dict[str, Any]:
    return {"shelter": "linde", "kind": "cosm", "hold": None if hold is None else {"id": "h", "places": hold.split()}}


def match(fit: str, verdict: str = "yes", criterion: str = "lvb", places: str = "linde-1", **rest: str) -> dict[str, Any]:
    reasons = [{"criterion": "woman", "verdict": "yes"}, {"criterion": criterion, "verdict": verdict}]
    return {"places": places.split(), "shelter": "linde", "kind": "cosm", "fit": fit, "reasons": reasons} | rest


def no(reason: str, **rest: str) -> dict[str, str]:
    return {"answer": "no", "reason": reason} | rest


@pytest.mark.parametrize(
    ("asked", "matches", "almost", "chance", "said"),
    [
        (ask(), [match("fits")], [], 0.5, YES),
        (ask(), [match("fits")], [], 0.9, CALL),
        (ask(), [match("fits", kind="women", places="linde-9"), match("fits")], [], 0.5, YES),
        (ask(), [match("discuss", places="linde-2"), match("fits")], [], 0.5, YES),
        (ask("linde-5"), [match("discuss")], [], 0.5, {"answer": "yes", "place": "linde-5"}),
        (ask("linde-5"), [], [], 0.9, CALL),
        (ask(), [match("fits", places="linde-1 linde-2 linde-3")], [], 0.5, YES | {"places": ["linde-2", "linde-3"]}),
        (ask("linde-5 linde-6"), [], [], 0.5, {"answer": "yes", "place": "linde-5", "places": ["linde-6"]}),
        (ask(), [match("discuss", "discuss")], [], 0.2, YES),
        (ask(), [match("discuss", "discuss")], [], 0.5, CALL),
        (ask(), [match("discuss", "discuss")], [], 0.9, no("contra_indication", criterion="lvb")),
        (ask(), [match("discuss", "unknown")], [], 0.9, no("no_staff")),
        (ask(), [], [match("excluded", "no")], 0.0, no("contra_indication", criterion="lvb")),
        (ask(), [], [match("excluded", "no", "max_adults")], 0.0, no("household")),
        (ask(), [match("fits", shelter="ceder")], [match("excluded", "no", shelter="ceder")], 0.0, no("no_place")),
    ],
)
def test_a_shelter_answers_from_what_the_search_says(
    asked: dict[str, Any], matches: list[dict[str, Any]], almost: list[dict[str, Any]], chance: float, said: dict[str, Any]
) -> None:
    answer = choose_answer(asked, {"matches": matches, "almost": almost}, chance)
    assert answer == said
    more = tuple(answer.get("places", ()))
    check_answer(ShelterAnswer(answer["answer"], answer.get("place"), answer.get("reason"), answer.get("criterion"), more))


@pytest.mark.parametrize(
    ("statuses", "change"),
    [
        ("free free occupied", ("1", "occupied")),
        ("occupied occupied closed", ("1", "free")),
        ("held reserved closed", None),
        ("", None),
    ],
)
def test_about_as_many_places_of_a_shelter_stay_free(statuses: str, change: tuple[str, str] | None) -> None:
    places = [{"id": str(number), "status": status} for number, status in enumerate(statuses.split())]
    assert choose_change({"places": places}, 0.5) == change
