"""What tests are built from: a clock that stands still until told, and small boards, made through the actions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from bedboard.actions.setup import (
    NewPlace,
    NewShelter,
    add_organization,
    add_person,
    add_shelter,
    begin_deployment,
)
from bedboard.clock import Clock
from bedboard.rules.access import Actor, Role
from bedboard.seeds import add_demo_clients
from bedboard.store.bell import CHANNEL, listen
from bedboard.store.database import Database, Transaction
from bedboard.store.seal import Seal, new_key
from bedboard.store.tables.board import Kind, Unit
from bedboard.store.tables.cases import CaseRecord
from bedboard.store.tables.people import Person

NOW = datetime(2026, 3, 11, 13, 0, tzinfo=UTC)  # a Wednesday, 14:00 in Amsterdam
SEAL = Seal(new_key())
PATIENCE = 60.0
"""Seconds that a test waits for what must come; far more than needed, so that only what never comes fails."""


class FixedClock(Clock):
    """Stands at `at` until it is moved; counts its ids; tokens stay secret and random."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at
        self.ids = 0
        self.dice = 0.5

    def now(self) -> datetime:
        return self.at

    def new_id(self) -> str:
        self.ids += 1
        return f"{self.ids:032x}"

    def chance(self) -> float:
        return self.dice

    def move(self, **by: float) -> None:
        """move(minutes=5)"""
        self.at += timedelta(**by)


def actor(role: Role = "staff", actor_id: str = "sanne", shelters: Sequence[str] = ("linde",), kind: str = "person") -> Actor:
    return Actor("person" if kind == "person" else "client", actor_id, role, actor_id.title(), "oever", frozenset(shelters))


def place(place_id: str, kind: str = "cosm", now: datetime = NOW, **rest: object) -> NewPlace:
    """Open unless told otherwise, seen an hour before `now`."""
    given: dict[str, object] = {"beds": 1, "observed_at": now - timedelta(hours=1)} | rest
    return NewPlace(id=place_id, kind=kind, label=place_id.rpartition("-")[2], **given)  # type: ignore[arg-type]


CALLBACKS = {"police": "088 000 09 01", "coordinator": "088 000 09 02", "desk": "088 000 09 03"}
"""The numbers of both organizations: somebody of theirs may look for places in each of these roles."""


async def add_basics(tx: Transaction, now: datetime = NOW, *, demo: bool = True) -> None:
    """A deployment with two units, three kinds (cosm, women, men) and two organizations (oever, desk)."""
    units = [
        Unit(code="noord", name="Noord-Nederland", short="NN", map_column=2, map_row=1),
        Unit(code="zuid", name="Limburg", short="LB", map_column=2, map_row=3),
    ]
    kinds = [
        Kind(code=code, position=n, name_nl=nl, name_en=en, long_nl=nl, long_en=en, decides=decides)
        for n, (code, nl, en, decides) in enumerate(
            [("cosm", "COSM", "COSM", "desk"), ("women", "Vrouwen", "Women", "shelter"), ("men", "Mannen", "Men", "shelter")]
        )
    ]
    await begin_deployment(tx, "Proef", "Europe/Amsterdam", units, kinds, now, demo=demo)
    await add_organization(tx, "oever", "Stichting Oever", CALLBACKS)
    await add_organization(tx, "desk", "Plaatsing", CALLBACKS)


def shelter(shelter_id: str, places: Sequence[NewPlace], now: datetime = NOW, **rest: object) -> NewShelter:
    """Confirmed an hour before `now`; its address and telephone are canaries that must not turn up anywhere."""
    given: dict[str, object] = {
        "organization_id": "oever",
        "unit": "noord",
        "name": shelter_id.title(),
        "telephone": f"CANARY-TEL-{shelter_id}",
        "address": f"CANARY-ADR-{shelter_id}",
        "confirmed_at": now - timedelta(hours=1),
        "criteria": {"woman": "yes", "man": "no"},
    } | rest
    return NewShelter(id=shelter_id, places=places, **given)  # type: ignore[arg-type]


ORGANIZATIONS = dict.fromkeys(("coordinator", "police", "desk", "admin", "auditor"), "oever")  # of the demo clients

PEOPLE: Sequence[tuple[str, Role, Sequence[str]]] = (
    ("sanne", "staff", ("linde",)),
    ("kofi", "staff", ("ceder",)),
    ("anneke", "manager", ("linde", "ceder")),
    ("lucia", "coordinator", ()),
    ("mark", "police", ()),
    ("hanneke", "desk", ()),
    ("wouter", "admin", ()),
    ("gerda", "auditor", ()),
    ("femke", "policy", ()),
)


async def add_board(tx: Transaction, now: datetime = NOW, *, demo: bool = True) -> None:
    """linde: 3 cosm (free, free, occupied) and 1 women (closed); ceder: 2 men (free); wilg: 1 women (free), never confirmed.

    Everybody of PEOPLE, and the demo clients.
    """
    await add_basics(tx, now, demo=demo)
    closed = {"state": "closed", "closed_reason": "repair", "expected_free_at": now + timedelta(days=1)}
    shelters = [
        shelter(
            "linde",
            [
                place("linde-1", now=now),
                place("linde-2", now=now),
                place("linde-3", now=now, state="occupied"),
                place("linde-4", "women", now=now, **closed),
            ],
            now,
        ),
        shelter(
            "ceder",
            [place("ceder-1", "men", now=now), place("ceder-2", "men", now=now)],
            now,
            unit="zuid",
            criteria={"man": "yes"},
        ),
        shelter("wilg", [place("wilg-1", "women", now=now)], now, confirmed_at=None),
    ]
    for one in shelters:
        await add_shelter(tx, one, SEAL, now)
    for own_id, role, own in PEOPLE:
        person = Person(id=own_id, organization_id="oever", name=own_id.title(), role=role, demo=demo)
        await add_person(tx, person, own)
    if demo:
        await add_demo_clients(tx, [(one.id, "oever") for one in shelters], ORGANIZATIONS, now)


async def add_request(tx: Transaction, case_id: str = "r1", now: datetime = NOW) -> None:
    """A case of mark's that asks nobody: only the row, for what has to point to one."""
    tx.add(CaseRecord(id=case_id, organization_id="oever", role="police", person_id="mark", needs_sealed=b"?", created_at=now))
    await tx.flush()


Bell = tuple[str, str, int]  # noun, id, version


async def until(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = PATIENCE) -> None:
    """Waits for something that will be so soon, and fails with `what` when it is not."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, f"after {seconds} s still not: {what}"
        await asyncio.sleep(0.005)


class Ear:
    """Hears what every process hears."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._heard: list[Bell] = []
        self._fences = 0

    def hear(self, noun: str, noun_id: str, version: int) -> None:
        self._heard.append((noun, noun_id, version))

    async def heard(self) -> list[Bell]:
        """All bells since the last call. Bells come in the order of commits, so a bell of its own tells that all have come."""
        self._fences += 1
        fence = ("fence", str(self._fences), 0)
        async with self._database.transaction() as tx:
            connection = await tx.connection()
            await connection.execute(
                text("select pg_notify(:channel, :message)"), {"channel": CHANNEL, "message": f"fence 0 {self._fences}"}
            )

        async def has_come() -> bool:
            return fence in self._heard

        await until(has_come, "the fence is heard")
        bells, self._heard = self._heard[: self._heard.index(fence)], []
        return bells


@asynccontextmanager
async def hearing(database: Database) -> AsyncIterator[Ear]:
    ear = Ear(database)
    async with listen(database, ear.hear):
        yield ear
