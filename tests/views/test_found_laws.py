"""Laws of a search, on small boards of any kind: the fast way finds what the readable way finds, whatever changes."""

from collections import Counter
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.rules.claims import Claim
from bedboard.rules.fit import Profile, Reason, Terms, fit_of, judge, judge_place, judge_rest
from bedboard.rules.places import PlaceState
from bedboard.store.board import PlaceRow, ShelterRow
from bedboard.views.found import Deciders, Found
from bedboard.views.pages import Pages
from bedboard.views.pieces import Pieces
from tests.views.shelters import HELD, LAPSED, REFERENCE, RESERVED, UNITS, card, columns, place, search, shelter

quick = settings(deadline=None, max_examples=100)


def lots(found: Found) -> list[str]:
    return [match.lot.id for match in found.matches]


WOMAN = Profile(woman=1)


some_criteria = st.dictionaries(
    st.sampled_from(("woman", "man", "child_0_3", "lvb")), st.sampled_from(("yes", "yes", "discuss", "no")), max_size=4
)
whole_profiles = st.builds(
    Profile,
    woman=st.integers(0, 1),
    man=st.integers(0, 1),
    child_0_3=st.integers(0, 1),
    needs=st.sampled_from((frozenset(), frozenset({"lvb"}))),
    adult_ages=st.sampled_from((frozenset(), frozenset({"18_20"}), frozenset({"21_64"}))),
    group=st.sampled_from((0, 0, 2)),
    arrives_after=st.sampled_from((None, 600)),
    avoid=st.sampled_from((frozenset(), frozenset(), frozenset({"zuid"}))),
    near=st.sampled_from((None, *UNITS)),
)
split_profiles = st.builds(lambda one, group: replace(one, group=group, split=True), whole_profiles, st.integers(2, 5))
some_profiles = whole_profiles | split_profiles
occupancies: st.SearchStrategy[tuple[PlaceState, Claim | None]] = st.sampled_from(
    (("open", None), ("open", None), ("open", HELD), ("open", RESERVED), ("open", LAPSED), ("occupied", None), ("closed", HELD))
)


@st.composite
def some_places(draw: st.DrawFn, shelter_id: str) -> tuple[PlaceRow, ...]:
    places = []
    for number in range(draw(st.integers(0, 5))):
        state, claim = draw(occupancies)
        kind, own = draw(st.sampled_from(("women", "men", "omm"))), draw(st.none() | some_criteria)
        beds, cots = draw(st.integers(1, 3)), draw(st.integers(0, 1))
        places.append(place(f"{shelter_id}-{number}", kind, beds, cots, state, claim, own))
    return tuple(places)


@st.composite
def some_shelter(draw: st.DrawFn, shelter_id: str) -> ShelterRow:
    row = shelter(
        shelter_id,
        draw(some_places(shelter_id)),
        unit=draw(st.sampled_from(tuple(UNITS))),
        confirmed=draw(st.sampled_from((0, 1, 3, 9, None))),
        criteria=draw(some_criteria),
        limits=draw(st.sampled_from(({}, {"max_adults": 1}, {"min_age": 21}))),
    )
    return replace(row, name=draw(st.sampled_from(("Linde", "Wilg"))))  # names need not differ


NAMES = ("appel", "beuk", "ceder", "den")
DECIDERS: Deciders = {"omm": "desk"}
boards = st.tuples(*(some_shelter(name) for name in NAMES))
"""Four shelters; a change is another shelter under the same id, so its places may come, go, fill up and be renamed."""
Board = tuple[ShelterRow, ...]
changes = st.lists(st.sampled_from(NAMES).flatmap(some_shelter), max_size=6)


@quick
@given(some_profiles, some_profiles, boards, changes, st.none() | st.integers(0, 5))
def test_columns_that_are_kept_current_find_the_same_as_a_new_search(
    profile: Profile, other: Profile, board: Board, changes: list[ShelterRow], most: int | None
) -> None:
    """Several callers search for the same or something else, before and after each change."""
    present = {row.id: row for row in board}
    one = columns(*board)
    callers: list[tuple[Profile, int | None, Deciders]] = [
        *((profile, most, DECIDERS), (other, most, DECIDERS)),
        *((profile, None, DECIDERS), (profile, most, {}), (profile, most, DECIDERS)),
    ]
    for row in changes:
        present[row.id] = row
        one.take(card(row))
        for asked, number, deciders in callers:
            found = search(asked, *present.values(), most=number, deciders=deciders)
            assert one.found(asked, REFERENCE, number, deciders) == found


PAGES = Pages(Path(__file__).parents[2] / "web", REFERENCE.zone)


@settings(deadline=None, max_examples=20)
@given(some_profiles, some_profiles, boards, changes)
def test_what_is_kept_from_another_search_is_what_would_be_drawn_now(
    profile: Profile, other: Profile, board: Board, changes: list[ShelterRow]
) -> None:
    keys = chain(["0" * 32], repeat("key"))
    present, kept = {row.id: row for row in board}, Pieces(PAGES, lambda: next(keys))
    for version, row in enumerate(changes, 2):
        present[row.id] = replace(row, version=version)
        for asked, deciders in ((profile, {}), (profile, DECIDERS), (other, DECIDERS)):
            found, new = search(asked, *present.values(), deciders=deciders), Pieces(PAGES, lambda: "key")
            assert kept.figures("nl", found, REFERENCE) == new.figures("nl", found, REFERENCE)
            for match in found.matches:
                drawn = Pieces(PAGES, lambda: "key").match("nl", match, REFERENCE)
                assert kept.match("nl", match, REFERENCE) == drawn


@quick
@given(some_profiles, boards, st.sets(st.sampled_from(NAMES)), st.lists(st.sampled_from(NAMES), max_size=5))
def test_the_order_of_taking_and_taking_twice_make_no_difference(
    profile: Profile, board: Board, gone: set[str], again: list[str]
) -> None:
    rows = {row.id: row for row in board}
    one = columns(*reversed(board), *(rows[name] for name in again))
    assert one.found(profile, REFERENCE, 100) == search(profile, *board, most=100)
    for name in gone:
        one.drop(name)
    assert one.found(profile, REFERENCE, 100) == search(profile, *(row for row in board if row.id not in gone), most=100)
    for row in board:
        one.take(card(row))
    assert one.found(profile, REFERENCE, 100) == search(profile, *board, most=100)


@quick
@given(whole_profiles, boards)
def test_every_place_is_counted_where_it_belongs(profile: Profile, board: Board) -> None:
    """Counted place by place, without lots, kept answers or anything that changes."""
    counts: Counter[str] = Counter()
    reasons_against: Counter[str] = Counter()
    matching, kinds = set(), set()
    for row in board:
        for shown_place in card(row).places:
            reasons = judge(shown_place.terms, profile) + judge_place(shown_place.beds, shown_place.cots, row.unit, profile)
            fit = fit_of(reasons)
            if fit != "excluded":
                kinds.add(shown_place.kind)
                known = "unsure" if card(row).freshness == "stale" else fit
                counts[known if shown_place.status == "free" else "taken"] += 1
                counts["taken_fits"] += shown_place.status != "free" and fit == "fits"
                matching |= {shown_place.id} if shown_place.status == "free" else set()
            elif shown_place.status == "free":
                counts["excluded"] += 1
                reasons_against.update({reason.criterion for reason in reasons if reason.answer == "no"})
    found = search(profile, *board)
    assert (found.fits, found.discuss, found.unsure, found.excluded, found.taken, found.taken_fits) == (
        *(counts[name] for name in ("fits", "discuss", "unsure", "excluded", "taken", "taken_fits")),
    )
    assert found.excluded_by == reasons_against
    assert list(found.excluded_by.values()) == sorted(found.excluded_by.values(), reverse=True)
    assert found.kinds == kinds
    assert [place.id for match in found.matches for place in match.places if place.id not in matching] == []
    assert sum(len(match.places) for match in found.matches) == len(matching) == found.count


@quick
@given(some_profiles, boards)
def test_every_match_is_in_its_order_with_a_free_place_that_is_not_excluded(profile: Profile, board: Board) -> None:
    found = search(profile, *board, deciders=DECIDERS)
    matches = found.matches
    assert found.count + found.excluded == sum(len(lot.free) for row in board for lot in card(row).lots)
    for match in matches:
        assert match.places and all(place.status == "free" for place in match.places)
        assert match.fit == fit_of(match.reasons) != "excluded"
        assert match.card.unit not in profile.avoid
        assert match.lot.beds + match.lot.cots >= profile.people
    freshness = ("fresh", "ageing", "stale")

    def minutes(unit: str) -> int:
        return 0 if profile.near is None else REFERENCE.minutes_between(profile.near, unit) or 0

    order = [
        (
            ("fits", "discuss").index(match.fit),
            freshness.index(match.card.freshness),
            "omm" in {place.kind for place in match.places},
            match.decides == "desk",
            [minutes(match.card.unit) >= most for most in (45, 90)],
            match.lot.beds,
            match.lot.cots,
            minutes(match.card.unit),
            match.card.name,
            match.id,
        )
        for match in matches
    ]
    assert order == sorted(order)
    assert len({match.id for match in matches}) == len(matches)
    for match in found.almost:
        against = [reason.criterion for reason in match.reasons if reason.answer == "no"]
        assert len(against) == 1 and against != ["avoid"]
        assert match.card.unit not in profile.avoid


@quick
@given(some_profiles, boards, st.integers(0, 12), st.integers(0, 12))
def test_asking_for_fewer_matches_gives_the_best_ones_and_the_same_counts(
    profile: Profile, board: Board, some: int, more: int
) -> None:
    few, many = search(profile, *board, most=min(some, more)), search(profile, *board, most=max(some, more))
    assert few.matches == many.matches[: min(some, more)]
    assert len(many.matches) <= max(some, more)
    assert replace(few, matches=()) == replace(many, matches=())


@quick
@given(some_shelter("appel"), st.data())
def test_a_lot_keeps_its_id_when_its_free_places_change(row: ShelterRow, data: st.DataObject) -> None:
    later = [
        before._replace(state=state, claim=claim)
        for before in row.places
        for state, claim in [data.draw(occupancies, label=before.id)]
    ]
    before, after = card(row), card(replace(row, version=2, places=tuple(later), confirmed_at=None))
    assert [lot.id for lot in before.lots] == [lot.id for lot in after.lots]
    assert [[place.id for place in lot.places] for lot in before.lots] == [
        [place.id for place in lot.places] for lot in after.lots
    ]


@quick
@given(some_shelter("appel"))
def test_lots_are_the_places_of_a_shelter_grouped_by_kind_size_and_terms(row: ShelterRow) -> None:
    shown = card(row)
    assert sorted(place.id for lot in shown.lots for place in lot.places) == sorted(place.id for place in shown.places)
    for lot in shown.lots:
        assert lot.free == tuple(place for place in lot.places if place.status == "free")
        for shown_place in lot.places:
            assert (shown_place.kind, shown_place.terms, shown_place.beds, shown_place.cots) == (
                lot.kind,
                lot.terms,
                lot.beds,
                lot.cots,
            )
            assert shown.lot_of(shown_place.id) is lot
    assert len({(lot.kind, lot.terms, lot.beds, lot.cots) for lot in shown.lots}) == len(shown.lots)
    assert shown.lot_of("elsewhere-1") is None


def test_shelters_that_say_the_same_are_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[Terms] = []

    def judge_and_count(terms: Terms, profile: Profile) -> tuple[Reason, ...]:
        judged.append(terms)
        return judge_rest(terms, profile)

    monkeypatch.setattr("bedboard.views.columns.judge_rest", judge_and_count)
    house = {"woman": "yes", "man": "no"}
    rows = [
        shelter("appel", [place("appel-1"), place("appel-2")], criteria=house),
        shelter("beuk", [place("beuk-1", beds=2)], criteria=dict(reversed(house.items()))),
        shelter("ceder", [place("ceder-1", criteria={"man": "discuss"})], criteria=house, limits={"min_age": 18}),
    ]
    found = columns(*rows, *rows).found(WOMAN, REFERENCE, None)
    assert [terms.limits for terms in judged] == [{}, {"min_age": 18}]
    assert found.fits == 4


@quick
@given(whole_profiles, boards)
def test_a_search_gives_the_same_as_judging_every_place_with_its_reasons(profile: Profile, board: Board) -> None:
    """The search weighs terms as sets, and works the reasons out only for what is shown: both must agree."""
    found = search(profile, *board)
    shown = {place.id: (match.fit, match.reasons) for match in found.matches for place in match.places}
    for row in board:
        for one in card(row).places:
            if one.status == "free":
                reasons = judge(one.terms, profile) + judge_place(one.beds, one.cots, row.unit, profile)
                expected = (fit_of(reasons), reasons)
                assert shown.get(one.id, ("excluded", reasons)) == expected
