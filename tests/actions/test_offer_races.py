"""Several want one place at once, by holds and by offers. Each attack is first seen to succeed without what protects."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from sqlmodel import select

from bedboard.actions import case_lock
from bedboard.actions.cases import withdraw_case
from bedboard.actions.holds import hold_place
from bedboard.rules.access import Actor
from bedboard.store.cases import list_claims_of
from bedboard.store.database import Database, Transaction
from bedboard.store.shelters import Rooms, get_rooms
from bedboard.store.tables.board import Shelter
from tests.actions.races import Action, all_at_once, answering, choosing, overtaken
from tests.build import NOW, actor
from tests.build.cases import EMRE, HOUR, LUCIA, MARK, NOOR, TICK, ZONE, ask, offer, rows_of
from tests.build.rows import do, every_row, goes, run
from tests.build.wrong import wrong_with

# ---- what protects, and taking it away


async def unlocked_shelter(tx: Transaction, shelter_id: str) -> Shelter | None:
    return (await tx.exec(select(Shelter).where(Shelter.id == shelter_id))).one_or_none()


@pytest.fixture
async def shelter_locked(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, pools: tuple[Database, Database]
) -> bool:
    """Return whether shelters are locked. If not, everybody sees a place before anybody takes it, and the index that would
    still refuse the second claim on it is gone."""
    if request.param:
        return True
    reading, meeting = get_rooms, asyncio.Barrier(2)

    async def slow(tx: Transaction, actor: Actor, shelter_id: str, place_ids: Sequence[str]) -> Rooms:
        found = await reading(tx, actor, shelter_id, place_ids)
        try:
            async with asyncio.timeout(0.3):
                await meeting.wait()
        except (TimeoutError, asyncio.BrokenBarrierError):
            await meeting.reset()
        return found

    monkeypatch.setattr(case_lock, "lock_shelter", unlocked_shelter)
    monkeypatch.setattr("bedboard.actions.holds.lock_shelter", unlocked_shelter)
    monkeypatch.setattr("bedboard.actions.answers.get_rooms", slow)
    monkeypatch.setattr("bedboard.actions.holds.get_rooms", slow)
    await run(pools[0], "drop index uq_claim_live_place_id")
    return False


SHELTER_CONTROL = pytest.mark.parametrize("shelter_locked", [False, True], indirect=True, ids=["no lock", "lock"])


# ---- one place, several who want it


@SHELTER_CONTROL
async def test_one_place_is_offered_to_one_of_two_coordinators_and_only_that_one_can_choose_it(
    pools: tuple[Database, Database], shelter_locked: bool
) -> None:
    await ask(pools[0], case_id="r1")
    await ask(pools[0], case_id="r2", who=LUCIA)
    offered = await all_at_once(pools, [answering("linde-1", case_id) for case_id in ("r1", "r2")])
    chosen = await all_at_once(pools, [choosing("linde", "r1"), choosing("linde", "r2", LUCIA)])
    rows = await every_row(pools[0])

    def check() -> None:
        assert sorted(offered) == ["done", "not_free"]
        assert sorted(chosen) == ["done", "no_offer"]
        assert wrong_with(rows) == []

    goes(shelter_locked, check)


@SHELTER_CONTROL
async def test_of_holders_and_cases_that_want_one_place_one_gets_it(
    pools: tuple[Database, Database], shelter_locked: bool
) -> None:
    for n in range(6):
        await ask(pools[0], case_id=f"r{n}")
    holders = [actor("police", f"p{n}", ()) for n in range(6)]
    await run(pools[0], "insert into organization select 'o' || n, 'O' || n from generate_series(0, 5) n")
    await run(
        pools[0],
        "insert into person select 'p' || n, 'o' || n, 'P', 'police', null, false, null from generate_series(0, 5) n",
    )
    holds: list[Action] = [
        lambda tx, n=n: hold_place(tx, Actor("person", f"p{n}", "police", "P", f"o{n}", frozenset()), ["linde-1"], f"h{n}", NOW)  # type: ignore[misc]
        for n in range(len(holders))
    ]
    said = await all_at_once(pools, [action for n in range(6) for action in (holds[n], answering("linde-1", f"r{n}"))])
    kept = [row for row in rows_of(await every_row(pools[0]), "claim") if row["ended_at"] is None]
    rows = await every_row(pools[0])

    def check() -> None:
        assert sorted(said) == ["done"] + ["not_free"] * 11
        assert len(kept) == 1
        assert wrong_with(rows) == []

    goes(shelter_locked, check)


@pytest.mark.parametrize("reads_again", [False, True], ids=["does not read again", "reads again"])
async def test_an_offer_that_runs_out_while_it_is_chosen_and_is_taken_in_that_moment_is_not_chosen(
    pools: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch, reads_again: bool
) -> None:
    """Noor's process says that the hour has passed, mark's clock not yet; mark has seen the offer before he waits for her."""
    if not reads_again:
        known: dict[Transaction, Any] = {}
        reading = list_claims_of

        async def once(tx: Transaction, case_id: str) -> Any:
            if tx not in known:
                known[tx] = await reading(tx, case_id)
            return known[tx]

        monkeypatch.setattr(case_lock, "list_claims_of", once)
    await ask(pools[0], "linde", "ceder")
    await offer(pools[0], "linde-1")
    end = NOW + HOUR
    said = await overtaken(pools, lambda tx: hold_place(tx, NOOR, ["linde-1"], "h", end), choosing("linde", at=end - TICK))
    rows = await every_row(pools[0])

    def check() -> None:
        assert said == "offer_over"
        assert rows["case_record", "r1"]["state"] == "asking"

    goes(reads_again, check)
    assert rows["claim", "h"]["ended_at"] is None  # whatever mark was told: it is hers


async def test_an_offer_that_runs_out_is_chosen_or_taken_and_never_both(pools: tuple[Database, Database]) -> None:
    """The same from many sides at once, at the very moment."""
    end = NOW + HOUR
    for turn in range(6):
        case_id = f"r{turn}"
        await ask(pools[0], case_id=case_id)
        await offer(pools[0], "linde-1", case_id=case_id)
        actions: list[Action] = [choosing("linde", case_id, at=end - TICK), choosing("linde", case_id, EMRE, at=end - TICK)]
        actions += [
            lambda tx, who=who, case_id=case_id: hold_place(tx, who, ["linde-1"], f"{case_id}-{who.id}", end)  # type: ignore[misc]
            for who in (NOOR, LUCIA)
        ]
        Random(turn).shuffle(actions)  # noqa: S311
        said = await all_at_once(pools, actions)
        assert said.count("done") == 1, said
        assert set(said) <= {"done", "offer_over", "not_free", "request_chosen"}
        assert wrong_with(await every_row(pools[0])) == []
        await run(pools[0], "update claim set ended_at = now(), ending = 'released' where ended_at is null and type = 'hold'")
        await do(pools[0], lambda tx, case_id=case_id: withdraw_case(tx, MARK, case_id, "no_place", end, ZONE))  # type: ignore[misc]
