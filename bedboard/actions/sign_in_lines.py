"""Lines of the journal of signing in, written in the transaction of what they say; of a refusal in one of their own."""

from datetime import datetime, timedelta
from typing import Literal

from bedboard.rules.access import Actor, actor_fields
from bedboard.rules.sessions import SessionKind
from bedboard.store.database import Transaction
from bedboard.store.sign_ins import count_refused, write_sign_in
from bedboard.store.tables.people import Person

Event = Literal["sign_in", "sign_out", "unlock", "step_up", "code_made", "code_tried"]
Change = Literal["passkey_added", "passkey_ended", "account_added", "account_ended"]
What = Event | Change
Method = Literal["tap", "passkey", "code", "command", "oidc"]
MOST_REFUSED, REFUSED_WITHIN = 100, timedelta(minutes=5)
RESULTS = ("done", "challenge_over", "passkey_refused", "wrong_code", "account_refused", "account_too_weak", "account_too_old")
REFUSED: dict[Method, str] = {"passkey": "passkey_refused", "oidc": "account_refused"}
"""By method, what a line says of a refusal that has no word of its own there."""


def actor_of(person: Person, session: SessionKind, network: str | None) -> Actor:
    """Return the actor for a line about somebody who signs in."""
    return Actor(
        "person",
        person.id,
        person.role,  # type: ignore[arg-type]  # the database has only roles
        person.name,
        person.organization_id,
        frozenset(),
        session=session,
        network=network,
    )


async def note_sign_in(
    tx: Transaction,
    actor: Actor | None,
    what: What,
    now: datetime,
    *,
    network: str | None = None,
    person_id: str | None = None,
    method: Method | None = None,
    device: str | None = None,
    result: str = "done",
) -> None:
    """Add a line. `actor` None: nobody known, from this class of `network`. `person_id` None: about the actor."""
    nobody = {"actor_kind": "nobody", "actor_id": "", "network": network}
    about = person_id or (actor.id if actor is not None and actor.kind == "person" else None)
    said = {"at": now, "person_id": about, "what": what, "method": method, "device": device, "result": result}
    await write_sign_in(tx, (nobody if actor is None else actor_fields(actor)) | said)


async def note_refused(
    tx: Transaction,
    actor: Actor | None,
    what: What,
    network: str | None,
    code: str,
    now: datetime,
    *,
    method: Method = "passkey",
) -> None:
    """Add a line about a refused proof, as long as there are few of them from this class of network: a flood says no more."""
    if await count_refused(tx, network, now - REFUSED_WITHIN) < MOST_REFUSED:
        result = code if code in RESULTS else REFUSED[method]
        await note_sign_in(tx, actor, what, now, network=network, method=method, result=result)
