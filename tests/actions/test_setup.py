"""Adding what a board is made of, and the demo's seeds in a real database."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy.exc import IntegrityError

from bedboard.actions.setup import add_client, add_person, add_shelter
from bedboard.actions.signin import hash_token
from bedboard.rules.access import ROLES
from bedboard.rules.freshness import FreshnessLimits, freshness_of
from bedboard.rules.places import count_statuses, status_of
from bedboard.rules.refusals import Conflict
from bedboard.seeds import load_seeds, read_seed_file
from bedboard.settings import SEEDS
from bedboard.store.board import get_catalogue, list_shelters
from bedboard.store.database import Database, Transaction
from bedboard.store.people import list_demo_people
from bedboard.store.tables.people import Person
from tests.build import NOW, SEAL, add_basics, add_board, place, shelter
from tests.build.rows import do, find_client, looking

HOUR = timedelta(hours=1)


async def test_a_deployment_begins_once(database: Database) -> None:
    async with looking(database) as seen:
        await do(database, add_basics)
    assert seen.bells == [("catalogue", "all", 0)]
    assert Counter(key[0] for key in seen.added) == {"deployment": 1, "unit": 2, "kind": 3, "organization": 2}
    async with looking(database) as seen:
        with pytest.raises(Conflict) as refused:
            await do(database, add_board)
    assert refused.value.code == "not_empty"
    assert seen.nothing


async def test_a_shelter_comes_with_its_places_a_row_for_each_and_one_bell(board_database: Database) -> None:
    open_one = place("eik-1", cots=1, criteria={"man": "yes"})
    closed_one = place(
        "eik-2", "men", state="closed", closed_reason="repair", expected_free_at=NOW + HOUR, since=NOW - 9 * HOUR
    )
    new = shelter("eik", [open_one, closed_one], unit="zuid")
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: add_shelter(tx, new, SEAL, NOW))
    row = seen.added.pop(("shelter", "eik"))
    secret = seen.added.pop(("shelter_contact", "eik"))
    assert SEAL.open(secret["telephone_sealed"]) == "CANARY-TEL-eik"
    assert SEAL.open(secret["address_sealed"]) == "CANARY-ADR-eik"
    assert row == {
        "id": "eik",
        "organization_id": "oever",
        "unit_code": "zuid",
        "name": "Eik",
        "version": 1,
        "confirmed_at": NOW - HOUR,
        "created_at": NOW,
        "intake_from_minutes": 0,
        "intake_until_minutes": 1440,
        "confirm_times": ["08:00", "16:00", "21:30"],
        "criteria": {"woman": "yes", "man": "no"},
        "limits": {},
        "languages": [],
        "kinds_confirmed_at": {},
        "confirmed_by": "person",
        "ended_at": None,
    }
    common = {"shelter_id": "eik", "beds": 1, "observed_at": NOW - HOUR}
    common |= dict.fromkeys(("exists_from", "exists_until", "ended_at"))
    assert seen.added == {
        ("place", "eik-1"): common
        | {
            "id": "eik-1",
            "kind_code": "cosm",
            "position": 1,
            "label": "1",
            "cots": 1,
            "state": "open",
            "since": NOW - HOUR,
            "expected_free_at": None,
            "closed_reason": None,
            "criteria": {"man": "yes"},
        },
        ("place", "eik-2"): common
        | {
            "id": "eik-2",
            "kind_code": "men",
            "position": 2,
            "label": "2",
            "cots": 0,
            "state": "closed",
            "since": NOW - 9 * HOUR,
            "expected_free_at": NOW + HOUR,
            "closed_reason": "repair",
            "criteria": None,
        },
    }
    assert [(one["action"], one["place_id"], one["version"], one["actor_kind"]) for one in seen.journal] == [
        ("add_shelter", None, 1, "system"),
        ("add_place", "eik-1", 1, "system"),
        ("add_place", "eik-2", 1, "system"),
    ]
    assert "CANARY" not in repr(seen.journal)
    assert seen.bells == [("shelter", "eik", 1)]


async def test_a_shelter_that_the_database_refuses_leaves_nothing(board_database: Database) -> None:
    new = shelter("eik", [place("eik-1"), place("eik-2", beds=0)])
    async with looking(board_database) as seen:
        with pytest.raises(IntegrityError):
            await do(board_database, lambda tx: add_shelter(tx, new, SEAL, NOW))
    assert seen.nothing


async def test_a_person_and_a_client_are_added_and_no_token_is_kept(board_database: Database) -> None:
    async def add(tx: Transaction) -> None:
        person = Person(id="iris", organization_id="oever", name="Iris", role="manager")
        await add_person(tx, person, ["linde", "wilg"])
        token = "a-secret-token"  # noqa: S105
        await add_client(
            tx,
            client_id="c",
            name="Case system",
            role="machine",
            token=token,
            now=NOW,
            organization_id="oever",
            shelter_id="wilg",
        )

    async with looking(board_database) as seen:
        await do(board_database, add)
    assert set(seen.added) == {
        ("person", "iris"),
        ("membership", "iris", "linde"),
        ("membership", "iris", "wilg"),
        ("client", "c"),
    }
    assert seen.added["client", "c"]["token_hash"] == hash_token("a-secret-token")
    assert "a-secret-token" not in repr(seen.added)
    assert (seen.journal, seen.bells) == ([], [("catalogue", "all", 0)])


# ---- seeds/demo.toml


async def test_the_demo_loads_as_it_promises_and_only_once(database: Database) -> None:
    seeds = read_seed_file(SEEDS / "demo.toml")
    loaded = await do(database, lambda tx: load_seeds(tx, seeds, SEAL, NOW, demo=True))
    assert (loaded["shelters"], loaded["places"]) == (24, 112)
    rows = await do(database, list_shelters)
    catalogue = await do(database, get_catalogue)
    assert len(rows) == 24
    places = [one for row in rows for one in row.places]
    counts = count_statuses(status_of(one.state, one.claim, NOW) for one in places)
    assert counts == {"free": 20, "held": 0, "reserved": 0, "occupied": 80, "closed": 12, "total": 112}
    kinds = Counter(one.kind for one in places)
    assert kinds == {"omm": 36, "cosm": 26, "women": 16, "emergency": 10, "men": 9, "labour": 9, "youth": 6}
    assert (len(catalogue.units), set(catalogue.kinds)) == (10, set(kinds))
    usual = FreshnessLimits(2 * HOUR, 8 * HOUR)
    ages = Counter(
        "never"
        if row.confirmed_at is None
        else freshness_of(
            row.confirmed_at,
            usual.strictest(limits for one in row.places if (limits := catalogue.kinds[one.kind].limits) is not None),
            NOW,
        )
        for row in rows
    )
    assert ages == {"fresh": 12, "ageing": 5, "stale": 4, "never": 3}
    assert all(one.expected_free_at is not None and one.expected_free_at > NOW for one in places if one.state == "closed")
    assert all(one.since <= one.observed_at <= NOW for one in places)
    people = await do(database, list_demo_people)
    assert {one.role for one in people} == set(ROLES) - {"machine"}
    for token, role in [("demo-police", "police"), (f"demo-shelter-{rows[0].id}", "machine")]:
        client = await do(database, partial(find_client, token_hash=hash_token(token), now=NOW, demo=True))
        assert client.actor.role == role

    async with looking(database) as seen:
        with pytest.raises(Conflict) as refused:
            await do(database, lambda tx: load_seeds(tx, seeds, SEAL, NOW, demo=True))
    assert refused.value.code == "not_empty"
    assert seen.nothing


async def test_the_same_seeds_outside_a_demo_bring_no_demo_people_and_no_tokens(database: Database) -> None:
    seeds = read_seed_file(SEEDS / "demo.toml")
    await do(database, lambda tx: load_seeds(tx, seeds, SEAL, NOW, demo=False))
    assert await do(database, list_demo_people) == []
    assert await do(database, lambda tx: find_client(tx, hash_token("demo-police"), NOW, demo=True)) is None
    assert (await do(database, get_catalogue)).demo is False
