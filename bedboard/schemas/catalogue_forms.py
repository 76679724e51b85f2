"""The forms of the rows of a deployment: kinds of place, police units, languages and days off."""

from typing import Annotated, Literal

from pydantic import Field

from bedboard.rules.order import UNKNOWN_MINUTES
from bedboard.schemas.fields import Day, Form, Id
from bedboard.schemas.manage_forms import LETTERS, Explanation, HoursForm, OrganizationName
from bedboard.schemas.profile import Need

Minutes = Annotated[int, Field(ge=1, le=100_000)]
Code = Annotated[str, Field(pattern="^[a-z][a-z0-9-]{1,19}$")]
Tile = Annotated[int, Field(ge=1, le=6)]  # the map on a phone has no room for more


class KindForm(HoursForm):
    """A kind of place. The hours are those of the desk that decides. `needs`: for people with several of these, each ticked."""

    name_nl: OrganizationName
    name_en: OrganizationName
    long_nl: Explanation = ""
    long_en: Explanation = ""
    decides: Literal["shelter", "desk", "police"]
    outside_hours: Literal["provisional"] | None = None
    needs: Annotated[dict[Need, Literal["on"]], Field(default_factory=dict)]
    fresh_minutes: Minutes | None = None
    ageing_minutes: Minutes | None = None
    position: Annotated[int, Field(ge=0, le=999)] | None = None


class NewKindForm(KindForm):
    """A kind of place to be added, with the code that programs know it by."""

    code: Code


class UnitForm(Form):
    """A police unit, with its tile on the small map and the minutes to each other one."""

    name: OrganizationName
    short: Annotated[str, Field(pattern=f"^[{LETTERS}]{{1,4}}$")]
    minutes: Annotated[dict[Id, Annotated[int, Field(ge=1, lt=UNKNOWN_MINUTES)]], Field(default_factory=dict)]
    map_column: Tile | None = None
    map_row: Tile | None = None


class NewUnitForm(UnitForm):
    """A police unit to be added, with the code that programs know it by."""

    code: Code
    map_column: Tile
    map_row: Tile


class LanguageForm(Form):
    """A language that may be spoken at shelters, by its code."""

    language: Annotated[str, Field(pattern="^[a-z]{2,3}$")]


class DayForm(Form):
    """A day on which the desks are closed."""

    day: Day
