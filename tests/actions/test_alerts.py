"""Waiting: the rows, the bells, the roles that may wait, and that of all who see a place only one has to tell."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bedboard.actions.alerts import (
    add_alert,
    drop_expired_alerts,
    read_alert,
    report_to_alert,
    stop_alert,
)
from bedboard.actions.reminders import forget_reminders
from bedboard.actions.signin import forget_sessions, hash_token
from bedboard.rules.access import Role
from bedboard.rules.alerts import SeenChange
from bedboard.rules.refusals import Conflict, NotAllowed, NotFound
from bedboard.store.alerts import list_alerts, list_own_alerts
from bedboard.store.database import Database
from bedboard.store.seal import SealedNeeds
from bedboard.store.tables.people import Session
from tests.build import NOW, actor
from tests.build.rows import do, every_row, looking, run

MARK, LUCIA = actor("police", "mark", ()), actor("coordinator", "lucia", ())
DAY = timedelta(hours=24)
SEALED = SealedNeeds(b"sealed", b"its key")
KEY = ("household_key", "w1")


@pytest.fixture
async def other(board_database: Database) -> AsyncIterator[Database]:
    """Another process' pool on the same database."""
    other = Database(board_database.url, board_database.marks)
    yield other
    await other.dispose()


async def wait(database: Database, alert_id: str = "w1", seen: tuple[str, ...] = (), **more: object) -> None:
    who, now, is_same = more.get("who", MARK), more.get("now", NOW), more.get("is_same")
    await do(database, lambda tx: add_alert(tx, who, alert_id, SEALED, seen, now, is_same))  # type: ignore[arg-type]


def change(*found: str, gone: tuple[str, ...] = (), version: int = 1, shelter: str = "linde") -> SeenChange:
    return SeenChange(shelter, version, frozenset(found), frozenset(gone))


async def find(database: Database, *changes: SeenChange, alert_id: str = "w1", minutes: float = 1) -> str | None:
    at = NOW + timedelta(minutes=minutes)
    told: str | None = await do(database, lambda tx: report_to_alert(tx, alert_id, changes, at))
    return told


async def test_an_alert_is_one_row_for_a_day(board_database: Database) -> None:
    async with looking(board_database) as seen:
        await wait(board_database, seen=("linde-2", "linde-1"))
    assert seen.added == {
        ("alert", "w1"): {
            "id": "w1",
            "person_id": "mark",
            "profile_sealed": SEALED.needs,
            "seen": ["linde-1", "linde-2"],
            "created_at": NOW,
            "expires_at": NOW + DAY,
            "found_at": None,
            "outcome": "nothing",
        },
        KEY: {"id": "w1", "key_sealed": SEALED.key},
    }
    assert (seen.changed, seen.journal, seen.bells) == ({}, [], [("alert", "w1", 0)])


async def test_a_person_has_five_alerts_at_most_and_expired_ones_do_not_count(board_database: Database) -> None:
    for n in range(5):
        await wait(board_database, f"w{n}")
    async with looking(board_database) as seen:
        with pytest.raises(Conflict) as refused:
            await wait(board_database, "w5")
    assert (refused.value.code, refused.value.detail) == ("waitings_of_person", {"most": 5})
    assert seen.nothing
    await wait(board_database, "w6", who=LUCIA)
    await wait(board_database, "w7", now=NOW + DAY)


async def test_six_at_once_become_five(board_database: Database) -> None:
    results = await asyncio.gather(*(wait(board_database, f"w{n}") for n in range(6)), return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in results) == 1
    assert [one for one in results if one is not None and not isinstance(one, Conflict)] == []


async def test_the_alert_for_the_same_profile_lasts_longer_and_there_is_no_second_one(board_database: Database) -> None:
    later = NOW + timedelta(hours=3)
    await wait(board_database, "w1", seen=("linde-1",))
    async with looking(board_database) as seen:
        await wait(board_database, "w2", now=later, is_same=lambda sealed: sealed == SEALED)
    assert (seen.added, seen.bells) == ({}, [("alert", "w1", 0)])
    assert seen.changed == {("alert", "w1"): {"created_at": later, "expires_at": later + DAY}}
    await wait(board_database, "w3", who=LUCIA, is_same=lambda sealed: sealed == SEALED)
    await wait(board_database, "w4", is_same=lambda _: False)
    assert {row[1] for row in await every_row(board_database) if row[0] == "alert"} == {"w1", "w3", "w4"}


async def test_the_same_profile_left_six_times_at_once_is_one_alert(board_database: Database) -> None:
    await asyncio.gather(*(wait(board_database, f"w{n}", is_same=lambda _: True) for n in range(6)))
    assert len([row for row in await every_row(board_database) if row[0] == "alert"]) == 1


@pytest.mark.parametrize(
    ("role", "actor_id", "kind"),
    [("police", "police", "client"), ("police", "nobody", "person"), ("coordinator", "mark", "person")],
)
async def test_only_a_person_who_still_has_the_role_adds_an_alert(
    board_database: Database, role: Role, actor_id: str, kind: str
) -> None:
    async with looking(board_database) as seen:
        with pytest.raises(NotAllowed):
            await wait(board_database, who=actor(role, actor_id, (), kind))
    assert seen.nothing


async def test_a_place_is_news_once_for_all_processes(board_database: Database, other: Database) -> None:
    await wait(board_database, seen=("linde-1",))
    async with looking(board_database) as seen:
        told = await asyncio.gather(*(find((board_database, other)[n % 2], change("linde-1", "linde-2")) for n in range(8)))
    assert sorted(told, key=str) == [None] * 7 + ["mark"]
    at = NOW + timedelta(minutes=1)
    assert seen.changed == {("alert", "w1"): {"seen": ["linde-1", "linde-2"], "found_at": at, "outcome": "found"}}
    assert (seen.added, seen.journal, seen.bells) == ({}, [], [("alert", "w1", 0)])


async def test_a_known_place_is_no_news(board_database: Database) -> None:
    await wait(board_database, seen=("linde-1",))
    async with looking(board_database) as seen:
        assert await find(board_database, change("linde-1")) is None
    assert seen.nothing


async def test_a_place_that_went_and_came_back_is_news_again(board_database: Database) -> None:
    await wait(board_database, seen=("linde-1",))
    assert await find(board_database, change(gone=("linde-1",)), minutes=1) is None
    assert await find(board_database, change("linde-1"), minutes=2) == "mark"
    assert await find(board_database, change(gone=("linde-1",)), minutes=3) is None
    assert await find(board_database, change("linde-1"), minutes=4) == "mark"


async def test_when_all_that_was_found_has_gone_nothing_is_said_to_be_free(board_database: Database) -> None:
    await wait(board_database)
    await find(board_database, change("linde-1", "linde-2"))
    await find(board_database, change(gone=("linde-1",)))
    assert (await every_row(board_database))["alert", "w1"]["found_at"] is not None
    await find(board_database, change(gone=("linde-2",)))
    assert (await every_row(board_database))["alert", "w1"]["found_at"] is None


async def test_a_picture_that_has_been_overtaken_says_nothing(board_database: Database) -> None:
    await wait(board_database, seen=("linde-1",))
    await run(board_database, "update shelter set version = 7 where id = 'linde'")
    async with looking(board_database) as seen:
        assert await find(board_database, change("linde-2", gone=("linde-1",), version=6)) is None
        assert await find(board_database, change("nowhere-1", shelter="nowhere")) is None
    assert seen.nothing
    assert await find(board_database, change("linde-2", version=6), change("ceder-1", shelter="ceder")) == "mark"
    assert (await every_row(board_database))["alert", "w1"]["seen"] == ["ceder-1", "linde-1"]


async def test_an_older_picture_cannot_undo_a_newer_one_for_which_it_waited(board_database: Database, other: Database) -> None:
    """Version 1 says gone, version 2 says there: a report of version 1 after version 2 was saved is not heard."""
    await wait(board_database, seen=("linde-1",))
    async with board_database.transaction() as tx:
        assert await report_to_alert(tx, "w1", [change(gone=("linde-1",))], NOW) is None
        late = asyncio.create_task(find(other, change("linde-2")))  # waits for the lock
        await asyncio.sleep(0)
        await run(other, "update shelter set version = 2 where id = 'linde'")
    assert await late is None


async def test_reading_an_alert_takes_the_news_away_once(board_database: Database) -> None:
    await wait(board_database)
    await find(board_database, change("linde-1"))
    for bells in ([("alert", "w1", 0)], []):
        async with looking(board_database) as seen:
            waiting = await do(board_database, lambda tx: read_alert(tx, MARK, "w1", NOW))
        assert waiting.profile == SEALED
        assert seen.changed == ({("alert", "w1"): {"found_at": None}} if bells else {})
        assert seen.bells == bells


async def test_stopping_leaves_nothing(board_database: Database) -> None:
    await wait(board_database)
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: stop_alert(tx, MARK, "w1", NOW))
    assert (seen.removed, seen.bells) == ({("alert", "w1"), KEY}, [("alert", "w1", 0)])
    assert [(row["what"], row["code"]) for row in seen.added.values()] == [("alert", "nothing")], "only counted"
    assert await find(board_database, change("linde-1")) is None
    with pytest.raises(NotFound):
        await do(board_database, lambda tx: stop_alert(tx, MARK, "w1", NOW))


@pytest.mark.parametrize("who", [LUCIA, actor("police", "police", (), "client"), actor("police", "mark", (), "client")])
async def test_for_others_an_alert_does_not_exist(board_database: Database, who: object) -> None:
    await wait(board_database)
    await find(board_database, change("linde-1"))
    async with looking(board_database) as seen:
        with pytest.raises(NotFound):
            await do(board_database, lambda tx: read_alert(tx, who, "w1", NOW))  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            await do(board_database, lambda tx: stop_alert(tx, who, "w1", NOW))  # type: ignore[arg-type]
    assert seen.nothing


async def test_after_a_day_it_counts_as_gone_before_anybody_has_tidied(board_database: Database) -> None:
    await wait(board_database)
    over = NOW + DAY
    async with looking(board_database) as seen:
        assert await find(board_database, change("linde-1"), minutes=24 * 60) is None
        with pytest.raises(NotFound):
            await do(board_database, lambda tx: read_alert(tx, MARK, "w1", over))
        assert await do(board_database, lambda tx: list_own_alerts(tx, "mark", over)) == []
        assert await do(board_database, lambda tx: list_alerts(tx, over)) == []
    assert seen.nothing
    assert len(await do(board_database, lambda tx: list_alerts(tx, over - timedelta(seconds=1)))) == 1


async def test_expired_alerts_are_deleted_and_all_processes_hear_it(board_database: Database, other: Database) -> None:
    await wait(board_database, "w1")
    await wait(board_database, "w2", now=NOW + timedelta(hours=1))
    async with looking(board_database) as seen:
        counts = await asyncio.gather(
            *(do(one, lambda tx: drop_expired_alerts(tx, NOW + DAY)) for one in (board_database, other))
        )
    assert sorted(counts) == [0, 1]
    assert (seen.removed, seen.bells) == ({("alert", "w1"), KEY}, [("alert", "w1", 0)])


async def test_alerts_of_people_who_lost_the_role_are_not_listed(board_database: Database) -> None:
    await wait(board_database, "w1")
    await wait(board_database, "w2", who=LUCIA)
    await run(board_database, "update person set ended_at = :now where id = 'mark'", now=NOW)
    await run(board_database, "update person set role = 'auditor' where id = 'lucia'")
    assert await do(board_database, lambda tx: list_alerts(tx, NOW)) == []


async def test_reminders_and_sessions_of_over_a_month_ago_are_dropped_and_no_others(board_database: Database) -> None:
    old, young = NOW - timedelta(days=31), NOW - timedelta(days=29)
    for at, step in ((old, "due"), (young, "due"), (NOW, "before")):
        await run(board_database, "insert into reminded values ('linde', :at, :step, :at)", at=at, step=step)

    def session(name: str, used_at: object, ended_at: object = None) -> Session:
        return Session(
            token_hash=hash_token(name),
            person_id="mark",
            created_at=old - timedelta(days=1),
            used_at=used_at,  # type: ignore[arg-type]
            ended_at=ended_at,  # type: ignore[arg-type]
        )

    async with board_database.transaction() as tx:
        tx.add_all([session("ended", old, old), session("unused", old), session("late", young), session("now", NOW, young)])
    async with looking(board_database) as seen:
        assert await do(board_database, lambda tx: forget_reminders(tx, NOW)) == 1
        assert await do(board_database, lambda tx: forget_sessions(tx, NOW)) == 2
    assert seen.removed == {
        ("reminded", "linde", old, "due"),
        ("session", hash_token("ended")),
        ("session", hash_token("unused")),
    }
    assert seen.bells == []
