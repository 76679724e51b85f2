"""Whom to wake when something has happened to a request: the people whom it is for, on whichever of their devices."""

import pytest

from bedboard.actions.notify import WHO, list_people_to_notify
from bedboard.store.database import Database
from tests.build.cases import LUCIA, POLICE_SYSTEM, ask, bring_to, confirm, withdraw
from tests.build.rows import do, run

LINDE = {"sanne", "anneke"}


async def woken(case_database: Database, what: str, *shelters: str, is_desk_open: bool = True, case_id: str = "r1") -> set[str]:
    found: frozenset[str] = await do(
        case_database, lambda tx: list_people_to_notify(tx, case_id, what, shelters, is_desk_open=is_desk_open)
    )
    return set(found)


@pytest.mark.parametrize(
    ("what", "by_day", "by_night"),
    [
        ("asked", LINDE, LINDE),
        ("reminder", LINDE, LINDE),
        ("second_line", {"anneke"}, {"anneke"}),
        ("desk", {"hanneke"}, {"mark"}),  # outside its hours the requester has to call
        ("yes", {"mark"}, {"mark"}),
        ("discuss", {"mark"}, {"mark"}),
        ("no", {"mark"}, {"mark"}),
        ("chosen", LINDE, LINDE),
        ("chosen_for_desk", LINDE | {"hanneke"}, LINDE | {"hanneke"}),
        ("chosen_provisionally", LINDE, LINDE),
        ("confirmed", LINDE | {"mark"}, LINDE | {"mark"}),
        ("refused", LINDE | {"mark"}, LINDE | {"mark"}),
        ("arrived", {"mark"}, {"mark"}),
        ("missed", {"mark"}, {"mark"}),
        ("late", LINDE | {"mark", "hanneke"}, LINDE | {"mark", "hanneke"}),
        ("desk_closed", LINDE | {"mark", "hanneke"}, LINDE | {"mark", "hanneke"}),
        ("lapsed", {"mark"}, {"mark"}),
        ("withdrawn", LINDE, LINDE),
        ("cancelled", LINDE, LINDE),
        ("resumed", LINDE, LINDE),
        ("stay_ended", LINDE | {"mark"}, LINDE | {"mark"}),
        ("released", set(), set()),
        ("kept", set(), set()),
        ("ended", set(), set()),
    ],
)
async def test_people_are_woken_by_event_and_hour(
    case_database: Database, what: str, by_day: set[str], by_night: set[str]
) -> None:
    await ask(case_database)
    assert await woken(case_database, what, "linde") == by_day
    assert await woken(case_database, what, "linde", is_desk_open=False) == by_night


async def test_every_line_of_a_time_line_wakes_somebody_or_nobody_on_purpose(case_database: Database) -> None:
    statement = "select pg_get_constraintdef(oid) from pg_constraint where conname = 'ck_case_event_what'"
    async with case_database.engine.connect() as connection:
        allowed = (await connection.exec_driver_sql(statement)).scalar_one()
    assert set(WHO) == {part.strip("'") for part in allowed.split("'")[1::2]}


async def test_a_withdrawal_wakes_the_shelter_that_kept_a_place_and_no_other(case_database: Database) -> None:
    await bring_to(case_database, "chosen")
    await confirm(case_database)
    case = await withdraw(case_database)
    ((what, shelters),) = case.events
    assert (what, await woken(case_database, what, *shelters)) == ("withdrawn", LINDE)


async def test_neither_a_program_nor_a_person_who_has_left_is_woken(case_database: Database) -> None:
    await ask(case_database, who=POLICE_SYSTEM)
    assert await woken(case_database, "yes", "linde") == set()
    await ask(case_database, who=LUCIA, case_id="r2")
    await run(case_database, "update person set ended_at = now() where id in ('sanne', 'lucia', 'hanneke')")
    assert await woken(case_database, "asked", "linde") == {"anneke"}
    assert await woken(case_database, "yes", "linde", case_id="r2") == set()
    assert await woken(case_database, "desk", "linde", case_id="r2") == set()
