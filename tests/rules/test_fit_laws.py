"""The laws that always hold of fit, for all people and all words of a shelter.

Small models count on fingers what rules reckon.
"""

from dataclasses import fields, replace
from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bedboard.rules.criteria import CRITERIA, CRITERION_NAMES, LARGEST_LIMITS, LIMIT_NAMES, VERDICTS
from bedboard.rules.fit import (
    ADULT_AGES,
    EXPLOITATIONS,
    FIT_ORDER,
    NEEDS,
    PARTY,
    PERSON_STATUSES,
    Profile,
    Reason,
    ReasonVerdict,
    Terms,
    check_profile,
    fit_of,
    judge,
    judge_place,
    make_terms,
)
from bedboard.rules.refusals import Invalid
from tests.build.fit import (
    FITS,
    TONGUES,
    UNITS,
    Place,
    answer_in,
    answers,
    but,
    places,
    profiles,
    quick,
    some_intake,
    subsets,
    terms,
    verdict,
)

# ---- asking for more, and leaving open


def asking_for_more(profile: Profile) -> list[Profile]:
    """Every way in which a little more can be asked. A minor alone gets no more company than a baby: with somebody of 12
    (or of 18) along, somebody else is the head, and it is another household."""
    more = [replace(profile, needs=profile.needs | {need}) for need in NEEDS]
    more += [replace(profile, avoid=profile.avoid | {unit}) for unit in UNITS]
    more += [replace(profile, languages=frozenset({tongue})) for tongue in TONGUES if not profile.languages]
    more += [replace(profile, statuses=profile.statuses | {status}) for status in PERSON_STATUSES]
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
@given(terms, profiles, st.sampled_from(sorted(ADULT_AGES)))
def test_an_age_that_becomes_known_answers_what_was_to_discuss_and_nothing_else(
    terms: Terms, profile: Profile, band: str
) -> None:
    assume(not profile.minor_alone and profile.adults)
    for name in ("min_age", "max_age"):
        before = answer_in(terms, but(profile, adult_ages=frozenset()), name)
        assert before in ("discuss", answer_in(terms, but(profile, adult_ages=frozenset({band})), name))


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
        company = but(profile, minor_alone=True, **{name: count + 1})
        with pytest.raises(Invalid) as refusal:
            check_profile(company)
        assert [field.field for field in refusal.value.fields] == ["minor_alone"]


def test_a_group_is_of_two_or_more() -> None:
    check_profile(Profile(group=2))
    with pytest.raises(Invalid) as refusal:
        check_profile(Profile(group=1))
    assert [(field.field, field.detail) for field in refusal.value.fields] == [("group", {"least": 2})]


@pytest.mark.parametrize(
    ("profile", "field", "code"),
    [
        (Profile(minor_alone=True, adult_ages=frozenset({"18_20"})), "minor_alone", "not_with_adults"),
        (Profile(woman=1, adult_ages=frozenset({"18_20", "21_64"})), "adult_ages", "more_than_adults"),
        (Profile(woman=1, oldest_son=8), "oldest_son", "no_such_son"),
        (Profile(woman=1, child_4_11=1, oldest_son=12), "oldest_son", "no_such_son"),
        (Profile(woman=1, child_4_11=1, boy_12_17=1, oldest_son=8), "oldest_son", "no_such_son"),
        (Profile(woman=1, child_12_17=1, oldest_son=14), "oldest_son", "no_such_son"),
    ],
)
def test_ages_that_nobody_can_have_are_refused(profile: Profile, field: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_profile(profile)
    assert [(one.field, one.code) for one in refusal.value.fields] == [(field, code)]


# ---- what a shelter says


@quick
@given(terms, profiles)
def test_every_asked_criterion_gets_the_answer_of_the_shelter_once(terms: Terms, profile: Profile) -> None:
    reasons = judge(terms, profile)
    assert len(answers(reasons)) == len(reasons)
    said = {reason.criterion: reason.answer for reason in reasons if reason.criterion in CRITERION_NAMES}
    wanted = {name for name in (*PARTY, "minor_alone", "group") if getattr(profile, name)} | set(profile.needs)
    wanted |= profile.statuses | {name for name in (profile.exploitation,) if name}
    open_question = profile.children and not (profile.adults or profile.minor_alone or profile.group)
    also = {"minor_alone": "unknown"} if open_question else {}
    assert said == {name: terms.criteria.get(name, "unknown") for name in wanted} | also
    assert {reason.criterion for reason in reasons} <= CRITERION_NAMES | LIMIT_NAMES | {"intake", "intake_until", "language"}


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


def test_a_profile_can_ask_about_every_criterion_and_the_laws_know_them_all() -> None:
    everybody = Profile(
        **dict.fromkeys(PARTY, 1),  # type: ignore[arg-type]
        minor_alone=True,
        group=20,
        statuses=frozenset(PERSON_STATUSES),
        exploitation=EXPLOITATIONS[0],
        needs=frozenset(NEEDS),
    )
    asked = everybody.asked()
    assert set(asked) | set(EXPLOITATIONS) == CRITERION_NAMES
    order = [name for group in CRITERIA.values() for name in group]
    assert asked == [name for name in order if name in asked]
