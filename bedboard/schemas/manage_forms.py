"""The forms of the administration. Every text has a pattern: nothing that could be about a victim fits in."""

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bedboard.rules.clients import PERIODS, ClientRole, Scope, unfit_name
from bedboard.rules.contacts import Topic
from bedboard.rules.deciding import DAYS
from bedboard.rules.managing import MOST_PLACES_AT_ONCE, MOST_TIMES, USUAL_TIMES, is_label
from bedboard.schemas.fields import Day, Form, Id, KeyForm, KeyText
from bedboard.schemas.seeds import CLOCK_TIME, TELEPHONE, ClockTime

LETTERS = "A-Za-zÀ-ÖØ-öø-ÿĀ-ſ"
PERSON_NAME = re.compile(f"[{LETTERS}][{LETTERS}.'’-]*( [{LETTERS}.'’-]+){{0,5}}")
ORGANIZATION_NAME = re.compile(f"[{LETTERS}0-9][{LETTERS}0-9.,&'’()/-]*( [{LETTERS}0-9.,&'’()/-]+){{0,9}}")
CODE_NAME = re.compile(f"[{LETTERS}]{{2,30}}( [{LETTERS}]{{2,30}})?( [0-9]{{1,2}})?")
ADDRESS = re.compile(f"[{LETTERS}0-9][{LETTERS}0-9 .,'’/-]{{4,119}}")
LONG_PATTERN = f"^[{LETTERS}0-9][{LETTERS}0-9 .,;:!?&'’()/-]{{0,239}}$"
HOUR = re.compile(r"([01]?[0-9]|2[0-3])(?:[:.]([0-5][0-9]))?")
BETWEEN_DIGITS = re.compile(r"[-‐-–()./\s]+")
NATIONAL_ZERO = re.compile(r"^(\s*(?:\+|00)[0-9]{1,3}\s*)\(0\)")  # +31 (0)70 1234567: nobody dials it from abroad
STAMP_PATTERN = "^[0-9a-f]{16}$"
LOCAL_DIGITS = 7  # from here on a number needs its area code, or that of its country
PROGRAM = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+){0,5}")
LONGEST_PROGRAM = 40


def _fold(value: Any) -> Any:
    """Read a name without the spaces around it, and with one between its words."""
    return " ".join(filter(None, value.split(" "))) if isinstance(value, str) else value


def _shaped(shape: re.Pattern[str], code: str, means: str) -> AfterValidator:
    def check(text: str) -> str:
        if not shape.fullmatch(text):
            raise PydanticCustomError(code, means)
        return text

    return AfterValidator(check)


def _check_label(text: str) -> str:
    if not is_label(text):
        raise PydanticCustomError("not_a_label", "a place is called like kamer 3, 2.04 or gezinskamer")
    return text


def _check_program(name: str) -> str:
    if len(name) > LONGEST_PROGRAM or not PROGRAM.fullmatch(name) or unfit_name(name) is not None:
        raise PydanticCustomError("not_a_program", "a program is called like roster-linde")
    return name


def _read_days(value: Any) -> Any:
    days = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 5 else 0
    if days not in PERIODS:
        raise PydanticCustomError("not_a_period", "a token counts for one of some periods")
    return days


def _read_times(value: Any) -> Any:
    """Read hours like 8, 8:00 and 08:00, with commas, semicolons or spaces between them."""
    found = [HOUR.fullmatch(one) for one in re.split(r"[,;\s]+", str(value)) if one]
    times = {f"{int(one[1]):02}:{one[2] or '00'}" for one in found if one}
    if not 0 < len(found) <= MOST_TIMES or not all(found):
        raise PydanticCustomError("not_hours", "hours are written like 08:00, 16:00, 21:30")
    return sorted(times)


def _read_telephone(value: Any) -> str:
    """Read a number as people write it: only its digits, spaces and a plus are kept.

    A spreadsheet drops the zero at its beginning, and nobody sees that until somebody calls at night.
    """
    number = " ".join(BETWEEN_DIGITS.sub(" ", NATIONAL_ZERO.sub(r"\1 ", str(value))).split())
    is_short = len(number.replace(" ", "")) < LOCAL_DIGITS  # such as 112
    if not re.fullmatch(TELEPHONE, number) or not (is_short or number[0] in "+0"):
        raise PydanticCustomError("not_a_telephone", "a number is written like 070-123 45 67")
    return number


Folded = Annotated[str, BeforeValidator(_fold)]
PersonName = Annotated[Folded, Field(max_length=60), _shaped(PERSON_NAME, "not_a_person_name", "letters, spaces and dashes")]
OrganizationName = Annotated[
    Folded, Field(max_length=80), _shaped(ORGANIZATION_NAME, "not_an_organization_name", "letters, digits and . , & ' ( ) / -")
]
CodeName = Annotated[Folded, Field(max_length=40), _shaped(CODE_NAME, "not_a_code_name", "a word or two, perhaps a number")]
Telephone = Annotated[str, BeforeValidator(_read_telephone)]
Times = Annotated[list[str], BeforeValidator(_read_times)]
Address = Annotated[Folded, _shaped(ADDRESS, "not_an_address", "street, number, postal code and town")]
Label = Annotated[Folded, Field(max_length=30), AfterValidator(_check_label)]
Explanation = Annotated[str, Field(pattern=LONG_PATTERN)]
PersonRole = Literal["staff", "manager", "coordinator", "police", "desk", "admin", "auditor", "policy"]
PERSON_ROLES: tuple[PersonRole, ...] = get_args(PersonRole)
ProgramName = Annotated[str, AfterValidator(_check_program)]
Days = Annotated[int, BeforeValidator(_read_days)]
Ticked = Annotated[dict[Id, Literal["on"]], Field(default_factory=dict, max_length=100)]


class EditForm(Form):
    """The rest of every form of the administration. `seen`: the stamp of the facts that the page showed.

    `do`: show what would change, save it, or end the thing (give it back, if it had ended).
    """

    key: KeyText
    do: Literal["preview", "save", "end"] = "save"
    seen: Annotated[str, Field(pattern=STAMP_PATTERN)] | None = None


class OrganizationForm(Form):
    """An organization, with a number for each role in which its people seek places."""

    name: OrganizationName
    telephone_police: Telephone | None = None
    telephone_coordinator: Telephone | None = None
    telephone_desk: Telephone | None = None

    @property
    def telephones(self) -> dict[str, str]:
        given = {
            "police": self.telephone_police,
            "coordinator": self.telephone_coordinator,
            "desk": self.telephone_desk,
        }
        return {role: telephone for role, telephone in given.items() if telephone is not None}


class MergeForm(Form):
    """The organization in which another one goes up, by its id."""

    into: Id


class PersonForm(Form):
    """A person. `shelters`: the ids of those for which they work, each ticked. `another`: not the one with the same name."""

    name: PersonName
    organization: Id
    role: PersonRole
    shelters: Ticked
    another: Literal["on"] | None = None


class StaffForm(Form):
    """A person of a shelter's staff, as its manager adds or changes them. `another`: as of a person."""

    name: PersonName
    shelters: Ticked
    another: Literal["on"] | None = None


class RoleForm(Form):
    """A further role of a person."""

    organization: Id
    role: PersonRole


class TokenForm(Form):
    """A token for the system of a shelter. `scopes`: each ticked. `lasts`: for how many days it counts."""

    program: ProgramName
    scopes: Annotated[dict[Scope, Literal["on"]], Field(default_factory=dict)]
    lasts: Days


class AnyTokenForm(TokenForm):
    """A token for any program, as an administrator makes it."""

    role: ClientRole
    shelter: Id | None = None
    organization: Id | None = None


class DropForm(Form):
    """A press to throw a file away that was looked at. `seen`: the stamp of the file that the page showed."""

    seen: Annotated[str, Field(pattern=STAMP_PATTERN)]


class DraftForm(KeyForm, DropForm):
    """A press to save a file that was looked at."""


class RotationForm(Form):
    """A press to make a token again; it has no fields of its own."""


class ShelterForm(Form):
    """A shelter. Telephone and address stay as they are when nothing is given."""

    name: CodeName
    organization: Id | None = None
    unit: Id | None = None
    telephone: Telephone | None = None
    address: Address | None = None
    confirm_times: Times


class NewShelterForm(ShelterForm):
    """A shelter to be added. Without hours it is asked to confirm at the usual ones."""

    organization: Id
    unit: Id
    telephone: Telephone
    address: Address
    confirm_times: Annotated[Times, Field(default_factory=lambda: list(USUAL_TIMES))]


class PlaceForm(Form):
    """A place. `first`, `last`: the days between which a temporary one exists."""

    label: Label
    kind: Id
    beds: Annotated[int, Field(ge=1, le=50)]
    cots: Annotated[int, Field(ge=0, le=20)] = 0
    first: Day | None = None
    last: Day | None = None


class NewPlaceForm(PlaceForm):
    """Places to be added, all alike."""

    count: Annotated[int, Field(ge=1, le=MOST_PLACES_AT_ONCE)] = 1


EVERY_DAY = "daily"
USUAL_DAYS = ("mon-fri", "mon-sat", "sat-sun")
DAY = f"({'|'.join(DAYS)})"


class HoursForm(Form):
    """Hours of the week; without any it is always. `days` without hours are whole days."""

    days: Annotated[str, Field(pattern=f"^({EVERY_DAY}|{DAY}-{DAY})$")] = EVERY_DAY
    opens: ClockTime | None = None
    closes: Annotated[str, Field(pattern=f"^({CLOCK_TIME}|24:00)$")] | None = None

    @property
    def hours(self) -> str | None:
        """Return the hours as they are kept; None: always."""
        if self.days == EVERY_DAY and self.opens is None and self.closes is None:
            return None
        hours = f"{self.opens or '00:00'}-{self.closes or '24:00'}"
        return hours if self.days == EVERY_DAY else f"{self.days} {hours}"


class ContactForm(HoursForm):
    """A number of somebody else than a shelter. Without hours it is always answered."""

    topic: Topic
    name_nl: OrganizationName
    name_en: OrganizationName
    telephone: Telephone
    unit: Id | None = None
    position: Annotated[int, Field(ge=1, le=999)] | None = None
