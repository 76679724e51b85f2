"""The read side: the part of the rows that a board gets to see."""

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bedboard.actions.setup import add_shelter
from bedboard.rules.claims import Claim
from bedboard.rules.deciding import Deciding
from bedboard.rules.freshness import FreshnessLimits
from bedboard.store.board import get_catalogue, get_shelter, list_shelters
from bedboard.store.database import Database, Transaction
from bedboard.store.journal import get_journal, get_last_journal_id, occupancy_words, write_journal
from bedboard.store.shelters import get_place, get_shelter_id, list_claims, list_places, lock_shelter
from tests.build import NOW, SEAL, add_request, place, shelter

HOUR = timedelta(hours=1)


async def run(tx: Transaction, statement: str, **values: Any) -> None:
    await (await tx.connection()).execute(text(statement), values)


async def claim(tx: Transaction, claim_id: str, place_id: str, claim_type: str = "hold", *, ended: bool = False) -> None:
    await run(
        tx,
        "insert into claim (id, place_id, type, organization_id, role, created_at, expires_at, ended_at, ending, case_id)"
        " values (:id, :place_id, :type, 'desk', 'police', :now, :expires_at, :ended_at, :ending, :case_id)",
        id=claim_id,
        place_id=place_id,
        type=claim_type,
        now=NOW,
        expires_at=NOW + HOUR / 2,
        ended_at=NOW if ended else None,
        ending="released" if ended else None,
        case_id="r1" if claim_type == "reservation" else None,
    )


async def test_every_shelter_by_name_with_its_places_in_their_own_order(tx: Transaction) -> None:
    places = [place("acacia-b"), place("acacia-a"), place("acacia-c")]
    await add_shelter(tx, shelter("acacia", places, name="Zonnehoed"), SEAL, NOW)
    rows = await list_shelters(tx)
    assert [row.name for row in rows] == ["Ceder", "Linde", "Wilg", "Zonnehoed"]
    assert [place.id for place in rows[-1].places] == ["acacia-b", "acacia-a", "acacia-c"]
    assert {row.id: len(row.places) for row in rows} == {"ceder": 2, "linde": 4, "wilg": 1, "acacia": 3}


async def test_a_shelter_reads_as_it_was_written(tx: Transaction) -> None:
    linde = await get_shelter(tx, "linde")
    assert linde is not None
    assert (linde.id, linde.name, linde.unit, linde.organization_id, linde.organization) == (
        "linde",
        "Linde",
        "noord",
        "oever",
        "Stichting Oever",
    )
    assert (linde.version, linde.confirmed_at, linde.created_at) == (1, NOW - HOUR, NOW)
    assert (linde.intake_from_minutes, linde.intake_until_minutes) == (0, 1440)
    assert linde.confirm_times == (time(8), time(16), time(21, 30))
    assert (linde.criteria, linde.limits) == ({"woman": "yes", "man": "no"}, {})
    first, _, third, fourth = linde.places
    assert (first.id, first.label, first.kind, first.beds, first.cots) == ("linde-1", "1", "cosm", 1, 0)
    assert [one.state for one in linde.places] == ["open", "open", "occupied", "closed"]
    assert (third.since, third.observed_at, third.expected_free_at) == (NOW - HOUR, NOW - HOUR, None)
    assert (fourth.closed_reason, fourth.expected_free_at) == ("repair", NOW + timedelta(days=1))
    assert all(moment.utcoffset() == timedelta(0) for moment in (linde.created_at, third.since, third.observed_at))


async def test_only_the_shelters_that_are_asked_for(tx: Transaction) -> None:
    assert [row.id for row in await list_shelters(tx, ["wilg", "nowhere", "ceder"])] == ["ceder", "wilg"]
    assert await list_shelters(tx, []) == []
    assert await get_shelter(tx, "nowhere") is None


async def test_a_shelter_without_places_is_on_the_board(tx: Transaction) -> None:
    await add_shelter(tx, shelter("empty", []), SEAL, NOW)
    empty = await get_shelter(tx, "empty")
    assert empty is not None
    assert empty.places == ()


async def test_a_place_comes_once_with_the_one_claim_that_nobody_has_ended(tx: Transaction) -> None:
    await add_request(tx)
    await claim(tx, "one", "linde-1", ended=True)
    await claim(tx, "two", "linde-1", "reservation")
    await claim(tx, "three", "linde-2", ended=True)
    await claim(tx, "four", "ceder-1")
    linde = await get_shelter(tx, "linde")
    assert linde is not None
    assert [one.claim for one in linde.places] == [
        Claim("reservation", NOW + HOUR / 2, "police", "Plaatsing", "two", None, "r1"),
        None,
        None,
        None,
    ]
    assert [one.id for one in await list_claims(tx, "linde")] == ["two"]
    assert [one.id for one in await list_claims(tx, "wilg")] == []


async def test_the_rows_of_a_board_hold_no_telephone_and_no_address(tx: Transaction) -> None:
    rows = repr(await list_shelters(tx))
    assert "linde-1" in rows
    assert "CANARY" not in rows
    assert "sealed" not in rows


async def test_the_catalogue_is_the_deployment_with_its_units_and_kinds(owner_tx: Transaction) -> None:
    await run(owner_tx, "update kind set fresh_minutes = 60, ageing_minutes = 90 where code = 'men'")
    await run(owner_tx, "update kind set fresh_minutes = 60 where code = 'women'")
    await run(owner_tx, "update kind set desk_hours = 'mon-fri 09:00-17:00', outside_hours = 'provisional' where code = 'cosm'")
    catalogue = await get_catalogue(owner_tx)
    assert catalogue is not None
    assert (catalogue.name, catalogue.zone.key, catalogue.demo) == ("Proef", "Europe/Amsterdam", True)
    assert list(catalogue.units) == ["zuid", "noord"]  # by name: Limburg, Noord-Nederland
    assert [(unit.short, unit.map_column, unit.map_row) for unit in catalogue.units.values()] == [("LB", 2, 3), ("NN", 2, 1)]
    assert {
        code: (kind.names["nl"], kind.names["en"], replace(kind.deciding, days_off=()))
        for code, kind in catalogue.kinds.items()
    } == {
        "cosm": ("COSM", "COSM", Deciding("desk", "mon-fri 09:00-17:00", "provisional", ())),
        "women": ("Vrouwen", "Women", Deciding("shelter", days_off=())),
        "men": ("Mannen", "Men", Deciding("shelter", days_off=())),
    }
    assert date(2026, 12, 25) in catalogue.kinds["cosm"].deciding.days_off
    assert list(catalogue.kinds) == ["cosm", "women", "men"]
    limits = {code: kind.limits for code, kind in catalogue.kinds.items()}
    assert limits == {"cosm": None, "women": None, "men": FreshnessLimits(timedelta(minutes=60), timedelta(minutes=90))}


async def test_an_empty_database_has_no_catalogue_and_no_shelters(database: Database) -> None:
    async with database.transaction() as tx:
        assert await get_catalogue(tx) is None
        assert await list_shelters(tx) == []


# ---- one row, one lock


async def test_the_lock_is_of_one_shelter_until_the_end_of_the_transaction(board_database: Database) -> None:
    nowait = text("select id from shelter for update skip locked")
    async with board_database.transaction() as first:
        locked = await lock_shelter(first, "linde")
        assert locked is not None
        async with board_database.transaction() as second:
            free = set((await (await second.connection()).execute(nowait)).scalars())
            assert free == {"ceder", "wilg"}
    async with board_database.transaction() as third:
        assert len((await (await third.connection()).execute(nowait)).all()) == 3


async def test_under_the_lock_everything_is_read_afresh(board_database: Database) -> None:
    async with board_database.transaction() as tx:
        earlier = await lock_shelter(tx, "linde")
        before = await get_place(tx, "linde-1")
        assert earlier is not None
        # the same transaction, past its own memory: what another one would have committed while this one waited
        await run(tx, "update shelter set version = 9 where id = 'linde'")
        await run(tx, "update place set beds = 7 where id = 'linde-1'")
        again = await lock_shelter(tx, "linde")
        assert again is earlier
        assert again.version == 9
        assert (await get_place(tx, "linde-1")) is before
        assert before.beds == 7
        await run(tx, "update place set beds = 8 where id = 'linde-1'")
        assert (await list_places(tx, "linde"))[0].beds == 8


async def test_places_belong_to_their_shelter(tx: Transaction) -> None:
    assert await lock_shelter(tx, "nowhere") is None
    assert await get_shelter_id(tx, "ceder-2") == "ceder"
    assert await get_shelter_id(tx, "nowhere") is None
    assert [one.id for one in await list_places(tx, "linde")] == ["linde-1", "linde-2", "linde-3", "linde-4"]


# ---- the journal


def entry(place_id: str | None, **rest: Any) -> dict[str, Any]:
    return {
        "received_at": NOW,
        "observed_at": NOW - HOUR,
        "actor_kind": "person",
        "actor_id": "sanne",
        "action": "place",
        "shelter_id": "linde",
        "version": 2,
        "place_id": place_id,
        "before": None,
        "after": {"state": "open"},
    } | rest


async def test_the_journal_gives_ids_in_the_order_of_its_rows(tx: Transaction) -> None:
    places = [f"place-{n}" for n in range(40)]
    ids = await write_journal(tx, [entry(place_id) for place_id in places])
    assert ids == sorted(ids)
    written = [await get_journal(tx, journal_id) for journal_id in ids]
    assert [row and row.place_id for row in written] == places
    [row] = [one for one in written if one is not None and one.place_id == "place-7"]
    assert (row.received_at, row.observed_at, row.version, row.before, row.after) == (
        NOW,
        NOW - HOUR,
        2,
        None,
        {"state": "open"},
    )


async def test_the_last_row_about_a_place(tx: Transaction) -> None:
    ids = await write_journal(tx, [entry("linde-1"), entry("linde-2"), entry("linde-1"), entry("linde-3"), entry(None)])
    assert await get_last_journal_id(tx, "linde-1") == ids[2]
    assert await get_last_journal_id(tx, "nowhere") is None
    assert await get_journal(tx, 10**15) is None


@pytest.mark.parametrize("ends", [True, False])
def test_the_journal_keeps_enough_to_restore_a_place(ends: bool) -> None:
    expected = NOW + HOUR if ends else None
    assert occupancy_words("closed", expected, "repair", NOW) == {
        "state": "closed",
        "since": "2026-03-11T13:00:00+00:00",
        "expected_free_at": "2026-03-11T14:00:00+00:00" if ends else None,
        "closed_reason": "repair",
    }
