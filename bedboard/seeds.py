"""Load a seed file, such as `seeds/netherlands.toml`, into an empty database, through the actions."""

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bedboard.actions.setup import (
    NewPlace,
    NewShelter,
    add_client,
    add_organization,
    add_person,
    add_shelter,
    begin_deployment,
)
from bedboard.rules.clients import ClientRole
from bedboard.rules.places import CLOSED_REASONS
from bedboard.schemas.seeds import SeedFile, SeedPlace
from bedboard.settings import SEEDS
from bedboard.store.database import Transaction
from bedboard.store.seal import Seal
from bedboard.store.tables.board import ContactRecord, Kind, Travel, Unit
from bedboard.store.tables.people import Person

DEMO_ROLES: tuple[ClientRole, ...] = ("coordinator", "police", "desk", "admin", "auditor")  # each has its fixed token


def read_tables(path: Path) -> dict[str, Any]:
    """Read the tables of a seed file, and those of its `base` that it does not have. Raises as `read_seed_file`.

    `base` names a file that comes with bedboard. Of the deployment the file may say a part: the base says the rest.
    """
    own = tomllib.loads(path.read_text(encoding="utf-8"))
    if "base" not in own:
        return own
    base = tomllib.loads((SEEDS / str(own.pop("base"))).read_text(encoding="utf-8"))
    return {**base, **own, "deployment": {**base.get("deployment", {}), **own.get("deployment", {})}}


def read_seed_file(path: Path) -> SeedFile:
    """Read a seed file. Raises ValidationError, TOMLDecodeError, UnicodeDecodeError, OSError."""
    return SeedFile.model_validate(read_tables(path))


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _new_place(shelter_id: str, number: int, place: SeedPlace, known_at: datetime, now: datetime) -> NewPlace:
    expected = now + place.expected_free if place.expected_free is not None else None
    if place.status == "closed" and expected is None:
        expected = now + CLOSED_REASONS[place.reason or "other"]
    return NewPlace(
        id=f"{shelter_id}-{number}",
        kind=place.kind,
        label=place.label,
        beds=place.beds,
        cots=place.cots,
        observed_at=known_at,
        state="open" if place.status == "free" else place.status,
        since=now - place.since if place.since is not None else known_at,
        expected_free_at=expected,
        closed_reason=place.reason,
        criteria=dict(place.criteria) if place.criteria else None,
    )


def _travel(seeds: SeedFile) -> list[Travel]:
    pairs = {(min(one, other), max(one, other)): n for one, row in seeds.travel.items() for other, n in row.items()}
    return [Travel(from_code=one, to_code=other, minutes=minutes) for (one, other), minutes in pairs.items()]


def _contacts(seeds: SeedFile) -> list[ContactRecord]:
    return [
        ContactRecord(
            id=f"contact-{number}",
            position=number,
            topic=one.topic,
            unit_code=one.unit,
            name_nl=one.name_nl,
            name_en=one.name_en,
            telephone=one.telephone,
            hours=one.hours,
        )
        for number, one in enumerate(seeds.contact, start=1)
    ]


async def load_seeds(
    tx: Transaction, seeds: SeedFile, seal: Seal, now: datetime, *, demo: bool, since: datetime | None = None
) -> Mapping[str, int]:
    """Load everything in the caller's transaction, and return how many rows of each noun.

    `since`: when shelters that were ever confirmed were added to the board; None: now. Refusal: Conflict `not_empty`.
    """
    units = [Unit(code=u.code, name=u.name, short=u.short, map_column=u.column, map_row=u.row) for u in seeds.unit]
    kinds = [
        Kind(
            code=k.code,
            position=position,
            name_nl=k.name_nl,
            name_en=k.name_en,
            long_nl=k.long_nl,
            long_en=k.long_en,
            decides=k.decides,
            desk_hours=k.desk_hours,
            outside_hours=k.outside_hours,
            for_needs=k.for_needs,
            fresh_minutes=round(k.fresh_hours * 60) if k.fresh_hours else None,
            ageing_minutes=round(k.ageing_hours * 60) if k.ageing_hours else None,
        )
        for position, k in enumerate(seeds.kind, start=1)
    ]
    own = seeds.deployment
    await begin_deployment(
        tx,
        own.name,
        own.time_zone,
        units,
        kinds,
        now,
        demo=demo,
        country=own.country,
        holidays=own.holidays,
        travel=_travel(seeds),
        contacts=_contacts(seeds),
    )
    for organization in seeds.organization:
        await add_organization(tx, organization.id, organization.name, organization.telephones)
    for shelter in seeds.shelter:
        confirmed_at = None if shelter.confirmed == "never" else now - shelter.confirmed
        known_at = confirmed_at or now - timedelta(days=1)
        opens, closes = shelter.intake.split("-")
        await add_shelter(
            tx,
            NewShelter(
                id=shelter.id,
                organization_id=shelter.organization,
                unit=shelter.unit,
                name=shelter.name,
                telephone=shelter.telephone,
                address=shelter.address,
                confirmed_at=confirmed_at,
                places=[_new_place(shelter.id, n, p, known_at, now) for n, p in enumerate(shelter.place, start=1)],
                intake_from_minutes=_minutes(opens),
                intake_until_minutes=_minutes(closes),
                confirm_times=shelter.confirm_times,
                criteria=dict(shelter.criteria),
                limits=shelter.limits,
                languages=shelter.languages,
            ),
            seal,
            now if since is None or confirmed_at is None else since,
        )
    for person in seeds.person:
        row = Person(
            id=person.id,
            organization_id=person.organization,
            name=person.name,
            role=person.role,
            language=person.language,
            demo=demo and person.demo,
        )
        await add_person(tx, row, person.shelters)
    if demo:
        organizations = {person.role: person.organization for person in reversed(seeds.person)}
        await add_demo_clients(tx, [(shelter.id, shelter.organization) for shelter in seeds.shelter], organizations, now)
    return {"organizations": len(seeds.organization), "shelters": len(seeds.shelter), "people": len(seeds.person)} | {
        "places": sum(len(shelter.place) for shelter in seeds.shelter)
    }


async def add_demo_clients(
    tx: Transaction, shelters: list[tuple[str, str]], organizations: Mapping[str, str], now: datetime
) -> None:
    """Add the fixed tokens of a demo: one per role, and one for each (shelter id, organization id).

    `organizations`: role to the organization for which that role's token acts; a role without one cannot keep places.
    They count only where both the process and the database are a demo.
    """
    for role in DEMO_ROLES:
        await add_client(
            tx,
            client_id=f"demo-{role}",
            name=f"demo {role}",
            role=role,
            token=f"demo-{role}",
            now=now,
            organization_id=organizations.get(role),
            demo=True,
        )
    for shelter_id, organization_id in shelters:
        await add_client(
            tx,
            client_id=f"demo-shelter-{shelter_id}",
            name=f"demo {shelter_id}",
            role="machine",
            token=f"demo-shelter-{shelter_id}",
            now=now,
            organization_id=organization_id,
            shelter_id=shelter_id,
            demo=True,
        )
