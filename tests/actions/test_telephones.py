"""The telephone of a shelter comes with a hold or with stale news; each showing is written down, and nobody copies the list."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bedboard.actions.disclosures import disclose_holds, disclose_telephone
from bedboard.actions.setup import add_shelter
from bedboard.rules.access import Actor
from bedboard.rules.looks import MOST_TELEPHONES_AN_HOUR
from bedboard.rules.refusals import NotAllowed, TooMany
from bedboard.store.database import Database
from tests.build import NOW, SEAL, place, shelter
from tests.build.cases import HANNEKE, LUCIA, MARK, POLICE_SYSTEM
from tests.build.holds import HALF_HOUR, hold
from tests.build.rows import do, every_row, looking, refused, run


async def test_the_telephone_comes_with_a_hold_and_each_showing_is_written_down(board_database: Database) -> None:
    await hold(board_database)
    async with looking(board_database) as seen:
        found = await do(board_database, lambda tx: disclose_holds(tx, MARK, SEAL, NOW))
    assert [(row.id, telephone) for row, telephone in found] == [("h1", "CANARY-TEL-linde")]
    (look,) = seen.added.values()
    assert {name: value for name, value in look.items() if name != "id"} == {
        "at": NOW,
        "actor_kind": "person",
        "actor_id": "mark",
        "role": "police",
        "shelter_id": "linde",
        "what": "telephone",
        "why": "hold",
        "claim_id": "h1",
        "case_id": None,
    }
    assert await do(board_database, lambda tx: disclose_holds(tx, LUCIA, SEAL, NOW)) == []


async def test_a_telephone_is_shown_for_a_reason_only(board_database: Database) -> None:
    async def look(who: Actor, *, is_stale: bool = False, at: datetime = NOW) -> Any:
        return await do(board_database, lambda tx: disclose_telephone(tx, who, "linde", SEAL, at, is_stale=is_stale))

    refusal = await refused(board_database, lambda tx: disclose_telephone(tx, MARK, "linde", SEAL, NOW, is_stale=False))
    assert (type(refusal), refusal.code) == (NotAllowed, "hold_first")
    assert await look(HANNEKE) == await look(MARK, is_stale=True) == "CANARY-TEL-linde"
    await hold(board_database)
    assert await look(MARK) == "CANARY-TEL-linde"
    with pytest.raises(NotAllowed):
        await look(MARK, at=NOW + HALF_HOUR)
    rows = await every_row(board_database)
    assert [row["why"] for key, row in rows.items() if key[0] == "disclosure"] == ["desk", "stale", "hold"]


async def test_nothing_is_shown_when_the_disclosure_cannot_be_written_down(board_database: Database) -> None:
    await hold(board_database)
    await run(board_database, "alter table disclosure add constraint ck_disclosure_broken check (false)")
    for action in (
        lambda tx: disclose_holds(tx, MARK, SEAL, NOW),
        lambda tx: disclose_telephone(tx, HANNEKE, "linde", SEAL, NOW, is_stale=False),
    ):
        with pytest.raises(Exception, match="ck_disclosure_broken"):
            await do(board_database, action)


async def test_nobody_copies_the_list_of_telephones(board_database: Database) -> None:
    for n in range(MOST_TELEPHONES_AN_HOUR + 1):
        await do(board_database, lambda tx, n=n: add_shelter(tx, shelter(f"s{n}", [place(f"s{n}-1")]), SEAL, NOW))  # type: ignore[misc]

    async def call(n: int, at: datetime = NOW) -> Any:
        return await do(board_database, lambda tx: disclose_telephone(tx, POLICE_SYSTEM, f"s{n}", SEAL, at, is_stale=True))

    for n in range(MOST_TELEPHONES_AN_HOUR):
        await call(n)
    with pytest.raises(TooMany) as refused:
        await call(MOST_TELEPHONES_AN_HOUR)
    assert refused.value.again_at == NOW + timedelta(hours=1)
    await call(0)  # once more the same one
    await call(MOST_TELEPHONES_AN_HOUR, NOW + timedelta(hours=1, seconds=1))
