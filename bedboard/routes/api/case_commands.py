"""What the API's calls about requests may carry, and what they are answered."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bedboard.rules.cases import ANSWERS, DESK_REASONS, NO_REASONS, SETTLED, STATES
from bedboard.rules.criteria import CRITERION_NAMES
from bedboard.rules.tallies import SLEPT
from bedboard.schemas.fields import Command, Id, Moment
from bedboard.schemas.profile import SearchProfile

Answer = Literal["yes", "discuss", "no"]
NoReason = Literal["no_place", "no_staff", "contra_indication", "not_safe", "household", "status", "information", "other"]
DeskReason = Literal["not_eligible", "better_place", "not_safe", "information", "other"]
Slept = Literal["police_station", "hotel", "homeless_shelter", "street", "exploiter", "friends", "other_shelter", "unknown"]
State = Literal["asking", "chosen", "provisional", "confirmed", "housed", "arrived", "withdrawn", "ended"]
Settled = Literal["chosen", "other_chosen", "refused_by_desk", "missed", "withdrawn"]
Criterion = Annotated[str, Field(max_length=64, json_schema_extra={"enum": sorted(CRITERION_NAMES)})]

for ours, theirs in (
    (Answer, ANSWERS),
    (NoReason, NO_REASONS),
    (DeskReason, DESK_REASONS),
    (Slept, SLEPT),
    (State, STATES),
    (Settled, SETTLED),
):
    if set(ours.__args__) != set(theirs):  # type: ignore[attr-defined]
        raise AssertionError(f"the API says {ours} and the rules say {theirs}")

Shelters = Annotated[list[Id], Field(max_length=50)]


def _like(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class PostCase(SearchProfile):
    """For whom a place is sought, as for a search, and which shelters are asked: up to eight ids."""

    model_config = _like({"adults": {"woman": 1}, "needs": ["lvb"], "near": "noord", "shelters": ["linde", "wilg"]})

    shelters: Shelters


class PostShelters(Command):
    """Which shelters are asked as well; also those again that were let go."""

    model_config = _like({"shelters": ["wilg"]})

    shelters: Shelters


class PostAnswer(Command):
    """What a shelter says: yes with the `place` that it offers (reserved for 60 minutes), discuss (whoever asked sees its
    telephone), or no with a `reason`, of a contra-indication with the `criterion`. It counts until something is chosen.

    `shelter` is needed by who does not work for one: the desk when the shelter telephoned, and the police for a kind of place
    on which they decide."""

    model_config = _like(
        {"answer": "yes", "place": "linde-1"},
        {"answer": "discuss"},
        {"answer": "no", "reason": "contra_indication", "criterion": "psychiatric"},
        {"answer": "discuss", "shelter": "linde"},
    )

    answer: Answer
    shelter: Id | None = None
    place: Id | None = None
    reason: NoReason | None = None
    criterion: Criterion | None = None


class PostChoice(Command):
    """Whose offer is taken, and when they will be there (within two days); absent: in two hours."""

    model_config = _like({"shelter": "linde"})

    shelter: Id
    arrives_at: Moment | None = None


class PostDecision(Command):
    """What the desk says of what was chosen; a `reason` only with refuse."""

    model_config = _like({"decision": "confirm"})

    decision: Literal["confirm", "refuse"]
    reason: DeskReason | None = None


class PostArrival(Command):
    """Whether they came to the shelter that was chosen."""

    model_config = _like({"arrived": True})

    arrived: bool
    shelter: Id | None = None


class PostOutcome(Command):
    """Where the person sleeps. It is counted and not kept with the request."""

    slept: Slept


class AskObject(BaseModel):
    """One shelter's part. `says` lapsed: it said yes, and the place is not reserved any more. `place_status`: what the board
    now says of the place; anything but reserved means: call before you go. `telephone`: only for who asked, of a shelter that
    said discuss; every showing of it is written down. `settled` null: it still counts."""

    shelter: str
    kind: str
    says: Literal["silent", "yes", "discuss", "no", "lapsed"]
    asked_at: AwareDatetime
    answered_at: AwareDatetime | None
    answered_by: Literal["shelter", "desk", "police"] | None
    place: str | None
    place_status: Literal["free", "held", "reserved", "occupied", "closed"] | None
    reserved_until: AwareDatetime | None
    reason: NoReason | None
    criterion: str | None
    settled: Settled | None
    telephone: str | None


class CaseObject(BaseModel):
    """A case, for who asked and for the desk. `needs`: for whom; null once nothing is sought any more, with every `reason`.
    `chosen`: the shelter. `refusal`: why the desk said no, last."""

    id: str
    version: int
    state: State
    organization: str
    role: Literal["coordinator", "police", "desk"]
    created_at: AwareDatetime
    arrives_at: AwareDatetime | None
    decided_at: AwareDatetime | None
    over_at: AwareDatetime | None
    refusal: DeskReason | None
    needs: SearchProfile | None
    chosen: str | None
    shelters: list[AskObject]


class AskedObject(BaseModel):
    """A case as a shelter sees that was asked: for whom, as long as it may be asked, and its own part. How the case stands and
    when they arrive is there when this shelter is chosen."""

    id: str
    version: int
    organization: str
    role: Literal["coordinator", "police", "desk"]
    created_at: AwareDatetime
    needs: SearchProfile | None
    shelters: Annotated[list[AskObject], Field(min_length=1, max_length=1)]
    state: State | None = None
    arrives_at: AwareDatetime | None = None
    decided_at: AwareDatetime | None = None
    over_at: AwareDatetime | None = None


class CasesObject(BaseModel):
    requests: list[CaseObject | AskedObject]


class AddressObject(BaseModel):
    """Where the shelter is that was chosen."""

    shelter: str
    address: str
