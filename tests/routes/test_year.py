"""A year of one board with a moved clock: the rows that are left of a night, table by table, when only time has passed."""

from collections import Counter
from contextlib import aclosing
from datetime import timedelta

import pytest

from bedboard.actions.alerts import add_alert, add_device
from bedboard.actions.disclosures import disclose_address
from bedboard.actions.idempotency import Reply, apply_once, make_key
from bedboard.jobs import tidy
from bedboard.store.alerts import Device
from bedboard.store.database import Database, Transaction
from tests.build import NOW, SEAL, FixedClock, until
from tests.build.cases import HANNEKE, LUCIA, MARK, arrive, ask, choose, confirm, offer, say, tallies, withdraw
from tests.build.clock import At
from tests.build.holds import hold
from tests.build.rows import do, every_row, run
from tests.build.site import served

STAYS = {"deployment", "unit", "kind", "organization", "shelter", "place", "person", "membership", "client"}
STAYS |= {"shelter_contact", "job_slot", "reminded", "cut", "epoch", "language", "picture", "tally_began"}
"""The deployment itself and its people, who stay until somebody changes them; the reminders, which go on all year; and the
numbers of rows that were deleted from the audit trail."""


async def a_night(database: Database) -> None:
    """One household is housed; one is sought a place for and nobody says any more; one is given up; one only held a place."""
    needs = SEAL.close_needs('{"needs":["CANARY"]}')
    await ask(database, "linde", "ceder", needs=needs)
    await say(database, "ceder", "no", None, "contra_indication", "psychiatric")
    await offer(database, "linde-1")
    await choose(database, "linde")
    await confirm(database)
    await do(database, lambda tx: disclose_address(tx, MARK, "r1", SEAL, NOW))
    await arrive(database, "linde")
    await ask(database, "ceder", case_id="r2", who=LUCIA, needs=SEAL.close_needs("{}"))
    await offer(database, "ceder-1", case_id="r2")
    await ask(database, "beuk", case_id="r3", needs=SEAL.close_needs("{}"))
    await withdraw(database, case_id="r3")
    await hold(database, HANNEKE, ("linde-2",))
    await do(database, lambda tx: add_alert(tx, MARK, "w1", SEAL.close_needs("{}"), (), NOW))
    [token_hash] = [row["token_hash"] for key, row in (await every_row(database)).items() if key[0] == "session"]
    await do(database, lambda tx: add_device(tx, MARK, token_hash, Device("https://push.example/1", "k", "s"), SEAL, NOW))

    async def work(tx: Transaction) -> None:
        """Nothing."""

    await apply_once(database, MARK, make_key("k"), NOW, work, lambda _: Reply(200, b"r1"))


async def left(database: Database) -> dict[str, int]:
    """Return how many rows of that night there are by table, without those of the deployment, and of what its board shows."""
    rows = await every_row(database)
    found = Counter(str(key[0]) for key in rows if key[0] not in STAYS)
    found["tally"] -= sum(key[0] == "tally" and row["what"] in ("occupancy", "freshness") for key, row in rows.items())
    found["journal"] = sum(key[0] == "journal" and row["received_at"] <= NOW for key, row in rows.items())
    return {table: count for table, count in sorted(found.items()) if count}


CASE = {"ask": 4, "case_record": 3, "claim": 3}
AUDIT = {"disclosure": 1, "journal": 21, "sign_in": 1}
ALL = CASE | AUDIT | {"push_subscription": 1, "session": 1, "tally": 21}
LATER = [
    (0, ALL | {"alert": 1, "case_event": 11, "household_key": 2, "stored_reply": 1}),
    (1.1, ALL | {"case_event": 11, "household_key": 1, "tally": 22}),  # the alert is over and counted, and the reply is gone
    (7.1, ALL | {"case_event": 12, "tally": 23}),  # the second case has lapsed: no needs are left
    (14.1, ALL | {"case_event": 14, "tally": 25}),  # nobody has said where two people slept
    (29.9, ALL | {"case_event": 14, "tally": 25}),
    (30.1, AUDIT | {"ask": 1, "case_event": 4, "case_record": 1, "claim": 1, "tally": 25}),
    (37.5, AUDIT | {"tally": 25}),  # the second case, and the hold
    (395.9, AUDIT | {"tally": 25}),
    (396.1, {"tally": 25}),
]
"""Days later, and the rows that are left then."""


async def test_after_a_year_only_counts_are_left_of_a_night(case_database: Database, clock: FixedClock) -> None:
    async with served(case_database.url, clock, own_pulse=False) as site:
        async with aclosing(await site.sign_in("mark")):
            await a_night(case_database)
        for days, expected in LATER:
            clock.at = NOW + timedelta(days=days)
            await At(site).pass_on()
            assert await left(case_database) == expected, f"after {days} days"
        counted = await tallies(case_database)
    assert counted["request", "", "", "arrived"] == 1 and counted["contra_indication", "", "", "psychiatric"] == 1
    assert counted["slept", "noord", "", "unknown"] == 2


async def test_without_forgetting_a_year_would_leave_nearly_all(
    case_database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""
    monkeypatch.setattr("bedboard.jobs.forgetting", lambda terms: {})
    async with served(case_database.url, clock, own_pulse=False) as site:
        async with aclosing(await site.sign_in("mark")):
            await a_night(case_database)
        for days in (1.1, 7.1, 14.1, 396.1):
            clock.at = NOW + timedelta(days=days)
            await At(site).pass_on()
        assert await left(case_database) == ALL | {"case_event": 14, "stored_reply": 1, "tally": 25}


OLD_REPLY = "insert into stored_reply values (:actor, sha256('k'), '', 200, '', null, :at)"


async def test_a_process_that_lives_for_a_moment_tidies_too(case_database: Database, clock: FixedClock) -> None:
    async def is_tidied() -> bool:
        return "stored_reply" not in await left(case_database)

    await run(case_database, OLD_REPLY, actor="one", at=NOW - timedelta(days=2))
    async with served(case_database.url, clock, own_pulse=False, has_jobs=True):
        await until(is_tidied, "the first process has tidied")
    await run(case_database, OLD_REPLY, actor="two", at=NOW - timedelta(days=2))
    async with served(case_database.url, clock, own_pulse=False, has_jobs=True) as site:
        await tidy(site.process)  # at the same hour: the turn was taken
        assert not await is_tidied()
    clock.move(hours=1)
    async with served(case_database.url, clock, own_pulse=False, has_jobs=True):
        await until(is_tidied, "another process has the next turn")
