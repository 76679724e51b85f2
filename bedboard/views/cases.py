"""A case as its requester and the placement desk see it: its state, and what each shelter was asked and said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, cast

from bedboard.rules.access import Actor
from bedboard.rules.cases import RESERVED, AnswerCode, CaseState, DeskReason, NoReason, Settled, is_late, may_see_address
from bedboard.rules.claims import is_all_live
from bedboard.rules.rights import AnsweredBy, Seeker, can_be_offered, is_of_same_group
from bedboard.schemas.cases import Says, SeekingRole
from bedboard.schemas.profile import SearchProfile
from bedboard.store.tables.board import ClaimRecord
from bedboard.store.tables.cases import Ask, CaseRecord
from bedboard.views.cards import Card, PlaceView
from bedboard.views.needs import NeedsView, OpenProfile, needs_of

SETBACKS: tuple[Settled, ...] = ("missed", "refused_by_desk", "resumed", "stay_ended")
"""The ends of a choice after which the requester looks further."""
ENDED_BY_DESK: tuple[Settled, ...] = ("refused_by_desk", "stay_ended")


class HeldView(NamedTuple):
    """The live hold that a case uses at one of its shelters. `places`: those still on the board; `holder`: with an id."""

    id: str
    place_ids: Sequence[str]
    places: Sequence[PlaceView]
    until: datetime
    holder: Seeker


@dataclass(frozen=True, slots=True)
class AskView:
    """One shelter's part in a case.

    `place` None: no place was offered, or it is gone; `places`: all that were offered together, as far as they are on the
    board. `is_kept`: they are reserved for the case now, until `until`; None there: they were chosen, and no clock ends that.
    `telephone` None: not shown. `settled` None: its answer still counts. `hold`: the hold there that the case uses; None: none,
    or it is over.
    """

    card: Card
    kind: str
    says: Says
    asked_at: datetime
    answered_at: datetime | None
    answered_by: AnsweredBy | None
    step: int
    place: PlaceView | None
    is_kept: bool
    until: datetime | None
    reason: NoReason | None
    criterion: str | None
    settled: Settled | None
    settled_at: datetime | None
    telephone: str | None = None
    hold: HeldView | None = None
    places: tuple[PlaceView, ...] = ()

    @property
    def is_on_board(self) -> bool:
        """Return whether the board shows every offered place as reserved."""
        return {place.status for place in self.places} == {"reserved"}

    @property
    def lost_place(self) -> PlaceView | None:
        """Return the first offered place that the board does not show as reserved, if any; None: it is not there any more."""
        return next((place for place in self.places if place.status != "reserved"), self.place)

    @property
    def said(self) -> AnswerCode | None:
        """Return the shelter's answer, whatever became of the place; None: silent."""
        return None if self.says == "silent" else "yes" if self.says == "lapsed" else self.says

    @property
    def is_expected(self) -> bool:
        """Return whether somebody still waits for a first answer of this shelter."""
        return self.says == "silent" and self.settled is None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case for its requester and the desk. `requester`: with the id of the organization.

    `needs` and `profile` None: erased, or not to be opened. `chosen` None: nothing is chosen. `is_ours`: the actor or a
    colleague is the requester. `is_late`: the agreed hour has passed, and nobody has said whether they came. `handed_to`: the
    group that is offered the case, without a key; None: nobody. `is_offered`: the actor is one of them.
    """

    id: str
    version: int
    state: CaseState
    requester: Seeker
    needs: NeedsView | None
    profile: SearchProfile | None
    created_at: datetime
    arrives_at: datetime | None
    decided_at: datetime | None
    over_at: datetime | None
    refusal: DeskReason | None
    stays_until: date | None
    asks: tuple[AskView, ...]
    chosen: AskView | None
    shows_address: bool
    is_ours: bool
    is_late: bool
    handed_to: Seeker | None = None
    handed_at: datetime | None = None
    is_offered: bool = False

    @property
    def organization_id(self) -> str:
        return self.requester.organization

    @property
    def role(self) -> SeekingRole:
        return cast(SeekingRole, self.requester.role)

    @property
    def place_is_kept(self) -> bool:
        """Return whether the chosen place is still reserved, and the shelter has not changed it since."""
        chosen = self.chosen
        return chosen is not None and chosen.is_kept and chosen.is_on_board

    @property
    def is_lost(self) -> bool:
        """Return whether the chosen place is not to be had any more, by the board, and nobody has said so of the case."""
        return self.state in RESERVED and not self.place_is_kept

    @property
    def headline(self) -> str:
        """Return the state of the case or, where the board says something else, a code of its own for the headline."""
        if self.is_lost:
            statuses = {place.status for place in self.chosen.places} if self.chosen is not None else set()
            return next((f"lost_{status}" for status in ("occupied", "closed") if status in statuses), "lost")
        if self.setback is None:
            return self.state
        return "stay_ended" if self.setback.settled == "stay_ended" else "set_back"

    @property
    def spare_holds(self) -> Sequence[AskView]:
        """Return the shelters where the requester still has a hold after a choice or an end: they may be given back."""
        return [ask for ask in self.asks if self.is_held_by_requester(ask) and self.state != "asking"]

    @property
    def holds_of_others(self) -> Sequence[AskView]:
        """Return the shelters where those who handed the case over still have a hold for it, as for `spare_holds`."""
        spare = [ask for ask in self.asks if ask.hold is not None and self.state != "asking"]
        return [ask for ask in spare if not self.is_held_by_requester(ask)]

    def is_held_by_requester(self, ask: AskView) -> bool:
        """Return whether the group that has the case now made the hold that the case uses there."""
        holder = None if ask.hold is None else ask.hold.holder
        return holder is not None and (holder.organization, holder.role) == (self.organization_id, self.role)

    @property
    def setback(self) -> AskView | None:
        """Return the shelter where a chosen place came to nothing, as long as no other shelter was asked since.

        Nobody came there, the desk said no or ended the stay, or the requester looks further. Somebody may be on their way to a
        closed door.
        """
        last: AskView | None = None
        for ask in self.asks if self.state == "asking" else ():
            if ask.settled in SETBACKS and ask.settled_at is not None:
                last = ask if last is None or last.settled_at is None or ask.settled_at > last.settled_at else last
        if last is None or last.settled_at is None:
            return None
        is_asked_since = any(ask.settled is None and ask.asked_at > last.settled_at for ask in self.asks)
        return None if is_asked_since else last

    def refusal_at(self, ask: AskView) -> DeskReason | None:
        """Return the desk's reason for ending a choice there; None: the desk did not, or the reason is of another shelter."""
        return self.refusal if self._is_last_of(ask, ENDED_BY_DESK) else None

    def last_night_at(self, ask: AskView) -> date | None:
        """Return until when they may stay there after the desk ended the stay; None: nobody has said so of this shelter."""
        return self.stays_until if self._is_last_of(ask, ("stay_ended",)) else None

    def _is_last_of(self, ask: AskView, ends: tuple[Settled, ...]) -> bool:
        ended = [one.settled_at for one in self.asks if one.settled in ends and one.settled_at is not None]
        return ask.settled in ends and ask.settled_at == max(ended, default=None)

    def count(self, says: Says) -> int:
        """Count the shelters that say this and whose answer still counts."""
        return sum(ask.says == says and ask.settled is None for ask in self.asks)


def can_offer(place: PlaceView, requester: Seeker, hold_id: str | None = None) -> bool:
    """Return whether a place may be offered now. `requester`: with the name of the organization, as on the board.

    `hold_id`: of the hold that the case uses there.
    """
    claim = place.claim
    holder = None if claim is None else Seeker(claim.holder_key, claim.organization, claim.role)
    return can_be_offered(place.status, holder, requester, is_used=claim is not None and claim.id == hold_id)


def ask_view(
    ask: Ask,
    claims: Mapping[str, ClaimRecord],
    cards: Mapping[str, Card],
    now: datetime,
    telephone: str | None = None,
) -> AskView | None:
    """Return one shelter's part; None when the shelter is no longer on the board.

    `claims`: by id the reservations that nobody has ended, which may be past their hour, and the live holds that cases use.
    """
    card = cards.get(ask.shelter_id)
    if card is None:
        return None
    reserved, held = (_claims_of(claims, promise_id) for promise_id in (ask.claim_id, ask.hold_id))
    is_kept = is_all_live(reserved, len(ask.place_ids), now)
    places = {place.id: place for place in card.places}
    says = "silent" if ask.answer is None else ask.answer
    if says == "yes" and not is_kept and ask.settled is None:
        says = "lapsed"
    return AskView(
        card=card,
        kind=ask.kind_code,
        says=cast(Says, says),
        asked_at=ask.asked_at,
        answered_at=ask.answered_at,
        answered_by=cast(AnsweredBy | None, ask.answered_by),
        step=ask.step,
        place=places.get(ask.place_id or ""),
        is_kept=is_kept,
        until=reserved[0].expires_at if is_kept else None,
        reason=cast(NoReason | None, ask.reason),
        criterion=ask.criterion,
        settled=cast(Settled | None, ask.settled),
        settled_at=ask.settled_at,
        telephone=telephone,
        hold=None
        if not held
        else HeldView(
            held[0].promise_id,
            [claim.place_id for claim in held],
            [places[claim.place_id] for claim in held if claim.place_id in places],
            cast(datetime, held[0].expires_at),  # a hold always has an hour
            held[0].holder,
        ),
        places=tuple(places[place_id] for place_id in ask.place_ids if place_id in places),
    )


def _claims_of(claims: Mapping[str, ClaimRecord], promise_id: str | None) -> list[ClaimRecord]:
    """Return the claims of one hold or reservation, that of its first place first."""
    return [claim for _, claim in sorted(claims.items()) if claim.promise_id == promise_id]


def case_view(
    row: CaseRecord,
    asks: Sequence[Ask],
    claims: Mapping[str, ClaimRecord],
    cards: Mapping[str, Card],
    open_profile: OpenProfile,
    actor: Actor,
    now: datetime,
    telephones: Mapping[str, str] | None = None,
) -> CaseView:
    """Return a case for this actor, with the parts of those shelters that are on the board.

    `claims`: the reservations for it that nobody has ended and the live holds that it uses, by id; `telephones`: those to
    show, by shelter.
    """
    said = open_profile(row.needs)
    views: dict[str, AskView] = {}
    for ask in asks:
        telephone = (telephones or {}).get(ask.shelter_id)
        view = ask_view(ask, claims, cards, now, telephone)
        if view is not None:
            views[ask.shelter_id] = view
    state, requester = cast(CaseState, row.state), row.requester
    return CaseView(
        id=row.id,
        version=row.version,
        state=state,
        requester=requester,
        needs=None if said is None else needs_of(said),
        profile=said,
        created_at=row.created_at,
        arrives_at=row.arrives_at,
        decided_at=row.decided_at,
        over_at=row.over_at,
        refusal=cast(DeskReason | None, row.refusal),
        stays_until=row.stays_until,
        asks=tuple(views.values()),
        chosen=next((view for view in views.values() if view.settled == "chosen"), None),
        shows_address=may_see_address(state, row.decided_at, row.arrives_at, now),
        is_ours=is_of_same_group(actor, requester),
        is_late=is_late(state, row.arrives_at, now),
        handed_to=row.handed_to,
        handed_at=row.handed_at,
        is_offered=row.handed_to is not None and is_of_same_group(actor, row.handed_to),
    )
