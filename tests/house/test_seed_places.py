"""The places of the demo: how full they are, how old their news is, and what they say about people."""

from collections import Counter
from datetime import timedelta

from tests.build.seeds import CLOCK, HOURS, Row, all_places, freshness, length, seeds, time_left

__all__ = ["seeds"]  # fixtures

KINDS = ["cosm", "omm", "emergency", "women", "men", "labour", "youth"]
REASONS = {"cleaning", "repair", "no_staff", "quarantine", "safety", "other"}
CRITERIA = set(
    "woman man other_gender child_0_3 child_4_11 child_12_17 boy_12_17 minor_alone group dutch third_country eu dublin "
    "undocumented reflection b8 sexual labour criminal other_exploitation serious_wrong lvb psychiatric "
    "addiction recovering medical pregnant wheelchair pets women_only".split()
)
LIMITS = {"min_age", "max_age", "max_adults", "max_children", "oldest_son", "longest_stay_days"}


def test_a_place_has_beds_and_perhaps_cots(seeds: Row) -> None:
    for _, place in all_places(seeds):
        assert 1 <= place["beds"] <= 5
        assert 0 <= place.get("cots", 0) <= 2
    families = [place for _, place in all_places(seeds) if place["beds"] >= 2 and place.get("cots")]
    assert {"cosm", "women"} <= {place["kind"] for place in families}
    for kind in ("omm", "youth"):
        assert {place["beds"] for _, place in all_places(seeds) if place["kind"] == kind} == {1}


def test_a_place_is_closed_exactly_when_it_has_a_reason_and_an_expected_end(seeds: Row) -> None:
    for shelter, place in all_places(seeds):
        where = (shelter["id"], place["label"])
        assert place["status"] in {"free", "occupied", "closed"}, where
        assert ("since" in place) == (place["status"] != "free"), where
        assert ("reason" in place) == (place["status"] == "closed"), where
        assert place.get("reason", "other") in REASONS, where
        if place["status"] == "closed":
            assert "expected_free" in place, where
        if "expected_free" in place:
            assert place["status"] != "free", where
            assert time_left(place) > timedelta(0), where


def test_every_reason_to_close_occurs(seeds: Row) -> None:
    assert {place["reason"] for _, place in all_places(seeds) if "reason" in place} == REASONS


def test_the_field_is_nearly_full(seeds: Row) -> None:
    status = Counter(place["status"] for _, place in all_places(seeds))
    assert 0.15 <= status["free"] / status.total() <= 0.20
    assert 0.65 <= status["occupied"] / status.total() <= 0.75
    assert 0.08 <= status["closed"] / status.total() <= 0.12
    assert {place["kind"] for _, place in all_places(seeds) if place["status"] == "free"} == set(KINDS)
    assert any("expected_free" in place for _, place in all_places(seeds) if place["status"] == "occupied")


def test_freshness_is_mixed(seeds: Row) -> None:
    ages = Counter(freshness(shelter) for shelter in seeds["shelter"])
    assert ages == {"fresh": 12, "ageing": 5, "stale": 4, "never": 3}


def test_no_place_changed_after_its_shelter_was_confirmed(seeds: Row) -> None:
    for shelter, place in all_places(seeds):
        if "since" in place and shelter["confirmed"] != "never":
            assert length(place["since"]) >= length(shelter["confirmed"]), (shelter["id"], place["label"])


def test_nobody_stays_longer_than_the_shelter_and_the_kind_allow(seeds: Row) -> None:
    by_kind = {"cosm": 90, "emergency": 7}
    for shelter, place in all_places(seeds):
        if place["status"] == "occupied":
            stay = length(place["since"]) + (time_left(place) if "expected_free" in place else timedelta(0))
            for days in (shelter.get("limits", {}).get("longest_stay_days"), by_kind.get(place["kind"])):
                assert days is None or stay <= timedelta(days=days), (shelter["id"], place["label"])


def test_hours_are_written_as_hours(seeds: Row) -> None:
    for shelter in seeds["shelter"]:
        assert HOURS.fullmatch(shelter["intake"]), shelter["id"]
        start, _, end = shelter["intake"].partition("-")
        assert start < end, shelter["id"]
        times = shelter.get("confirm_times", ["08:00"])
        assert times == sorted(set(times))
        assert all(CLOCK.fullmatch(time) for time in times)


def test_criteria_and_limits_use_only_known_keys_and_values(seeds: Row) -> None:
    for row in [*seeds["shelter"], *(place for _, place in all_places(seeds))]:
        assert row.get("criteria", {}).keys() <= CRITERIA
        assert set(row.get("criteria", {}).values()) <= {"yes", "discuss", "no"}
        assert row.get("limits", {}).keys() <= LIMITS
        assert all(type(limit) is int and limit > 0 for limit in row.get("limits", {}).values())
    used = {(key, verdict) for shelter in seeds["shelter"] for key, verdict in shelter["criteria"].items()}
    assert used >= {(key, "yes") for key in CRITERIA}, "every criterion has at least one shelter that says yes"


def test_a_place_overrides_a_criterion_rarely_and_only_to_differ(seeds: Row) -> None:
    overrides = [(shelter, place) for shelter, place in all_places(seeds) if "criteria" in place]
    assert 1 <= len(overrides) <= 112 // 5
    for shelter, place in overrides:
        for key, verdict in place["criteria"].items():
            assert shelter["criteria"].get(key) != verdict, (shelter["id"], place["label"], key)


def test_minors_and_adults_never_share_a_shelter(seeds: Row) -> None:
    for shelter in seeds["shelter"]:
        kinds = {place["kind"] for place in shelter["place"]}
        if "youth" in kinds:
            assert kinds == {"youth"}
            assert shelter["limits"]["max_age"] < 18
            assert (shelter["criteria"]["minor_alone"], *map(shelter["criteria"].get, ("woman", "man"))) == (
                "yes",
                "no",
                "no",
            )
        else:
            assert shelter["limits"]["min_age"] >= 18
            assert shelter["criteria"]["minor_alone"] == "no"


def test_no_cosm_place_is_for_somebody_from_the_netherlands(seeds: Row) -> None:
    for shelter, place in all_places(seeds):
        if place["kind"] == "cosm":
            assert (shelter["criteria"] | place.get("criteria", {}))["dutch"] == "no", (shelter["id"], place["label"])


def test_places_for_several_problems_refuse_none_of_them(seeds: Row) -> None:
    for shelter, place in all_places(seeds):
        if place["kind"] == "omm":
            for need in ("lvb", "psychiatric", "addiction"):
                assert shelter["criteria"][need] in {"yes", "discuss"}, (shelter["id"], need)
