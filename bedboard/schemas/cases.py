"""The API's calls about cases: their bodies and their answers."""

from datetime import date
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AwareDatetime, ConfigDict, Field
from typing_extensions import TypedDict

from bedboard.rules.cases import AnswerCode, CaseState, DeskReason, NoReason, Settled, WithdrawReason
from bedboard.rules.criteria import CRITERION_NAMES
from bedboard.rules.fit import MOST_OF_EACH
from bedboard.rules.places import PlaceStatus
from bedboard.rules.rights import AnsweredBy
from bedboard.rules.tallies import Slept
from bedboard.schemas.fields import Command, Distinct, Id, Moment
from bedboard.schemas.profile import SearchProfile

Criterion = Annotated[str, Field(max_length=64, json_schema_extra={"enum": sorted(CRITERION_NAMES)})]
Shelters = Annotated[list[Id], Field(max_length=50)]
SeekingRole = Literal["coordinator", "police", "desk"]
Decision = Literal["confirm", "refuse", "end_stay"]
Says = Literal["silent", "yes", "discuss", "no", "lapsed"]
"""A shelter's answer to a case as it now stands; lapsed: it said yes, and the place is no longer reserved."""


def _like(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class PostCase(SearchProfile):
    """A household, as for a search, and the shelters to ask: up to eight ids. A shelter is refused where every place excludes
    the household, whether free or not: `does_not_suit`. To discuss it all the same, name one of its places in `places`.
    A place of a shelter that is not asked is refused."""

    model_config = _like({"adults": {"woman": 1}, "needs": ["lvb"], "shelters": ["linde", "wilg"]})

    shelters: Shelters
    places: Annotated[list[Id], Distinct] = Field(default_factory=list, max_length=50)


class PostShelters(Command):
    """More shelters to ask. A shelter whose answer no longer counts may be asked again. `places`: as for a new case."""

    model_config = _like({"shelters": ["wilg"]})

    shelters: Shelters
    places: Annotated[list[Id], Distinct] = Field(default_factory=list, max_length=50)


class PostAnswer(Command):
    """A shelter's answer: yes with a `place` (reserved for 60 minutes), discuss, or no with a `reason`.

    For a group that may be split, `places` are those that are offered besides: all are reserved, or none. Places that
    are too small for the household are refused.

    A contra-indication is named in `criterion`. With discuss, the requester sees the shelter's telephone. An answer counts
    until something is chosen.

    `shelter` is needed from callers who do not work for a shelter: the desk when the shelter telephoned, and the police for a
    kind of place on which they decide."""

    model_config = _like(
        {"answer": "yes", "place": "linde-1"},
        {"answer": "yes", "place": "linde-1", "places": ["linde-2"]},
        {"answer": "discuss"},
        {"answer": "no", "reason": "contra_indication", "criterion": "psychiatric"},
        {"answer": "discuss", "shelter": "linde"},
    )

    answer: AnswerCode
    shelter: Id | None = None
    place: Id | None = None
    places: list[Id] = Field(default_factory=list, max_length=MOST_OF_EACH - 1)
    reason: NoReason | None = None
    criterion: Criterion | None = None


class PostChoice(Command):
    """The shelter whose offer is taken, and the time of arrival (within two days). Absent: in two hours, or in half an hour for
    people who come as soon as possible (`arrives_after` "now"), and never sooner than the journey from `near` takes."""

    model_config = _like({"shelter": "linde"})

    shelter: Id
    arrives_at: Moment | None = None


class PostDecision(Command):
    """The desk's decision on the chosen place; a `reason` with refuse and end_stay.

    With end_stay the desk ends a provisional placement after the arrival. The household may stay up to and including the night
    of `stays_until`, a local date within a week, and the requester looks further. To confirm after the arrival ends the case:
    its needs are erased, and nothing brings them back."""

    model_config = _like(
        {"decision": "confirm"}, {"decision": "end_stay", "reason": "better_place", "stays_until": "2026-03-14"}
    )

    decision: Decision
    reason: DeskReason | None = None
    stays_until: date | None = None


class PostArrival(Command):
    """Whether they came to the chosen shelter. The arrival of a confirmed case ends it, and its needs are erased."""

    model_config = _like({"arrived": True})

    arrived: bool
    shelter: Id | None = None


class PostArrivalTime(Command):
    """Another time of arrival at the chosen shelter, later or sooner, within a day from now. The place stays reserved, and the
    shelter reads the new time. Saying another one later is how it is taken back. A place that the police took themselves is
    kept for eight hours from then."""

    model_config = _like({"arrives_at": "2026-03-11T18:30:00+01:00"})

    arrives_at: Moment


class PostWithdrawal(Command):
    """Why nothing is sought any more. It is counted and not kept. With no_place, `outcome` still asks where the person sleeps;
    with the other reasons the request is at its end, and no night without a place is counted."""

    model_config = _like({"why": "no_place"})

    why: WithdrawReason


class PostHandOver(Command):
    """The organization and role with which the request goes on, once somebody there has taken it over. Both absent or null: it
    stays with its requester, and an offer is taken back."""

    model_config = _like({"organization": "oever", "role": "coordinator"})

    organization: Id | None = None
    role: SeekingRole | None = None


class PostOutcome(Command):
    """Where the person sleeps. It is counted and not kept with the case."""

    slept: Slept


class HoldUsedObject(TypedDict):
    """A live hold of the requester that a case uses."""

    id: str
    place: str
    places: list[str]
    expires_at: AwareDatetime


class AskObject(TypedDict):
    """One shelter's part in a case. `says` lapsed: it said yes, and the place is no longer reserved. `places`: all that it
    offers together, `place` is the first of them. `place_status`: the status of the place on the board, and of several
    the first that is not reserved; anything but reserved means: call before you go. `telephone`: only for the requester, of a
    shelter that said discuss; every showing of it is written down. `settled` null: the answer still counts.

    `hold`: the hold that the requester had there when asking, as long as it lasts; the shelter may offer that place. It is
    for the requester and the desk only."""

    shelter: str
    kind: str
    says: Says
    asked_at: AwareDatetime
    answered_at: AwareDatetime | None
    answered_by: AnsweredBy | None
    place: str | None
    places: list[str]
    place_status: PlaceStatus | None
    reserved_until: AwareDatetime | None
    reason: NoReason | None
    criterion: str | None
    settled: Settled | None
    telephone: str | None
    hold: HoldUsedObject | None


class HandedObject(TypedDict):
    """An organization and a role to which a request is offered."""

    organization: str
    role: str


class CaseObject(TypedDict):
    """A case, for its requester and for the desk. `needs`: the household; null once nothing is sought any more, like every
    `reason`. `chosen`: the shelter. `refusal`: the last reason of the desk to say no. `stays_until`: where the desk ended a
    stay, the last night, a local date. `handed_to`: the group that is offered the request."""

    id: str
    version: int
    state: CaseState
    organization: str
    role: SeekingRole
    created_at: AwareDatetime
    arrives_at: AwareDatetime | None
    decided_at: AwareDatetime | None
    over_at: AwareDatetime | None
    refusal: DeskReason | None
    stays_until: date | None
    handed_to: HandedObject | None
    needs: SearchProfile | None
    chosen: str | None
    shelters: list[AskObject]


class AskedObject(TypedDict):
    """A case, for one of its shelters: its own part, and the household as long as its answer counts or they are expected.
    `state` and the times are there for the chosen shelter only, and `stays_until` where the desk ended a stay."""

    id: str
    version: int
    organization: str
    role: SeekingRole
    created_at: AwareDatetime
    needs: SearchProfile | None
    shelters: Annotated[list[AskObject], Field(min_length=1, max_length=1)]
    state: NotRequired[CaseState]
    arrives_at: NotRequired[AwareDatetime | None]
    decided_at: NotRequired[AwareDatetime | None]
    over_at: NotRequired[AwareDatetime | None]
    stays_until: NotRequired[date | None]


class CasesObject(TypedDict):
    requests: list[CaseObject | AskedObject]


class AddressObject(TypedDict):
    """The address of the chosen shelter."""

    shelter: str
    address: str
