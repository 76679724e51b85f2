"""The facets of the board: every number on a filter is what choosing it would give."""

from hypothesis import given
from hypothesis import strategies as st

from bedboard.rules.criteria import CRITERIA, TAKES
from bedboard.views.cards import Card
from bedboard.views.facets import EVERYTHING, FACETS, Figure, Filter, add_facets, codes_of_facets, read_filter
from tests.views.shelters import REFERENCE, card, place, shelter

VERDICTS = st.sampled_from(["yes", "discuss", "no"])
NAMES = ("woman", "man", "child_0_3", "minor_alone", *CRITERIA["exploitation"])


@st.composite
def houses(draw: st.DrawFn) -> list[Card]:
    return [
        card(
            shelter(
                f"huis-{number}",
                [
                    place(f"huis-{number}-{at}", kind, state=draw(st.sampled_from(["open", "occupied"])))
                    for at, kind in enumerate(draw(st.lists(st.sampled_from(list(REFERENCE.kinds)), max_size=4)))
                ],
                unit=draw(st.sampled_from(list(REFERENCE.units))),
                confirmed=draw(st.sampled_from([1, 20, None])),
                criteria=draw(st.dictionaries(st.sampled_from(NAMES), VERDICTS)),
            )
        )
        for number in range(draw(st.integers(0, 5)))
    ]


def one_of(*codes: str) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(codes)


filters = st.builds(
    Filter, one_of(*REFERENCE.kinds), one_of(*REFERENCE.units), one_of(*TAKES), one_of(*CRITERIA["exploitation"])
)


@given(houses(), filters)
def test_every_number_is_what_choosing_it_would_give(cards: list[Card], chosen: Filter) -> None:
    facets = add_facets(cards, chosen, REFERENCE)
    assert len(facets.figures) == sum(len(list(codes)) for codes in codes_of_facets(REFERENCE).values())
    for (facet, code), figure in facets.figures.items():
        assert figure == add_facets(cards, chosen._replace(**{facet: code}), REFERENCE).whole
    kinds = [chosen.kind] if chosen.kind else list(REFERENCE.kinds)
    free = {is_stale: 0 for is_stale in (False, True)}
    for one in filter(chosen.shows, cards):
        free[one.freshness == "stale"] += sum(one.kinds[kind]["free"] for kind in kinds if kind in one.kinds)
    assert facets.whole == Figure(free[False], free[True])


def test_a_shelter_is_found_under_the_exploitation_it_takes_or_wants_to_discuss() -> None:
    criteria = {"sexual": "yes", "labour": "discuss", "criminal": "no"}
    house = card(shelter("eik", [place("eik-1")], criteria=criteria))
    found = [code for code in CRITERIA["exploitation"] if Filter(exploitation=code).shows(house)]
    assert found == ["sexual", "labour"]


def test_an_address_chooses_known_codes_only() -> None:
    asked = {"kind": "women", "unit": "mars", "takes": "men", "exploitation": "woman", "wall": "1"}
    assert read_filter(asked, REFERENCE) == Filter("women", None, "men", None)
    assert read_filter({}, REFERENCE) == EVERYTHING
    assert Filter._fields == FACETS
