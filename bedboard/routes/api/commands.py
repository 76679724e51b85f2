"""What API calls may carry, strictly typed. The OpenAPI document is made from these."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bedboard.routes.parse import Moment
from bedboard.rules.places import CLOSED_REASONS

Count = Annotated[int, Field(ge=0, le=100_000)]
Reason = Literal["cleaning", "repair", "no_staff", "quarantine", "safety", "other"]

if set(Reason.__args__) != set(CLOSED_REASONS):  # type: ignore[attr-defined]
    raise AssertionError("the reasons of the API and of the rules differ")


class Command(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PatchPlace(Command):
    """A place becomes free, occupied or closed. A closed place needs a reason; `expected_free_at` is when it is expected
    to be free again. `observed_at` is when this was seen: an older one never overwrites a newer one."""

    status: Literal["free", "occupied", "closed"]
    reason: Reason | None = None
    expected_free_at: Moment | None = None
    observed_at: Moment | None = None


class KindNumbers(Command):
    """How many places of one kind are free; `closed` absent leaves closed places as they are."""

    free: Count
    closed: Count | None = None


class PutOccupancy(Command):
    """Numbers per kind, for those who know no single places. Kinds that are not named stay as they are."""

    kinds: Annotated[dict[Annotated[str, Field(max_length=64)], KindNumbers], Field(min_length=1, max_length=50)]
    observed_at: Moment | None = None


class PostConfirm(Command):
    """Everything that is known of the shelter is still correct."""

    observed_at: Moment | None = None


class Counts(BaseModel):
    """Places of one kind; the five statuses add up to `total`."""

    free: int
    held: int
    reserved: int
    occupied: int
    closed: int
    total: int


class PlaceObject(BaseModel):
    id: str
    label: str
    kind: str
    beds: int
    cots: int
    status: Literal["free", "held", "reserved", "occupied", "closed"]
    expected_free_at: AwareDatetime | None


class ShelterObject(BaseModel):
    """A shelter by its code name. `confirmed_at` null and freshness "stale": unknown, so call."""

    id: str
    name: str
    unit: str
    version: int
    confirmed_at: AwareDatetime | None
    freshness: Literal["fresh", "ageing", "stale"]
    counts: dict[str, Counts]
    places: list[PlaceObject]


class KnownShelterObject(BaseModel):
    """What those without live occupancy (admin, auditor) may know of a shelter."""

    id: str
    name: str
    unit: str
    organization: str


class BoardObject(BaseModel):
    as_of: AwareDatetime
    shelters: list[ShelterObject | KnownShelterObject]


class ReasonObject(BaseModel):
    """The answer to one criterion or limit. `detail`: the limit's number, how many people, or the local minute at which
    intake opens; null when there is none."""

    criterion: str
    verdict: Literal["yes", "discuss", "no", "unknown"]
    detail: int | None


class MatchObject(BaseModel):
    """A free place that fits, or is worth a call."""

    place: str
    label: str
    shelter: str
    name: str
    unit: str
    kind: str
    beds: int
    cots: int
    fit: Literal["fits", "discuss"]
    reasons: list[ReasonObject]
    freshness: Literal["fresh", "ageing", "stale"]
    confirmed_at: AwareDatetime | None


class FoundCounts(BaseModel):
    """Of places. `unsure`: would fit or be worth a call, but the news is stale. `taken`: likewise, but not free now."""

    fits: int
    discuss: int
    unsure: int
    excluded: int
    taken: int


class FoundObject(BaseModel):
    """What was found, the best first. `excluded`: criterion to number of free places that it leaves out; a place may be under
    several."""

    as_of: AwareDatetime
    matches: list[MatchObject]
    counts: FoundCounts
    excluded: dict[str, int]


class HoldObject(BaseModel):
    """A live hold. `extended`: not to be extended again."""

    id: str
    place: str
    shelter: str
    expires_at: AwareDatetime
    extended: bool


class OwnHoldObject(HoldObject):
    """With the number to call; every showing of it is written down."""

    telephone: str


class HoldsObject(BaseModel):
    holds: list[OwnHoldObject]
