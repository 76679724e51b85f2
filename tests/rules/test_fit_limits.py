"""Limits, sizes, hours and languages, for all people: small models count on fingers what rules reckon."""

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bedboard.rules.criteria import LIMIT_NAMES
from bedboard.rules.fit import (
    ARRIVAL_WINDOW_MINUTES,
    FIT_ORDER,
    Profile,
    Reason,
    ReasonVerdict,
    Terms,
    fit_of,
    judge,
    judge_place,
    make_terms,
)
from tests.build.fit import (
    TONGUES,
    Place,
    answer_in,
    answers,
    perhaps_minutes,
    places,
    profiles,
    quick,
    reasons_of,
    some_intake,
    some_minutes,
    terms,
    verdict,
)

# ---- limits, counted on fingers


def ages_of_heads(profile: Profile) -> tuple[range, range]:
    """Every age that the youngest and the oldest of those who come for the place can have."""
    if profile.minor_alone:
        bands = [range(4, 12)] if profile.child_4_11 else []
        bands += [range(12, 18)] if profile.child_12_17 + profile.boy_12_17 else []
        return (bands[0], bands[-1]) if bands else (range(18), range(18))
    known = {"18_20": range(18, 21), "21_64": range(21, 65), "65_plus": range(65, 121)}
    adults = [known[name] for name in sorted(profile.adult_ages)]
    if not adults:
        adults = [range(18, 121) if profile.woman + profile.man + profile.other_gender else range(0)]
    return adults[0], adults[-1]


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
    if profile.oldest_son is not None and not profile.minor_alone:
        son = range(profile.oldest_son, profile.oldest_son + 1)
    if son:
        assert found.get("oldest_son") == (
            of_all(age <= limits["oldest_son"] for age in son) if "oldest_son" in limits else None
        )


@quick
@given(profiles, st.integers(0, 17))
def test_a_small_child_may_be_a_son_who_is_too_old_and_is_never_refused_for_that(profile: Profile, limit: int) -> None:
    profile = replace(profile, boy_12_17=0, oldest_son=None)
    oldest = 11 if profile.child_4_11 else 3 if profile.child_0_3 else -1
    found = answers(judge(make_terms({}, {"oldest_son": limit}, (0, 1440), ()), profile))
    assert found.get("oldest_son") == ("discuss" if oldest > limit and not profile.minor_alone else None)


def possible_counts(profile: Profile) -> tuple[range, range]:
    """How many adults there can be, and how many children without the leader of the party. In a group each person that was not
    named may be either."""
    adults = profile.woman + profile.man + profile.other_gender
    children = profile.child_0_3 + profile.child_4_11 + profile.child_12_17 + profile.boy_12_17
    unnamed = max(0, profile.group - adults - children)
    children = max(0, children - 1) if profile.minor_alone else children  # one of them leads the party
    return range(adults, adults + unnamed + 1), range(children, children + unnamed + 1)


@quick
@given(terms, profiles)
def test_a_limit_of_numbers_is_no_only_when_every_possible_number_is_beyond_it(terms: Terms, profile: Profile) -> None:
    for name, counts in zip(("max_adults", "max_children"), possible_counts(profile), strict=True):
        assert (name in answers(judge(terms, profile))) == (counts[-1] > 0 and name in terms.limits)
        for most in range(counts[-1] + 2) if counts[-1] else ():
            limited = replace(terms, limits={**terms.limits, name: most})
            assert answer_in(limited, profile, name) == of_all(count <= most for count in counts)
    found = answers(judge(terms, profile))
    assert "longest_stay_days" not in found
    assert all(
        reason.detail == terms.limits[reason.criterion] for reason in judge(terms, profile) if reason.criterion in LIMIT_NAMES
    )


@quick
@given(terms, places, st.integers(2, 8), st.data())
def test_a_group_is_never_put_where_a_part_of_it_does_not_fit(
    terms: Terms, place: Place, number: int, data: st.DataObject
) -> None:
    """A group without names fits only where every make-up of it keeps within the numbers."""
    men = data.draw(st.integers(0, number))
    named = replace(Profile(), group=number, man=men, child_0_3=number - men)
    every = {**terms.criteria, "man": "yes", "child_0_3": "yes"}
    kind = replace(
        terms, criteria=every, limits={n: v for n, v in terms.limits.items() if n.startswith("max_") and n != "max_age"}
    )
    if verdict(kind, place, Profile(group=number)) == "fits":
        assert verdict(kind, place, named) == "fits"


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
def test_intake_is_yes_when_it_is_open_in_every_minute_of_the_two_hours_around_the_arrival(
    intake: tuple[int, int], minute: int
) -> None:
    open_at = open_minutes(intake)
    after = [(minute + wait) % 1440 for wait in range(ARRIVAL_WINDOW_MINUTES)]
    before = [(minute - ARRIVAL_WINDOW_MINUTES + wait) % 1440 for wait in range(ARRIVAL_WINDOW_MINUTES)]
    shelter = make_terms({}, {}, intake, ())
    for profile, window in ((Profile(arrives_after=minute), after), (Profile(arrives_before=minute), before)):
        if open_at >= set(window):
            reason = Reason("intake", "yes", intake[0])
        elif window[0] in open_at:
            reason = Reason("intake_until", "discuss", intake[1])
        else:
            reason = Reason("intake", "discuss", intake[0])
        assert judge(shelter, profile) == (reason,)


@quick
@given(some_minutes, st.integers(1, 1439), perhaps_minutes, perhaps_minutes, some_minutes)
def test_midnight_is_an_hour_like_any_other(opens: int, lasts: int, after: int | None, before: int | None, later: int) -> None:
    def answer(shift: int) -> dict[str, ReasonVerdict]:
        begin, end = (opens + shift) % 1440, (opens + lasts + shift) % 1440
        moved = [None if at is None else (at + shift) % 1440 for at in (after, before)]
        profile = Profile(arrives_after=moved[0], arrives_before=moved[1])
        return answers(judge(make_terms({}, {}, (begin, end), ()), profile))

    assert answer(later) == answer(0)


@quick
@given(terms, profiles)
def test_neither_hours_nor_languages_ever_exclude(terms: Terms, profile: Profile) -> None:
    found = answers(judge(terms, profile))
    assert found.get("intake") in (None, "yes", "discuss")
    assert found.get("intake_until") in (None, "discuss")
    assert found.get("language") in (None, "yes", "discuss", "unknown")
    assert (("intake" in found) + ("intake_until" in found)) == (
        profile.arrives_after is not None or profile.arrives_before is not None
    )
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
