"""The demo begins in the middle of an evening: every difficult situation can be seen at once, whenever it is loaded."""

from datetime import UTC, datetime

import pytest

from bedboard.rules.cases import is_late
from bedboard.rules.fit import Profile
from bedboard.rules.freshness import USUAL_LIMITS, freshness_of
from bedboard.seed_cases import play_cases
from bedboard.seeds import load_seeds, read_seed_file
from bedboard.settings import SEEDS
from bedboard.store.board import get_catalogue, list_shelters
from bedboard.store.database import Database
from bedboard.views.cards import make_card
from bedboard.views.found import Finder
from tests.build import SEAL
from tests.build.cases import rows_of
from tests.build.rows import do, every_row
from tests.build.wrong import wrong_with


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 3, 11, 13, 0, tzinfo=UTC),  # a Wednesday, 14:00 in Amsterdam: the desk is open
        datetime(2026, 3, 14, 1, 30, tzinfo=UTC),  # a Saturday, 02:30
    ],
)
async def test_the_demo_shows_each_situation_of_an_evening(database: Database, now: datetime) -> None:
    seeds = read_seed_file(SEEDS / "demo.toml")
    await do(database, lambda tx: load_seeds(tx, seeds, SEAL, now, demo=True))
    assert await do(database, lambda tx: play_cases(tx, seeds, SEAL, now)) == len(seeds.case)
    catalogue = await do(database, get_catalogue)
    cards = {row.id: make_card(row, catalogue, USUAL_LIMITS, now) for row in await do(database, list_shelters)}
    places = {place.id: place for card in cards.values() for place in card.places}
    rows = await every_row(database)
    cases = {row["id"].partition("-")[0]: row for row in rows_of(rows, "case_record")}
    assert wrong_with(rows) == []

    names = ("okapi", "cantate", "zaaien", "biet", "cactus", "koffie")
    late, lost, handed, unplaced, provisional, housed = (cases[one] for one in names)
    assert is_late(late["state"], late["arrives_at"], now) and places["agaat-1"].claim is not None
    assert places["agaat-1"].claim.is_late
    assert (lost["state"], places["fazant-1"].status) == ("confirmed", "occupied")
    assert (handed["state"], handed["handed_role"], places["vlier-2"].status) == ("asking", "coordinator", "reserved")
    assert (unplaced["state"], dict(cards["merel"].unplaced)) == ("confirmed", {"emergency": 1})
    assert (provisional["state"], places["opaal-3"].status) == ("provisional", "reserved")
    assert provisional["arrives_at"] > now
    assert (housed["state"], places["hazelaar-4"].status) == ("housed", "occupied"), "the desk may still end it"
    held = places["topaas-1"]
    assert held.status == "held" and held.claim is not None and held.claim.until is not None and held.claim.until > now
    assert (places["merel-1"].status, places["merel-1"].is_overdue) == ("closed", True)
    assert any(place.status == "occupied" and place.expected_free_at for place in places.values()), "expected free"
    ages = {freshness_of(card.confirmed_at, USUAL_LIMITS, now) for card in cards.values()}
    assert ages == {"fresh", "ageing", "stale"} and any(card.never_confirmed for card in cards.values())

    found = Finder(Profile(woman=3, group=3, split=True), catalogue).found(cards.values(), None)
    split = next(match for match in found.matches if match.together)
    assert (split.card.id, split.fit, len(split.together)) == ("meidoorn", "fits", 2), "a group that no one place of it holds"
    whole = Finder(Profile(woman=3, group=3), catalogue).found([split.card], None)
    assert whole.matches == ()
