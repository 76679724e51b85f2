"""The read side: everything a board shows, in bulk, as plain rows. One statement for any number of shelters."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import text

from bedboard.rules.claims import Claim
from bedboard.rules.contacts import Contact
from bedboard.rules.criteria import SPOKEN_LANGUAGES, in_order
from bedboard.rules.deciding import DaysOff, Deciding
from bedboard.rules.freshness import FreshnessLimits, oldest_confirmation
from bedboard.rules.places import PlaceState
from bedboard.rules.rights import seeker_key
from bedboard.store.database import Transaction
from bedboard.store.shelters import confirmed_kinds, limits_of


class PlaceRow(NamedTuple):
    """One place and, if there is one, its claim that nobody has ended (it may be past its hour)."""

    id: str
    label: str
    kind: str
    beds: int
    cots: int
    state: PlaceState
    since: datetime
    observed_at: datetime
    expected_free_at: datetime | None
    closed_reason: str | None
    criteria: Mapping[str, str] | None
    claim: Claim | None
    exists_from: datetime | None = None
    exists_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShelterRow:
    """One shelter with its places in their own order, without telephone and address: those are read one by one.

    `confirmed_at`: of the kind that was confirmed longest ago. `confirmed_by_system`: a program said so last, not a person.
    """

    id: str
    name: str
    unit: str
    organization_id: str
    organization: str
    version: int
    confirmed_at: datetime | None
    created_at: datetime
    intake_from_minutes: int
    intake_until_minutes: int
    confirm_times: tuple[time, ...]
    criteria: Mapping[str, str]
    limits: Mapping[str, int]
    languages: tuple[str, ...]
    places: tuple[PlaceRow, ...]
    confirmed_by_system: bool = False


class UnitRow(NamedTuple):
    code: str
    name: str
    short: str
    map_column: int
    map_row: int


class Caller(NamedTuple):
    """An organization whose people look for places, in one of their roles; a shelter may keep a place for it."""

    organization_id: str
    organization: str
    role: str
    telephone: str | None = None
    """The number under which this role is called back; None: the deployment has none."""


class KindRow(NamedTuple):
    """A kind of place; `limits` None follows the settings. `for_needs` empty: it is meant for everybody."""

    code: str
    names: Mapping[str, str]
    long_names: Mapping[str, str]
    deciding: Deciding
    limits: FreshnessLimits | None
    for_needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The deployment, its police units, kinds of place and callers; they change so seldom that a process reads them once."""

    name: str
    zone: ZoneInfo
    demo: bool
    units: Mapping[str, UnitRow]
    kinds: Mapping[str, KindRow]
    """Both without those that are closed."""
    callers: tuple[Caller, ...] = ()
    travel: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Minutes between two police units, the first by name first."""
    contacts: tuple[Contact, ...] = ()
    """Whom to call besides shelters, in the order of the deployment."""
    days_off: Container[date] = frozenset()
    """The days on which desks and offices are closed."""
    languages: tuple[str, ...] = SPOKEN_LANGUAGES
    """Those that may be spoken at a shelter."""
    closed_units: Mapping[str, UnitRow] = field(default_factory=dict)
    closed_kinds: Mapping[str, KindRow] = field(default_factory=dict)

    @property
    def every_unit(self) -> Mapping[str, UnitRow]:
        """Return the units, also the closed ones: the past has them."""
        return {**self.units, **self.closed_units}

    @property
    def every_kind(self) -> Mapping[str, KindRow]:
        """Return the kinds, also the closed ones: the past has them."""
        return {**self.kinds, **self.closed_kinds}

    @property
    def words(self) -> tuple[object, ...]:
        """Return the parts that stand on boards and in results of a search; no shelter changes with them."""
        return self.units, self.kinds, self.travel, self.languages

    def minutes_between(self, here: str, there: str) -> int | None:
        """Return the minutes of a journey between two police units, 0 within one; None: not known."""
        return 0 if here == there else self.travel.get((min(here, there), max(here, there)))

    def is_desk_open(self, now: datetime) -> bool:
        """Return whether somebody at the placement desk answers, by the hours of any kind on which it decides."""
        return bool(self.open_desks(now))

    def open_desks(self, now: datetime) -> frozenset[str]:
        """Return the kinds of place on which the desk decides at this moment."""
        local = now.astimezone(self.zone)
        return frozenset(code for code, kind in self.kinds.items() if kind.deciding.is_desk_open(local))


SHELTERS = text("""
    select s.id, s.name, s.unit_code, s.organization_id, o.name as organization, s.version, s.confirmed_at, s.created_at,
           s.intake_from_minutes, s.intake_until_minutes, s.confirm_times, s.criteria, s.limits,
           s.languages, s.kinds_confirmed_at, s.confirmed_by,
           array(select (p.id, p.label, p.kind_code, p.beds, p.cots, p.state, p.since, p.observed_at,
                         p.expected_free_at, p.closed_reason, p.criteria, p.exists_from, p.exists_until,
                         coalesce(c.first_id, c.id), c.type, c.expires_at, c.expected_at, c.role,
                         c.person_id, c.client_id, c.case_id, h.name)
                 from place p
                 left join claim c on c.place_id = p.id and c.ended_at is null
                 left join organization h on h.id = c.organization_id
                 where p.shelter_id = s.id and p.ended_at is null
                 order by p.position, p.id) as places
    from shelter s join organization o on o.id = s.organization_id
    where (:every or s.id = any(:ids)) and s.ended_at is null
    order by s.name
""")


CALLERS = text("""
    select distinct o.id, o.name, p.role, o.telephones ->> p.role from person p join organization o on o.id = p.organization_id
    where p.role in ('police', 'coordinator', 'desk') and p.ended_at is null
    order by p.role desc, o.name
""")


async def list_shelters(tx: Transaction, ids: Iterable[str] | None = None) -> list[ShelterRow]:
    """Return the shelters with these ids (unknown ones are left out), or all of them for None, by name.

    One statement, so a version and the places under it are of one moment. Two could give old places under a new version, and
    no bell would ever correct that.
    """
    found = await (await tx.connection()).execute(SHELTERS, {"every": ids is None, "ids": list(ids or ())})
    return [_shelter(row, tuple(map(_place, row.places))) for row in found]


def _shelter(row: Any, places: tuple[PlaceRow, ...]) -> ShelterRow:
    kinds = {place.kind for place in places}
    return ShelterRow(
        id=row.id,
        name=row.name,
        unit=row.unit_code,
        organization_id=row.organization_id,
        organization=row.organization,
        version=row.version,
        confirmed_at=oldest_confirmation(row.confirmed_at, confirmed_kinds(row.kinds_confirmed_at), kinds),
        created_at=row.created_at,
        intake_from_minutes=row.intake_from_minutes,
        intake_until_minutes=row.intake_until_minutes,
        confirm_times=tuple(map(time.fromisoformat, row.confirm_times)),
        criteria=row.criteria,
        limits=row.limits,
        languages=tuple(row.languages),
        places=places,
        confirmed_by_system=row.confirmed_by == "client",
    )


def _place(columns: tuple[Any, ...]) -> PlaceRow:
    """Return a place: the first columns are in the order of `PlaceRow`, then come those of the claim."""
    *place, begins, ends, claim_id, claim_type, expires_at, expected_at, role, person_id, client_id, case_id, organization = (
        columns
    )
    holder = seeker_key(person_id, client_id)
    claim = Claim(claim_type, expires_at, role, organization, claim_id, holder, case_id, expected_at) if claim_type else None
    return PlaceRow._make((*place, claim, begins, ends))


async def get_shelter(tx: Transaction, shelter_id: str) -> ShelterRow | None:
    found = await list_shelters(tx, [shelter_id])
    return found[0] if found else None


UNITS = text("select code, name, short, map_column, map_row, ended_at from unit order by name")
KINDS = text("""
    select code, name_nl, name_en, long_nl, long_en, decides, desk_hours, outside_hours, for_needs, fresh_minutes,
        ageing_minutes, ended_at
    from kind order by position
""")


def _kind(row: Any, days_off: DaysOff) -> KindRow:
    return KindRow(
        code=row.code,
        names={"nl": row.name_nl, "en": row.name_en},
        long_names={"nl": row.long_nl, "en": row.long_en},
        deciding=Deciding(row.decides, row.desk_hours, row.outside_hours, days_off),
        limits=limits_of(row.fresh_minutes, row.ageing_minutes),
        for_needs=frozenset(row.for_needs),
    )


async def get_catalogue(tx: Transaction) -> Catalogue | None:
    """Return the catalogue; None while nothing has been loaded into this database, or before its first migration."""
    connection = await tx.connection()
    if (await connection.execute(text("select to_regclass('deployment')"))).scalar_one() is None:
        return None
    deployment = (await connection.execute(text("select name, time_zone, country, demo from deployment"))).one_or_none()
    if deployment is None:
        return None
    callers = await connection.execute(CALLERS)
    own = frozenset((await connection.execute(text("select day from holiday"))).scalars())
    days_off = DaysOff(deployment.country, own)
    units, kinds = (await connection.execute(UNITS)).all(), (await connection.execute(KINDS)).all()
    travel = await connection.execute(text("select from_code, to_code, minutes from travel"))
    contacts = await connection.execute(
        text("select id, topic, unit_code, name_nl, name_en, telephone, hours from contact order by position, id")
    )
    return Catalogue(
        name=deployment.name,
        zone=ZoneInfo(deployment.time_zone),
        demo=deployment.demo,
        units={row.code: UnitRow(*row[:-1]) for row in units if row.ended_at is None},
        kinds={row.code: _kind(row, days_off) for row in kinds if row.ended_at is None},
        closed_units={row.code: UnitRow(*row[:-1]) for row in units if row.ended_at is not None},
        closed_kinds={row.code: _kind(row, days_off) for row in kinds if row.ended_at is not None},
        callers=tuple(Caller(*row) for row in callers),
        travel={(row.from_code, row.to_code): row.minutes for row in travel},
        contacts=tuple(
            Contact(row.id, row.topic, row.unit_code, {"nl": row.name_nl, "en": row.name_en}, row.telephone, row.hours)
            for row in contacts
        ),
        days_off=days_off,
        languages=in_order((await connection.execute(text("select code from language"))).scalars()),
    )
