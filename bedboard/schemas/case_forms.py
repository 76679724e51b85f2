"""The forms on the pages of a case and on top of a shelter's own page. Each carries the key that was made when it was drawn."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from bedboard.rules.cases import AnswerCode, ShelterAnswer, WithdrawReason
from bedboard.schemas.cases import Decision
from bedboard.schemas.fields import CALLER_PATTERN, Form, Id, KeyForm

CodeText = Annotated[str, Field(max_length=64)]


class EmptyForm(Form):
    """A button that needs no key: a repeated press is a disclosure of its own."""


class ChoiceForm(KeyForm):
    """The requester takes an offer. `within`: minutes until the arrival; if `arrives_at` has a local time, that one counts."""

    shelter: Id
    within: Literal["30", "60", "120", "240"] = "120"
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


class PolicePlaceForm(KeyForm):
    """The police take a place of a kind on which they decide themselves."""

    shelter: Id
    place: Id


class DecisionForm(KeyForm):
    """The desk decides on the chosen place; a `reason` with refuse and end_stay, and then the last night too."""

    decision: Decision
    reason: CodeText | None = None
    stays_until: date | None = None


class ArrivalForm(KeyForm):
    """The desk says whether they came to the chosen shelter."""

    shelter: Id
    arrival: Literal["arrived", "missed"]


class StaffAnswerForm(KeyForm):
    """A shelter answers. `place`: with yes; `reason`: with no; `criterion`: with a contra-indication."""

    answer: AnswerCode
    place: Id | None = None
    reason: CodeText | None = None
    criterion: CodeText | None = None

    @property
    def said(self) -> ShelterAnswer:
        return ShelterAnswer(self.answer, self.place, self.reason, self.criterion)


class AnswerForm(StaffAnswerForm):
    """The desk answers for a shelter that telephoned."""

    shelter: Id


class StaffArrivalForm(KeyForm):
    """A shelter says whether they came."""

    arrived: Literal["yes", "no"]
