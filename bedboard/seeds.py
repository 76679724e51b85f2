"""Load a seed file, such as `seeds/demo.toml`, into an empty database, through the actions.

The file is data for people to read; unknown keys are refused, so that a typing error does not go unnoticed.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bedboard.actions.setup import (
    NewPlace,
    NewShelter,
    add_client,
    add_organization,
    add_person,
    add_shelter,
    begin_deployment,
)
from bedboard.rules.criteria import CRITERION_NAMES, LIMIT_NAMES, SPOKEN_LANGUAGES, Verdict
from bedboard.rules.deciding import HOURS, check_country
from bedboard.rules.order import UNKNOWN_MINUTES
from bedboard.rules.places import CLOSED_REASONS
from bedboard.store.database import Transaction
from bedboard.store.seal import Seal
from bedboard.store.tables.board import Kind, Travel, Unit
from bedboard.store.tables.people import Person

DEMO_ROLES = ("coordinator", "police", "desk", "admin", "auditor")  # each with its fixed token in a demo


def _duration(text: Any) -> Any:
    """Return a text such as "25m", "3h" or "2d" as a timedelta."""
    found = re.fullmatch(r"(?:in )?([0-9]{1,5})([mhd])", text) if isinstance(text, str) else None
    if found is None:
        raise ValueError('a duration is like "25m", "3h" or "2d"')
    unit = {"m": "minutes", "h": "hours", "d": "days"}[found[2]]
    return timedelta(**{unit: int(found[1])})


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError("a time zone is like Europe/Amsterdam") from None


def _criterion(name: str) -> str:
    if name not in CRITERION_NAMES:
        raise ValueError(f"{name} is not a criterion")
    return name


def _limit(name: str) -> str:
    if name not in LIMIT_NAMES:
        raise ValueError(f"{name} is not a limit")
    return name


def _language(code: str) -> str:
    if code not in SPOKEN_LANGUAGES:
        raise ValueError(f"{code} is not one of {', '.join(SPOKEN_LANGUAGES)}")
    return code


CLOCK_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
ClockTime = Annotated[str, Field(pattern=f"^{CLOCK_TIME}$")]
Hours = Annotated[str, Field(pattern=f"^{CLOCK_TIME}-({CLOCK_TIME}|24:00)$")]
Criteria = dict[Annotated[str, AfterValidator(_criterion)], Verdict]
Limits = dict[Annotated[str, AfterValidator(_limit)], int]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Minutes = Annotated[int, Field(ge=1, lt=UNKNOWN_MINUTES)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Deployment(_Row):
    name: str
    time_zone: Annotated[str, AfterValidator(_zone)]
    country: Annotated[str, AfterValidator(check_country)]
    holidays: list[date] = []


class _Unit(_Row):
    code: str
    name: str
    short: str
    column: int
    row: int


class _Kind(_Row):
    code: str
    name_nl: str
    name_en: str
    long_nl: str
    long_en: str
    decides: Literal["shelter", "desk", "police"]
    desk_hours: Annotated[str, Field(pattern=f"^{HOURS.pattern}$")] | None = None
    outside_hours: Literal["provisional"] | None = None
    for_needs: list[Annotated[str, AfterValidator(_criterion)]] = []
    fresh_hours: float | None = None
    ageing_hours: float | None = None


class _Organization(_Row):
    id: str
    name: str


class _Place(_Row):
    label: str
    kind: str
    beds: int
    cots: int = 0
    status: Literal["free", "occupied", "closed"]
    since: Duration | None = None
    expected_free: Duration | None = None
    reason: str | None = None
    criteria: Criteria | None = None


class _Shelter(_Row):
    id: str
    name: str
    organization: str
    unit: str
    telephone: str
    address: str
    intake: Hours
    confirm_times: list[ClockTime] = ["08:00", "16:00", "21:30"]
    confirmed: Literal["never"] | Duration
    criteria: Criteria
    limits: Limits = {}
    languages: list[Annotated[str, AfterValidator(_language)]] = []
    place: list[_Place]


class _Person(_Row):
    id: str
    name: str
    role: str
    organization: str
    shelters: list[str] = []
    language: str | None = None
    demo: bool = False


class SeedFile(_Row):
    """The whole file. Raises pydantic.ValidationError naming every key that is wrong."""

    deployment: _Deployment
    unit: list[_Unit]
    kind: list[_Kind]
    travel: dict[str, dict[str, Minutes]] = {}
    organization: list[_Organization]
    shelter: list[_Shelter]
    person: list[_Person]


def read_seed_file(path: Path) -> SeedFile:
    """Read a seed file. Raises ValidationError, TOMLDecodeError, UnicodeDecodeError, OSError."""
    return SeedFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _new_place(shelter_id: str, number: int, place: _Place, known_at: datetime, now: datetime) -> NewPlace:
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


async def load_seeds(tx: Transaction, seeds: SeedFile, seal: Seal, now: datetime, *, demo: bool) -> Mapping[str, int]:
    """Load everything in the caller's transaction, and return how many rows of each noun. Refusal: Conflict `not_empty`."""
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
    )
    for organization in seeds.organization:
        await add_organization(tx, organization.id, organization.name)
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
            now,
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
