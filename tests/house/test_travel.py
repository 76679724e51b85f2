"""The travel times of the Dutch set: they follow from public coordinates, as the seed file says."""

import tomllib
from math import acos, cos, radians, sin
from pathlib import Path

SEEDS = Path(__file__).parents[2] / "seeds" / "netherlands.toml"
CITIES = {  # unit → latitude and longitude of its main city; the source stands in the seed file
    "noord-nederland": (53.2167, 6.5667),
    "oost-nederland": (52.2100, 5.9700),
    "midden-nederland": (52.0908, 5.1222),
    "noord-holland": (52.3803, 4.6406),
    "amsterdam": (52.3667, 4.8833),
    "den-haag": (52.0767, 4.2986),
    "rotterdam": (51.9225, 4.4792),
    "zeeland-west-brabant": (51.5875, 4.7750),
    "oost-brabant": (51.4408, 5.4778),
    "limburg": (50.8483, 5.6889),
}
EARTH_KM, ROADS, KM_AN_HOUR, IN_TOWN = 6371, 1.3, 85, 10


def minutes_between(one: str, other: str) -> int:
    (north, east), (north_too, east_too) = (tuple(map(radians, CITIES[unit])) for unit in (one, other))
    arc = acos(sin(north) * sin(north_too) + cos(north) * cos(north_too) * cos(east - east_too))
    return 5 * round((EARTH_KM * arc * ROADS / KM_AN_HOUR * 60 + IN_TOWN) / 5)


def test_every_travel_time_follows_from_the_distance_of_the_main_cities() -> None:
    travel = tomllib.loads(SEEDS.read_text(encoding="utf-8"))["travel"]
    said = {(one, other): minutes for one, row in travel.items() for other, minutes in row.items()}
    assert said == {(one, other): minutes_between(one, other) for one, other in said}
