"""The forms of the pages, but for those about a case."""

from typing import Annotated, Literal

from pydantic import Field

from bedboard.rules.past import QUARTERS_OF_DAY
from bedboard.rules.places import Reported
from bedboard.rules.tallies import Slept
from bedboard.schemas.fields import CALLER_PATTERN, Count, Day, Form, Id, KeyForm, Moment, Month, Version

FieldText = Annotated[str, Field(max_length=40)]
ProofText = Annotated[str, Field(max_length=20_000)]
"""The answer of a device as its browser writes it: JSON."""


# --- a shelter's own page


class TapForm(KeyForm):
    """A tap. `observed_at`: the moment of the tap, if it is sent later. `void`: the person has taken it back since."""

    observed_at: Moment | None = None
    void: Literal["yes"] | None = None


class StatusForm(TapForm):
    """A new status. `expected_free_at`: as a `datetime-local` input sends it."""

    status: Reported
    reason: FieldText | None = None
    expected_free_at: FieldText | None = None


class ConfirmForm(TapForm):
    """A confirmation. `version`: the one on the page; a newer one is not confirmed, because nobody has looked at it."""

    version: Version | None = None


class StaffHoldForm(TapForm):
    """A hold for a caller. `caller`: the organization that telephones, as "organization role"."""

    caller: Annotated[str, Field(max_length=130, pattern=CALLER_PATTERN)]


class UndoForm(TapForm):
    """An undo. `change`: the number of the tap in the journal."""

    change: Version


class DepartureForm(Form):
    """Where the people of a place went. `change`: the number of the tap in the journal. "skip": nobody says."""

    change: Version
    departure: Annotated[str, Field(max_length=40)]


class CountForm(TapForm):
    """`empty`: the number of empty places per kind, whether promised or not."""

    empty: dict[str, Count]


class CriteriaForm(KeyForm):
    """The rest of a form about criteria, besides its fields; `version`: the shelter's when the form was drawn."""

    version: Version
    do: Literal["save", "preview"]


# --- searching and what is one's own


class UnlockForm(Form):
    """The button of a locked page: `person` is the one whose page it was, `back` the page of ours on which it stands.

    `proof`: the answer of the person's passkey; empty in a demo.
    """

    person: Id
    back: str = "/"
    proof: ProofText = ""


class OwnForm(KeyForm):
    """A button of a hold, alert or case of the actor's own. `back`: the page of ours on which it stands."""

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


# --- the audit trail


class PageForm(Form):
    """The number of a page, from 1."""

    page: Annotated[int, Field(ge=1, le=10_000)] = 1


class AuditForm(PageForm):
    """A filter of the audit trail. `first`, `last`: local days; `actor`: a kind and an id, as in `Actor.key`."""

    first: Day | None = None
    last: Day | None = None
    kind: Literal["all", "looks", "changes", "cases"] = "all"
    shelter: Id | Literal[""] = ""
    actor: Annotated[str, Field(pattern=r"^((person|client|system):[a-z0-9][a-z0-9-]{0,63})?$")] = ""


class MonitorForm(Form):
    """The period of the figures: the first and the last month, as "2026-03"; without them the last year.

    `unit` and `kind`: those to show month by month as well.
    """

    first_month: Month | None = None
    last_month: Month | None = None
    unit: Annotated[str, Field(max_length=64)] = ""
    kind: Annotated[str, Field(max_length=64)] = ""


class ReportForm(Form):
    """The year of a report; without it the last one."""

    year: Annotated[int, Field(ge=2000, le=9000)] | None = None


class FileForm(MonitorForm):
    """The period of a file. `of`: "shelters" for one with the reader's single shelters instead of the tables."""

    of: Literal["", "shelters"] = ""


class ExportForm(FileForm):
    separator: Literal["comma", "semicolon"] = "comma"


class PastForm(Form):
    """A moment that has passed: `at`, or a number of quarters after the beginning of a `day`, as the slider sends it."""

    at: str | None = None
    day: str | None = None
    quarter: Annotated[int, Field(ge=0, le=QUARTERS_OF_DAY)] | None = None
