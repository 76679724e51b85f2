"""The seed data of the demo: complete, consistent, and invented from the first to the last line."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bedboard.seeds import SeedFile

Row = dict[str, Any]

SEEDS = Path(__file__).parents[2] / "seeds" / "demo.toml"

SLUG = re.compile(r"[a-z]+(-[a-z]+)*")
DURATION = re.compile(r"([1-9]\d*)([mhd])")
TELEPHONE = re.compile(r"088 000 \d\d \d\d")
ADDRESS = re.compile(r"Verzonnen[a-z]+ [1-9]\d*, 0000 [A-Z]{2} Nergens(dorp|huizen|stad)")
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)")

KINDS = ["cosm", "omm", "emergency", "women", "men", "labour", "youth"]
DECIDES = {
    "cosm": "desk",
    "omm": "desk",
    "emergency": "police",
    "women": "shelter",
    "men": "shelter",
    "labour": "shelter",
    "youth": "shelter",
}
UNITS = {
    "noord-nederland",
    "oost-nederland",
    "midden-nederland",
    "noord-holland",
    "amsterdam",
    "den-haag",
    "rotterdam",
    "zeeland-west-brabant",
    "oost-brabant",
    "limburg",
}
ROLES = {"staff", "manager", "coordinator", "police", "desk", "admin", "auditor"}
REASONS = {"cleaning", "repair", "no_staff", "quarantine", "safety", "other"}
CRITERIA = set(
    "woman man other_gender child_0_3 child_4_11 child_12_17 boy_12_17 minor_alone group third_country eu dublin "
    "undocumented reflection b8 sexual labour criminal other_exploitation lvb psychiatric addiction medical pregnant "
    "wheelchair".split()
)
LIMITS = {"min_age", "max_age", "max_adults", "max_children", "oldest_son", "longest_stay_days"}

# Per table: the keys that must be there, and those that may.
KEYS: dict[str, tuple[set[str], set[str]]] = {
    "file": ({"deployment", "unit", "kind", "organization", "shelter", "person"}, set()),
    "deployment": ({"name", "time_zone"}, set()),
    "unit": ({"code", "name", "short", "column", "row"}, set()),
    "kind": (
        {"code", "name_nl", "name_en", "long_nl", "long_en", "decides"},
        {"desk_hours", "outside_hours", "fresh_hours", "ageing_hours"},
    ),
    "organization": ({"id", "name"}, set()),
    "shelter": (
        {"id", "name", "organization", "unit", "telephone", "address", "intake", "confirmed", "criteria", "place"},
        {"confirm_times", "limits", "languages"},
    ),
    "place": ({"label", "kind", "beds", "status"}, {"cots", "since", "expected_free", "reason", "criteria"}),
    "person": ({"id", "name", "role", "organization"}, {"shelters", "language", "demo"}),
}

REAL_PLACES = set(
    "almelo almere alkmaar amersfoort amstelveen amsterdam apeldoorn arnhem assen beek bergen breda delft deventer "
    "dordrecht ede eindhoven elst emmen enschede gouda groningen haarlem heerenveen heerlen helmond hengelo hilversum "
    "leeuwarden leiden lelystad maastricht meppel middelburg nijmegen oss purmerend roermond roosendaal rotterdam "
    "sittard sneek terneuzen tiel tilburg utrecht venlo vlissingen weert zaandam zeist zutphen zwolle".split()
) | {"den bosch", "den haag", "den helder", "bergen op zoom"}
REAL_ORGANIZATIONS = (
    "comensha hvo querido fier moviera leger blijf kadera arosa perspektief humanitas jade terwille fairwork".split()
)


@pytest.fixture(scope="module")
def seeds() -> Row:
    with SEEDS.open("rb") as file:
        return tomllib.load(file)


def all_places(seeds: Row) -> Iterator[tuple[Row, Row]]:
    for shelter in seeds["shelter"]:
        for place in shelter["place"]:
            yield shelter, place


def length(text: str) -> timedelta:
    match = DURATION.fullmatch(text)
    assert match, f"{text!r} is not a duration"
    return int(match[1]) * {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}[match[2]]


def time_left(place: Row) -> timedelta:
    before, _, rest = str(place["expected_free"]).partition("in ")
    assert before == "", place
    return length(rest)


def freshness(shelter: Row) -> str:
    if shelter["confirmed"] == "never":
        return "never"
    age = length(shelter["confirmed"])
    return "fresh" if age < timedelta(hours=2) else "ageing" if age < timedelta(hours=8) else "stale"


def check_keys(table: str, row: Row) -> None:
    required, optional = KEYS[table]
    assert required <= row.keys(), (table, required - row.keys(), row)
    assert row.keys() <= required | optional, (table, row.keys() - required - optional)


def test_only_known_keys_are_used(seeds: Row) -> None:
    check_keys("file", seeds)
    check_keys("deployment", seeds["deployment"])
    for table in ("unit", "kind", "organization", "shelter", "person"):
        for row in seeds[table]:
            check_keys(table, row)
    for _, place in all_places(seeds):
        check_keys("place", place)


def test_the_time_zone_exists(seeds: Row) -> None:
    assert ZoneInfo(seeds["deployment"]["time_zone"]).key == "Europe/Amsterdam"


def test_the_numbers_are_those_of_the_field(seeds: Row) -> None:
    kinds = Counter(place["kind"] for _, place in all_places(seeds))
    assert len(seeds["shelter"]) == 24
    assert len(seeds["organization"]) >= 10
    assert kinds.total() == 112
    assert kinds["omm"] == 36
    assert all(1 <= len(shelter["place"]) <= 10 for shelter in seeds["shelter"])


def test_every_unit_and_every_kind_is_used(seeds: Row) -> None:
    assert {unit["code"] for unit in seeds["unit"]} == UNITS == {shelter["unit"] for shelter in seeds["shelter"]}
    assert [kind["code"] for kind in seeds["kind"]] == KINDS
    assert {place["kind"] for _, place in all_places(seeds)} == set(KINDS)


def test_every_reference_resolves(seeds: Row) -> None:
    organizations = {row["id"] for row in seeds["organization"]}
    runs = {row["id"]: row["organization"] for row in seeds["shelter"]}
    assert organizations >= set(runs.values())
    assert organizations == set(runs.values()) | {person["organization"] for person in seeds["person"]}
    for person in seeds["person"]:
        for shelter in person.get("shelters", []):
            assert runs[shelter] == person["organization"], f"{person['id']} works elsewhere than {shelter}"


def test_every_id_is_a_unique_slug(seeds: Row) -> None:
    for table, key in (
        ("unit", "code"),
        ("kind", "code"),
        ("organization", "id"),
        ("shelter", "id"),
        ("person", "id"),
    ):
        ids = [row[key] for row in seeds[table]]
        assert len(set(ids)) == len(ids), table
        assert all(SLUG.fullmatch(one) for one in ids), ids
        if table != "kind":
            names = [row["name"] for row in seeds[table]]
            assert len(set(names)) == len(names), table


def test_no_two_units_share_a_tile_and_the_map_looks_like_the_country(seeds: Row) -> None:
    tiles = {unit["code"]: (unit["column"], unit["row"]) for unit in seeds["unit"]}
    assert len(set(tiles.values())) == len({unit["short"] for unit in seeds["unit"]}) == len(tiles)
    assert all(1 <= column <= 6 and 1 <= row <= 6 for column, row in tiles.values())
    from_west_to_east = ["den-haag", "amsterdam", "midden-nederland", "oost-nederland"]
    assert [tiles[code][0] for code in from_west_to_east] == sorted(tiles[code][0] for code in from_west_to_east)
    from_north_to_south = ["noord-nederland", "oost-nederland", "oost-brabant", "limburg"]
    assert [tiles[code][1] for code in from_north_to_south] == sorted(tiles[code][1] for code in from_north_to_south)


def test_a_kind_has_hours_of_the_desk_only_when_the_desk_decides(seeds: Row) -> None:
    assert {kind["code"]: kind["decides"] for kind in seeds["kind"]} == DECIDES
    for kind in seeds["kind"]:
        if kind["decides"] == "desk":
            assert HOURS.fullmatch(kind["desk_hours"].removeprefix("mon-fri "))
            assert kind["outside_hours"] == "provisional"
        else:
            assert not {"desk_hours", "outside_hours"} & kind.keys()


def test_telephones_and_addresses_are_obviously_invented_and_all_different(seeds: Row) -> None:
    for key, pattern in (("telephone", TELEPHONE), ("address", ADDRESS)):
        values = [shelter[key] for shelter in seeds["shelter"]]
        assert all(pattern.fullmatch(value) for value in values), values
        assert len(set(values)) == len(values)


def test_no_code_name_tells_where_the_shelter_is(seeds: Row) -> None:
    units = {unit[key].lower() for unit in seeds["unit"] for key in ("code", "name", "short")}
    for shelter in seeds["shelter"]:
        assert re.fullmatch(r"[A-Z][a-z]+", shelter["name"])
        assert shelter["id"] == shelter["name"].lower()
        assert shelter["id"] not in units | REAL_PLACES | set(KINDS)


def test_no_organization_is_a_real_one(seeds: Row) -> None:
    for organization in seeds["organization"]:
        words = re.findall(r"\w+", organization["name"].lower())
        assert not set(words) & set(REAL_ORGANIZATIONS), organization


def test_labels_are_unique_within_a_shelter(seeds: Row) -> None:
    for shelter in seeds["shelter"]:
        labels = [place["label"] for place in shelter["place"]]
        assert len(set(labels)) == len(labels), shelter["id"]
        assert all(1 <= len(label) <= 20 for label in labels)


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


def test_places_for_several_problems_refuse_none_of_them(seeds: Row) -> None:
    for shelter, place in all_places(seeds):
        if place["kind"] == "omm":
            for need in ("lvb", "psychiatric", "addiction"):
                assert shelter["criteria"][need] in {"yes", "discuss"}, (shelter["id"], need)


def test_only_staff_and_managers_have_shelters(seeds: Row) -> None:
    for person in seeds["person"]:
        assert person["role"] in ROLES
        assert bool(person.get("shelters")) == (person["role"] in {"staff", "manager"}), person["id"]
        assert person.get("language", "nl") in {"nl", "en"}
        assert person.get("demo", True) is True


def test_there_are_people_enough_to_run_the_demo(seeds: Row) -> None:
    roles = Counter(person["role"] for person in seeds["person"])
    assert all(roles[role] >= 2 for role in ROLES)
    staffed = {shelter for person in seeds["person"] if person["role"] == "staff" for shelter in person["shelters"]}
    assert len(staffed) >= 8
    assert len({person["organization"] for person in seeds["person"] if person["role"] == "manager"}) >= 3


def test_a_shelter_has_staff_unless_it_was_never_confirmed(seeds: Row) -> None:
    staffed = {shelter for person in seeds["person"] if person["role"] == "staff" for shelter in person["shelters"]}
    assert {shelter["id"] for shelter in seeds["shelter"] if shelter["id"] not in staffed} == {
        shelter["id"] for shelter in seeds["shelter"] if freshness(shelter) == "never"
    }


def test_each_role_has_somebody_to_sign_in_as(seeds: Row) -> None:
    demo = [person for person in seeds["person"] if person.get("demo")]
    assert Counter(person["role"] for person in demo) == {role: 2 if role == "staff" else 1 for role in ROLES}
    staff = [person for person in demo if person["role"] == "staff"]
    assert len({person["organization"] for person in staff}) == 2
    shelters = {shelter["id"]: shelter for shelter in seeds["shelter"]}
    for person in staff:
        (shelter,) = person["shelters"]
        places = shelters[shelter]["place"]
        assert 6 <= len(places) <= 10
        assert {place["status"] for place in places} == {"free", "occupied", "closed"}


# ---- what is wrong is refused by the name of its key, and before anything is loaded

HOURS_OF = "shelter.0.intake"
TIMES_OF = "shelter.0.confirm_times"
AGE_OF = "shelter.0.confirmed"
PLACE = "shelter.0.place.0"
DESK = "kind.0.desk_hours"

RIGHT: list[tuple[str, object]] = [
    *((HOURS_OF, hours) for hours in ("00:00-24:00", "08:00-20:59", "19:30-23:00")),
    *((TIMES_OF, times) for times in ([], ["00:00"], ["08:00", "19:05", "23:59"])),
    *((AGE_OF, age) for age in ("never", "0m", "25m", "3h", "2d")),
    *((DESK, hours) for hours in ("mon-fri 09:00-17:00", "sat-sun 22:00-06:00", "00:00-24:00")),
    (f"{PLACE}.since", "400d"),
    (f"{PLACE}.expected_free", "in 2h"),
]
WRONG: list[tuple[str, object]] = [
    *((HOURS_OF, hours) for hours in ("8:00-24:00", "00:00", "24:00-24:00", "08:60-20:00", "08:00-24:01", "99:99-99:99")),
    *((HOURS_OF, hours) for hours in ("08:00 - 20:00", "00:00-24:00\n", "0٨:00-20:00", "", 8)),
    *((TIMES_OF, ["08:00", time]) for time in ("8:00", "24:00", "08:60", "08:00:00", "08.00", "0٨:00", "08:00\n", "", 8)),
    (TIMES_OF, "08:00"),
    *((DESK, hours) for hours in ("ma-vr 09:00-17:00", "mon 09:00-17:00", "mon-fri", "mon-fri 9:00-17:00", "0٨:00-20:00")),
    *((DESK, hours) for hours in ("", 9)),
    *((AGE_OF, age) for age in ("2 h", "2w", "h", "-2h", "1.5h", "tomorrow", "99999999999d", "٣h", "2h\n", "", 2)),
    *((f"{PLACE}.since", age) for age in ("2", "9" * 400 + "h", {"h": 2})),
    *((f"{PLACE}.expected_free", age) for age in ("in 2 h", "in", "in 99999999999d", "2026-03-11", True)),
]


def put(seeds: Row, key: str, value: object) -> Row:
    """A copy of the seeds with another value at one key."""
    copy = deepcopy(seeds)
    part: Any = copy
    *way, last = key.split(".")
    for step in way:
        part = part[int(step) if step.isdigit() else step]
    part[last] = value
    return copy


@pytest.mark.parametrize(("key", "value"), RIGHT)
def test_a_time_is_taken(seeds: Row, key: str, value: object) -> None:
    SeedFile.model_validate(put(seeds, key, value))


@pytest.mark.parametrize(("key", "value"), WRONG, ids=lambda value: repr(value)[:24])
def test_a_time_that_is_none_is_refused_by_the_name_of_its_key(seeds: Row, key: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        SeedFile.model_validate(put(seeds, key, value))
    named = {".".join(map(str, error["loc"])) for error in refused.value.errors()}
    assert named
    assert all(name.startswith(key) for name in named), named
