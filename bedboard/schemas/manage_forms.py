"""The forms of the administration. Every text has a pattern: nothing that could be about a victim fits in."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from bedboard.rules.contacts import Topic
from bedboard.rules.deciding import DAYS
from bedboard.rules.managing import MOST_PLACES_AT_ONCE, is_label
from bedboard.schemas.fields import Day, Form, Id, KeyText
from bedboard.schemas.seeds import CLOCK_TIME, TELEPHONE, ClockTime

LETTERS = "A-Za-zÀ-ÖØ-öø-ÿĀ-ſ"
NAME_PATTERN = f"^[{LETTERS}][{LETTERS}.'’-]*( [{LETTERS}.'’-]+){{0,5}}$"
NAMED_PATTERN = f"^[{LETTERS}0-9][{LETTERS}0-9.,&'’()/-]*( [{LETTERS}0-9.,&'’()/-]+){{0,9}}$"
CODE_NAME_PATTERN = f"^[{LETTERS}]{{2,30}}( [{LETTERS}]{{2,30}})?( [0-9]{{1,2}})?$"
ADDRESS_PATTERN = f"^[{LETTERS}0-9][{LETTERS}0-9 .,'’/-]{{4,119}}$"
TIMES_PATTERN = f"^{CLOCK_TIME}(, ?{CLOCK_TIME}){{0,5}}$"
STAMP_PATTERN = "^[0-9a-f]{16}$"


def _check_label(text: str) -> str:
    if not is_label(text):
        raise PydanticCustomError("not_a_label", "a place is called like kamer 3, 2.04 or gezinskamer")
    return text


PersonName = Annotated[str, Field(pattern=NAME_PATTERN, max_length=60)]
OrganizationName = Annotated[str, Field(pattern=NAMED_PATTERN, max_length=80)]
CodeName = Annotated[str, Field(pattern=CODE_NAME_PATTERN, max_length=40)]
Telephone = Annotated[str, Field(pattern=TELEPHONE)]
Address = Annotated[str, Field(pattern=ADDRESS_PATTERN)]
Label = Annotated[str, Field(max_length=30), AfterValidator(_check_label)]
PersonRole = Literal["staff", "manager", "coordinator", "police", "desk", "admin", "auditor"]
PERSON_ROLES: tuple[PersonRole, ...] = get_args(PersonRole)
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


class PersonForm(Form):
    """A person. `shelters`: the ids of those for which they work, each ticked."""

    name: PersonName
    organization: Id
    role: PersonRole
    shelters: Ticked


class StaffForm(Form):
    """A person of a shelter's staff, as its manager adds or changes them."""

    name: PersonName
    shelters: Ticked


class RoleForm(Form):
    """A further role of a person."""

    organization: Id
    role: PersonRole


class ShelterForm(Form):
    """A shelter. Telephone and address stay as they are when nothing is given."""

    name: CodeName
    organization: Id | None = None
    unit: Id | None = None
    telephone: Telephone | None = None
    address: Address | None = None
    confirm_times: Annotated[str, Field(pattern=TIMES_PATTERN)]

    @property
    def times(self) -> list[str]:
        return sorted({one.strip() for one in self.confirm_times.split(",")})


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


class ContactForm(Form):
    """A number of somebody else than a shelter. Without hours it is always answered; `days` without hours are whole days."""

    topic: Topic
    name_nl: OrganizationName
    name_en: OrganizationName
    telephone: Telephone
    unit: Id | None = None
    days: Annotated[str, Field(pattern=f"^({EVERY_DAY}|{DAY}-{DAY})$")] = EVERY_DAY
    opens: ClockTime | None = None
    closes: Annotated[str, Field(pattern=f"^({CLOCK_TIME}|24:00)$")] | None = None
    position: Annotated[int, Field(ge=1, le=999)] | None = None

    @property
    def hours(self) -> str | None:
        """Return the hours as they are kept; None: always."""
        if self.days == EVERY_DAY and self.opens is None and self.closes is None:
            return None
        hours = f"{self.opens or '00:00'}-{self.closes or '24:00'}"
        return hours if self.days == EVERY_DAY else f"{self.days} {hours}"
