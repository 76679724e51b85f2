"""The answers of a search by the API about each place, and the profiles that it and the page refuse."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest
from sqlalchemy import text

from tests.build import until
from tests.build.api import search
from tests.build.site import Site, as_owner

WOMAN = {"adults": {"woman": 1}}
MAN = {"adults": {"man": 1}}


async def test_who_decides_and_how_far_it_is_comes_with_every_match(site: Site) -> None:
    async with as_owner(site.process.database) as tx:
        connection = await tx.connection()
        await connection.execute(text("insert into travel values ('noord', 'zuid', 100)"))
        await connection.execute(
            text("update kind set decides = 'desk', desk_hours = 'mon-fri 09:00-14:30' where code = 'cosm'")
        )
        await connection.execute(text("update kind set outside_hours = 'provisional' where code = 'cosm'"))
        await connection.execute(text("select pg_notify('bedboard', 'catalogue 0 all')"))

    async def told(token: str = "demo-police") -> list[tuple[str, str, int | None]]:  # noqa: S107
        found = await search(site, WOMAN | {"near": "noord"}, token)
        return [(match["place"], match["decides"], match["travel_minutes"]) for match in found["matches"]]

    ceder = [("ceder-1", "shelter", 100), ("ceder-2", "shelter", 100)]

    async def is_read() -> bool:
        return (await told())[-1][2] == 100

    await until(is_read, "the travel times")
    assert await told() == [("linde-1", "desk", 0), ("linde-2", "desk", 0), ("wilg-1", "shelter", 0), *ceder]
    assert (await told("demo-desk"))[0] == ("linde-1", "requester", 0)
    site.clock.move(minutes=31)
    assert (await told())[0] == ("linde-1", "provisional", 0)


async def test_a_search_that_waited_is_weighed_with_the_catalogue_of_its_turn(site: Site) -> None:
    """The next equal search must not get the answer of a catalogue that is no more."""
    near = WOMAN | {"near": "noord"}
    board = site.process.board
    before = board.catalogue
    async with site.process.turns.of("person:somebody"):
        waiting = asyncio.create_task(search(site, near))
        await until(_is_waiting(site), "the search in the queue")
        async with site.process.database.transaction() as tx:
            connection = await tx.connection()
            await connection.execute(text("insert into travel values ('noord', 'zuid', 100)"))
            await connection.execute(text("select pg_notify('bedboard', 'catalogue 0 all')"))
        await until(_holds(lambda: board.catalogue != before), "the new catalogue")
    for found in (await waiting, await search(site, near)):
        assert found["matches"][-1]["travel_minutes"] == 100


def _holds(condition: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return condition()

    return holds


def _is_waiting(site: Site) -> Callable[[], Awaitable[bool]]:
    return _holds(lambda: len(site.process.turns) > 0)


async def test_places_that_one_reason_alone_leaves_out_are_named(site: Site) -> None:
    found = await search(site, MAN)
    assert [(one["place"], one["fit"]) for one in found["almost"]] == [
        ("linde-1", "excluded"),
        ("linde-2", "excluded"),
        ("wilg-1", "excluded"),
    ]
    assert [one["criterion"] for one in found["almost"][0]["reasons"] if one["verdict"] == "no"] == ["man"]


async def test_what_was_left_open_and_is_restricted_is_to_be_asked(site: Site) -> None:
    found = await search(site, {"needs": ["lvb"]})
    questions = {match["shelter"]: match["to_ask"] for match in found["matches"]}
    assert questions["linde"] == [{"criterion": "man", "verdict": "no", "detail": None}]
    assert questions["ceder"] == []
    assert (await search(site, WOMAN))["matches"][0]["to_ask"] == []


async def test_several_statuses_can_hold_at_once(site: Site) -> None:
    found = await search(site, WOMAN | {"statuses": ["reflection", "dublin"]})
    assert [reason["criterion"] for reason in found["matches"][0]["reasons"]] == ["woman", "dublin", "reflection", "size"]


@pytest.mark.parametrize(
    ("profile", "field", "code"),
    [
        ({"adults": {"woman": -1}}, "adults.woman", "too_small"),
        ({"adults": {"woman": 21}}, "adults.woman", "too_large"),
        ({"adults": {"woman": "1"}}, "adults.woman", "not_a_number"),
        ({"adults": {"wolf": 1}}, "adults.wolf", "unknown_field"),
        ({"name": "Maria"}, "name", "unknown_field"),
        ({"statuses": ["tourist"]}, "statuses.0", "not_one_of"),
        ({"statuses": "eu"}, "statuses", "wrong"),
        ({"status": "eu"}, "status", "unknown_field"),
        ({"needs": ["love"]}, "needs.0", "not_one_of"),
        ({"avoid": ["atlantis"]}, "avoid", "not_one_of"),
        ({"near": "atlantis"}, "near", "not_one_of"),
        ({"languages": ["xx"]}, "languages", "not_one_of"),
        ({"minor_alone": True, "adults": {"man": 1}}, "minor_alone", "not_with_adults"),
        ({"minor_alone": True, "group": 3}, "minor_alone", "not_with_group"),
        ({"group": 1}, "group", "too_small"),
        ({"adult_ages": ["19"]}, "adult_ages.0", "not_one_of"),
        ({"adults": {"woman": 1}, "adult_ages": ["18_20", "65_plus"]}, "adult_ages", "more_than_adults"),
        ({"adults": {"woman": 1}, "oldest_son": 8}, "oldest_son", "no_such_son"),
        ({"oldest_son": 18}, "oldest_son", "too_large"),
        ({"oldest_son": "8"}, "oldest_son", "not_a_number"),
        ({"group": 21}, "group", "too_large"),
        ({"arrives_after": "25:00"}, "arrives_after", "wrong"),
        ({"limit": 0}, "limit", "too_small"),
    ],
)
async def test_a_profile_that_cannot_be_is_refused_with_its_field(
    standing: Site, profile: dict[str, Any], field: str, code: str
) -> None:
    async with standing.api("demo-police") as api:
        reply = await api.post("/search", json=profile)
    assert reply.status_code == 422
    error = reply.json()["errors"][0]
    assert (error["field"].startswith(field), error["code"]) == (True, code)


async def test_the_page_names_the_field_that_is_wrong(standing: Site) -> None:
    async with aclosing(await standing.sign_in("mark")) as mark:
        reply = await mark.post("/search", data={"children.boy_12_17": "1", "oldest_son": "5", "arrival": "open"})
    assert "Leeftijd van de oudste zoon: geen van de gekozen kinderen kan deze zoon zijn" in reply.text
    assert "<code>oldest_son</code>" not in reply.text
