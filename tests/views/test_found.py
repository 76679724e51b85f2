"""A search over a board: the order of matches, and why other places are left out."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bedboard.rules.fit import Profile
from bedboard.views.found import Found
from tests.views.shelters import HELD, LAPSED, REFERENCE, RESERVED, card, columns, place, search, shelter


def lots(found: Found) -> list[str]:
    return [match.lot.id for match in found.matches]


WOMAN = Profile(woman=1)
MAN = Profile(man=1)
PERHAPS = {"woman": "discuss"}


# ---- the order


def test_a_fitting_place_goes_before_one_to_discuss_even_when_old_large_and_far() -> None:
    near = shelter("appel", [place("appel-1")], criteria=PERHAPS, confirmed=0)
    far = shelter("zilver", [place("zilver-1", beds=9)], unit="zuid", confirmed=None)
    found = search(replace(WOMAN, near="noord"), near, far)
    assert [(match.lot.id, match.fit) for match in found.matches] == [("zilver-1", "fits"), ("appel-1", "discuss")]


def test_fresh_news_goes_before_ageing_and_ageing_before_stale_even_when_large_and_far() -> None:
    rows = [
        shelter("appel", [place("appel-1", beds=2)], confirmed=None),
        shelter("beuk", [place("beuk-1", beds=1)], confirmed=9),
        shelter("ceder", [place("ceder-1", beds=3)], confirmed=3),
        shelter("den", [place("den-1", beds=4)], confirmed=1, unit="zuid"),
    ]
    found = search(replace(WOMAN, near="noord"), *rows)
    assert lots(found) == ["den-1", "ceder-1", "beuk-1", "appel-1"]
    assert [match.card.freshness for match in found.matches] == ["fresh", "ageing", "stale", "stale"]


def test_the_smallest_place_that_is_large_enough_goes_first_within_a_travel_band() -> None:
    with_baby = Profile(woman=1, child_0_3=1, near="noord")
    criteria = {"woman": "yes", "child_0_3": "yes"}
    rows = [
        shelter("appel", [place("appel-1", beds=4)], criteria=criteria),
        shelter("beuk", [place("beuk-1", beds=2, cots=1), place("beuk-2", beds=2)], criteria=criteria),
        shelter("ceder", [place("ceder-1", beds=1), place("ceder-2", beds=1, cots=1)], criteria=criteria, unit="oost"),
        shelter("den", [place("den-1", beds=1, cots=1)], criteria=criteria, unit="zuid"),
    ]
    found = search(with_baby, *rows)
    assert lots(found) == ["ceder-2", "beuk-2", "beuk-1", "appel-1", "den-1"]
    assert [match.minutes for match in found.matches] == [40, 0, 0, 0, 120]
    assert found.excluded_by == {"size": 1}


@pytest.mark.parametrize(
    ("near", "order"),
    [
        ("noord", ["mei-1", "lente-1", "april-1"]),
        ("oost", ["lente-1", "mei-1", "april-1"]),
        ("zuid", ["april-1", "lente-1", "mei-1"]),
        (None, ["april-1", "lente-1", "mei-1"]),  # then by name
        ("atlantis", ["april-1", "lente-1", "mei-1"]),
    ],
)
def test_of_equal_places_the_nearer_goes_first(near: str | None, order: list[str]) -> None:
    rows = [
        shelter("april", [place("april-1")], unit="zuid"),
        shelter("lente", [place("lente-1")], unit="oost"),
        shelter("mei", [place("mei-1")], unit="noord"),
    ]
    assert lots(search(replace(WOMAN, near=near), *rows)) == order


def test_an_omm_place_comes_after_the_others_for_somebody_without_several_needs() -> None:
    criteria = {"woman": "yes", "lvb": "yes", "addiction": "yes"}
    rows = [
        shelter("appel", [place("appel-1", "omm")], criteria=criteria),
        shelter("zilver", [place("zilver-1", beds=3)], criteria=criteria, unit="zuid"),
    ]
    for needs, order in (
        ("", ["zilver-1", "appel-1"]),
        ("lvb", ["zilver-1", "appel-1"]),
        ("lvb addiction", ["appel-1", "zilver-1"]),
    ):
        assert lots(search(replace(WOMAN, near="noord", needs=frozenset(needs.split())), *rows)) == order, needs


def test_what_the_requester_may_decide_goes_first_and_what_waits_for_the_desk_last() -> None:
    kinds = {"women": "shelter", "men": "requester", "cosm": "provisional"}
    rows = [shelter("appel", [place(f"appel-{kind}", kind) for kind in kinds])]
    found = search(WOMAN, *rows, deciders=kinds)  # type: ignore[arg-type]
    assert [(match.lot.kind, match.decides) for match in found.matches] == [
        ("men", "requester"),
        ("women", "shelter"),
        ("cosm", "provisional"),
    ]


# ---- what fails on one reason only


def test_places_that_one_reason_alone_excludes_are_named_the_best_first_and_never_in_a_unit_to_avoid() -> None:
    rows = [
        shelter("appel", [place("appel-1"), place("appel-2", state="occupied", kind="cosm")], criteria={"man": "no"}),
        shelter("beuk", [place("beuk-1")], criteria={"man": "yes"}, limits={"max_adults": 0}, confirmed=3),
        shelter("ceder", [place("ceder-1")], criteria={"man": "no"}, limits={"max_adults": 0}),
        shelter("den", [place("den-1")], criteria={"man": "yes"}, unit="zuid"),
        shelter("els", [place("els-1")], criteria={"man": "no"}, unit="zuid"),
    ]
    found = search(replace(MAN, avoid=frozenset({"zuid"})), *rows)
    assert [(match.lot.id, match.fit) for match in found.almost] == [("appel-1", "excluded"), ("beuk-1", "excluded")]
    assert [[one.criterion for one in match.reasons if one.answer == "no"] for match in found.almost] == [
        ["man"],
        ["max_adults"],
    ]
    assert (found.matches, found.excluded) == ((), 5)


def test_places_that_are_alike_go_by_name_and_then_by_id() -> None:
    first = shelter("zilver", [place("zilver-2"), place("zilver-1", "cosm")])
    second = replace(shelter("beuk", [place("beuk-1")]), name=first.name)
    third = shelter("appel", [place("appel-1")])
    order = ["appel-1", "beuk-1", "zilver-1", "zilver-2"]
    assert lots(search(WOMAN, first, second, third)) == lots(search(WOMAN, third, second, first)) == order


@pytest.mark.parametrize("refused", [{"woman": "no"}, {"woman": "no", "pregnant": "no"}], ids=("one reason", "two reasons"))
def test_equal_shelters_go_by_name_even_when_one_has_a_place_that_is_left_out(refused: Mapping[str, str]) -> None:
    aak = shelter("aak", [place("aak-1", criteria=refused), place("aak-2")])
    beuk = shelter("beuk", [place("beuk-1")])
    found = search(replace(WOMAN, needs=frozenset({"pregnant"})), aak, beuk)
    assert lots(found) == ["aak-2", "beuk-1"]
    assert found.excluded_by == dict.fromkeys(sorted(refused), 1)


def test_a_unit_to_avoid_is_left_out_even_when_it_is_near() -> None:
    rows = [shelter("appel", [place("appel-1")]), shelter("zilver", [place("zilver-1")], unit="zuid")]
    found = search(replace(WOMAN, near="noord", avoid=frozenset({"noord"})), *rows)
    assert lots(found) == ["zilver-1"]
    assert (found.excluded, found.excluded_by) == (1, {"avoid": 1})


# ---- why the others are left out, and what is taken


def test_a_free_place_counts_under_every_reason_against_it_and_once_in_all() -> None:
    rows = [
        shelter("appel", [place("appel-1"), place("appel-2"), place("appel-3", beds=2)], limits={"max_adults": 1}),
        shelter("zilver", [place("zilver-1")], criteria={"man": "no", "woman": "no"}, unit="zuid"),
    ]
    found = search(Profile(man=1, woman=1, avoid=frozenset({"noord"})), *rows)
    assert (found.count, found.excluded) == (0, 4)
    assert list(found.excluded_by.items()) == [("man", 4), ("avoid", 3), ("max_adults", 3), ("size", 3), ("woman", 1)]
    assert (found.taken, found.matches) == (0, ())


def test_places_that_are_not_free_are_neither_found_nor_counted_as_excluded() -> None:
    rows = [
        shelter(
            "appel",
            [
                place("appel-1", state="occupied"),
                place("appel-2", state="closed"),
                place("appel-3", claim=HELD),
                place("appel-4", claim=RESERVED),
                place("appel-5", claim=LAPSED),
                place("appel-6", beds=2, state="occupied", kind="cosm"),
            ],
        )
    ]
    found = search(WOMAN, *rows)
    assert [[place.id for place in match.places] for match in found.matches] == [["appel-5"]]
    assert (found.fits, found.discuss, found.excluded, found.excluded_by) == (1, 0, 0, {})
    assert (found.taken, found.kinds) == (5, frozenset({"women", "cosm"}))
    refused = search(MAN, *rows)
    assert (refused.taken, refused.excluded, refused.excluded_by) == (0, 1, {"man": 1})
    assert search(MAN, *rows).kinds == frozenset()


def test_a_place_with_terms_of_its_own_is_judged_by_them() -> None:
    fathers = {"man": "yes", "child_4_11": "discuss"}
    rows = [shelter("appel", [place("appel-1", beds=2), place("appel-2", beds=2, criteria=fathers)])]
    father = Profile(man=1, child_4_11=1)
    found = search(father, *rows)
    assert lots(found) == ["appel-2"]
    assert [(reason.criterion, reason.answer) for reason in found.matches[0].reasons] == [
        ("man", "yes"),
        ("child_4_11", "discuss"),
        ("size", "yes"),
    ]
    assert found.excluded_by == {"man": 1}
    assert sorted(lots(search(WOMAN, *rows))) == ["appel-1", "appel-2"], "what a place does not say, its house says"


def test_reasons_come_with_every_match() -> None:
    found = search(replace(WOMAN, languages=frozenset({"ti"})), shelter("appel", [place("appel-1")]))
    assert [tuple(reason) for reason in found.matches[0].reasons] == [
        ("woman", "yes", None),
        ("language", "unknown", None),
        ("size", "yes", 1),
    ]
    assert found.matches[0].fit == "discuss"


def test_an_empty_board_finds_nothing() -> None:
    assert search(WOMAN) == Found((), 0, 0, 0, 0, {}, 0)
    assert search(WOMAN, shelter("appel", [])) == Found((), 0, 0, 0, 0, {}, 0)


def test_a_shelter_that_is_gone_is_forgotten_with_its_counts() -> None:
    rows = [shelter("appel", [place("appel-1")]), shelter("beuk", [place("beuk-1")], criteria={"woman": "no"})]
    one = columns(*rows)
    one.drop("appel")
    one.drop("never-there")
    assert one.found(WOMAN, REFERENCE, None) == search(WOMAN, rows[1])
    one.drop("beuk")
    assert one.found(WOMAN, REFERENCE, None) == search(WOMAN)


def test_a_criterion_that_only_a_newer_version_knows_counts_for_nothing() -> None:
    found = search(WOMAN, shelter("appel", [place("appel-1")], criteria={"woman": "yes", "of_tomorrow": "no"}))
    assert (found.fits, found.excluded) == (1, 0)


def test_limits_that_no_shelter_has_any_more_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bedboard.views.columns.MOST_RESTS", 5)
    one, criteria = columns(), {"woman": "yes"}
    for age in range(1, 60):
        row = shelter("appel", [place("appel-1")], criteria=criteria, limits={"min_age": age})
        one.take(card(row))
        assert one.found(WOMAN, REFERENCE, None) == search(WOMAN, row)
    assert len(one._terms_of_rest) <= 10
