"""Cases to test with: a board on which everybody who may decide decides on something, and short words for what people do."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from bedboard.actions.answers import answer_case, confirm_case, refuse_case, take_arrival
from bedboard.actions.case_lock import LockedCase
from bedboard.actions.cases import ask_more, choose_offer, open_case, resume_case, tell_outcome, withdraw_case
from bedboard.actions.setup import add_organization, add_person, add_shelter
from bedboard.rules.access import Actor
from bedboard.rules.cases import AnswerCode, ShelterAnswer
from bedboard.store.database import Database, Transaction
from bedboard.store.seal import SealedNeeds
from bedboard.store.tables.board import Kind
from bedboard.store.tables.people import Person
from tests.build import NOW, SEAL, actor, place, shelter
from tests.build.rows import Rows, do, every_row, run

ZONE = ZoneInfo("Europe/Amsterdam")
NIGHT = NOW + timedelta(hours=12)  # Thursday 02:00 in Amsterdam: the desk is closed
MORNING = NOW + timedelta(hours=20)  # Thursday 10:00
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
NEEDS = SealedNeeds(b"CANARY-NEEDS", b"its key")

MARK = actor("police", "mark", ())
EMRE = actor("police", "emre", ())  # his colleague
NOOR = Actor("person", "noor", "police", "Noor", "elsewhere", frozenset())
LUCIA = actor("coordinator", "lucia", ())
HANNEKE = actor("desk", "hanneke", ())
SANNE, KOFI, ILSE = actor(), actor("staff", "kofi", ("ceder",)), actor("staff", "ilse", ("nood", "beuk", "wilg"))
ANNEKE = actor("manager", "anneke", ("linde", "ceder"))
POLICE_SYSTEM = actor("police", "demo-police", (), kind="client")
MACHINE = actor("machine", "demo-shelter-linde", kind="client")
STAFF = {"linde": SANNE, "ceder": KOFI, "wilg": ILSE, "nood": ILSE, "beuk": ILSE}
KIND = {"linde": "cosm", "ceder": "men", "wilg": "women", "nood": "emergency", "beuk": "women"}

HOURS = "update kind set desk_hours = :hours where code = 'cosm'"


async def add_case_board(tx: Transaction) -> None:
    """Add shelters and people for cases to the board of `build.add_board`.

    The desk decides on cosm on working days and has it provisionally at night; the police on emergency beds (nood, two free);
    beuk has two free places for women; emre is mark's colleague, noor works elsewhere.
    """
    hours = text("update kind set desk_hours = 'mon-fri 09:00-17:00', outside_hours = 'provisional' where code = 'cosm'")
    await (await tx.connection()).execute(hours)
    nl, en = "Nood", "Emergency"
    tx.add(Kind(code="emergency", position=4, decides="police", name_nl=nl, name_en=en, long_nl=nl, long_en=en))
    await tx.flush()
    await add_organization(tx, "elsewhere", "Elders")
    await add_shelter(tx, shelter("nood", [place("nood-1", "emergency"), place("nood-2", "emergency")], unit="zuid"), SEAL, NOW)
    await add_shelter(tx, shelter("beuk", [place("beuk-1", "women"), place("beuk-2", "women")]), SEAL, NOW)
    await add_person(tx, Person(id="emre", organization_id="oever", name="Emre", role="police"))
    await add_person(tx, Person(id="noor", organization_id="elsewhere", name="Noor", role="police"))
    await add_person(tx, Person(id="ilse", organization_id="oever", name="Ilse", role="staff"), sorted(ILSE.shelter_ids))


# ---- what people do


async def ask(
    board_database: Database,
    *shelters: str,
    who: Actor = MARK,
    case_id: str = "r1",
    at: datetime = NOW,
    needs: SealedNeeds = NEEDS,
) -> LockedCase:
    kinds = {one: KIND[one] for one in shelters or ("linde",)}
    case: LockedCase = await do(board_database, lambda tx: open_case(tx, who, case_id, needs, "noord", kinds, at))
    return case


async def ask_also(
    board_database: Database, *shelters: str, who: Actor = MARK, case_id: str = "r1", at: datetime = NOW
) -> LockedCase:
    case: LockedCase = await do(board_database, lambda tx: ask_more(tx, who, case_id, {one: KIND[one] for one in shelters}, at))
    return case


async def say(
    board_database: Database,
    shelter: str,
    answer: AnswerCode,
    place: str | None = None,
    reason: str | None = None,
    criterion: str | None = None,
    *,
    who: Actor | None = None,
    case_id: str = "r1",
    claim: str | None = None,
    at: datetime = NOW,
) -> LockedCase:
    said = ShelterAnswer(answer, place, reason, criterion)
    by, claim_id = who or STAFF[shelter], claim or f"{case_id}-{place}"
    case: LockedCase = await do(board_database, lambda tx: answer_case(tx, by, case_id, shelter, said, claim_id, at))
    return case


async def offer(board_database: Database, place: str, **rest: Any) -> LockedCase:
    return await say(board_database, place.rpartition("-")[0], "yes", place, **rest)


async def choose(
    board_database: Database,
    shelter: str,
    *,
    who: Actor = MARK,
    case_id: str = "r1",
    at: datetime = NOW,
    arrives_at: datetime | None = None,
) -> LockedCase:
    case: LockedCase = await do(board_database, lambda tx: choose_offer(tx, who, case_id, shelter, at, ZONE, arrives_at))
    return case


async def confirm(board_database: Database, *, who: Actor = HANNEKE, case_id: str = "r1", at: datetime = NOW) -> LockedCase:
    case: LockedCase = await do(board_database, lambda tx: confirm_case(tx, who, case_id, at, ZONE))
    return case


async def refuse(
    board_database: Database, reason: str = "not_safe", *, who: Actor = HANNEKE, case_id: str = "r1", at: datetime = NOW
) -> LockedCase:
    case: LockedCase = await do(board_database, lambda tx: refuse_case(tx, who, case_id, reason, at))
    return case


async def arrive(
    board_database: Database,
    shelter: str,
    *,
    who: Actor | None = None,
    case_id: str = "r1",
    at: datetime = NOW,
    arrived: bool = True,
) -> LockedCase:
    by = who or STAFF[shelter]
    case: LockedCase = await do(board_database, lambda tx: take_arrival(tx, by, case_id, shelter, at, ZONE, arrived=arrived))
    return case


async def miss(board_database: Database, shelter: str, **rest: Any) -> LockedCase:
    return await arrive(board_database, shelter, arrived=False, **rest)


async def resume(board_database: Database, *, who: Actor = MARK, case_id: str = "r1", at: datetime = NOW) -> LockedCase:
    case: LockedCase = await do(board_database, lambda tx: resume_case(tx, who, case_id, at))
    return case


async def withdraw(
    board_database: Database, why: str = "no_place", *, who: Actor = MARK, case_id: str = "r1", at: datetime = NOW
) -> LockedCase:
    case: LockedCase = await do(board_database, lambda tx: withdraw_case(tx, who, case_id, why, at, ZONE))
    return case


async def tell(database: Database, slept: str = "street", *, who: Actor = MARK, at: datetime = NOW, case_id: str = "r1") -> Any:
    return await do(database, lambda tx: tell_outcome(tx, who, case_id, slept, at, ZONE))


# ---- lives that have come so far


async def bring_to(board_database: Database, state: str, case_id: str = "r1", at: datetime = NOW) -> None:
    """Bring Mark's case to linde and ceder, as far as `state` says; linde-1 is the chosen place, and ceder has said no."""
    await ask(board_database, "linde", "ceder", case_id=case_id, at=at)
    await offer(board_database, "linde-1", case_id=case_id, at=at)
    await say(board_database, "ceder", "no", None, "contra_indication", "lvb", case_id=case_id, at=at)
    steps = {
        "asking": (),
        "chosen": ("choose",),
        "provisional": ("night",),
        "confirmed": ("choose", "confirm"),
        "housed": ("night", "arrive"),
        "arrived": ("choose", "confirm", "arrive"),
        "withdrawn": ("withdraw",),
        "ended": ("withdraw", "tell"),
        "cancelled": ("cancel",),
    }
    for step in steps[state]:
        if step == "choose":
            await choose(board_database, "linde", case_id=case_id, at=at)
        elif step == "night":  # at the same moment, with hours in which the desk is closed
            await run(board_database, HOURS, hours="mon-mon 00:00-00:01")
            await choose(board_database, "linde", case_id=case_id, at=at)
            await run(board_database, HOURS, hours="mon-fri 09:00-17:00")
        elif step == "confirm":
            await confirm(board_database, case_id=case_id, at=at)
        elif step == "arrive":
            await arrive(board_database, "linde", case_id=case_id, at=at)
        elif step == "withdraw":
            await withdraw(board_database, case_id=case_id, at=at)
        elif step == "cancel":
            await withdraw(board_database, "not_needed", case_id=case_id, at=at)
        else:
            await tell(board_database, case_id=case_id, at=at)


# ---- what has come of it


async def state(board_database: Database, case_id: str = "r1") -> str:
    rows = await every_row(board_database)
    return str(rows["case_record", case_id]["state"])


def rows_of(rows: Rows, table: str) -> list[dict[str, Any]]:
    return [row for key, row in rows.items() if key[0] == table]


async def asks(board_database: Database, case_id: str = "r1") -> dict[str, dict[str, Any]]:
    """By shelter."""
    return {row["shelter_id"]: row for row in rows_of(await every_row(board_database), "ask") if row["case_id"] == case_id}


async def live_claims(board_database: Database) -> dict[str, str]:
    """Place to claim, of those that nobody has ended."""
    rows = rows_of(await every_row(board_database), "claim")
    return {row["place_id"]: row["id"] for row in rows if row["ended_at"] is None}


STEPS = {"answer", "first_answer", "first_yes", "decided", "arrival", "asked_of", "shown_free", "refused_by", "free_no_place"}
STEPS |= {"refused_household", "refused_exploitation"}


async def _counted(board_database: Database) -> dict[tuple[str, str, str, str], int]:
    found: dict[tuple[str, str, str, str], int] = {}
    rows = await every_row(board_database)
    for row in rows_of(rows, "tally") + rows_of(rows, "tally_waiting"):
        key = (row["what"], row["unit_code"], row["kind_code"], row["code"])
        found[key] = found.get(key, 0) + row["count"]
    return found


async def tallies(board_database: Database) -> dict[tuple[str, str, str, str], int]:
    """(what, unit, kind, code) to how often, whenever that was, also of those that still wait to be added.

    Without those of `step_tallies`, which go along with most of these.
    """
    return {key: count for key, count in (await _counted(board_database)).items() if key[0] not in STEPS}


async def step_tallies(board_database: Database) -> dict[tuple[str, str], int]:
    """(what, code) to how often, of the steps of cases: answers, and how long each step took."""
    return {(key[0], key[3]): count for key, count in (await _counted(board_database)).items() if key[0] in STEPS}


def told(rows: Rows) -> list[tuple[str, str | None, str, str]]:
    """Return the lines of a time line among these rows: what, at which shelter, by which actor, in which role."""
    lines = sorted(rows_of(rows, "case_event"), key=lambda row: row["id"])
    return [(row["what"], row["shelter_id"], row["actor_id"], row["role"]) for row in lines]


DESK_KINDS = ("cosm", "women")  # on which the desk decides in a test
OVER = ("arrived", "withdrawn", "ended", "cancelled")
