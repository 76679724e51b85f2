"""Setup of a board: the deployment, units, kinds, organizations, shelters with their places, people, clients.

Commands that load data use these actions, so they check no rights; `actions/manage/` does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bedboard.actions.saving import journal_row
from bedboard.actions.signin import hash_token
from bedboard.rules.access import Actor
from bedboard.rules.clients import SCOPES_OF, ClientRole
from bedboard.rules.refusals import Conflict
from bedboard.store.bell import ring
from bedboard.store.database import Transaction
from bedboard.store.journal import occupancy_words, write_journal
from bedboard.store.seal import Seal
from bedboard.store.setup import add_deployment, add_places
from bedboard.store.tables.board import ContactRecord, Holiday, Kind, Organization, Shelter, ShelterContact, Travel, Unit
from bedboard.store.tables.people import Client, Membership, Person

REGISTER = Actor("system", "register", "machine", "bedboard", None, frozenset())
"""The actor in the journal for all that a command adds."""


@dataclass(frozen=True, slots=True)
class NewPlace:
    """A place to be added, with its state; `expected_free_at` and `closed_reason` as that state needs them."""

    id: str
    kind: str
    label: str
    beds: int
    observed_at: datetime
    cots: int = 0
    state: str = "open"
    since: datetime | None = None
    expected_free_at: datetime | None = None
    closed_reason: str | None = None
    criteria: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class NewShelter:
    """A shelter to be added. `confirmed_at` None: nobody has confirmed it yet."""

    id: str
    organization_id: str
    unit: str
    name: str
    telephone: str
    address: str
    confirmed_at: datetime | None
    places: Sequence[NewPlace]
    intake_from_minutes: int = 0
    intake_until_minutes: int = 1440
    confirm_times: Sequence[str] = ("08:00", "16:00", "21:30")
    criteria: dict[str, str] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    languages: Sequence[str] = ()


async def begin_deployment(
    tx: Transaction,
    name: str,
    time_zone: str,
    units: Sequence[Unit],
    kinds: Sequence[Kind],
    now: datetime,
    *,
    demo: bool,
    country: str = "NL",
    holidays: Sequence[date] = (),
    travel: Sequence[Travel] = (),
    contacts: Sequence[ContactRecord] = (),
) -> None:
    """Make an empty database that of this deployment. Refusal: Conflict `not_empty`.

    `country`: its desks are closed on the public holidays there, and on `holidays`.
    """
    if not await add_deployment(tx, name, time_zone, country, now, demo=demo):
        raise Conflict("not_empty")
    tx.add_all(Holiday(day=day) for day in holidays)
    tx.add_all(units)
    tx.add_all(kinds)
    await tx.flush()
    tx.add_all(travel)
    tx.add_all(contacts)
    await tx.flush()
    await ring(tx, "catalogue", "all")


async def add_organization(
    tx: Transaction, organization_id: str, name: str, telephones: Mapping[str, str] | None = None
) -> None:
    """Add an organization. `telephones`: role to the number under which its people in that role are called back."""
    tx.add(Organization(id=organization_id, name=name, telephones=dict(telephones or {})))
    await tx.flush()


async def add_shelter(tx: Transaction, new: NewShelter, seal: Seal, now: datetime, actor: Actor = REGISTER) -> None:
    """Add a shelter with all its places: a row in the journal for each, and one bell. The caller checks the rights."""
    tx.add(
        Shelter(
            id=new.id,
            organization_id=new.organization_id,
            unit_code=new.unit,
            name=new.name,
            confirmed_at=new.confirmed_at,
            created_at=now,
            intake_from_minutes=new.intake_from_minutes,
            intake_until_minutes=new.intake_until_minutes,
            confirm_times=list(new.confirm_times),
            criteria=new.criteria,
            limits=new.limits,
            languages=list(new.languages),
        )
    )
    await tx.flush()
    telephone, address = seal.close(new.telephone), seal.close(new.address)
    tx.add(ShelterContact(shelter_id=new.id, telephone_sealed=telephone, address_sealed=address))
    await tx.flush()
    rows = [
        {
            "id": place.id,
            "shelter_id": new.id,
            "kind_code": place.kind,
            "position": position,
            "label": place.label,
            "beds": place.beds,
            "cots": place.cots,
            "state": place.state,
            "since": place.since or place.observed_at,
            "observed_at": place.observed_at,
            "expected_free_at": place.expected_free_at,
            "closed_reason": place.closed_reason,
            "criteria": place.criteria,
        }
        for position, place in enumerate(new.places, start=1)
    ]
    await add_places(tx, rows)
    entries = [journal_row(actor, "add_shelter", None, None, _shelter_words(new), now)]
    entries += [
        journal_row(actor, "add_place", place.id, None, _place_words(place), now, place.observed_at) for place in new.places
    ]
    await write_journal(tx, [row | {"shelter_id": new.id, "version": 1} for row in entries])
    await ring(tx, "shelter", new.id, 1)


def _shelter_words(new: NewShelter) -> dict[str, Any]:
    """Return all that a board shows of a new shelter, so that the journal alone can tell how it began."""
    confirmed_at = None if new.confirmed_at is None else new.confirmed_at.isoformat()
    return {
        "name": new.name,
        "organization": new.organization_id,
        "unit": new.unit,
        "confirm_times": list(new.confirm_times),
        "intake": [new.intake_from_minutes, new.intake_until_minutes],
        "criteria": new.criteria,
        "limits": new.limits,
        "languages": list(new.languages),
        "confirmed": {"at": confirmed_at, "by": "person", "kinds": {}},
    }


def _place_words(new: NewPlace) -> dict[str, Any]:
    """Return the same of a new place."""
    facts = {"label": new.label, "kind": new.kind, "beds": new.beds, "cots": new.cots, "criteria": new.criteria or {}}
    since = new.since or new.observed_at
    return facts | occupancy_words(new.state, new.expected_free_at, new.closed_reason, since)


async def add_person(tx: Transaction, person: Person, shelter_ids: Sequence[str] = ()) -> None:
    tx.add(person)
    await tx.flush()
    tx.add_all([Membership(person_id=person.id, shelter_id=shelter_id) for shelter_id in shelter_ids])
    await tx.flush()
    await ring(tx, "catalogue", "all")  # the callers of shelters are part of it


async def add_client(
    tx: Transaction,
    *,
    client_id: str,
    name: str,
    role: ClientRole,
    token: str,
    now: datetime,
    organization_id: str | None = None,
    shelter_id: str | None = None,
    scopes: Sequence[str] | None = None,
    expires_at: datetime | None = None,
    demo: bool = False,
) -> None:
    """Add a program with a token of its own; the token itself is not kept.

    `scopes` None: all that its role can have. `expires_at` None: its token has no end, as those of a demo.
    """
    tx.add(
        Client(
            id=client_id,
            token_hash=hash_token(token),
            name=name,
            role=role,
            organization_id=organization_id,
            shelter_id=shelter_id,
            scopes=list(SCOPES_OF[role] if scopes is None else scopes),
            expires_at=expires_at,
            demo=demo,
            created_at=now,
        )
    )
    await tx.flush()
