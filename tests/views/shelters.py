"""Rows of shelters and their cards, made by hand for the tests of views."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bedboard.rules.claims import Claim
from bedboard.rules.deciding import Deciding
from bedboard.rules.fit import Profile
from bedboard.rules.freshness import FreshnessLimits
from bedboard.rules.places import PlaceState
from bedboard.store.board import Catalogue, KindRow, PlaceRow, ShelterRow, UnitRow
from bedboard.views.cards import Card, make_card
from bedboard.views.columns import Columns
from bedboard.views.found import Deciders, Finder, Found

NOW = datetime(2026, 3, 11, 13, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LIMITS = FreshnessLimits(2 * HOUR, 8 * HOUR)
HELD = Claim("hold", NOW + 20 * MINUTE, "police", "Politie")
LAPSED = Claim("hold", NOW - MINUTE, "police", "Politie")
RESERVED = Claim("reservation", NOW + 40 * MINUTE, "coordinator", "Zorg")
UNITS = {  # on the map: noord next to oost, and zuid far from both
    "noord": UnitRow("noord", "Noord", "N", 4, 1),
    "oost": UnitRow("oost", "Oost", "O", 4, 2),
    "zuid": UnitRow("zuid", "Zuid", "Z", 2, 4),
}
DESK = Deciding("desk", "mon-fri 09:00-17:00", "provisional")
REFERENCE = Catalogue(
    name="Proef",
    zone=ZoneInfo("Europe/Amsterdam"),
    demo=True,
    units=UNITS,
    kinds={
        code: KindRow(code, {"nl": code, "en": code}, {"nl": code, "en": code}, Deciding("shelter"), None)
        for code in ("women", "men", "cosm")
    }
    | {"omm": KindRow("omm", {"nl": "omm"}, {"nl": "omm"}, DESK, None, frozenset({"lvb", "psychiatric", "addiction"}))},
    travel={("noord", "oost"): 40, ("oost", "zuid"): 85, ("noord", "zuid"): 120},
)


def place(
    place_id: str,
    kind: str = "women",
    beds: int = 1,
    cots: int = 0,
    state: PlaceState = "open",
    claim: Claim | None = None,
    criteria: Mapping[str, str] | None = None,
) -> PlaceRow:
    reason = "cleaning" if state == "closed" else None
    return PlaceRow(place_id, place_id[-1], kind, beds, cots, state, NOW - HOUR, NOW - HOUR, None, reason, criteria, claim)


def shelter(
    shelter_id: str,
    places: Iterable[PlaceRow],
    *,
    unit: str = "noord",
    confirmed: float | None = 1,
    criteria: Mapping[str, str] | None = None,
    limits: Mapping[str, int] | None = None,
    by_system: bool = False,
) -> ShelterRow:
    """Confirmed that many hours ago, None: never. Takes women, and no men, unless told otherwise."""
    return ShelterRow(
        id=shelter_id,
        name=shelter_id.title(),
        unit=unit,
        organization_id="oever",
        organization="Stichting Oever",
        version=1,
        confirmed_at=None if confirmed is None else NOW - timedelta(hours=confirmed),
        created_at=NOW - 999 * HOUR,
        intake_from_minutes=0,
        intake_until_minutes=1440,
        confirm_times=(time(8), time(16)),
        criteria={"woman": "yes", "man": "no"} if criteria is None else criteria,
        limits=limits or {},
        languages=(),
        places=tuple(places),
        confirmed_by_system=by_system,
    )


def card(row: ShelterRow) -> Card:
    return make_card(row, REFERENCE, LIMITS, NOW)


def columns(*rows: ShelterRow) -> Columns:
    one = Columns()
    for row in rows:
        one.take(card(row))
    return one


def search(profile: Profile, *rows: ShelterRow, most: int | None = None, deciders: Deciders | None = None) -> Found:
    """The result by both ways of searching, which must be the same to the order of reasons."""
    slow = Finder(profile, REFERENCE, deciders).found(map(card, rows), most)
    fast = columns(*rows).found(profile, REFERENCE, most, deciders)
    assert fast == slow
    assert list(fast.excluded_by) == list(slow.excluded_by)
    return fast
