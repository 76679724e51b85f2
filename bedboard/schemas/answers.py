"""The answers of the API, one shape per thing: for the functions that build one, and for the OpenAPI document."""

from pydantic import AwareDatetime
from typing_extensions import TypedDict

from bedboard.rules.contacts import Topic
from bedboard.rules.fit import Fit, ReasonVerdict
from bedboard.rules.freshness import Freshness
from bedboard.rules.order import Decides
from bedboard.rules.places import PlaceStatus


class Counts(TypedDict):
    """Places of one kind; the five statuses add up to `total`.

    `unplaced`: how many holds and reservations have no place, because fewer places are empty than are promised: call.
    """

    free: int
    held: int
    reserved: int
    occupied: int
    closed: int
    total: int
    unplaced: int


class ComingObject(TypedDict):
    """A place that is there from `exists_from` to `exists_until`; both are null for one that always is."""

    id: str
    label: str
    kind: str
    beds: int
    cots: int
    exists_from: AwareDatetime | None
    exists_until: AwareDatetime | None


class PlaceObject(ComingObject):
    status: PlaceStatus
    expected_free_at: AwareDatetime | None


class ShelterObject(TypedDict):
    """A shelter by its code name. `confirmed_at`: of the kind of place that was confirmed longest ago; null: never.

    `coming`: temporary places that are not there yet; no number counts them. `unconfirmed`: its news is stale, so call. A
    change of one place does not alter that: confirm the rest, or send its numbers. `reported_by_system`: the last report came
    from a program, and no person has confirmed the shelter since.
    """

    id: str
    name: str
    unit: str
    version: int
    confirmed_at: AwareDatetime | None
    freshness: Freshness
    unconfirmed: bool
    reported_by_system: bool
    counts: dict[str, Counts]
    places: list[PlaceObject]
    coming: list[ComingObject]


class KnownShelterObject(TypedDict):
    """What those without live occupancy (admin, auditor) may know of a shelter."""

    id: str
    name: str
    unit: str
    organization: str


class BoardObject(TypedDict):
    """The board. `epoch`: becomes higher when the database may have come back older, such as a restored backup; then a version
    of before says nothing about one of after."""

    as_of: AwareDatetime
    epoch: int
    shelters: list[ShelterObject | KnownShelterObject]


class ReasonObject(TypedDict):
    """The answer to one criterion or limit. `detail`: the limit's number, how many people, or the local minute at which
    intake opens (of `intake`) or closes (of `intake_until`); null when there is none."""

    criterion: str
    verdict: ReasonVerdict
    detail: int | None


class MatchObject(TypedDict):
    """A free place that fits, or is worth a call, or that one reason alone excludes.

    `places`: all that are needed. For a group that may be split there may be several of one shelter; `place` is then the first
    of them, `label` names all, and `beds` and `cots` are their sum.
    `decides`: the side that decides now. "requester": the caller; "shelter"; "desk": it is open; "provisional": a yes of the
    shelter counts until the desk looks at it; "desk_closed": the case waits until the desk opens. `travel_minutes`: from
    `near`; null when it was left open or the time is not known. `exists_until`: the end of a temporary place.
    `to_ask`: everything that the asker left open, and that the shelter refuses ("no") or limits ("discuss"). It does not
    change `fit`.
    """

    place: str
    places: list[str]
    label: str
    shelter: str
    name: str
    unit: str
    kind: str
    beds: int
    cots: int
    exists_from: AwareDatetime | None
    exists_until: AwareDatetime | None
    fit: Fit
    decides: Decides
    travel_minutes: int | None
    reasons: list[ReasonObject]
    to_ask: list[ReasonObject]
    freshness: Freshness
    confirmed_at: AwareDatetime | None


class FoundCounts(TypedDict):
    """Of places. `unsure`: would fit or be worth a call, but the news is stale. `taken`: likewise, but not free now."""

    fits: int
    discuss: int
    unsure: int
    excluded: int
    taken: int


class FoundObject(TypedDict):
    """The matches of a search, the best first.

    `excluded`: criterion to number of free places that it leaves out; a place may be under several. `almost`: the first of the
    places that one reason alone leaves out. `untried`: the number of shelters that may hold the group in several places; it
    can be divided there in too many ways to try them all, so a call has to tell.
    """

    as_of: AwareDatetime
    matches: list[MatchObject]
    counts: FoundCounts
    excluded: dict[str, int]
    almost: list[MatchObject]
    untried: int


class HoldObject(TypedDict):
    """A live hold. `places`: all that it keeps, `place` is the first of them. `extended`: not to be extended again."""

    id: str
    place: str
    places: list[str]
    shelter: str
    expires_at: AwareDatetime
    extended: bool


class OwnHoldObject(HoldObject):
    """With the number to call; every showing of it is written down. `telephone` null: the caller has seen as many as it may
    in an hour."""

    telephone: str | None


class HoldsObject(TypedDict):
    holds: list[OwnHoldObject]


class ContactObject(TypedDict):
    """A number besides those of shelters. `unit` null: for the whole country. `hours` null: always answered; otherwise local
    hours such as "mon-fri 09:00-17:00", not on public holidays."""

    id: str
    topic: Topic
    unit: str | None
    names: dict[str, str]
    telephone: str
    hours: str | None
    answered_now: bool


class ContactsObject(TypedDict):
    as_of: AwareDatetime
    contacts: list[ContactObject]
