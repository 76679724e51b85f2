"""The shape of a seed file, such as `seeds/netherlands.toml`. Unknown keys are refused, so that a typing error is seen."""

import re
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bedboard.rules.contacts import Topic
from bedboard.rules.criteria import CRITERION_NAMES, LIMIT_NAMES, SPOKEN_LANGUAGES, Verdict
from bedboard.rules.deciding import HOURS, check_country
from bedboard.rules.order import UNKNOWN_MINUTES
from bedboard.schemas.profile import SearchProfile


def _duration(text: Any) -> Any:
    """Return a text such as "25m", "3h" or "2d" as a timedelta."""
    found = re.fullmatch(r"(?:in )?([0-9]{1,5})([mhd])", text) if isinstance(text, str) else None
    if found is None:
        raise ValueError('a duration is like "25m", "3h" or "2d"')
    unit = {"m": "minutes", "h": "hours", "d": "days"}[found[2]]
    return timedelta(**{unit: int(found[1])})


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError("a time zone is like Europe/Amsterdam") from None


def _criterion(name: str) -> str:
    if name not in CRITERION_NAMES:
        raise ValueError(f"{name} is not a criterion")
    return name


def _limit(name: str) -> str:
    if name not in LIMIT_NAMES:
        raise ValueError(f"{name} is not a limit")
    return name


def _language(code: str) -> str:
    if code not in SPOKEN_LANGUAGES:
        raise ValueError(f"{code} is not one of {', '.join(SPOKEN_LANGUAGES)}")
    return code


REFERENCE = "[a-z]+(-[a-z]+){3}"  # four words, as clock.py makes them
TELEPHONE = r"^\+?[0-9][0-9 ]{2,19}$"
CLOCK_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
ClockTime = Annotated[str, Field(pattern=f"^{CLOCK_TIME}$")]
Hours = Annotated[str, Field(pattern=f"^{CLOCK_TIME}-({CLOCK_TIME}|24:00)$")]
Criteria = dict[Annotated[str, AfterValidator(_criterion)], Verdict]
Limits = dict[Annotated[str, AfterValidator(_limit)], int]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Minutes = Annotated[int, Field(ge=1, lt=UNKNOWN_MINUTES)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Deployment(_Row):
    name: str
    time_zone: Annotated[str, AfterValidator(_zone)]
    country: Annotated[str, AfterValidator(check_country)]
    holidays: list[date] = []


class _Unit(_Row):
    code: str
    name: str
    short: str
    column: int
    row: int


class _Kind(_Row):
    code: str
    name_nl: str
    name_en: str
    long_nl: str
    long_en: str
    decides: Literal["shelter", "desk", "police"]
    desk_hours: Annotated[str, Field(pattern=f"^{HOURS.pattern}$")] | None = None
    outside_hours: Literal["provisional"] | None = None
    for_needs: list[Annotated[str, AfterValidator(_criterion)]] = []
    fresh_hours: float | None = None
    ageing_hours: float | None = None


class _Contact(_Row):
    topic: Topic
    unit: str | None = None
    name_nl: Annotated[str, Field(min_length=1)]
    name_en: Annotated[str, Field(min_length=1)]
    telephone: Annotated[str, Field(pattern=TELEPHONE)]
    hours: Annotated[str, Field(pattern=f"^{HOURS.pattern}$")] | None = None


class _Organization(_Row):
    id: str
    name: str
    telephones: dict[Annotated[str, Field(pattern="^(police|coordinator|desk)$")], str] = {}


class SeedPlace(_Row):
    label: str
    kind: str
    beds: int
    cots: int = 0
    status: Literal["free", "occupied", "closed"]
    since: Duration | None = None
    expected_free: Duration | None = None
    reason: str | None = None
    criteria: Criteria | None = None


class _Shelter(_Row):
    id: str
    name: str
    organization: str
    unit: str
    telephone: str
    address: str
    intake: Hours
    confirm_times: list[ClockTime] = ["08:00", "16:00", "21:30"]
    confirmed: Literal["never"] | Duration
    criteria: Criteria
    limits: Limits = {}
    languages: list[Annotated[str, AfterValidator(_language)]] = []
    place: list[SeedPlace]


class _Person(_Row):
    id: str
    name: str
    role: str
    organization: str
    shelters: list[str] = []
    language: str | None = None
    demo: bool = False


class SeedStep(_Row):
    """Something that somebody has done in the demo. `ago`: how long before the file is loaded; None: when the desk was closed
    last. `by`: the id of a person; None: the requester, or the system of the `shelter` for "count".

    `after`: from then on, the agreed arrival of "choose" and the expected end of "close".
    """

    do: Literal["ask", "yes", "choose", "hand_over", "arrive", "occupy", "close", "count", "hold"]
    ago: Duration | None = None
    by: str | None = None
    shelters: dict[str, str] = {}
    shelter: str = ""
    place: str = ""
    to: tuple[str, str] | None = None
    kind: str = ""
    empty: int = 0
    after: Duration | None = None


class SeedCase(_Row):
    """A case of the demo: its requester, the household in codes, and all that was done, the oldest first."""

    id: Annotated[str, Field(pattern=f"^{REFERENCE}$")]
    person: str
    needs: SearchProfile
    steps: list[SeedStep]


class SeedFile(_Row):
    """The whole file. Raises pydantic.ValidationError naming every key that is wrong."""

    deployment: _Deployment
    unit: list[_Unit]
    kind: list[_Kind]
    travel: dict[str, dict[str, Minutes]] = {}
    contact: list[_Contact] = []
    organization: list[_Organization] = []
    shelter: list[_Shelter] = []
    person: list[_Person] = []
    case: list[SeedCase] = []
    step: list[SeedStep] = []
