"""One limit on looks, whatever the way: with a hold, a case or stale news, or as the desk; and two looks at once."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from bedboard.actions import disclosures
from bedboard.actions.cases import open_case
from bedboard.actions.disclosures import (
    disclose_address,
    disclose_asked,
    disclose_callbacks,
    disclose_holds,
    disclose_telephone,
    list_telephones_seen,
)
from bedboard.actions.holds import hold_place
from bedboard.actions.setup import add_shelter
from bedboard.actions.taking import take_place
from bedboard.rules.access import Actor
from bedboard.rules.cases import ShelterAnswer
from bedboard.rules.looks import MOST_ADDRESSES_AN_HOUR, MOST_TELEPHONES_AN_HOUR
from bedboard.rules.refusals import Refusal, TooMany
from bedboard.store.database import Database, Transaction
from bedboard.store.disclosures import get_other_seen_at
from tests.build import NOW, SEAL, place, shelter
from tests.build.cases import EMRE, HANNEKE, HOUR, MARK, NEEDS, ZONE, withdraw
from tests.build.rows import do, do_patiently, goes

SHELTERS = 24


async def add_shelters(database: Database, kind: str = "women") -> None:
    for n in range(SHELTERS):
        one = shelter(f"s{n}", [place(f"s{n}-1", kind)])
        await do(database, lambda tx, one=one: add_shelter(tx, one, SEAL, NOW))  # type: ignore[misc]


async def code_of(database: Database, action: Any) -> str:
    """Return "" for an action that is obeyed, or the code of its refusal."""
    try:
        await do_patiently(database, action)
    except Refusal as refusal:
        return refusal.code
    return ""


async def see(database: Database, n: int, who: Actor = MARK, *, is_stale: bool = True) -> str:
    return await code_of(database, lambda tx: disclose_telephone(tx, who, f"s{n}", SEAL, NOW, is_stale=is_stale))


async def ask_eight(database: Database, turn: int) -> list[str]:
    """Ask eight shelters, look at the number of each, and withdraw: the codes of the looks."""
    shelters = [f"s{n}" for n in range(8 * turn, 8 * turn + 8)]
    await do(database, lambda tx: open_case(tx, MARK, f"r{turn}", NEEDS, None, dict.fromkeys(shelters, "women"), NOW))
    said = [await code_of(database, lambda tx, one=one: disclose_asked(tx, MARK, f"r{turn}", one, NOW)) for one in shelters]
    await withdraw(database, case_id=f"r{turn}")
    return said


async def test_nobody_copies_the_telephones_by_asking_and_withdrawing(case_database: Database) -> None:
    await add_shelters(case_database)
    said = [code for turn in range(3) for code in await ask_eight(case_database, turn)]
    assert said == [""] * MOST_TELEPHONES_AN_HOUR + ["too_many_telephones"] * (SHELTERS - MOST_TELEPHONES_AN_HOUR)


async def test_the_desk_has_the_same_limit(case_database: Database) -> None:
    await add_shelters(case_database)
    said = [await see(case_database, n, HANNEKE) for n in range(SHELTERS)]
    assert said.count("") == MOST_TELEPHONES_AN_HOUR


async def test_all_ways_to_a_telephone_count_together(case_database: Database) -> None:
    await add_shelters(case_database)
    for n in range(2):
        await do(case_database, lambda tx, n=n: hold_place(tx, MARK, [f"s{n}-1"], f"h{n}", NOW))  # type: ignore[misc]
    assert [number for _, number in await do(case_database, lambda tx: disclose_holds(tx, MARK, SEAL, NOW))] == [
        "CANARY-TEL-s0",
        "CANARY-TEL-s1",
    ]
    for n in range(2, MOST_TELEPHONES_AN_HOUR):
        assert await see(case_database, n) == ""
    await do(case_database, lambda tx: open_case(tx, MARK, "r1", NEEDS, None, {"s21": "women"}, NOW))
    assert await code_of(case_database, lambda tx: disclose_asked(tx, MARK, "r1", "s21", NOW)) == "too_many_telephones"
    assert await do(case_database, lambda tx: disclose_callbacks(tx, MARK, "r1", ["s21"], SEAL, NOW)) == {}
    await do(case_database, lambda tx: hold_place(tx, MARK, ["s22-1"], "h22", NOW))
    shown = await do(case_database, lambda tx: disclose_holds(tx, MARK, SEAL, NOW))
    assert [(hold.id, number) for hold, number in shown] == [
        ("h0", "CANARY-TEL-s0"),
        ("h1", "CANARY-TEL-s1"),
        ("h22", None),
    ]
    assert await see(case_database, 23, EMRE) == "", "a colleague has a limit of their own"


async def test_a_number_that_stays_on_a_page_is_not_counted_again(case_database: Database) -> None:
    await add_shelters(case_database)
    await do(case_database, lambda tx: open_case(tx, MARK, "r1", NEEDS, None, {"s21": "women"}, NOW))
    await do(case_database, lambda tx: disclose_asked(tx, MARK, "r1", "s21", NOW))
    later = NOW + timedelta(minutes=59)
    for n in range(MOST_TELEPHONES_AN_HOUR - 1):
        assert await see(case_database, n) == ""
    assert await see(case_database, 22) == "too_many_telephones"
    after = NOW + HOUR + timedelta(minutes=1)
    for n in range(MOST_TELEPHONES_AN_HOUR):
        await do(case_database, lambda tx, n=n: disclose_telephone(tx, MARK, f"s{n}", SEAL, after, is_stale=True))  # type: ignore[misc]
    for at in (later, after):
        seen = await do(case_database, lambda tx, at=at: list_telephones_seen(tx, MARK, "r1", NOW, SEAL, at))  # type: ignore[misc]
        assert seen == {"s21": "CANARY-TEL-s21"}


async def take(database: Database, n: int) -> str:
    """Take the place of a shelter, and look at its address."""
    case_id, said = f"r{n}", ShelterAnswer("yes", f"s{n}-1")
    await do(database, lambda tx: open_case(tx, MARK, case_id, NEEDS, None, {f"s{n}": "emergency"}, NOW))
    await do(database, lambda tx: take_place(tx, MARK, case_id, f"s{n}", said, f"c{n}", NOW, ZONE, NOW + HOUR))
    return await code_of(database, lambda tx: disclose_address(tx, MARK, case_id, SEAL, NOW))


async def test_nobody_collects_addresses_by_taking_a_place_and_withdrawing(case_database: Database) -> None:
    await add_shelters(case_database, "emergency")
    said = []
    for n in range(MOST_ADDRESSES_AN_HOUR + 1):
        said.append(await take(case_database, n))
        if n < MOST_ADDRESSES_AN_HOUR:
            await withdraw(case_database, case_id=f"r{n}")
    assert said == [""] * MOST_ADDRESSES_AN_HOUR + ["too_many_addresses"]
    last = f"r{MOST_ADDRESSES_AN_HOUR}"
    with pytest.raises(TooMany) as refusal:
        await do(case_database, lambda tx: disclose_address(tx, MARK, last, SEAL, NOW))
    assert refusal.value.again_at == NOW + HOUR and refusal.value.detail["most"] == MOST_ADDRESSES_AN_HOUR
    later = NOW + HOUR + timedelta(seconds=1)
    assert await do(case_database, lambda tx: disclose_address(tx, MARK, last, SEAL, later)) == "CANARY-ADR-s3"


@pytest.mark.parametrize("locked", [False, True], ids=["no lock", "lock"])
async def test_two_sessions_of_one_person_do_not_both_have_the_last_look(
    case_database: Database, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    counting, meeting = get_other_seen_at, asyncio.Barrier(2)

    async def slow(*read: Any) -> datetime | None:
        """Count, and wait for somebody who counts at the same moment."""
        found = await counting(*read)
        try:
            async with asyncio.timeout(0.2):
                await meeting.wait()
        except (TimeoutError, asyncio.BrokenBarrierError):
            await meeting.reset()
        return found

    async def unlocked(tx: Transaction, actor: Actor) -> None:
        """Lock nothing."""

    await add_shelters(case_database)
    for n in range(MOST_TELEPHONES_AN_HOUR - 1):
        await see(case_database, n)
    monkeypatch.setattr(disclosures, "get_other_seen_at", slow)
    if not locked:
        monkeypatch.setattr(disclosures, "lock_looks", unlocked)
    said = await asyncio.gather(*(see(case_database, n) for n in range(MOST_TELEPHONES_AN_HOUR - 1, SHELTERS)))

    def check() -> None:
        assert said.count("") == 1

    goes(locked, check)
