"""The forms on the pages of a case and on top of a shelter's own page. Each carries the key that was made when it was drawn."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bedboard.routes.parse import IdConvertor
from bedboard.rules.cases import AnswerCode, ShelterAnswer
from bedboard.schemas.fields import KeyText

IdText = Annotated[str, Field(pattern=f"^{IdConvertor.regex}$")]
CodeText = Annotated[str, Field(max_length=64)]


class EmptyForm(BaseModel):
    """A button that needs no key: a repeated press is a disclosure of its own."""

    model_config = ConfigDict(extra="forbid")


class CaseForm(BaseModel):
    """A press on the page of a case, and the base of the others."""

    model_config = ConfigDict(extra="forbid")
    key: KeyText


class ChoiceForm(CaseForm):
    """The requester takes an offer. `within`: minutes until they arrive; a local time in `arrives_at` goes before it."""

    shelter: IdText
    within: Literal["60", "120", "240"] = "120"
    arrives_at: Annotated[str, Field(max_length=40)] | None = None


class OutcomeForm(CaseForm):
    """The requester says where the person sleeps."""

    slept: CodeText


class PlaceForm(CaseForm):
    """The police take a place of a kind on which they decide themselves."""

    shelter: IdText
    place: IdText


class DecisionForm(CaseForm):
    """The desk decides on the chosen place; a `reason` only with refuse."""

    decision: Literal["confirm", "refuse"]
    reason: CodeText | None = None


class ArrivalForm(CaseForm):
    """The desk says whether they came to the chosen shelter."""

    shelter: IdText
    arrival: Literal["arrived", "missed"]


class StaffAnswerForm(CaseForm):
    """A shelter answers. `place`: with yes; `reason`: with no; `criterion`: with a contra-indication."""

    answer: AnswerCode
    place: IdText | None = None
    reason: CodeText | None = None
    criterion: CodeText | None = None

    @property
    def said(self) -> ShelterAnswer:
        return ShelterAnswer(self.answer, self.place, self.reason, self.criterion)


class AnswerForm(StaffAnswerForm):
    """The desk answers for a shelter that telephoned."""

    shelter: IdText


class StaffArrivalForm(CaseForm):
    """A shelter says whether they came."""

    arrived: Literal["yes", "no"]
