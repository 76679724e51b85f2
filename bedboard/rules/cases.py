"""Cases: a place for one household, asked of several shelters. States and events, offers and choices, decisions and silence.

`TABLE` is the whole life of a case; everything that happens goes through it, refusals included.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, cast, get_args
from zoneinfo import ZoneInfo

from bedboard.rules.criteria import CRITERION_NAMES
from bedboard.rules.refusals import Conflict, FieldError, Invalid

CaseState = Literal["asking", "chosen", "provisional", "confirmed", "housed", "arrived", "withdrawn", "ended", "cancelled"]
RequesterEvent = Literal[
    "ask", "choose", "choose_for_desk", "choose_provisionally", "change_arrival", "resume", "withdraw", "cancel"
]
ShelterEvent = Literal["answer", "confirm", "refuse", "end_stay", "arrive", "miss"]
OtherEvent = Literal["close_desk", "hand_over", "keep", "take_over", "decline", "tell_outcome", "lapse", "arrive_after_all"]
Event = Literal[RequesterEvent, ShelterEvent, OtherEvent]

# What each event makes of each state: the next state, or after a dash the refusal.
#   asking       shelters are asked; nothing has been chosen          housed     arrived, and the desk has still to ratify
#   chosen       an offer was chosen; the desk decides                arrived    the end: with a place
#   provisional  chosen outside the desk's hours; it counts           withdrawn  no place; where does this person sleep?
#   confirmed    decided; on the way                                  ended      the end: without a place
#                                                                     cancelled  the end: nothing is sought any more
TABLE = """
                      asking       chosen        provisional   confirmed     housed    arrived   withdrawn  ended     cancelled
ask                   asking       -chosen       -chosen       -decided      -arrived  -arrived  -over      -over     -over
answer                asking       -settled      -settled      -settled      -settled  -settled  -settled   -settled  -settled
choose                confirmed    -chosen       -chosen       -decided      -arrived  -arrived  -over      -over     -over
choose_for_desk       chosen       -chosen       -chosen       -decided      -arrived  -arrived  -over      -over     -over
choose_provisionally  provisional  -chosen       -chosen       -decided      -arrived  -arrived  -over      -over     -over
close_desk            -not_chosen  provisional   -decided      -decided      -arrived  -arrived  -over      -over     -over
confirm               -not_chosen  confirmed     confirmed     -decided      arrived   -arrived  -over      -over     -over
refuse                -not_chosen  asking        asking        -decided      -arrived  -arrived  -over      -over     -over
end_stay              -not_chosen  -not_arrived  -not_arrived  -not_arrived  asking    -over     -over      -over     -over
change_arrival        -not_chosen  chosen        provisional   confirmed     -arrived  -arrived  -over      -over     -over
arrive                -not_chosen  housed        housed        arrived       -arrived  -arrived  -over      -over     -over
miss                  -not_chosen  asking        asking        asking        -arrived  -arrived  -over      -over     -over
resume                -not_chosen  asking        asking        asking        -arrived  -arrived  -over      -over     -over
withdraw              withdrawn    withdrawn     withdrawn     withdrawn     -arrived  -arrived  -over      -over     -over
cancel                cancelled    cancelled     cancelled     cancelled     -arrived  -arrived  cancelled  -over     -over
hand_over             asking       chosen        provisional   confirmed     housed    -arrived  -over      -over     -over
keep                  asking       chosen        provisional   confirmed     housed    -arrived  -over      -over     -over
take_over             asking       chosen        provisional   confirmed     housed    -arrived  -over      -over     -over
decline               asking       chosen        provisional   confirmed     housed    -arrived  -over      -over     -over
tell_outcome          -going_on    -going_on     -going_on     -going_on     -arrived  -arrived  ended      -over     -over
lapse                 withdrawn    withdrawn     withdrawn     withdrawn     arrived   -arrived  ended      -over     -over
arrive_after_all      -not_chosen  -going_on     -going_on     -going_on     -arrived  -arrived  arrived    -over     -over
"""


def _read_table() -> Mapping[tuple[CaseState, Event], str]:
    header, *rows = [line.split() for line in TABLE.strip().splitlines()]
    cells = {
        (state, row[0]): cell if not cell.startswith("-") else f"request_{cell[1:]}"
        for row in rows
        for state, cell in zip(header, row[1:], strict=True)
    }
    return cast(Mapping[tuple[CaseState, Event], str], cells)


NEXT: Mapping[tuple[CaseState, Event], str] = _read_table()
"""The next state, or the code of the refusal, which begins with "request_"."""

STATES: tuple[CaseState, ...] = tuple(dict.fromkeys(state for state, _ in NEXT))
EVENTS: tuple[Event, ...] = tuple(dict.fromkeys(event for _, event in NEXT))

OVER: frozenset[CaseState] = frozenset({"arrived", "withdrawn", "ended", "cancelled"})
"""Nothing is sought any more: the needs are erased, and no place is reserved."""
ENDS: frozenset[CaseState] = frozenset({"arrived", "ended", "cancelled"})
"""Nobody has anything to do with it any more."""
RESERVED: frozenset[CaseState] = frozenset({"chosen", "provisional", "confirmed"})
"""Exactly one place is reserved: the chosen one, until a person says what became of it."""
ON_THE_WAY: frozenset[CaseState] = frozenset({"provisional", "confirmed"})
"""The shelter expects them, and the requester may see its address."""

AnswerCode = Literal["yes", "discuss", "no"]
ANSWERS: tuple[AnswerCode, ...] = get_args(AnswerCode)

NoReason = Literal["no_place", "no_staff", "contra_indication", "not_safe", "household", "status", "information", "other"]
NO_REASONS: tuple[NoReason, ...] = get_args(NoReason)
"""A shelter's reasons to say no. With contra_indication the answer names the criterion."""

DeskReason = Literal["not_eligible", "better_place", "not_safe", "information", "other"]
DESK_REASONS: tuple[DeskReason, ...] = get_args(DeskReason)
"""The desk's reasons to refuse a choice, or to end a provisional one or a stay."""

WithdrawReason = Literal["found_otherwise", "not_wanted", "not_needed", "by_mistake", "no_place"]
WITHDRAW_REASONS: tuple[WithdrawReason, ...] = get_args(WithdrawReason)
"""The requester's reasons to withdraw a case. Only no_place asks where the person sleeps, and counts as a night without one."""

Settled = Literal["chosen", "other_chosen", "refused_by_desk", "missed", "resumed", "stay_ended", "withdrawn"]
SETTLED: tuple[Settled, ...] = get_args(Settled)
"""The outcomes of one shelter's part in a case, once nothing is expected of it any more."""

MOST_ASKED = 8  # shelters of one case
MOST_OPEN = 20  # cases of one person or program that are not over
MOST_CASES_AN_HOUR = 12  # by one person or program; each shows up to eight telephones
OFFER_LASTS = timedelta(minutes=60)
LATE_AGAIN = timedelta(hours=1)  # after the agreed hour: lateness is told once more
LATE_MORNING = time(8)  # local, of the morning after that: and once more
ADDRESS_SHOWN = timedelta(hours=12)  # after it was decided
SOONEST = timedelta(minutes=30)  # when they leave at once
SOONEST_USUAL = timedelta(hours=2)  # when nobody says when they arrive
LATEST_ARRIVAL = timedelta(hours=48)
TAKEN_AHEAD = timedelta(hours=8)  # a night's shift: a later arrival needs the yes of the shelter itself
LONGEST_CASE = timedelta(days=7)  # then a case lapses, so that none of its needs stay: see rules/lapses.py
LONGEST_STAY = timedelta(days=7)  # after the desk has ended it: as long as a case may go on
OUTCOME_FORGOTTEN = timedelta(days=14)  # then nobody will say any more where the person slept: it counts as unknown


def next_state(state: CaseState, event: Event) -> CaseState:
    """Return the state after the event. Refusal: Conflict `request_…`, as the table says."""
    found = NEXT[state, event]
    if found.startswith("request_"):
        raise Conflict(found)
    return cast(CaseState, found)


def check_shelters(asked: Iterable[str], present: Iterable[str] = (), refused: Iterable[str] = ()) -> None:
    """Refuse shelters that may not be asked for a case: none, too many, or the same again. Refusal: Invalid `shelters`.

    `present`: shelters of which an answer is still expected or counts. `refused`: shelters that said no; they leave room for
    others.
    """
    new, old = list(asked), set(present)
    if not new:
        raise Invalid(FieldError("shelters", "missing"))
    if len(set(new)) != len(new):
        raise Invalid(FieldError("shelters", "doubled"))
    if (old | set(refused)) & set(new):
        raise Invalid(FieldError("shelters", "asked_already"))
    if len(old) + len(new) > MOST_ASKED:
        raise Invalid(FieldError("shelters", "too_many_shelters", {"most": MOST_ASKED}))


@dataclass(frozen=True, slots=True)
class ShelterAnswer:
    """A shelter's answer to a case.

    `place_id`: the place that it offers, with yes. `reason`: with no. `criterion`: with the reason contra_indication.
    `more_place_ids`: those that it offers besides, for a group that is split.
    """

    answer: AnswerCode
    place_id: str | None = None
    reason: str | None = None
    criterion: str | None = None
    more_place_ids: tuple[str, ...] = ()

    @property
    def place_ids(self) -> list[str]:
        """Return all places that it offers together; empty: none."""
        return [] if self.place_id is None else [self.place_id, *self.more_place_ids]


def check_answer(said: ShelterAnswer) -> None:
    """Refuse an answer that cannot be right: Invalid with every such field."""
    wrong = _check_places(said)
    if said.answer == "no" and said.reason is None:
        wrong.append(FieldError("reason", "needed_to_refuse"))
    elif said.answer == "no" and said.reason not in NO_REASONS:
        wrong.append(FieldError("reason", "not_one_of", {"allowed": list(NO_REASONS)}))
    elif said.answer != "no" and said.reason is not None:
        wrong.append(FieldError("reason", "only_with_no"))
    if said.reason != "contra_indication" and said.criterion is not None:
        wrong.append(FieldError("criterion", "only_with_contra_indication"))
    if said.reason == "contra_indication":
        wrong += _check_contra_indication(said.criterion)
    if wrong:
        raise Invalid(*wrong)


def _check_places(said: ShelterAnswer) -> list[FieldError]:
    """Return what is wrong with the places of an answer; empty when nothing is."""
    wrong: list[FieldError] = []
    if said.answer == "yes" and said.place_id is None:
        wrong.append(FieldError("place", "missing"))
    if said.answer != "yes" and said.place_id is not None:
        wrong.append(FieldError("place", "only_with_yes"))
    if said.answer != "yes" and said.more_place_ids:
        wrong.append(FieldError("places", "only_with_yes"))
    elif len(set(said.place_ids)) < len(said.place_ids):
        wrong.append(FieldError("places", "twice"))
    return wrong


def _check_contra_indication(criterion: str | None) -> list[FieldError]:
    """Return what is wrong with the criterion that a shelter names as its reason; empty when nothing is."""
    if criterion is None:
        return [FieldError("criterion", "missing")]
    if criterion not in CRITERION_NAMES:
        return [FieldError("criterion", "not_one_of", {"allowed": sorted(CRITERION_NAMES)})]
    return []


def usual_arrival(now: datetime, *, at_once: bool, minutes: int | None = None) -> datetime:
    """Return the hour of arrival where nobody said it, never sooner than the journey takes.

    `at_once`: the household comes as soon as possible. `minutes`: of the journey; None: not known.
    """
    return now + max(SOONEST if at_once else SOONEST_USUAL, timedelta(minutes=minutes or 0))


def check_arrival(arrives_at: datetime | None, now: datetime, *, is_taken: bool = False) -> datetime:
    """Return the hour of arrival; None: the usual one. `is_taken`: without the yes of the shelter. Refusal: Invalid."""
    if arrives_at is None:
        return usual_arrival(now, at_once=False)
    if arrives_at < now - timedelta(minutes=1):
        raise Invalid(FieldError("arrives_at", "in_the_past"))
    if arrives_at > now + LATEST_ARRIVAL:
        raise Invalid(FieldError("arrives_at", "more_than_two_days"))
    if is_taken and arrives_at > now + TAKEN_AHEAD:
        raise Invalid(FieldError("arrives_at", "needs_their_yes"))
    return arrives_at


def check_stay(stays_until: date | None, today: date) -> date:
    """Return the last night for which a household may stay once the desk has ended its stay. Refusal: Invalid."""
    if stays_until is None:
        raise Invalid(FieldError("stays_until", "missing"))
    if stays_until < today:
        raise Invalid(FieldError("stays_until", "in_the_past"))
    if stays_until > today + LONGEST_STAY:
        raise Invalid(FieldError("stays_until", "stays_too_long"))
    return stays_until


def offer_ends(now: datetime) -> datetime:
    """Return the end of the reservation of an offered place."""
    return now + OFFER_LASTS


def is_late(state: CaseState, arrives_at: datetime | None, now: datetime) -> bool:
    """Return whether the agreed hour has passed and nobody has said whether they came."""
    return state in RESERVED and arrives_at is not None and arrives_at <= now


def late_moments(arrives_at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime, datetime]:
    """Return when people are told that an hour has passed and nobody has said anything: then, later, and in the morning.

    `arrives_at`: the agreed hour of a household, or the end of a closure. The morning of an hour in the night is on the same
    date.
    """
    again = arrives_at + LATE_AGAIN
    morning = datetime.combine(again.astimezone(zone).date(), LATE_MORNING, zone)
    if morning < again + LATE_AGAIN:
        morning += timedelta(days=1)  # on the wall: this is the same zone
    return arrives_at, again, morning


def is_late_untold(arrives_at: datetime, told_at: datetime | None, zone: ZoneInfo, now: datetime) -> bool:
    """Return whether one of the `late_moments` has passed since lateness was last told; `told_at` None: never."""
    return any((told_at is None or told_at < moment) and moment <= now for moment in late_moments(arrives_at, zone))


def may_see_address(state: CaseState, decided_at: datetime | None, arrives_at: datetime | None, now: datetime) -> bool:
    """Return whether those who bring the household may see the shelter's address: for `ADDRESS_SHOWN` after the decision.

    It is also shown around the agreed hour, for half of `ADDRESS_SHOWN` before it and half after it.
    """
    if state not in ON_THE_WAY or decided_at is None:
        return False
    return now < decided_at + ADDRESS_SHOWN or (arrives_at is not None and abs(now - arrives_at) < ADDRESS_SHOWN / 2)


def shows_needs(state: str, settled: str | None) -> bool:
    """Return whether a shelter sees the needs: as long as its answer counts, and then as long as it expects the people."""
    return settled is None or (settled == "chosen" and state in RESERVED)


# --- silence

SilenceStep = Literal["reminder", "second_line", "desk"]
STEPS: tuple[SilenceStep, ...] = get_args(SilenceStep)


@dataclass(frozen=True, slots=True)
class Patience:
    """The times after which a silent shelter is reminded, its managers are told, and the desk is told, in rising order."""

    reminder: timedelta = timedelta(minutes=5)
    second_line: timedelta = timedelta(minutes=10)
    desk: timedelta = timedelta(minutes=15)

    def limits(self) -> tuple[timedelta, ...]:
        return self.reminder, self.second_line, self.desk


def silence_step(asked_at: datetime, patience: Patience, now: datetime) -> int:
    """Return how many of `STEPS` have come for a shelter that has said nothing since `asked_at`."""
    return sum(now >= asked_at + limit for limit in patience.limits())
