"""The work that is done once for each press on a case, the same for a page and for the API.

Each function takes the call and gives the work for a transaction; the case is the one in the path. Refusals are those of the
actions, where nothing else is said.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from bedboard.actions import answers, cases
from bedboard.actions.case_lock import LockedCase
from bedboard.actions.idempotency import Reply
from bedboard.routes.call import Call
from bedboard.routes.case_reads import show_done
from bedboard.rules.cases import ShelterAnswer
from bedboard.rules.refusals import FieldError, Invalid, NotFound
from bedboard.store.cases import list_asks
from bedboard.store.database import Transaction

Work = Callable[[Transaction], Awaitable[LockedCase]]


class Task(NamedTuple):
    """A press: its key, its work, and what a repetition must have in common with it besides the path.

    Nothing in `asked` is about a person: a fingerprint of it is kept for a day.
    """

    key: str
    work: Work
    asked: tuple[str, ...] = ()


async def do_once(call: Call, task: Task) -> str:
    """Do a task once, wait until this process shows it, and return the id of the case."""
    done = await call.once(
        task.key,
        *task.asked,
        work=task.work,
        reply=lambda case: Reply(200, case.record.id.encode()),
        shown=lambda case: show_done(call, case),
    )
    return done.reply.body.decode()


def _case_id(call: Call) -> str:
    return call.path_params["case_id"]


def open_case(call: Call, sealed: bytes, near: str | None, kinds: Mapping[str, str]) -> Work:
    """Ask shelters for a new case. `sealed`: its profile; `near`: a police unit; `kinds`: the kind of place of each shelter."""
    case_id = call.process.clock.new_reference()
    return lambda tx: cases.open_case(tx, call.actor, case_id, sealed, near, kinds, call.now)


def ask_more(call: Call, kinds: Mapping[str, str]) -> Work:
    """Ask more shelters, each for a kind of place."""
    return lambda tx: cases.ask_more(tx, call.actor, _case_id(call), kinds, call.now)


def answer(call: Call, shelter_id: str, said: ShelterAnswer) -> Work:
    """Answer as the shelter, for it, or as the police."""
    claim_id = call.process.clock.new_id()
    return lambda tx: answers.answer_case(tx, call.actor, _case_id(call), shelter_id, said, claim_id, call.now)


def choose(call: Call, shelter_id: str, arrives_at: datetime | None) -> Work:
    """Take a shelter's offer. `arrives_at` None: the usual time from now."""
    zone = call.catalogue.zone
    return lambda tx: cases.choose_offer(tx, call.actor, _case_id(call), shelter_id, call.now, zone, arrives_at)


def decide(call: Call, decision: Literal["confirm", "refuse"], reason: str | None) -> Work:
    """Confirm or refuse the chosen place, as the desk. Refusal: Invalid when a `reason` is missing or does not belong."""
    zone = call.catalogue.zone
    if decision == "confirm":
        if reason is not None:
            raise Invalid(FieldError("reason", "only_with_no"))
        return lambda tx: answers.confirm_case(tx, call.actor, _case_id(call), call.now, zone)
    if reason is None:
        raise Invalid(FieldError("reason", "needed_to_refuse"))
    return lambda tx: answers.refuse_case(tx, call.actor, _case_id(call), reason, call.now)


def take_arrival(call: Call, shelter_id: str | None, *, arrived: bool) -> Work:
    """Say whether they came. `shelter_id` None: to the chosen shelter."""
    zone = call.catalogue.zone

    async def work(tx: Transaction) -> LockedCase:
        to = shelter_id or await chosen_or_first(tx, _case_id(call))
        return await answers.take_arrival(tx, call.actor, _case_id(call), to, call.now, zone, arrived=arrived)

    return work


async def chosen_or_first(tx: Transaction, case_id: str) -> str:
    """Return the chosen shelter, or the first that was asked, so that the table of states says what is wrong.

    Refusal: NotFound.
    """
    asks = await list_asks(tx, case_id)
    if not asks:
        raise NotFound("no_such_request")
    return next((ask for ask in asks if ask.settled == "chosen"), asks[0]).shelter_id


def withdraw(call: Call) -> Work:
    """Give the search up, as the requester."""
    zone = call.catalogue.zone
    return lambda tx: cases.withdraw_case(tx, call.actor, _case_id(call), call.now, zone)


def tell_outcome(call: Call, slept: str) -> Work:
    """Say where the person sleeps after the search was given up."""
    zone = call.catalogue.zone
    return lambda tx: cases.tell_outcome(tx, call.actor, _case_id(call), slept, call.now, zone)
