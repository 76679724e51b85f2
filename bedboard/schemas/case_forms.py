"""The forms on the pages of a case and on top of a shelter's own page. Each carries the key that was made when it was drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from bedboard.rules.arrivals import CHANGED_AHEAD
from bedboard.rules.cases import LATEST_ARRIVAL, AnswerCode, ShelterAnswer, WithdrawReason
from bedboard.rules.fit import MOST_OF_EACH
from bedboard.schemas.cases import Decision
from bedboard.schemas.fields import CALLER_PATTERN, Form, Id, KeyForm

CodeText = Annotated[str, Field(max_length=64)]


def yes_with(place_ids: Sequence[str]) -> ShelterAnswer:
    """Return a yes with these places; with none it is not complete."""
    return ShelterAnswer("yes", place_ids[0] if place_ids else None, more_place_ids=tuple(place_ids[1:]))


class EmptyForm(Form):
    """A button that needs no key: a repeated press is a disclosure of its own."""


class CallForm(Form):
    """A button that shows the telephone of one shelter of the case. It needs no key, because it is written down once."""

    shelter: Id


class ChoiceForm(KeyForm):
    """The requester takes an offer. `within`: minutes until the arrival; if `arrives_at` has a local time, that one counts.
    Both absent: the usual time."""

    shelter: Id
    within: Annotated[int, Field(ge=1, le=LATEST_ARRIVAL // timedelta(minutes=1))] | None = None
    arrives_at: Annotated[str, Field(max_length=40)] | None = None


class ArrivalTimeForm(KeyForm):
    """The requester says another hour of arrival after the choice. `within`, `arrives_at`: as in `ChoiceForm`, one of both."""

    within: Annotated[int, Field(ge=1, le=CHANGED_AHEAD // timedelta(minutes=1))] | None = None
    arrives_at: Annotated[str, Field(max_length=40)] | None = None


class WithdrawalForm(KeyForm):
    """The requester says why nothing is sought any more."""

    why: WithdrawReason


class HandOverForm(KeyForm):
    """The requester hands the case over. `to`: the organization and role, as "organization role"; None: keep it."""

    to: Annotated[str, Field(max_length=130, pattern=CALLER_PATTERN)] | None = None


class OutcomeForm(KeyForm):
    """The requester says where the person sleeps."""

    slept: CodeText


class OfferForm(KeyForm):
    """A yes with one `place`, or with several that are ticked, for a group that is split: `places.linde-1` and so on."""

    place: Id | None = None
    places: list[Id] = Field(default_factory=list, max_length=MOST_OF_EACH)

    @model_validator(mode="before")
    @classmethod
    def _collect(cls, fields: Mapping[str, str]) -> Mapping[str, object]:
        ticked = [name.removeprefix("places.") for name in fields if name.startswith("places.")]
        rest = {name: value for name, value in fields.items() if not name.startswith("places.")}
        return {**rest, "places": ticked} if ticked else rest

    @property
    def place_ids(self) -> list[str]:
        return [*([self.place] if self.place else []), *self.places]


class StaffHoldsForm(OfferForm):
    """Several places for a caller, all or none. `caller`: the organization that telephones, as "organization role"."""

    caller: Annotated[str, Field(max_length=130, pattern=CALLER_PATTERN)]


class PolicePlaceForm(OfferForm):
    """The police take a place of a kind on which they decide themselves. `within`, `arrives_at`: as in `ChoiceForm`."""

    shelter: Id
    within: Annotated[int, Field(ge=1, le=LATEST_ARRIVAL // timedelta(minutes=1))] | None = None
    arrives_at: Annotated[str, Field(max_length=40)] | None = None

    @property
    def said(self) -> ShelterAnswer:
        return yes_with(self.place_ids)


class DecisionForm(KeyForm):
    """The desk decides on the chosen place; a `reason` with refuse and end_stay, and then the last night too."""

    decision: Decision
    reason: CodeText | None = None
    stays_until: date | None = None


class ArrivalForm(KeyForm):
    """The desk says whether they came to the chosen shelter."""

    shelter: Id
    arrival: Literal["arrived", "missed"]


class StaffAnswerForm(OfferForm):
    """A shelter answers. A place with yes; `reason`: with no; `criterion`: with a contra-indication."""

    answer: AnswerCode
    reason: CodeText | None = None
    criterion: CodeText | None = None

    @property
    def said(self) -> ShelterAnswer:
        return replace(yes_with(self.place_ids), answer=self.answer, reason=self.reason, criterion=self.criterion)


class AnswerForm(StaffAnswerForm):
    """The desk answers for a shelter that telephoned."""

    shelter: Id


class StaffArrivalForm(KeyForm):
    """A shelter says whether they came."""

    arrived: Literal["yes", "no"]
