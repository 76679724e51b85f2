"""The bodies of the API's calls, strictly typed, but for those about a case. The OpenAPI document is made of these."""

from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field

from bedboard.rules.fit import MOST_OF_EACH, SMALLEST_GROUP
from bedboard.rules.places import CLOSED_REASONS, Reported
from bedboard.schemas.fields import Command, Count, Distinct, Id, Moment
from bedboard.schemas.profile import SearchProfile

ClosedReason = Literal["cleaning", "repair", "no_staff", "quarantine", "safety", "to_check", "other"]

if set(get_args(ClosedReason)) != set(CLOSED_REASONS):
    raise AssertionError("the reasons of the API and of the rules differ")

Text = Annotated[str, Field(max_length=64)]


class PatchPlace(Command):
    """A place becomes free, occupied or closed. A closed place needs a reason; `expected_free_at` is when it is expected
    to be free again. `observed_at` is when this was seen: an older one never overwrites a newer one. A system changes only this
    place: it says nothing about the others, so the shelter gets no fresher. Confirm its kinds to say that they are right. The
    same news once more is a new version too: somebody has looked again."""

    status: Reported
    reason: ClosedReason | None = None
    expected_free_at: Moment | None = None
    observed_at: Moment | None = None


class KindNumbers(Command):
    """How many places of one kind are empty: nobody sleeps there and they are usable, whether promised or not. The server takes
    live holds and reservations off. `closed` absent leaves the number of closed places as it is."""

    empty: Count
    closed: Count | None = None


class Nothing(Command):
    """The body of a call that takes none: it may be left out, and says nothing."""


class PutOccupancy(Command):
    """Numbers per kind, for a shelter that knows only numbers. A kind that is not named stays as it is, and as old as it is.
    `observed_at` is when the numbers were true: the named kinds are confirmed as of then, so old numbers make nothing fresh."""

    kinds: Annotated[dict[Text, KindNumbers], Field(min_length=1, max_length=50)]
    observed_at: Moment


class PostConfirm(Command):
    """These kinds of the shelter were still correct at `observed_at`. A system confirms only the kinds that it
    names, and only as of then; the whole shelter is confirmed by its people on their page. When one of the kinds was confirmed
    later than that, nothing is saved: 409 `overtaken`, as for a place."""

    kinds: Annotated[list[Text], Field(min_length=1, max_length=50), Distinct]
    observed_at: Moment


class PostSearch(SearchProfile):
    """A profile, and the most places that the answer may list; the counts are always of all places."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class PostHold(Command):
    """More places of the same shelter, for a `group` of so many people that is split over them: all are kept, or none. There
    are at most as many places as people. The organization and role that get the place: only for a shelter's own staff and
    system."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"places": ["linde-2"], "group": 3}]})

    places: list[Id] = Field(default_factory=list, max_length=MOST_OF_EACH - 1)
    group: Annotated[int, Field(ge=SMALLEST_GROUP, le=MOST_OF_EACH)] | None = None
    organization: Id | None = None
    role: Text | None = None
