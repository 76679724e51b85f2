"""The state of a place, the status that is shown of it, and the changes of it that are possible."""

from datetime import UTC, datetime, timedelta
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.rules.claims import Claim, ClaimType, is_live
from bedboard.rules.places import (
    CLOCK_SKEW,
    CLOSED_REASONS,
    FURTHEST_EXPECTED,
    LONGEST_AGO,
    PLACE_STATUSES,
    Occupancy,
    PlaceChange,
    PlaceState,
    PlaceStatus,
    Reported,
    change_occupancy,
    check_observed_at,
    count_statuses,
    reported_of,
    status_of,
)
from bedboard.rules.refusals import Conflict, Invalid

NOW = datetime(2026, 3, 11, 13, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)

PAST = NOW - HOUR
OPEN = Occupancy("open", PAST, PAST)
OCCUPIED = Occupancy("occupied", PAST, PAST, NOW + HOUR)
CLOSED = Occupancy("closed", PAST, PAST, NOW + HOUR, "repair")

quick = settings(deadline=None, max_examples=200)
states = st.sampled_from(["open", "occupied", "closed"])
moments = st.integers(-600, 600).map(lambda seconds: NOW + timedelta(seconds=seconds))
claims = st.none() | st.builds(Claim, st.sampled_from(["hold", "reservation"]), moments, st.just("police"), st.just("Oever"))


def claim(claim_type: ClaimType, expires_at: datetime) -> Claim:
    return Claim(claim_type, expires_at, "police", "Plaatsing")


@pytest.mark.parametrize(
    ("state", "claim_type", "shown"),
    [
        ("open", None, "free"),
        ("open", "hold", "held"),
        ("open", "reservation", "reserved"),
        ("occupied", None, "occupied"),
        ("occupied", "hold", "occupied"),
        ("occupied", "reservation", "occupied"),
        ("closed", None, "closed"),
        ("closed", "hold", "closed"),
        ("closed", "reservation", "closed"),
    ],
)
def test_closed_goes_before_occupied_before_a_claim_before_free(
    state: PlaceState, claim_type: ClaimType | None, shown: PlaceStatus
) -> None:
    assert status_of(state, None if claim_type is None else claim(claim_type, NOW + MINUTE), NOW) == shown


@pytest.mark.parametrize("claim_type", ["hold", "reservation"])
@pytest.mark.parametrize(("left", "live"), [(TICK, True), (timedelta(0), False), (-TICK, False)])
def test_a_claim_ends_at_its_hour_and_not_a_tick_later(claim_type: ClaimType, left: timedelta, live: bool) -> None:
    one = claim(claim_type, NOW + left)
    assert is_live(one, NOW) is live
    assert (status_of("open", one, NOW) == "free") is not live


@pytest.mark.parametrize("later", [TICK, HOUR, 12 * HOUR + MINUTE, timedelta(days=3), timedelta(days=400)])
def test_a_placement_is_never_free_by_the_clock(later: timedelta) -> None:
    placement = Claim("reservation", None, "police", "Plaatsing", expected_at=NOW)
    assert is_live(placement, NOW + later)
    assert status_of("open", placement, NOW + later) == "reserved"


def test_no_claim_is_not_live() -> None:
    assert not is_live(None, NOW)


@quick
@given(st.lists(st.tuples(states, claims)))
def test_free_held_reserved_occupied_and_closed_add_up_to_the_total(places: list[tuple[PlaceState, Claim | None]]) -> None:
    counts = count_statuses(status_of(state, one, NOW) for state, one in places)
    assert set(counts) == {*PLACE_STATUSES, "total"}
    assert sum(counts[status] for status in PLACE_STATUSES) == counts["total"] == len(places)
    assert counts["closed"] == sum(state == "closed" for state, _ in places)
    assert counts["occupied"] == sum(state == "occupied" for state, _ in places)
    live = sum(state == "open" and is_live(one, NOW) for state, one in places)
    assert counts["held"] + counts["reserved"] == live


def test_nothing_counts_as_nought_of_everything() -> None:
    assert count_statuses([]) == {"free": 0, "held": 0, "reserved": 0, "occupied": 0, "closed": 0, "total": 0}


@pytest.mark.parametrize(("state", "word"), [("open", "free"), ("occupied", "occupied"), ("closed", "closed")])
def test_a_shelter_calls_an_open_place_free(state: PlaceState, word: Reported) -> None:
    assert reported_of(state) == word


# ---- when something was seen


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        (None, NOW),
        (NOW, NOW),
        (NOW - TICK, NOW - TICK),
        (NOW + TICK, NOW),
        (NOW + CLOCK_SKEW, NOW),
        (NOW - LONGEST_AGO, NOW - LONGEST_AGO),
    ],
)
def test_a_moment_of_observation_is_taken_but_never_later_than_now(said: datetime | None, taken: datetime) -> None:
    assert check_observed_at(said, NOW) == taken


@pytest.mark.parametrize(
    ("said", "code"), [(NOW + CLOCK_SKEW + TICK, "in_the_future"), (NOW - LONGEST_AGO - TICK, "too_far_away")]
)
def test_an_impossible_moment_of_observation_is_refused(said: datetime, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_observed_at(said, NOW)
    assert [(field.field, field.code) for field in refused.value.fields] == [("observed_at", code)]


# ---- one place changes


@pytest.mark.parametrize(
    ("present", "change", "after"),
    [
        (OPEN, PlaceChange("occupied"), Occupancy("occupied", NOW, NOW)),
        (OPEN, PlaceChange("occupied", expected_free_at=NOW + HOUR), Occupancy("occupied", NOW, NOW, NOW + HOUR)),
        (OPEN, PlaceChange("free"), Occupancy("open", PAST, NOW)),
        (OCCUPIED, PlaceChange("free"), Occupancy("open", NOW, NOW)),
        (OCCUPIED, PlaceChange("occupied"), Occupancy("occupied", PAST, NOW, None)),
        (OCCUPIED, PlaceChange("closed", "safety"), Occupancy("closed", NOW, NOW, NOW + timedelta(days=1), "safety")),
        (CLOSED, PlaceChange("free"), Occupancy("open", NOW, NOW)),
        (CLOSED, PlaceChange("occupied"), Occupancy("occupied", NOW, NOW)),
        (CLOSED, PlaceChange("closed", "other"), Occupancy("closed", PAST, NOW, NOW + timedelta(days=1), "other")),
        (
            OPEN,
            PlaceChange("closed", "no_staff", NOW + 3 * HOUR, NOW - MINUTE),
            Occupancy("closed", NOW - MINUTE, NOW - MINUTE, NOW + 3 * HOUR, "no_staff"),
        ),
        (OPEN, PlaceChange("occupied", observed_at=PAST), Occupancy("occupied", PAST, PAST)),
        (OPEN, PlaceChange("occupied", observed_at=NOW + CLOCK_SKEW), Occupancy("occupied", NOW, NOW)),
        (
            OPEN,
            PlaceChange("occupied", expected_free_at=NOW + FURTHEST_EXPECTED),
            Occupancy("occupied", NOW, NOW, NOW + FURTHEST_EXPECTED),
        ),
    ],
)
def test_a_place_follows_the_report_of_its_shelter(present: Occupancy, change: PlaceChange, after: Occupancy) -> None:
    assert change_occupancy(present, change, NOW) == after


@pytest.mark.parametrize("reason", CLOSED_REASONS)
def test_a_closed_place_always_has_an_expected_end(reason: str) -> None:
    after = change_occupancy(OPEN, PlaceChange("closed", reason), NOW)
    assert after.expected_free_at == NOW + CLOSED_REASONS[reason]
    assert after.closed_reason == reason


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        (PlaceChange("closed"), [("reason", "needed_to_close")]),
        (PlaceChange("closed", "holiday"), [("reason", "unknown_reason")]),
        (PlaceChange("occupied", "repair"), [("reason", "only_when_closed")]),
        (PlaceChange("free", "repair"), [("reason", "only_when_closed")]),
        (PlaceChange("free", expected_free_at=NOW + HOUR), [("expected_free_at", "free_already")]),
        (PlaceChange("occupied", expected_free_at=NOW), [("expected_free_at", "in_the_past")]),
        (PlaceChange("closed", "repair", NOW - TICK), [("expected_free_at", "in_the_past")]),
        (PlaceChange("occupied", expected_free_at=NOW + FURTHEST_EXPECTED + TICK), [("expected_free_at", "too_far_away")]),
        (PlaceChange("occupied", observed_at=NOW + CLOCK_SKEW + TICK), [("observed_at", "in_the_future")]),
        (PlaceChange("occupied", observed_at=NOW - LONGEST_AGO - TICK), [("observed_at", "too_far_away")]),
        (
            PlaceChange("free", "repair", NOW - HOUR, NOW + HOUR),
            [("reason", "only_when_closed"), ("expected_free_at", "free_already"), ("observed_at", "in_the_future")],
        ),
        (
            PlaceChange("closed", None, NOW - HOUR, NOW + HOUR),
            [("reason", "needed_to_close"), ("expected_free_at", "in_the_past"), ("observed_at", "in_the_future")],
        ),
    ],
)
def test_every_field_that_cannot_be_right_is_named(change: PlaceChange, fields: list[tuple[str, str]]) -> None:
    with pytest.raises(Invalid) as refused:
        change_occupancy(OPEN, change, NOW)
    assert [(field.field, field.code) for field in refused.value.fields] == fields


@pytest.mark.parametrize("status", ["free", "occupied"])
def test_an_earlier_observation_is_overtaken_and_the_refusal_says_by_when(status: Reported) -> None:
    with pytest.raises(Conflict) as refused:
        change_occupancy(OCCUPIED, PlaceChange(status, observed_at=PAST - TICK), NOW)
    assert (refused.value.code, refused.value.detail) == ("overtaken", {"known_at": PAST})


MESSAGES = [
    PlaceChange("occupied", observed_at=NOW - 5 * MINUTE),
    PlaceChange("closed", "repair", observed_at=NOW - 4 * MINUTE),
    PlaceChange("free", observed_at=NOW - 3 * MINUTE),
    PlaceChange("closed", "safety", observed_at=NOW - 2 * MINUTE),
    PlaceChange("occupied", expected_free_at=NOW + HOUR, observed_at=NOW - MINUTE),
]


@pytest.mark.parametrize("newest", range(5), ids=lambda n: f"newest is message {n}")
def test_the_newest_of_five_messages_wins_in_every_order(newest: int) -> None:
    """Each message takes its turn at being the newest, for an end in every state; all 120 orders of each."""
    turned = [
        PlaceChange(one.status, one.reason, one.expected_free_at, NOW - (4 - (n - newest - 1) % 5) * MINUTE)
        for n, one in enumerate(MESSAGES)
    ]
    assert max(turned, key=lambda one: one.observed_at or NOW) is turned[newest]
    alone = change_occupancy(OPEN, turned[newest], NOW)
    for order in permutations(turned):
        present, overtaken = OPEN, 0
        for message in order:
            try:
                present = change_occupancy(present, message, NOW)
            except Conflict as refused:
                assert refused.code == "overtaken"
                overtaken += 1
        # but for `since`: how long it has been so is not known to one who heard only the newest
        assert present._replace(since=alone.since) == alone
        assert PAST <= present.since <= present.observed_at
        later = [all(two.observed_at < one.observed_at for two in order[:n]) for n, one in enumerate(order)]  # type: ignore[operator]
        assert overtaken == later.count(False)


@quick
@given(
    st.lists(
        st.tuples(st.sampled_from(["free", "occupied", "closed"]), st.integers(0, 600), st.booleans()), min_size=1, max_size=8
    )
)
def test_news_never_gets_older_and_a_repeated_report_changes_nothing(
    said: list[tuple[Reported, int, bool]],
) -> None:
    present = OPEN
    for status, ago, again in said:
        change = PlaceChange(status, "repair" if status == "closed" else None, None, NOW - ago * SECOND)
        try:
            after = change_occupancy(present, change, NOW)
        except Conflict:
            assert change.observed_at is not None
            assert change.observed_at < present.observed_at
            continue
        assert after.observed_at == change.observed_at
        assert after.observed_at >= present.observed_at
        assert after.since <= after.observed_at
        if again:
            assert change_occupancy(after, change, NOW) == after
        present = after


@pytest.mark.parametrize(("state", "status"), list(product(["open", "occupied", "closed"], ["free", "occupied", "closed"])))
def test_every_change_leaves_a_row_that_the_database_accepts(state: PlaceState, status: Reported) -> None:
    present = {"open": OPEN, "occupied": OCCUPIED, "closed": CLOSED}[state]
    after = change_occupancy(present, PlaceChange(status, "repair" if status == "closed" else None), NOW)
    assert (after.state == "closed") == (after.closed_reason is not None)
    assert after.state != "open" or after.expected_free_at is None
    assert after.state != "closed" or after.expected_free_at is not None


@pytest.mark.parametrize("seen_at", [None, NOW - timedelta(minutes=5)], ids=["just now", "five minutes ago"])
def test_an_observation_that_lies_an_hour_ahead_overtakes_nothing(seen_at: datetime | None) -> None:
    """A wrong clock made it. Otherwise every true report would be refused for an hour."""
    change, ahead = PlaceChange("free", observed_at=seen_at), timedelta(hours=1)
    after = change_occupancy(Occupancy("occupied", NOW + ahead, NOW + ahead), change, NOW)
    assert (after.state, after.observed_at) == ("open", seen_at or NOW)
    with pytest.raises(Conflict, match="overtaken"):
        change_occupancy(Occupancy("occupied", NOW, NOW + CLOCK_SKEW), PlaceChange("free", observed_at=NOW), NOW)
