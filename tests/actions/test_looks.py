"""One limit on looks, whatever the way: with a hold, a case or stale news, or as the desk; and two looks at once."""

import asyncio
from dataclasses import replace
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
from bedboard.rules.devices import PROOF_LASTS
from bedboard.rules.looks import MOST_ADDRESSES_AN_HOUR, MOST_TELEPHONES_AN_HOUR, UNUSUAL
from bedboard.rules.refusals import ProofNeeded, Refusal, TooMany
from bedboard.store.database import Database, Transaction
from bedboard.store.disclosures import get_other_seen_at
from tests.build import NOW, SEAL, cases, place, shelter
from tests.build.cases import EMRE, HOUR, NEEDS, POLICE_SYSTEM, ZONE, withdraw
from tests.build.rows import do, do_patiently, every_row, goes, run

SHELTERS = 24
MARK, HANNEKE = [replace(one, session_hash=f"session of {one.id}".encode()) for one in (cases.MARK, cases.HANNEKE)]
"""These have proven who they are, and for long enough, unless a test says otherwise."""
PROVEN = """
    insert into session (token_hash, person_id, created_at, used_at, proven_at) select :token_hash, :id, :at, :at, :proven_at
"""


@pytest.fixture(autouse=True)
async def proven(case_database: Database) -> None:
    for one in (MARK, HANNEKE):
        about = {"token_hash": one.session_hash, "id": one.id, "at": NOW, "proven_at": NOW + 2 * HOUR}
        await run(case_database, PROVEN, **about)


async def prove(database: Database, at: datetime | None) -> None:
    await run(database, "update session set proven_at = cast(:at as timestamptz)", at=at)


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
    assert [(hold.id, number) for hold, number in shown[:2]] == [("h0", "CANARY-TEL-s0"), ("h1", "CANARY-TEL-s1")]
    assert (shown[2][0].id, type(shown[2][1])) == ("h22", TooMany)
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


async def test_the_look_that_alarms_the_desk_takes_a_fresh_proof_of_the_person(case_database: Database) -> None:
    await add_shelters(case_database)
    least = UNUSUAL["telephone"]
    await prove(case_database, None)
    said = [await see(case_database, n) for n in range(least)]
    assert said == [""] * (least - 1) + ["step_up_needed"], "what is less than unusual takes none"
    looks = [row for key, row in (await every_row(case_database)).items() if key[0] == "disclosure"]
    assert len(looks) == least - 1, "the refused one has not been seen"
    assert [await see(case_database, 0), await see(case_database, 1)] == ["", ""], "a number seen already is not new"
    for ago, expected in ((PROOF_LASTS, "step_up_needed"), (PROOF_LASTS - timedelta(seconds=1), "")):
        await prove(case_database, NOW - ago)
        assert await see(case_database, least - 1) == expected
    await prove(case_database, NOW)
    for n in range(least, MOST_TELEPHONES_AN_HOUR):
        assert await see(case_database, n) == "", "a night goes on"
    assert await see(case_database, MOST_TELEPHONES_AN_HOUR) == "too_many_telephones", "a proof opens no more than before"


async def test_the_proof_of_another_session_of_the_person_is_none(case_database: Database) -> None:
    """A stolen session, while its person works in one of their own."""
    await add_shelters(case_database)
    for n in range(UNUSUAL["telephone"] - 1):
        await see(case_database, n)
    for stolen in (replace(MARK, session_hash=b"stolen"), replace(MARK, session_hash=None)):
        assert await see(case_database, 20, stolen) == "step_up_needed"
    assert await see(case_database, 20) == ""


async def test_a_program_has_nobody_who_could_prove_anything(case_database: Database) -> None:
    await add_shelters(case_database)
    said = [await see(case_database, n, POLICE_SYSTEM) for n in range(SHELTERS)]
    assert said == [""] * MOST_TELEPHONES_AN_HOUR + ["too_many_telephones"] * (SHELTERS - MOST_TELEPHONES_AN_HOUR)


async def test_a_number_that_comes_with_a_hold_waits_for_the_proof_too(case_database: Database) -> None:
    await add_shelters(case_database)
    await prove(case_database, None)
    for n in range(UNUSUAL["telephone"] - 1):
        await see(case_database, n)
    await do(case_database, lambda tx: hold_place(tx, MARK, ["s20-1"], "h20", NOW))
    await do(case_database, lambda tx: open_case(tx, MARK, "r1", NEEDS, None, {"s21": "women"}, NOW))

    async def shown() -> object:
        [(_, number)] = await do(case_database, lambda tx: disclose_holds(tx, MARK, SEAL, NOW))
        return number

    assert isinstance(await shown(), ProofNeeded)
    assert await do(case_database, lambda tx: disclose_callbacks(tx, MARK, "r1", ["s21"], SEAL, NOW)) == {}
    assert await code_of(case_database, lambda tx: disclose_asked(tx, MARK, "r1", "s21", NOW)) == "step_up_needed"
    await prove(case_database, NOW)
    assert await shown() == "CANARY-TEL-s20"
    await prove(case_database, None)
    assert await shown() == "CANARY-TEL-s20", "it stays on the page"


async def test_the_third_address_of_an_hour_takes_a_proof(case_database: Database) -> None:
    await add_shelters(case_database, "emergency")
    await prove(case_database, None)
    said = []
    for n in range(UNUSUAL["address"]):
        said.append(await take(case_database, n))
        if n < UNUSUAL["address"] - 1:
            await withdraw(case_database, case_id=f"r{n}")
    assert said == [""] * (UNUSUAL["address"] - 1) + ["step_up_needed"]
    await prove(case_database, NOW)
    last = f"r{UNUSUAL['address'] - 1}"
    assert await code_of(case_database, lambda tx: disclose_address(tx, MARK, last, SEAL, NOW)) == ""
