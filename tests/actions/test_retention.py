"""Everything has its term: a second before it a row is there, a second after it is not, and a second process finds nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from bedboard.actions.alerts import add_alert, add_device, drop_expired_alerts
from bedboard.actions.disclosures import disclose_address
from bedboard.actions.enrolment import CODES_KEPT
from bedboard.actions.idempotency import REPLIES_KEPT, Reply, apply_once, make_key
from bedboard.actions.manage.roster import keep_draft
from bedboard.actions.passkeys import PASSKEYS_KEPT
from bedboard.actions.reminders import REMINDERS_KEPT
from bedboard.actions.retention import forgetting
from bedboard.actions.sign_in_lines import note_sign_in
from bedboard.actions.signin import SESSIONS_KEPT, hash_token
from bedboard.rules.alerts import ALERT_LASTS
from bedboard.rules.devices import CHALLENGE_LASTS
from bedboard.rules.refusals import Refusal
from bedboard.rules.retention import TIDIED, Terms
from bedboard.rules.roster import DRAFT_LASTS
from bedboard.store import retention
from bedboard.store.alerts import Device
from bedboard.store.database import Database, Transaction
from bedboard.store.passkeys import save_challenge
from bedboard.store.retention import claim_slot
from bedboard.store.seal import SealedNeeds
from bedboard.store.tables.people import Session
from tests.build import NOW, SEAL, actor
from tests.build.cases import HANNEKE, HOUR, MARK, ask, bring_to, withdraw
from tests.build.holds import hold
from tests.build.rows import do, every_row, run

SECOND = timedelta(seconds=1)
OF_PERSON = tuple("membership appointment session alert push_subscription passkey account enrol_code roster_draft".split())
TERMS = Terms()
LEFT = "update person set ended_at = :now where id = 'kofi'"
DEVICE = Device("https://push.example/1", "key", "secret")


async def forget(database: Database, now: datetime, terms: Terms = TERMS) -> dict[str, int]:
    """Forget all that is past its term, as the job does; return what was deleted, and how much."""
    gone: dict[str, int] = {}
    for name, one in forgetting(terms).items():
        count = 0
        while more := await do(database, lambda tx, one=one: one(tx, now)):  # type: ignore[misc]
            count += more
        gone |= {name: count} if count else {}
    return gone


async def a_case(database: Database) -> None:
    """mark's case that went to linde and is over, with a hold of its own, an address seen and a no of ceder."""
    await bring_to(database, "arrived")


async def a_cancelled_case(database: Database) -> None:
    await ask(database)
    await withdraw(database, why="by_mistake")


async def an_old_hold(database: Database) -> None:
    """A hold that nobody has ended: it lapsed half an hour later."""
    await hold(database, at=NOW - HOUR / 2)


async def a_reply(database: Database) -> None:
    async def work(tx: Transaction) -> None:
        """Nothing."""

    await apply_once(database, MARK, make_key("k"), NOW, work, lambda _: Reply(200, b"kept"))


async def a_reminder(database: Database) -> None:
    await run(database, "insert into reminded values ('linde', :now, 'due', :now)", now=NOW)


async def an_ended_session(database: Database) -> None:
    async with database.transaction() as tx:
        tx.add(Session(token_hash=hash_token("x"), person_id="mark", created_at=NOW - HOUR, used_at=NOW, ended_at=NOW))


async def a_session_with_a_device(database: Database) -> None:
    """Nobody has signed out."""
    async with database.transaction() as tx:
        tx.add(Session(token_hash=hash_token("x"), person_id="mark", created_at=NOW - HOUR, used_at=NOW))
    await do(database, lambda tx: add_device(tx, MARK, hash_token("x"), DEVICE, SEAL, NOW))


async def a_line(database: Database) -> None:
    """The journal has a line of NOW for each shelter that was added."""


async def a_disclosure(database: Database) -> None:
    await bring_to(database, "confirmed")
    await do(database, lambda tx: disclose_address(tx, HANNEKE, "r1", SEAL, NOW))


async def somebody_who_left(database: Database) -> None:
    await run(database, LEFT, now=NOW)
    await run(database, "insert into appointment values ('kofi', 'desk', 'desk')")
    async with database.transaction() as tx:
        tx.add(Session(token_hash=hash_token("y"), person_id="kofi", created_at=NOW, used_at=NOW + timedelta(days=390)))


async def a_program_that_ended(database: Database) -> None:
    await run(database, "update client set ended_at = :now where id = 'demo-shelter-ceder'", now=NOW)


async def a_program_whose_token_expired(database: Database) -> None:
    await run(database, "update client set expires_at = :now where id = 'demo-shelter-ceder'", now=NOW)


async def a_question(database: Database) -> None:
    await do(database, lambda tx: save_challenge(tx, b"hash", "sign_in", b"bound", NOW))


async def a_code(database: Database) -> None:
    await run(database, "insert into enrol_code values ('\\x01', '\\x02', 'mark', :now)", now=NOW)


async def a_removed_passkey(database: Database) -> None:
    """A session that was made with it is over, and stays for its own term."""
    made = "insert into passkey values ('p', 'mark', 'c', 'k', 0, 'phone', :now, null, :now)"
    await run(database, made, now=NOW)
    await run(database, "insert into account values ('a', 'mark', 's', :now, null, null, :now)", now=NOW)
    await run(database, "insert into session values ('\\x09', 'mark', :now, :now)", now=NOW + timedelta(days=20))
    await run(database, "update session set passkey_id = 'p', proven_by = 'p'")


async def a_file_that_nobody_saved(database: Database) -> None:
    await do(database, lambda tx: keep_draft(tx, actor("admin", "wouter", ()), "file", SEAL, NOW))


async def a_line_of_signing_in(database: Database) -> None:
    await do(database, lambda tx: note_sign_in(tx, MARK, "sign_in", NOW, method="tap"))


class Case(NamedTuple):
    """`begin` makes the rows; `term`: from NOW on; `tables`: those from which they are gone; `name`: the way to forget."""

    name: str
    begin: Callable[[Database], Awaitable[None]]
    term: timedelta
    tables: tuple[str, ...]


CASES = [
    Case("answers", a_reply, REPLIES_KEPT, ("stored_reply",)),
    Case("reminders", a_reminder, REMINDERS_KEPT, ("reminded",)),
    Case("sessions", an_ended_session, SESSIONS_KEPT, ("session",)),
    Case("sessions", a_session_with_a_device, SESSIONS_KEPT, ("session", "push_subscription")),
    Case("cases", a_case, TERMS.case, ("case_record", "ask", "claim", "case_event", "household_key")),
    Case("cases", a_cancelled_case, TERMS.case, ("case_record", "ask", "claim", "case_event", "household_key")),
    Case("holds", an_old_hold, TERMS.case, ("claim",)),
    Case("journal", a_line, TERMS.journal, ("journal",)),
    Case("disclosures", a_disclosure, TERMS.disclosure, ("disclosure",)),
    Case("challenges", a_question, CHALLENGE_LASTS, ("challenge",)),
    Case("codes", a_code, CODES_KEPT, ("enrol_code",)),
    Case("passkeys", a_removed_passkey, PASSKEYS_KEPT, ("passkey", "account")),
    Case("sign_ins", a_line_of_signing_in, TERMS.disclosure, ("sign_in",)),
    Case("drafts", a_file_that_nobody_saved, DRAFT_LASTS, ("roster_draft",)),
    Case("people", somebody_who_left, TERMS.person, ("appointment",)),
    Case("clients", a_program_that_ended, TERMS.person, ()),
    Case("clients", a_program_whose_token_expired, TERMS.person, ()),
]


async def count_of(database: Database, tables: tuple[str, ...]) -> dict[str, int]:
    rows = await every_row(database)
    return {table: sum(key[0] == table for key in rows) for table in tables}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.begin.__name__)
async def test_a_row_is_there_until_its_term_and_gone_after_it(case_database: Database, case: Case) -> None:
    await case.begin(case_database)
    at = await last_moment(case_database)
    before = await every_row(case_database)
    assert case.name not in await forget(case_database, at + case.term - SECOND)
    assert {table: count for table, count in (await count_of(case_database, case.tables)).items() if count} == {
        table: count for table in case.tables if (count := sum(key[0] == table for key in before))
    }
    assert case.name in await forget(case_database, at + case.term + SECOND)
    assert await count_of(case_database, case.tables) == dict.fromkeys(case.tables, 0)
    assert await forget(case_database, at + case.term + SECOND) == {}, "a second process finds nothing"


async def last_moment(database: Database) -> datetime:
    """Return when the case in the database was over; NOW without one."""
    async with database.transaction() as tx:
        over = (await (await tx.connection()).execute(text("select max(over_at) from case_record"))).scalar_one()
    return over or NOW


async def test_the_terms_of_the_deployment_count(case_database: Database) -> None:
    """The control of the test above: with other terms, other rows go."""
    await a_cancelled_case(case_database)
    assert await forget(case_database, NOW + timedelta(days=3), Terms(timedelta(days=2))) == {"cases": 1}


async def test_an_alert_and_its_key_are_gone_after_a_day(case_database: Database) -> None:
    tables = ("alert", "household_key")
    await do(case_database, lambda tx: add_alert(tx, MARK, "w1", SealedNeeds(b"?", b"key"), (), NOW))
    await do(case_database, lambda tx: drop_expired_alerts(tx, NOW + ALERT_LASTS - SECOND))
    assert await count_of(case_database, tables) == {"alert": 1, "household_key": 1}
    await do(case_database, lambda tx: drop_expired_alerts(tx, NOW + ALERT_LASTS + SECOND))
    assert await count_of(case_database, tables) == {"alert": 0, "household_key": 0}


async def test_a_case_that_goes_on_or_waits_for_its_outcome_stays_with_its_holds(case_database: Database) -> None:
    await hold(case_database, claim_id="h1", at=NOW)
    await ask(case_database)
    await ask(case_database, "ceder", case_id="r2")
    await withdraw(case_database, case_id="r2")
    assert [ask["hold_id"] for key, ask in (await every_row(case_database)).items() if key[:2] == ("ask", "r1")] == ["h1"]
    gone = await forget(case_database, NOW + timedelta(days=100))
    assert not gone.keys() & {"cases", "holds"}


async def test_nothing_about_a_forgotten_case_is_left_in_any_table(case_database: Database) -> None:
    """Not its reference, nor the claims by which its organization and its shelter could be found."""
    await a_disclosure(case_database)
    await withdraw(case_database, why="found_otherwise")
    traces = ("r1", "r1-linde-1")
    assert found_in(await every_row(case_database), traces[:1]) >= {"case_record", "ask", "claim", "case_event"}, "the control"
    await forget(case_database, NOW + TERMS.case + HOUR)
    assert found_in(await every_row(case_database), traces[:1]) == set()
    assert found_in(await every_row(case_database), traces) == {"journal", "disclosure"}, "a number that leads nowhere"


def found_in(rows: Mapping[tuple[object, ...], Mapping[str, Any]], words: tuple[str, ...]) -> set[object]:
    """Return the tables of the rows in which one of the words is a whole value, also inside JSON."""
    return {key[0] for key, row in rows.items() if any(f"'{word}'" in repr(row) for word in words)}


async def test_many_rows_go_in_batches(case_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await run(
        case_database,
        "insert into reminded select 'linde', timestamptz '2025-01-01' + n * interval '1 minute', 'due', :now"
        " from generate_series(1, :count) n",
        now=NOW,
        count=retention.BATCH * 2 + 7,
    )
    first = await do(case_database, lambda tx: forgetting(TERMS)["reminders"](tx, NOW))
    assert first == retention.BATCH
    assert await forget(case_database, NOW) == {"reminders": retention.BATCH + 7}


async def test_two_processes_that_forget_at_once_delete_each_row_once(case_database: Database) -> None:
    for n in range(20):
        await ask(case_database, "ceder", case_id=f"r{n}", at=NOW - (20 - n) * HOUR)
        await withdraw(case_database, case_id=f"r{n}", why="by_mistake")
    later = NOW + TERMS.case + HOUR
    both = await asyncio.gather(forget(case_database, later), forget(case_database, later))
    assert sum(gone.get("cases", 0) for gone in both) == 20
    assert await count_of(case_database, ("case_record", "ask", "case_event")) == {"case_record": 0, "ask": 0, "case_event": 0}


async def test_one_of_all_processes_gets_the_turn_of_a_job(case_database: Database) -> None:
    async def turn(at: datetime) -> bool:
        return bool(await do(case_database, lambda tx: claim_slot(tx, "tidy", TIDIED, at)))

    assert sorted(await asyncio.gather(*(turn(NOW) for _ in range(5)))) == [False] * 4 + [True]
    assert [await turn(NOW + TIDIED - SECOND), await turn(NOW + TIDIED), await turn(NOW + TIDIED)] == [False, True, False]
    assert not await turn(NOW + TIDIED - SECOND), "the clock of another process is a little ahead"
    assert await turn(NOW - HOUR), "a clock that was wrong does not stop the job"


async def test_a_turn_that_failed_is_free_again(case_database: Database) -> None:
    async def fails(tx: Transaction) -> None:
        assert await claim_slot(tx, "tidy", TIDIED, NOW)
        raise Refusal("busy")

    with pytest.raises(Refusal):
        await do(case_database, fails)
    assert await do(case_database, lambda tx: claim_slot(tx, "tidy", TIDIED, NOW))


async def test_only_forgetting_may_delete_what_is_append_only(case_database: Database) -> None:
    await do(case_database, lambda tx: forgetting(TERMS)["journal"](tx, NOW + 2 * TERMS.journal))
    for table in ("journal", "disclosure", "case_event", "sign_in"):
        with pytest.raises(DBAPIError, match="append-only"):
            await run(case_database, f"delete from {table}")  # noqa: S608


def test_all_that_points_to_a_person_goes_with_them_or_before() -> None:
    """A new table with a reference to a person belongs to one of these."""
    pointing = {
        table.name
        for table in SQLModel.metadata.sorted_tables
        for key in table.foreign_keys
        if key.target_fullname == "person.id"
    }
    assert pointing == {*OF_PERSON, "claim", "case_record"}
