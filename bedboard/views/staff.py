"""The cases of a shelter as its own people see them: the requester, the household, their answer, and what became of it.

A shelter sees its own part of a case, and nothing of the other shelters. Of the requester it sees the organization and role. It
sees the household only as long as its answer counts or the household is on its way.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, cast

from bedboard.rules.arrivals import is_early, is_outside_intake
from bedboard.rules.cases import OVER, CaseState, is_late, shows_needs
from bedboard.rules.fit import Profile, Reason, judge, judge_place
from bedboard.rules.lapses import has_lapsed
from bedboard.rules.refusals import Invalid
from bedboard.rules.split import split_group
from bedboard.schemas.profile import SearchProfile, profile_of
from bedboard.store.board import Catalogue
from bedboard.store.tables.board import ClaimRecord
from bedboard.store.tables.cases import Ask, CaseRecord
from bedboard.views.cards import Card, PlaceView
from bedboard.views.case_rows import callback_of
from bedboard.views.cases import AskView, ask_view, can_offer
from bedboard.views.found import rooms_of
from bedboard.views.needs import NeedsView, OpenProfile, needs_of


class OfferView(NamedTuple):
    """A place that may be offered now. `is_theirs`: it is held for the requester. `against`: what speaks against it besides the
    terms of the whole shelter: its size, and its own terms. `is_wanted`: it is ticked beforehand for a group that is split."""

    place: PlaceView
    is_theirs: bool
    against: Sequence[Reason]
    is_wanted: bool = False


class AskedView(NamedTuple):
    """A case as one of its shelters sees it. `needs` None: not to be shown, or not any more. `arrival`: now, after, before or
    open, and the local time that goes with it. `against` and `discuss`: the verdicts of the shelter's terms other than yes.
    `criteria`: those that the household asks for, the doubtful ones first. `arrives_at` None: nothing is agreed. `refusal`:
    why the desk said no to this very shelter. `stays_until`: the last night here, where the desk ended the stay. `may_split`:
    the number of people of a group that may be split, 0 for everybody else."""

    id: str
    organization: str
    role: str
    state: str
    ask: AskView
    needs: NeedsView | None
    arrival: tuple[str, str]
    against: Sequence[Reason]
    discuss: Sequence[Reason]
    criteria: Sequence[str]
    offers: Sequence[OfferView]
    arrives_at: datetime | None
    is_late: bool
    refusal: str | None
    stays_until: date | None
    callback: str | None = None
    """The number of the requester's role; None: not known, or nothing is expected of this shelter any more."""
    may_split: int = 0
    is_early: bool = False
    """They are expected, and the agreed hour is still far away."""
    is_changed: bool = False
    """The requester said this hour after the choice."""
    is_outside_intake: bool = False
    """The shelter takes nobody in at the agreed hour."""
    has_lapsed: bool = False
    """Time alone ended the placement here: the shelter may still say that they have come."""

    @property
    def group(self) -> str:
        """Return open (it may answer), coming (it was chosen) or over (nothing is expected of it any more)."""
        if self.ask.settled is None:
            return "open"
        return "coming" if self.ask.settled == "chosen" and self.state not in OVER | {"housed"} else "over"

    @property
    def waits(self) -> bool:
        """Return whether the case waits for something that only this shelter can say."""
        return self.is_late or (self.group == "open" and self.ask.says in ("silent", "lapsed"))

    @property
    def news(self) -> str:
        """Return a code for the news that the shelter's people hear once; "" for none, such as after their own answer."""
        ask = self.ask
        if ask.settled is None:
            by_others = "" if ask.answered_by == "shelter" else f"answered-by-{ask.answered_by}"
            return f"silent-{ask.step}" if ask.says == "silent" else "lapsed" if ask.says == "lapsed" else by_others
        if ask.settled == "chosen":
            what = "late" if self.is_late else self.state if self.group == "coming" else ""
            return f"{what}-{self.arrives_at:%d-%H:%M}" if what and self.is_changed else what
        return ask.settled if ask.says in ("yes", "discuss") and ask.settled != "missed" else ""


def _arrival_of(said: SearchProfile) -> tuple[str, str]:
    if said.arrives_after == "now":
        return ("now", "")
    if said.arrives_after:
        return ("after", said.arrives_after)
    return ("before", said.arrives_before) if said.arrives_before else ("open", "")


def _offers(card: Card, ask: Ask, row: CaseRecord, organization: str, profile: Profile | None) -> list[OfferView]:
    """Return the places that are free here or held for the requester.

    First the one that the case holds, then those that nothing speaks against, then those of the kind that was asked, and of
    those the smallest.
    """
    requester = row.requester._replace(organization=organization)
    general = judge(card.terms, profile) if profile else ()
    offers, free = [], [place for place in card.places if can_offer(place, requester, ask.hold_id)]
    wanted = {place.id for place in free if place.claim is not None and place.claim.id == ask.hold_id}
    if profile and not wanted:
        split = split_group(profile, rooms_of(free))
        wanted = {part.room.id for part in split.parts} if split else set()
    for place in free:
        own = (*judge_place(place.beds, place.cots, "", profile), *judge(place.terms, profile)) if profile else ()
        against = [reason for reason in own if reason.answer == "no" and reason not in general]
        offers.append(OfferView(place, place.status == "held", against, place.id in wanted))
    return sorted(
        offers,
        key=lambda one: (
            one.place.claim is None or one.place.claim.id != ask.hold_id,
            bool(one.against),
            one.place.kind != ask.kind_code,
            one.place.beds,
            one.place.cots,
            one.place.position,
        ),
    )


ENDED_BY_DESK = ("refused_by_desk", "stay_ended")


def may_be_refused_here(row: CaseRecord, ask: Ask) -> bool:
    """Return whether the refusal that a case keeps may be about this shelter; `is_refused_here` decides it."""
    return ask.settled in ENDED_BY_DESK and row.refusal is not None


def is_refused_here(row: CaseRecord, ask: Ask, asks: Sequence[Ask]) -> bool:
    """Return whether the last refusal of a case, the only one that it keeps, is about this shelter.

    `asks`: all asks of the case.
    """
    refused = [one.settled_at for one in asks if one.settled in ENDED_BY_DESK and one.settled_at is not None]
    return may_be_refused_here(row, ask) and ask.settled_at == max(refused, default=None)


def asked_view(
    row: CaseRecord,
    ask: Ask,
    claims: Mapping[str, ClaimRecord],
    card: Card,
    organization: str,
    catalogue: Catalogue,
    open_profile: OpenProfile,
    now: datetime,
    *,
    is_refused_here: bool,
    arrival_changed_at: datetime | None = None,
) -> AskedView:
    """Return a case as the shelter of `card` and `ask` sees it.

    `claims`: as in `ask_view`. `is_refused_here`: the last refusal of the desk is about this shelter. `arrival_changed_at`:
    when another hour of arrival here was last said; None: never.
    """
    view = ask_view(ask, claims, {card.id: card}, now)
    if view is None:
        raise AssertionError(f"the card of {card.id} is not that of {ask.shelter_id}")
    said = open_profile(row.needs) if shows_needs(row.state, view.settled) else None
    try:
        profile = profile_of(said, catalogue, now) if said else None
    except Invalid:  # for instance, its police unit no longer exists
        profile = None
    reasons = judge(card.terms, profile) if profile else ()
    doubtful = {reason.criterion for reason in reasons if reason.answer != "yes"}
    return AskedView(
        id=row.id,
        organization=organization,
        role=row.role,
        state=row.state,
        ask=view,
        needs=needs_of(said) if said else None,
        arrival=_arrival_of(said) if said else ("open", ""),
        against=[reason for reason in reasons if reason.answer == "no"],
        discuss=[reason for reason in reasons if reason.answer in ("discuss", "unknown")],
        criteria=sorted(profile.asked(), key=lambda name: name not in doubtful) if profile else (),
        offers=_offers(card, ask, row, organization, profile) if view.settled is None else (),
        arrives_at=row.arrives_at if view.settled == "chosen" else None,
        is_late=view.settled == "chosen" and is_late(cast(CaseState, row.state), row.arrives_at, now),
        refusal=row.refusal if is_refused_here else None,
        stays_until=row.stays_until if view.settled == "stay_ended" else None,
        callback=callback_of(catalogue, row.organization_id, row.role) if view.settled in (None, "chosen") else None,
        may_split=profile.people if profile and profile.split else 0,
        is_early=view.settled == "chosen" and is_early(row.arrives_at, now),
        is_changed=view.settled_at is not None and arrival_changed_at is not None and arrival_changed_at >= view.settled_at,
        is_outside_intake=view.settled == "chosen"
        and row.arrives_at is not None
        and is_outside_intake(card.terms.intake, row.arrives_at.astimezone(catalogue.zone)),
        has_lapsed=view.settled == "withdrawn" and has_lapsed(row.state, row.created_at, row.arrives_at, row.over_at),
    )


class AskedSection(NamedTuple):
    """The cases of a shelter by what they need of it. `late`: chosen, and nobody has said whether they came; `coming`: the
    other chosen ones, the next arrival first; `open`: first those that wait for this shelter."""

    late: Sequence[AskedView]
    open: Sequence[AskedView]
    coming: Sequence[AskedView]
    over: Sequence[AskedView]
    waiting_count: int


def asked_section(views: Sequence[AskedView], now: datetime) -> AskedSection:
    """Return the cases of a shelter in their groups; `over` in the order of `views`, the others oldest first."""
    oldest_first = sorted(views, key=lambda view: (view.ask.asked_at, view.id))
    chosen = sorted((view for view in oldest_first if view.group == "coming"), key=lambda view: view.arrives_at or now)
    return AskedSection(
        late=[view for view in chosen if view.is_late],
        open=sorted((view for view in oldest_first if view.group == "open"), key=lambda view: not view.waits),
        coming=[view for view in chosen if not view.is_late],
        over=[view for view in views if view.group == "over"],
        waiting_count=sum(view.waits for view in views),
    )
