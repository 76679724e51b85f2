"""The search profile: one model for the JSON of the API and for the fields of the search page.

A profile comes in a body and stays in memory: it is never part of an address, a log line or an answer that is remembered.
"""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from bedboard.rules.criteria import CRITERIA
from bedboard.rules.fit import ADULT_AGES, MOST_OF_EACH, NEEDS, PERSON_STATUSES, TEEN, Profile, check_profile
from bedboard.rules.refusals import FieldError, Invalid
from bedboard.schemas.parse import parse_form

Number = Annotated[int, Field(ge=0, le=MOST_OF_EACH)]
Code = Annotated[str, Field(max_length=64)]
Status = Literal["dutch", "eu", "third_country", "undocumented", "dublin", "reflection", "b8"]
AdultAge = Literal["18_20", "21_64", "65_plus"]
Exploitation = Literal["sexual", "labour", "criminal", "other", "serious_wrong", "unknown"]
Need = Literal["lvb", "psychiatric", "addiction", "recovering", "medical", "pregnant", "wheelchair", "pets", "women_only"]
ClockText = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]

if [set(get_args(one)) for one in (Status, Need, AdultAge)] != [set(PERSON_STATUSES), set(NEEDS), set(ADULT_AGES)]:
    raise AssertionError("the profile of the API and of the rules differ")


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Adults(Part):
    woman: Number = 0
    man: Number = 0
    other_gender: Number = 0


class Children(Part):
    """By age; `boy_12_17` are the boys of 12 and older, `child_12_17` the others of that age."""

    child_0_3: Number = 0
    child_4_11: Number = 0
    child_12_17: Number = 0
    boy_12_17: Number = 0


class SearchProfile(Part):
    """The household that needs a place. Everything may be left open.

    `group`: the number of people in a group that is more than one household; `split`: it may sleep in several places of one
    shelter. The number of such a group may be left out: it is then that of the named people. `adult_ages`: the age bands of the
    adults, if known, and `oldest_son` the age of the eldest son. `statuses`: all that are known; there may be several. `avoid`:
    police units that are not safe. `near`: the police unit near which the place should be. `arrives_after` "now" is the moment
    of the search; times are local.
    """

    adults: Adults = Adults()
    children: Children = Children()
    minor_alone: bool = False
    group: Number = 0
    split: bool = False
    adult_ages: Annotated[list[AdultAge], Field(max_length=20)] = []
    oldest_son: Annotated[int, Field(ge=0, le=TEEN[1])] | None = None
    statuses: Annotated[list[Status], Field(max_length=20)] = []
    exploitation: Exploitation | None = None
    needs: Annotated[list[Need], Field(max_length=20)] = []
    avoid: Annotated[list[Code], Field(max_length=50)] = []
    near: Code | None = None
    languages: Annotated[list[Code], Field(max_length=20)] = []
    arrives_after: Annotated[str, Field(pattern=r"^(now|([01][0-9]|2[0-3]):[0-5][0-9])$")] | None = None
    arrives_before: ClockText | None = None


def read_kept_profile(text: str | bytes) -> SearchProfile:
    """Read a profile that this version or an earlier one has sealed. Raises ValueError when it cannot be read.

    Earlier profiles have one `status`, and may have a group of one.
    """
    said = json.loads(text)
    if isinstance(said, dict):
        status = said.pop("status", None)
        if status is not None:
            said["statuses"] = [status]
        if said.get("group") == 1:
            del said["group"]
    return SearchProfile.model_validate(said)


class Region(Protocol):
    """The frame in which a profile is read: the police units and languages that exist, and the zone of local times."""

    @property
    def units(self) -> Collection[str]: ...

    @property
    def languages(self) -> Collection[str]: ...

    @property
    def zone(self) -> ZoneInfo: ...


def profile_of(said: SearchProfile, region: Region, now: datetime) -> Profile:
    """Return the profile for the rules. Refusal: Invalid."""
    wrong = [
        FieldError(name, "not_one_of", {"allowed": list(allowed)})
        for name, asked, allowed in (
            ("avoid", said.avoid, region.units),
            ("near", [] if said.near is None else [said.near], region.units),
            ("languages", said.languages, region.languages),
        )
        if not set(asked) <= set(allowed)
    ]
    if wrong:
        raise Invalid(*wrong)
    exploitation = {"unknown": None, "other": "other_exploitation"}.get(said.exploitation or "unknown", said.exploitation)
    profile = Profile(
        **said.adults.model_dump(),
        **said.children.model_dump(),
        minor_alone=said.minor_alone,
        group=said.group,
        split=said.split,
        adult_ages=frozenset(said.adult_ages),
        oldest_son=said.oldest_son,
        statuses=frozenset(said.statuses),
        exploitation=exploitation,
        needs=frozenset(said.needs),
        avoid=frozenset(said.avoid),
        near=said.near,
        languages=frozenset(said.languages),
        arrives_after=_minutes(said.arrives_after, region.zone, now),
        arrives_before=_minutes(said.arrives_before, region.zone, now),
    )
    check_profile(profile)
    return profile


def _minutes(clock: str | None, zone: ZoneInfo, now: datetime) -> int | None:
    if clock is None:
        return None
    if clock == "now":
        local = now.astimezone(zone)
        return local.hour * 60 + local.minute
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


FIELDS = frozenset({"minor_alone", "group", "split", "oldest_son", "exploitation", "near", "arrival", "at"})
GROUPS = {"adults": CRITERIA["adults"], "children": CRITERIA["children"]}
LISTS = ("adult_ages", "statuses", "needs", "avoid", "languages")


def is_profile_field(name: str) -> bool:
    return name in FIELDS or name.partition(".")[0] in (*GROUPS, *LISTS)


def read_profile(fields: Mapping[str, str]) -> SearchProfile:
    """Read the fields of the search page: adults.woman=1, needs.lvb=on, arrival=now|after|before with at=22:00.

    Other fields do not matter. Refusal: Invalid.
    """
    nested: dict[str, Any] = {name: {} for name in GROUPS} | {name: [] for name in LISTS}
    for name, value in fields.items():
        head, _, tail = name.partition(".")
        if head in GROUPS and tail:
            nested[head][tail] = value
        elif head in LISTS and tail:
            nested[head].append(tail)
        elif name in FIELDS - {"arrival", "at"}:
            nested[name] = value
    match fields.get("arrival"):
        case "now":
            nested["arrives_after"] = "now"
        case "after":
            nested["arrives_after"] = fields.get("at")
        case "before":
            nested["arrives_before"] = fields.get("at")
        case None | "open":
            pass
        case _:
            raise Invalid(FieldError("arrival", "not_one_of", {"allowed": ["open", "now", "after", "before"]}))
    if fields.get("arrival") in ("after", "before") and "at" not in fields:
        raise Invalid(FieldError("at", "missing"))
    return parse_form(SearchProfile, nested)


def write_profile(said: SearchProfile) -> dict[str, str]:
    """Return the fields of the search page for a profile: what `read_profile` reads."""
    fields = {f"adults.{name}": str(number) for name, number in said.adults.model_dump().items() if number}
    fields |= {f"children.{name}": str(number) for name, number in said.children.model_dump().items() if number}
    fields |= {"minor_alone": "on"} if said.minor_alone else {}
    fields |= {"group": str(said.group)} if said.group else {}
    fields |= {"split": "on"} if said.split else {}
    fields |= {"oldest_son": str(said.oldest_son)} if said.oldest_son is not None else {}
    fields |= {name: value for name in ("exploitation", "near") if (value := getattr(said, name))}
    fields |= {f"{name}.{code}": "on" for name in LISTS for code in getattr(said, name)}
    if said.arrives_after == "now":
        return fields | {"arrival": "now"}
    if said.arrives_after:
        return fields | {"arrival": "after", "at": said.arrives_after}
    return fields | ({"arrival": "before", "at": said.arrives_before} if said.arrives_before else {"arrival": "open"})
