"""Passkeys, enrolment codes and fresh proofs: how long each lasts, and the people who may make a code for somebody."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal, get_args

from bedboard.rules.access import Actor

CHALLENGE_LASTS = timedelta(minutes=5)
CODE_LASTS = timedelta(minutes=15)
PROOF_LASTS = timedelta(minutes=5)

MOST_TRIES = 5
"""The wrong ends of one code after which it is over. Its beginning was right, so the typist has seen it or guessed 30 bits."""

MOST_WRONG_CODES, WRONG_WITHIN = 30, timedelta(minutes=5)
"""The wrong beginnings from one class of network that are answered in so long. A right beginning is answered all the same."""

PASSKEYS_ADVISED, MOST_PASSKEYS = 2, 10

PasskeyPurpose = Literal["sign_in", "unlock", "step_up", "enrol", "add"]
AccountPurpose = Literal["account_sign_in", "account_unlock", "account_step_up", "account_add"]
Purpose = PasskeyPurpose | AccountPurpose | Literal["account_done"]
PURPOSES: tuple[Purpose, ...] = (*get_args(PasskeyPurpose), *get_args(AccountPurpose), "account_done")
"""What a challenge is for. `account_done`: the provider has answered, and our own page has to take that up."""

Label = Literal["phone", "computer", "tablet", "key", "shared"]
LABELS: tuple[Label, ...] = get_args(Label)
"""The names of passkeys: codes and no text, so that nobody can type something about a person."""

CODE_WORDS, FINDING_WORDS = 5, 3
"""The words of a code, and how many of them find it. The others are its secret: 20 bits, and `MOST_TRIES` guesses at them."""

RANKS: dict[str, Collection[str]] = {
    "desk": ("staff", "manager", "coordinator", "police", "desk"),
    "admin": ("staff", "manager", "coordinator", "police", "desk", "admin", "auditor", "policy"),
}
"""By the role of the helper, the roles of the people helped."""


def is_fresh(proven_at: datetime | None, now: datetime) -> bool:
    """Return whether a person has proven who they are within `PROOF_LASTS`; None: never in this session."""
    return proven_at is not None and now - proven_at < PROOF_LASTS


def is_living(made_at: datetime, lasts: timedelta, now: datetime) -> bool:
    """Return whether a challenge or a code still counts."""
    return now - made_at < lasts


def may_enrol(actor: Actor, role: str, shelter_ids: Collection[str]) -> bool:
    """Return whether the actor may make a code for a person in this role, and end that person's passkeys.

    A code lets its maker sign in as the other. So a manager is trusted only with people who work for no shelter but the
    manager's own.
    """
    if actor.kind != "person":
        return False
    if actor.role == "manager":
        return role in ("staff", "manager") and bool(shelter_ids) and actor.shelter_ids.issuperset(shelter_ids)
    return role in RANKS.get(actor.role, ())


def read_code(text: str) -> str:
    """Return the code as it was made, however it was typed: with capitals, spaces or other marks between the words."""
    return "-".join("".join(sign if sign.isalpha() else " " for sign in text.lower()).split())


def finding_part(code: str) -> str:
    """Return the words of a code by which it is found."""
    return "-".join(code.split("-")[:FINDING_WORDS])
