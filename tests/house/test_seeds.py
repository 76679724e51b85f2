"""The seed data of the demo: complete, consistent, and invented from the first to the last line."""

import re
from collections import Counter
from zoneinfo import ZoneInfo

from tests.build.seeds import HOURS, Row, all_places, freshness, seeds

__all__ = ["seeds"]  # fixtures

SLUG = re.compile(r"[a-z]+(-[a-z]+)*")
TELEPHONE = re.compile(r"088 000 \d\d \d\d")
ADDRESS = re.compile(r"Verzonnen[a-z]+ [1-9]\d*, 0000 [A-Z]{2} Nergens(dorp|huizen|stad)")
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
ROLES = {"staff", "manager", "coordinator", "police", "desk", "admin", "auditor", "policy"}
# Per table: the keys that must be there, and those that may.
KEYS: dict[str, tuple[set[str], set[str]]] = {
    "file": ({"deployment", "unit", "kind", "organization", "shelter", "person"}, {"travel", "case", "step", "contact"}),
    "deployment": ({"name", "time_zone", "country"}, {"holidays"}),
    "unit": ({"code", "name", "short", "column", "row"}, set()),
    "kind": (
        {"code", "name_nl", "name_en", "long_nl", "long_en", "decides"},
        {"desk_hours", "outside_hours", "for_needs", "fresh_hours", "ageing_hours"},
    ),
    "contact": ({"topic", "name_nl", "name_en", "telephone"}, {"unit", "hours"}),
    "organization": ({"id", "name"}, {"telephones"}),
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


def check_keys(table: str, row: Row) -> None:
    required, optional = KEYS[table]
    assert required <= row.keys(), (table, required - row.keys(), row)
    assert row.keys() <= required | optional, (table, row.keys() - required - optional)


def test_only_known_keys_are_used(seeds: Row) -> None:
    check_keys("file", seeds)
    check_keys("deployment", seeds["deployment"])
    for table in ("unit", "kind", "contact", "organization", "shelter", "person"):
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


def test_every_pair_of_units_has_its_travel_time_once(seeds: Row) -> None:
    pairs = [frozenset((one, other)) for one, row in seeds["travel"].items() for other in row]
    assert len(set(pairs)) == len(pairs) == len(UNITS) * (len(UNITS) - 1) // 2
    assert {unit for pair in pairs for unit in pair} == UNITS
    assert all(5 <= minutes <= 300 for row in seeds["travel"].values() for minutes in row.values())


def test_only_places_for_several_problems_are_kept_for_those_who_need_them(seeds: Row) -> None:
    kept = {kind["code"]: kind["for_needs"] for kind in seeds["kind"] if "for_needs" in kind}
    assert kept == {"omm": ["lvb", "psychiatric", "addiction"]}


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
        if key == "telephone":
            values += [number for one in seeds["organization"] for number in one.get("telephones", {}).values()]
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
