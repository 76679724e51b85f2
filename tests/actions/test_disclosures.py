"""The address and the telephone that come with a case: the people who see them, the hours, and the row that says so."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from bedboard.actions.disclosures import disclose_address, disclose_asked, disclose_telephone, list_telephones_seen
from bedboard.rules.access import Actor
from bedboard.rules.refusals import NotAllowed, NotFound
from bedboard.store.database import Database
from tests.build import NOW, SEAL, actor
from tests.build.cases import (
    EMRE,
    HANNEKE,
    HOUR,
    ILSE,
    KOFI,
    LUCIA,
    MARK,
    NOOR,
    POLICE_SYSTEM,
    SANNE,
    TICK,
    bring_to,
    rows_of,
    withdraw,
)
from tests.build.rows import do, every_row, looking, refused, run


async def look(case_database: Database, who: Actor, at: datetime = NOW) -> str:
    found: str = await do(case_database, lambda tx: disclose_address(tx, who, "r1", SEAL, at))
    return found


async def test_the_address_is_disclosed_to_the_requester_and_the_desk_and_written_down(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    async with looking(case_database) as seen:
        assert [await look(case_database, who) for who in (MARK, EMRE, POLICE_SYSTEM, HANNEKE)] == ["CANARY-ADR-linde"] * 4
    looks = rows_of(seen.added, "disclosure")
    trace = (await every_row(case_database))["case_record", "r1"]["trace_id"]
    assert trace != "r1"  # a disclosure is kept for longer than the case, so it does not have the case's reference
    assert [(row["actor_id"], row["what"], row["why"], row["case_id"]) for row in looks] == [
        (who, "address", "request", trace) for who in ("mark", "emre", "demo-police", "hanneke")
    ]
    before = 5  # the versions of the case so far
    assert (seen.changed, seen.journal) == ({("case_record", "r1"): {"version": before + 4}}, [])
    assert seen.bells == [("case", "r1", before + number) for number in range(1, 5)], "open pages say that it was seen"


@pytest.mark.parametrize(
    ("so_far", "shown"),
    [
        ("asking", False),
        ("chosen", False),
        ("provisional", True),
        ("confirmed", True),
        ("housed", False),
        ("arrived", False),
        ("withdrawn", False),
        ("ended", False),
    ],
)
async def test_the_address_is_shown_only_while_they_are_on_the_way(case_database: Database, so_far: str, shown: bool) -> None:
    await bring_to(case_database, so_far)
    for who in (MARK, HANNEKE):
        if shown:
            assert await look(case_database, who, NOW + 12 * HOUR - TICK) == "CANARY-ADR-linde"
        at = NOW + 12 * HOUR if shown else NOW
        refusal = await refused(case_database, lambda tx, who=who, at=at: disclose_address(tx, who, "r1", SEAL, at))  # type: ignore[misc]
        assert (type(refusal), refusal.code) == (NotAllowed, "no_address_now")


async def test_strangers_to_a_case_do_not_see_where_it_goes(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    outsiders: Sequence[Actor] = (NOOR, LUCIA, SANNE, KOFI, ILSE, actor("admin", "wouter", ()), actor("auditor", "gerda", ()))
    for who in outsiders:
        refusal = await refused(case_database, lambda tx, who=who: disclose_address(tx, who, "r1", SEAL, NOW))  # type: ignore[misc]
        assert (type(refusal), refusal.code) == (NotFound, "no_such_request")
    await run(case_database, "update person set ended_at = now() where id in ('mark', 'hanneke')")
    for who in (MARK, HANNEKE):
        assert isinstance(
            await refused(case_database, lambda tx, who=who: disclose_address(tx, who, "r1", SEAL, NOW)),  # type: ignore[misc]
            NotFound,
        )


async def test_an_address_is_not_shown_when_the_disclosure_cannot_be_written_down(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    await run(case_database, "alter table disclosure add constraint ck_disclosure_broken check (false)")
    with pytest.raises(Exception, match="ck_disclosure_broken"):
        await look(case_database, MARK)


async def test_the_telephone_comes_with_a_case_for_as_long_as_the_shelter_belongs_to_it(case_database: Database) -> None:
    async def telephone(who: Actor, shelter: str = "linde") -> str:
        found: str = await do(case_database, lambda tx: disclose_telephone(tx, who, shelter, SEAL, NOW, is_stale=False))
        return found

    await bring_to(case_database, "chosen")
    assert await telephone(MARK) == await telephone(EMRE) == "CANARY-TEL-linde"
    looks = rows_of(await every_row(case_database), "disclosure")
    trace = (await every_row(case_database))["case_record", "r1"]["trace_id"]
    assert [(row["why"], row["case_id"], row["claim_id"]) for row in looks] == [("request", trace, None)] * 2
    for who, shelter in ((MARK, "ceder"), (NOOR, "linde"), (LUCIA, "linde")):  # settled, and strangers
        with pytest.raises(NotAllowed):
            await telephone(who, shelter)
    await withdraw(case_database)
    with pytest.raises(NotAllowed):
        await telephone(MARK)


async def seen_by(case_database: Database, who: Actor) -> dict[str, str]:
    found: dict[str, str] = await do(case_database, lambda tx: list_telephones_seen(tx, who, "r1", NOW, SEAL, NOW))
    return found


async def test_a_telephone_seen_in_a_case_stays_in_it_and_is_written_down_once(case_database: Database) -> None:
    await bring_to(case_database, "asking")
    assert await seen_by(case_database, MARK) == {}
    async with looking(case_database) as seen:
        await do(case_database, lambda tx: disclose_asked(tx, MARK, "r1", "linde", NOW))
    assert len(rows_of(seen.added, "disclosure")) == 1
    assert await seen_by(case_database, MARK) == {"linde": "CANARY-TEL-linde"}
    assert await seen_by(case_database, EMRE) == {}, "the look of each person is written down"
    async with looking(case_database) as seen:
        await do(case_database, lambda tx: disclose_asked(tx, MARK, "r1", "linde", NOW))
    assert seen.nothing
