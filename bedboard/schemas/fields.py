"""Kinds of fields that several forms and bodies share."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from bedboard.rules.hours import next_moment
from bedboard.rules.refusals import FieldError, Invalid

ID_PATTERN = "[a-z0-9][a-z0-9-]{0,63}"
ID = re.compile(rf"^{ID_PATTERN}\Z")
Id = Annotated[str, Field(pattern=f"^{ID_PATTERN}$")]


CALLER_PATTERN = r"^[a-z0-9][a-z0-9-]* (police|coordinator|desk)$"
"""An organization and a role, as one field of a form."""


def _read_time(value: Any) -> Any:
    try:
        moment = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise PydanticCustomError("datetime_form", "a time is written like 2026-03-11T14:00:00+01:00") from None
    try:
        return moment if moment.tzinfo is None else moment.astimezone(UTC)  # the database refuses an offset of 16 hours
    except OverflowError:  # in the first or the last year there is: a rule refuses it as too far away
        return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_read_time)]
"""An aware time as ISO 8601; pydantic alone would also take the digits of a Unix time."""


def _check_distinct(said: list[Any]) -> list[Any]:
    if len(set(said)) < len(said):
        raise PydanticCustomError("doubled", "each may be there once")
    return said


Distinct = AfterValidator(_check_distinct)
"""For a list in which nothing may be twice."""


def _read_day(value: Any) -> Any:
    try:
        day = date.fromisoformat(value)
    except (ValueError, TypeError):
        raise PydanticCustomError("date_form", "a day is written like 2026-03-11") from None
    if day.year not in YEARS:
        raise PydanticCustomError("date_far", "a day is in the years 2000 to 2199")
    return day


YEARS = range(2000, 2200)
Day = Annotated[date, BeforeValidator(_read_day)]
"""A local day as ISO 8601, in the years of any deployment."""


def _read_month(value: Any) -> Any:
    if not isinstance(value, str) or re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", value) is None:
        raise PydanticCustomError("month_form", "a month is written like 2026-03")
    return _read_day(f"{value}-01")


Month = Annotated[date, BeforeValidator(_read_month)]
"""A local month, such as 2026-03, as its first day."""

KeyText = Annotated[str, Field(max_length=255)]
"""An idempotency key as a form carries it."""


def local_moment(field: str, text: str | None, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the moment that a `datetime-local` input sends, in the deployment's zone; None for nothing.

    An hour that comes twice is the next one to come. Refusal: Invalid `not_a_time`.
    """
    if text is None:
        return None
    try:
        return next_moment(datetime.fromisoformat(text), zone, now)
    except (ValueError, OverflowError):
        raise Invalid(FieldError(field, "not_a_time")) from None


Count = Annotated[int, Field(ge=0, le=100_000)]
Version = Annotated[int, Field(ge=1, le=2**62)]


class Form(BaseModel):
    """The fields of a form; others are refused."""

    model_config = ConfigDict(extra="forbid")


class KeyForm(Form):
    """A form that does something once: its `key` was made when it was drawn."""

    key: KeyText


class Command(BaseModel):
    """The body of a program's call; other fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def number_in(text: str, least: int = 0) -> int | None:
    """Return the number that an address carries, such as a version; None when it is none, or lower than `least`."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
    return None if number is None or number < least else number
