"""The forms of the pages, but for those about a case."""

from typing import Annotated, Literal

from pydantic import Field

from bedboard.rules.places import Reported
from bedboard.rules.tallies import Slept
from bedboard.schemas.fields import Count, Form, KeyForm, Moment, Version

FieldText = Annotated[str, Field(max_length=40)]


# --- a shelter's own page


class TapForm(KeyForm):
    """`observed_at`: when it was tapped, if that was earlier than it is sent."""

    observed_at: Moment | None = None


class StatusForm(TapForm):
    """`expected_free_at`: as a `datetime-local` input sends it."""

    status: Reported
    reason: FieldText | None = None
    expected_free_at: FieldText | None = None


class ConfirmForm(TapForm):
    """`version`: the one that was on the page; nobody has looked at a newer one, so it is not confirmed."""

    version: Version | None = None


class StaffHoldForm(TapForm):
    """`caller`: the organization that telephones, as "organization role"."""

    caller: Annotated[str, Field(max_length=130, pattern=r"^[a-z0-9][a-z0-9-]* (police|coordinator|desk)$")]


class UndoForm(TapForm):
    """`change`: the number of the tap in the journal."""

    change: Version


class CountForm(TapForm):
    """`empty`: the number of empty places per kind, whether promised or not."""

    empty: dict[str, Count]


class CriteriaForm(KeyForm):
    """The rest of a form about criteria, besides its fields; `version`: the shelter's when the form was drawn."""

    version: Version
    do: Literal["save", "preview"]


# --- searching and what is one's own


class OwnForm(KeyForm):
    """A button of one's own hold, alert or case. `back`: the page of ours on which it stands."""

    back: str = "/search"


class HoldForm(OwnForm):
    """A button of the search page, with whose fields the page can be drawn again, or of a shelter's page."""

    page: Literal["search", "shelter"] = "search"


class AlertForm(KeyForm):
    """The search page, with its fields: the profile to watch for."""

    page: Literal["search"] = "search"


class NothingFoundForm(AlertForm):
    """Where the person sleeps, because no place was found; the `key` lets it be counted once."""

    slept: Slept


class DeviceForm(Form):
    """A browser's push subscription as the browser gives it: its address, its public key and its secret."""

    do: Literal["subscribe", "unsubscribe"]
    endpoint: Annotated[str, Field(max_length=1000)]
    p256dh: Annotated[str, Field(max_length=100)] = ""
    auth: Annotated[str, Field(max_length=40)] = ""
