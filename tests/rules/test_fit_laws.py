"""The laws that always hold of fit, for all people and all words of a shelter.

Small models count on fingers what rules reckon.
"""

from collections.abc import Iterable
from dataclasses import fields, replace
from random import Random
from typing import Any, TypeVar, get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bedboard.rules.criteria import CRITERIA, CRITERION_NAMES, LARGEST_LIMITS, LIMIT_NAMES, VERDICTS
from bedboard.rules.fit import (
    ARRIVAL_WINDOW_MINUTES,
    EXPLOITATIONS,
    FIT_ORDER,
    FRESHNESS_ORDER,
    NEEDS,
    PARTY,
    PERSON_STATUSES,
    Fit,
    Profile,
    Rank,
    Reason,
    ReasonVerdict,
    Terms,
    check_profile,
    distance,
    fit_of,
    judge,
    judge_place,
    make_terms,
    rank,
)
from bedboard.rules.freshness import Freshness
from bedboard.rules.refusals import Invalid

quick = settings(deadline=None, max_examples=100)

Word = TypeVar("Word")

TONGUES = ("nl", "en", "ti")
UNITS = ("noord", "zuid", "oost")
FITS: tuple[Fit, ...] = get_args(Fit)
FRESHNESSES: tuple[Freshness, ...] = get_args(Freshness)

few = st.sampled_from((0, 0, 0, 1, 1, 2, 3))
some_minutes = st.sampled_from((0, 1, 60, 119, 120, 121, 480, 1319, 1320, 1321, 1380, 1439)) | st.integers(0, 1439)
perhaps_minutes = st.none() | some_minutes


def but(profile: Profile, **changes: Any) -> Profile:
    return replace(profile, **changes)


def subsets(of: Iterable[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(tuple(of)))


parties = st.builds(
    Profile,
    **{name: few for name in PARTY},
    group=st.sampled_from((0, 0, 2, 4, 7)),
    status=st.none() | st.sampled_from(PERSON_STATUSES),
    exploitation=st.none() | st.sampled_from(EXPLOITATIONS),
    needs=subsets(NEEDS),
    avoid=subsets(UNITS),
    near=st.none() | st.sampled_from(UNITS),
    languages=subsets(TONGUES),
    arrives_after=perhaps_minutes,
    arrives_before=perhaps_minutes,
)


@st.composite
def minors_alone(draw: st.DrawFn) -> Profile:
    """One minor, whose age is perhaps not known, perhaps with children of their own."""
    age = draw(st.sampled_from((None, "child_4_11", "child_12_17", "boy_12_17")))
    alone = {name: int(name == age) for name in PARTY} | {"child_0_3": draw(few)}
    return but(draw(parties), **alone, group=0, minor_alone=True)


profiles = parties | minors_alone()

some_limits = st.fixed_dictionaries(
    {},
    optional={
        "min_age": st.sampled_from((0, 4, 11, 12, 13, 17, 18, 19, 60, 99)),
        "max_age": st.sampled_from((3, 4, 11, 12, 16, 17, 18, 65, 119, 120)),
        "max_adults": st.integers(0, 4),
        "max_children": st.integers(0, 4),
        "oldest_son": st.integers(0, 17),
        "longest_stay_days": st.integers(0, 3650),
    },
)
some_intake = st.tuples(some_minutes, st.integers(1, 1440)) | st.just((0, 1440))
some_criteria = st.dictionaries(st.sampled_from(sorted(CRITERION_NAMES)), st.sampled_from(VERDICTS), max_size=26)
generous_criteria = st.fixed_dictionaries({name: st.sampled_from(("yes", "yes", "yes", "discuss")) for name in CRITERION_NAMES})
but_one = st.builds(lambda criteria, name: criteria | {name: "no"}, generous_criteria, st.sampled_from(sorted(CRITERION_NAMES)))
terms = st.builds(make_terms, some_criteria | generous_criteria | but_one, some_limits, some_intake, subsets(TONGUES))
places = st.tuples(st.integers(1, 8), st.integers(0, 4), st.sampled_from(UNITS))
Place = tuple[int, int, str]


def reasons_of(terms: Terms, place: Place, profile: Profile) -> tuple[Reason, ...]:
    return judge(terms, profile) + judge_place(*place, profile)


def verdict(terms: Terms, place: Place, profile: Profile) -> Fit:
    return fit_of(reasons_of(terms, place, profile))


def answers(reasons: Iterable[Reason]) -> dict[str, ReasonVerdict]:
    return {reason.criterion: reason.answer for reason in reasons}


def answer_in(terms: Terms, profile: Profile, name: str) -> ReasonVerdict | None:
    return answers(judge(terms, profile)).get(name)


# ---- asking for more, and leaving open


def asking_for_more(profile: Profile) -> list[Profile]:
    """Every way in which a little more can be asked. A minor alone gets no more company than a baby: with somebody of 12
    (or of 18) along, somebody else is the head, and it is another household."""
    more = [replace(profile, needs=profile.needs | {need}) for need in NEEDS]
    more += [replace(profile, avoid=profile.avoid | {unit}) for unit in UNITS]
    more += [replace(profile, languages=frozenset({tongue})) for tongue in TONGUES if not profile.languages]
    if profile.status is None:
        more += [replace(profile, status=status) for status in PERSON_STATUSES]
    if profile.exploitation is None:
        more += [replace(profile, exploitation=exploitation) for exploitation in EXPLOITATIONS]
    if (profile.arrives_after, profile.arrives_before) == (None, None):
        more += [replace(profile, arrives_after=minutes) for minutes in (0, 120, 720)]
        more += [replace(profile, arrives_before=minutes) for minutes in (0, 120, 720)]
    for name in ("child_0_3",) if profile.minor_alone else PARTY:
        one_more = {name: getattr(profile, name) + 1}
        if profile.group:
            one_more["group"] = profile.group + 1
        more.append(but(profile, **one_more))
    if not profile.minor_alone:
        more.append(replace(profile, group=profile.people + 1))
    return more


def left_open(profile: Profile) -> dict[str, Profile]:
    """The profile with one thing left open that had been asked, by its name. `minor_alone` is no such thing: without it, the
    child comes with somebody."""
    opened: dict[str, Profile] = {}
    for field in fields(Profile):
        value = getattr(profile, field.name)
        if field.name == "minor_alone" or value == field.default:
            continue
        opened[field.name] = but(profile, **{field.name: field.default})
        if isinstance(value, frozenset):
            opened |= {f"{field.name}: {one}": but(profile, **{field.name: value - {one}}) for one in value}
    return opened


@quick
@given(terms, places, profiles)
def test_asking_for_more_never_gives_a_better_verdict(terms: Terms, place: Place, profile: Profile) -> None:
    """So it never makes an excluded place possible either.

    The person who comes with children is a question until it has been said.
    """
    before = verdict(terms, place, profile)
    is_question = profile.children and not (profile.adults or profile.minor_alone or profile.group)
    for more in asking_for_more(profile):
        after = verdict(terms, place, more)
        assert FIT_ORDER[after] >= FIT_ORDER[before] or (is_question and before == "discuss"), more


@quick
@given(terms, profiles)
def test_children_without_a_named_adult_fit_nowhere_without_a_word(terms: Terms, profile: Profile) -> None:
    alone = replace(profile, woman=0, man=0, other_gender=0, minor_alone=False, group=0, child_4_11=1)
    assert answers(judge(terms, alone))["minor_alone"] == "unknown"
    assert fit_of(judge(terms, alone)) != "fits"


@quick
@given(terms, profiles)
def test_leaving_one_thing_open_never_makes_a_shelter_say_no(terms: Terms, profile: Profile) -> None:
    assume(fit_of(judge(terms, profile)) != "excluded")
    for name, opened in left_open(profile).items():
        assert fit_of(judge(terms, opened)) != "excluded", name


@quick
@given(places, profiles)
def test_leaving_one_thing_open_never_makes_a_place_too_small(place: Place, profile: Profile) -> None:
    """Babies of a group excepted: as long as nothing is said of them, nobody knows that a cot will do."""
    assume(fit_of(judge_place(*place, profile)) != "excluded")
    for name, opened in left_open(profile).items():
        if name != "child_0_3" or not profile.group:
            assert fit_of(judge_place(*place, opened)) != "excluded", name


@quick
@given(terms, places)
def test_a_profile_that_asks_nothing_is_welcome_everywhere(terms: Terms, place: Place) -> None:
    assert judge(terms, Profile()) == ()
    assert verdict(terms, place, Profile()) == "fits"


@quick
@given(terms, profiles)
def test_criteria_that_were_not_asked_make_no_difference(terms: Terms, profile: Profile) -> None:
    said = {name: answer for name, answer in terms.criteria.items() if name in profile.asked()}
    unasked = CRITERION_NAMES - set(profile.asked())
    for criteria in (said, *(dict.fromkeys(unasked, answer) | said for answer in VERDICTS)):
        assert judge(replace(terms, criteria=criteria), profile) == judge(terms, profile)


@quick
@given(terms, profiles, st.none() | st.sampled_from(UNITS))
def test_near_says_nothing_about_whether_it_fits(terms: Terms, profile: Profile, near: str | None) -> None:
    assert judge(terms, replace(profile, near=near)) == judge(terms, profile)


@quick
@given(profiles, st.sampled_from(CRITERIA["adults"]), st.integers(1, 9))
def test_only_a_minor_who_is_not_alone_is_refused(profile: Profile, adult: str, count: int) -> None:
    check_profile(profile)
    for name in (adult, "group"):
        company = but(profile, minor_alone=True, **{name: count})
        with pytest.raises(Invalid) as refusal:
            check_profile(company)
        assert [field.field for field in refusal.value.fields] == ["minor_alone"]


# ---- what a shelter says


@quick
@given(terms, profiles)
def test_every_asked_criterion_gets_the_answer_of_the_shelter_once(terms: Terms, profile: Profile) -> None:
    reasons = judge(terms, profile)
    assert len(answers(reasons)) == len(reasons)
    said = {reason.criterion: reason.answer for reason in reasons if reason.criterion in CRITERION_NAMES}
    wanted = {name for name in (*PARTY, "minor_alone", "group") if getattr(profile, name)} | set(profile.needs)
    wanted |= {name for name in (profile.status, profile.exploitation) if name}
    open_question = profile.children and not (profile.adults or profile.minor_alone or profile.group)
    also = {"minor_alone": "unknown"} if open_question else {}
    assert said == {name: terms.criteria.get(name, "unknown") for name in wanted} | also
    assert {reason.criterion for reason in reasons} <= CRITERION_NAMES | LIMIT_NAMES | {"intake", "language"}


@quick
@given(terms, profiles, some_intake, subsets(TONGUES))
def test_a_shelter_that_says_nothing_or_only_perhaps_never_says_no(
    terms: Terms, profile: Profile, intake: tuple[int, int], languages: frozenset[str]
) -> None:
    silent = make_terms({}, {}, intake, languages)
    assert fit_of(judge(silent, profile)) != "excluded"
    no_no = {name: said for name, said in terms.criteria.items() if said != "no"}
    assert fit_of(judge(make_terms(no_no, {}, intake, languages), profile)) != "excluded"


@quick
@given(terms, profiles)
def test_taking_back_one_word_never_excludes(terms: Terms, profile: Profile) -> None:
    assume(fit_of(judge(terms, profile)) != "excluded")
    for name in terms.criteria:
        fewer = {one: said for one, said in terms.criteria.items() if one != name}
        assert fit_of(judge(replace(terms, criteria=fewer), profile)) != "excluded", name
    for name in terms.limits:
        without = {one: number for one, number in terms.limits.items() if one != name}
        assert fit_of(judge(replace(terms, limits=without), profile)) != "excluded", name
    assert fit_of(judge(replace(terms, languages=frozenset()), profile)) != "excluded"


@quick
@given(terms, profiles, st.sampled_from(sorted(CRITERION_NAMES)))
def test_a_worse_answer_never_gives_a_better_verdict(terms: Terms, profile: Profile, name: str) -> None:
    order = [FIT_ORDER[fit_of(judge(replace(terms, criteria={**terms.criteria, name: said}), profile))] for said in VERDICTS]
    assert order == sorted(order)
    unknown = {one: said for one, said in terms.criteria.items() if one != name}
    discuss = {**terms.criteria, name: "discuss"}
    assert fit_of(judge(replace(terms, criteria=unknown), profile)) == fit_of(judge(replace(terms, criteria=discuss), profile))


@quick
@given(terms, profiles, st.sampled_from(("min_age", "max_age", "max_adults", "max_children", "oldest_son")))
def test_a_wider_limit_never_gives_a_worse_answer(terms: Terms, profile: Profile, name: str) -> None:
    worth: dict[ReasonVerdict | None, int] = {"no": 0, "discuss": 1, "yes": 2}
    numbers = range(LARGEST_LIMITS[name] + 1)
    found = [answer_in(replace(terms, limits={**terms.limits, name: number}), profile, name) for number in numbers]
    if name == "oldest_son" and not profile.boy_12_17:  # small children are spoken of only where they might be too old
        found = ["yes" if answer is None else answer for answer in found]
    if None in found:
        assert set(found) == {None}
    else:
        order = [worth[answer] for answer in found]
        assert order == sorted(order, reverse=name == "min_age")


@given(st.lists(st.builds(Reason, st.sampled_from(sorted(CRITERION_NAMES)), st.sampled_from(get_args(ReasonVerdict)))))
@quick
def test_it_fits_only_when_every_answer_is_yes_and_is_excluded_only_by_a_no(reasons: list[Reason]) -> None:
    found = [reason.answer for reason in reasons]
    assert (fit_of(reasons) == "fits") == all(answer == "yes" for answer in found)
    assert (fit_of(reasons) == "excluded") == any(answer == "no" for answer in found)
    assert fit_of(reasons) in FITS
    assert fit_of(reversed(reasons)) == fit_of(iter(reasons)) == fit_of(reasons)


# ---- limits, counted on fingers


def ages_of_heads(profile: Profile) -> tuple[range, range]:
    """Every age that the youngest and the oldest of those who come for the place can have."""
    if profile.minor_alone:
        bands = [range(4, 12)] if profile.child_4_11 else []
        bands += [range(12, 18)] if profile.child_12_17 + profile.boy_12_17 else []
        return (bands[0], bands[-1]) if bands else (range(18), range(18))
    adults = range(18, 121) if profile.woman + profile.man + profile.other_gender else range(0)
    return adults, adults


def of_all(possible: Iterable[bool]) -> ReasonVerdict | None:
    found = set(possible)
    return None if not found else "discuss" if len(found) == 2 else "yes" if found == {True} else "no"


@quick
@given(terms, profiles)
def test_an_age_limit_is_yes_when_every_possible_age_is_within_it_and_no_when_none_is(terms: Terms, profile: Profile) -> None:
    (youngest, oldest), limits = ages_of_heads(profile), terms.limits
    son = range(12, 18) if profile.boy_12_17 and not profile.minor_alone else range(0)
    found = answers(judge(terms, profile))
    assert found.get("min_age") == (of_all(age >= limits["min_age"] for age in youngest) if "min_age" in limits else None)
    assert found.get("max_age") == (of_all(age <= limits["max_age"] for age in oldest) if "max_age" in limits else None)
    if son:
        assert found.get("oldest_son") == (
            of_all(age <= limits["oldest_son"] for age in son) if "oldest_son" in limits else None
        )


@quick
@given(profiles, st.integers(0, 17))
def test_a_small_child_may_be_a_son_who_is_too_old_and_is_never_refused_for_that(profile: Profile, limit: int) -> None:
    profile = replace(profile, boy_12_17=0)
    oldest = 11 if profile.child_4_11 else 3 if profile.child_0_3 else -1
    found = answers(judge(make_terms({}, {"oldest_son": limit}, (0, 1440), ()), profile))
    assert found.get("oldest_son") == ("discuss" if oldest > limit and not profile.minor_alone else None)


@quick
@given(terms, profiles)
def test_a_limit_of_numbers_is_no_only_beyond_it(terms: Terms, profile: Profile) -> None:
    adults = profile.woman + profile.man + profile.other_gender
    children = profile.child_0_3 + profile.child_4_11 + profile.child_12_17 + profile.boy_12_17
    children = max(0, children - 1) if profile.minor_alone else children  # one of them leads the party
    for name, count in (("max_adults", adults), ("max_children", children)):
        assert (name in answers(judge(terms, profile))) == (count > 0 and name in terms.limits)
        for most in range(count + 2) if count else ():
            limited = replace(terms, limits={**terms.limits, name: most})
            assert answer_in(limited, profile, name) == ("yes" if count <= most else "no")
    found = answers(judge(terms, profile))
    assert "longest_stay_days" not in found
    assert all(
        reason.detail == terms.limits[reason.criterion] for reason in judge(terms, profile) if reason.criterion in LIMIT_NAMES
    )


# ---- the size of a place


def can_sleep(beds: int, cots: int, profile: Profile) -> bool:
    """Give one after the other a bed, and each child under 4 a cot as long as there are any."""
    babies = profile.child_0_3
    others = profile.adults + profile.child_4_11 + profile.child_12_17 + profile.boy_12_17
    others += max(0, max(1, profile.group) - others - babies)  # of a group, or of nobody at all, the rest is of any age
    for baby in [False] * others + [True] * babies:
        if baby and cots:
            cots -= 1
        elif beds:
            beds -= 1
        else:
            return False
    return True


@quick
@given(places, profiles)
def test_a_place_is_large_enough_exactly_when_everybody_can_lie_down(place: Place, profile: Profile) -> None:
    beds, cots, _ = place
    assert answers(judge_place(*place, profile))["size"] == ("yes" if can_sleep(beds, cots, profile) else "no")


@quick
@given(profiles)
def test_all_numbers_of_beds_and_cots_around_the_party(profile: Profile) -> None:
    for beds in range(1, profile.people + 2):
        for cots in range(profile.child_0_3 + 2):
            size = judge_place(beds, cots, "noord", profile)[0]
            assert size == Reason("size", "yes" if can_sleep(beds, cots, profile) else "no", profile.people)


@quick
@given(terms, places, profiles, st.integers(0, 3), st.integers(0, 3))
def test_a_larger_place_is_never_worse(terms: Terms, place: Place, profile: Profile, beds: int, cots: int) -> None:
    larger = (place[0] + beds, place[1] + cots, place[2])
    assert FIT_ORDER[verdict(terms, larger, profile)] <= FIT_ORDER[verdict(terms, place, profile)]


@quick
@given(terms, places, profiles)
def test_nobody_is_ever_sent_to_a_unit_to_avoid(terms: Terms, place: Place, profile: Profile) -> None:
    if place[2] in profile.avoid:
        assert verdict(terms, place, profile) == "excluded"
        assert Reason("avoid", "no") in reasons_of(terms, place, profile)
    else:
        elsewhere = replace(profile, avoid=frozenset())
        assert reasons_of(terms, place, profile) == reasons_of(terms, place, elsewhere)


# ---- hours and languages


def open_minutes(intake: tuple[int, int]) -> set[int]:
    opens, closes = intake
    return {minute % 1440 for minute in range(opens, closes if closes > opens else closes + 1440)}


@quick
@given(some_intake, some_minutes)
def test_intake_is_yes_when_it_is_open_in_some_minute_of_the_two_hours_around_the_arrival(
    intake: tuple[int, int], minute: int
) -> None:
    open_at = open_minutes(intake)
    after = {(minute + wait) % 1440 for wait in range(ARRIVAL_WINDOW_MINUTES)}
    before = {(minute - 1 - wait) % 1440 for wait in range(ARRIVAL_WINDOW_MINUTES)}
    shelter = make_terms({}, {}, intake, ())
    for profile, window in ((Profile(arrives_after=minute), after), (Profile(arrives_before=minute), before)):
        assert judge(shelter, profile) == (Reason("intake", "yes" if open_at & window else "discuss", intake[0]),)


@quick
@given(some_minutes, st.integers(1, 1439), perhaps_minutes, perhaps_minutes, some_minutes)
def test_midnight_is_an_hour_like_any_other(opens: int, lasts: int, after: int | None, before: int | None, later: int) -> None:
    def answer(shift: int) -> ReasonVerdict | None:
        begin, end = (opens + shift) % 1440, (opens + lasts + shift) % 1440
        moved = [None if at is None else (at + shift) % 1440 for at in (after, before)]
        return answer_in(
            make_terms({}, {}, (begin, end), ()), Profile(arrives_after=moved[0], arrives_before=moved[1]), "intake"
        )

    assert answer(later) == answer(0)


@quick
@given(terms, profiles)
def test_neither_hours_nor_languages_ever_exclude(terms: Terms, profile: Profile) -> None:
    found = answers(judge(terms, profile))
    assert found.get("intake") in (None, "yes", "discuss")
    assert found.get("language") in (None, "yes", "discuss", "unknown")
    assert ("intake" in found) == (profile.arrives_after is not None or profile.arrives_before is not None)
    assert ("language" in found) == bool(profile.languages)


@quick
@given(some_minutes | st.none(), some_minutes | st.none())
def test_a_shelter_that_is_open_day_and_night_takes_people_in_at_any_hour(after: int | None, before: int | None) -> None:
    profile = Profile(arrives_after=after, arrives_before=before)
    for intake in ((0, 1440), (0, 0), (480, 480)):
        assert fit_of(judge(make_terms({}, {}, intake, ()), profile)) == "fits"


@quick
@given(terms, profiles, st.sampled_from(TONGUES))
def test_one_language_more_never_makes_understanding_worse(terms: Terms, profile: Profile, tongue: str) -> None:
    more = replace(terms, languages=terms.languages | {tongue})
    if answer_in(terms, profile, "language") == "yes":
        assert answer_in(more, profile, "language") == "yes"
    if profile.languages:
        spoken = replace(profile, languages=profile.languages | {tongue})
        assert (answer_in(terms, spoken, "language") == "yes") >= (answer_in(terms, profile, "language") == "yes")
        assert (answer_in(terms, profile, "language") == "yes") == any(one in terms.languages for one in profile.languages)


# ---- words in any order


@quick
@given(terms, places, profiles, st.randoms(use_true_random=False))
def test_answers_do_not_depend_on_the_order_in_which_things_are_written(
    terms: Terms, place: Place, profile: Profile, random: Random
) -> None:
    def shuffled(words: Iterable[Word]) -> list[Word]:
        mixed = list(words)
        random.shuffle(mixed)
        return mixed

    criteria, limits = dict(shuffled(terms.criteria.items())), dict(shuffled(terms.limits.items()))
    again = Terms(criteria, limits, terms.intake, frozenset(shuffled(terms.languages)))
    needs, languages = frozenset(shuffled(profile.needs)), frozenset(shuffled(profile.languages))
    same = replace(profile, needs=needs, languages=languages)
    assert reasons_of(again, place, same) == reasons_of(terms, place, profile)


@quick
@given(some_criteria, some_limits, some_intake, st.lists(st.sampled_from(TONGUES)))
def test_equal_words_give_the_same_terms(
    criteria: dict[str, str], limits: dict[str, int], intake: tuple[int, int], languages: list[str]
) -> None:
    made = make_terms(criteria, limits, intake, languages)
    other_way_round = dict(reversed(criteria.items())), dict(reversed(limits.items())), intake, tuple(reversed(languages))
    assert make_terms(*other_way_round) is made is make_terms(criteria, limits, intake, frozenset(languages * 2))
    assert (made.criteria, made.limits, made.intake, made.languages) == (criteria, limits, intake, frozenset(languages))


@quick
@given(some_criteria, some_limits, some_intake, subsets(TONGUES), st.data())
def test_other_words_give_other_terms_and_those_made_before_stay_as_they_were(
    criteria: dict[str, str], limits: dict[str, int], intake: tuple[int, int], languages: frozenset[str], data: st.DataObject
) -> None:
    made = make_terms(criteria, limits, intake, languages)
    kept = dict(criteria), dict(limits)
    name = data.draw(st.sampled_from(sorted(CRITERION_NAMES)))
    criteria[name] = data.draw(st.sampled_from([one for one in VERDICTS if one != criteria.get(name)]))
    limits["max_adults"] = limits.get("max_adults", 0) + 1
    assert (made.criteria, made.limits) == kept
    words = [(criteria, kept[1], intake, languages), (kept[0], limits, intake, languages)]
    words += [(*kept, (intake[0], intake[1] + 1), languages), (*kept, intake, languages ^ {"nl"})]
    others = [make_terms(*one) for one in words]
    assert len({made, *others}) == 5


# ---- the order of what was found

Placed = tuple[Fit, Freshness, int, int, int, str, str]
some_placed: st.SearchStrategy[Placed] = st.tuples(
    st.sampled_from(FITS),
    st.sampled_from(FRESHNESSES),
    st.integers(1, 3),
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from(("Linde", "Wilg")),
    st.sampled_from("abcdefghijklmnopqrst"),
)
many_placed = st.lists(some_placed, max_size=12, unique_by=lambda one: one[-1])
alike = st.lists(st.sampled_from("abcdef"), max_size=6, unique=True).map(
    lambda ids: [rank("fits", "fresh", 1, 0, 0, "L", place_id) for place_id in ids]
)


@quick
@given(many_placed.map(lambda found: [rank(*one) for one in found]) | alike, st.randoms(use_true_random=False))
def test_the_order_is_the_same_however_places_come_in(found: list[Rank], random: Random) -> None:
    mixed = list(found)
    random.shuffle(mixed)
    assert [id(one) for one in sorted(mixed)] == [id(one) for one in sorted(found)]
    assert len(set(found)) == len(found), "distinct places never compare equal"


@quick
@given(some_placed, some_placed, some_placed)
def test_the_order_is_total(first: Placed, second: Placed, third: Placed) -> None:
    one, two, three = (rank(*placed) for placed in (first, second, third))
    assert [one < two, one == two, one > two].count(True) == 1
    assert (one == two) == (first == second)
    if one < two < three:
        assert one < three


@pytest.mark.parametrize("freshness", FRESHNESSES)
def test_fits_go_before_discuss_whatever_else(freshness: Freshness) -> None:
    assert sorted(FITS, key=FIT_ORDER.__getitem__) == ["fits", "discuss", "excluded"]
    assert sorted(FRESHNESSES, key=FRESHNESS_ORDER.__getitem__) == ["fresh", "ageing", "stale"]
    assert rank("fits", freshness, 50, 20, 99, "Z", "z") < rank("discuss", "fresh", 1, 0, 0, "A", "a")


@quick
@given(some_placed, some_placed)
def test_each_thing_counts_only_when_all_before_it_are_equal(one: Placed, two: Placed) -> None:
    """Fits, then fresh, then the fewest beds and cots, then the nearest, then the name and the place."""

    def model(placed: Placed) -> tuple[int | str, ...]:
        return (("fits", "discuss", "excluded").index(placed[0]), ("fresh", "ageing", "stale").index(placed[1]), *placed[2:])

    assert sorted([one, two], key=lambda placed: rank(*placed)) == sorted([one, two], key=model)


squares = st.tuples(st.integers(1, 9), st.integers(1, 9))


@quick
@given(squares, squares, st.integers(-3, 3), st.integers(-3, 3))
def test_far_is_as_far_back_and_nothing_is_nearer_than_here(
    here: tuple[int, int], there: tuple[int, int], columns: int, rows: int
) -> None:
    assert distance(here, there) == distance(there, here) >= 0
    assert (distance(here, there) == 0) == (here == there)
    moved = [(column + columns, row + rows) for column, row in (here, there)]
    assert distance(moved[0], moved[1]) == distance(here, there)
    further = (here[0] + 2 * (there[0] - here[0]), here[1] + 2 * (there[1] - here[1]))
    assert here == there or distance(here, further) > distance(here, there)


def test_a_profile_can_ask_about_every_criterion_and_the_laws_know_them_all() -> None:
    everybody = Profile(
        **dict.fromkeys(PARTY, 1),  # type: ignore[arg-type]
        minor_alone=True,
        group=20,
        status=PERSON_STATUSES[0],
        exploitation=EXPLOITATIONS[0],
        needs=frozenset(NEEDS),
    )
    asked = everybody.asked()
    assert set(asked) | set(PERSON_STATUSES) | set(EXPLOITATIONS) == CRITERION_NAMES
    order = [name for group in CRITERIA.values() for name in group]
    assert asked == [name for name in order if name in asked]
