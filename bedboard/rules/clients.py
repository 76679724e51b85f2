"""Clients: the roles, scopes and names that a program may have, and how long its token counts.

Its name is written in the journal, where no person may be named.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

from bedboard.rules.refusals import Conflict, FieldError, Invalid

ClientRole = Literal["machine", "coordinator", "police", "desk", "admin", "auditor"]
CLIENT_ROLES: tuple[ClientRole, ...] = get_args(ClientRole)
SEEKING: frozenset[str] = frozenset({"coordinator", "police", "desk"})  # they act for an organization

Scope = Literal["report", "read", "answer", "search", "request"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""What a token may do: report what is free, read requests, answer them (also as the desk), search, hold places and
make requests.

Besides, every token may read the board and the numbers to call, as far as its role sees them.
"""

SCOPES_OF: Mapping[ClientRole, tuple[Scope, ...]] = {
    "machine": ("report", "read", "answer", "request"),  # a shelter's system may hold a place for a caller
    "coordinator": ("read", "search", "request"),
    "police": ("read", "answer", "search", "request"),
    "desk": ("read", "answer", "search", "request"),
    "admin": (),
    "auditor": (),
}

OVERLAP = timedelta(hours=24)
"""How long the old token of a rotation goes on counting beside the new one."""

PERIODS = (30, 90, 365)
"""For how many days a token may count; the last is the longest."""

MOST_TOKENS = 20  # that count at once, of one shelter, or of one organization besides those of its shelters
TOLD_FOR = timedelta(days=7)
"""How long a new token stands on the pages of the managers of its shelter."""

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""The form of every token that is made: 256 random bits."""
DEMO_TOKEN = re.compile(r"[a-z0-9-]{1,100}")
"""The form of the tokens that a demo has besides: words that people can type."""

LONGEST_NAME = 60
PARTICLES = frozenset("van de den der het te ten ter el al in op 't ’t von la le du da dos".split())
DIGITS = re.compile(r"\d([ .-]?\d){5}")  # six or more: a telephone, a citizen service number, a date of birth


def is_token(text: str, *, demo: bool) -> bool:
    """Return whether a token can look so; `demo`: those of a demo count too. Nobody needs to be asked about another one."""
    return bool(TOKEN.fullmatch(text) or (demo and DEMO_TOKEN.fullmatch(text)))


def is_told(created_at: datetime, now: datetime) -> bool:
    """Return whether managers still read on their pages that the token is new."""
    return now - created_at < TOLD_FOR


class Terms(NamedTuple):
    """The moments of a token that say whether it counts. None: never made again, without an end, never ended."""

    expires_at: datetime | None
    ended_at: datetime | None = None
    previous_until: datetime | None = None

    def counts(self, now: datetime) -> bool:
        """Return whether the newest token of the client counts."""
        return self.ended_at is None and (self.expires_at is None or now < self.expires_at)

    def overlaps(self, now: datetime) -> bool:
        """Return whether an older token of the client counts too."""
        return self.counts(now) and self.previous_until is not None and now < self.previous_until


def rotated(terms: Terms, made_at: datetime, now: datetime) -> Terms:
    """Return the terms after a rotation: the new token lasts as long as the old one did, and the old one for `OVERLAP` at most.

    `made_at`: of the old token. One without an end gets the longest period. A token that has expired begins again, and the
    expired one stays what it is. Refusals: Conflict `token_ended`, `rotated_lately` with the end of the overlap.
    """
    if terms.ended_at is not None:
        raise Conflict("token_ended")
    if terms.overlaps(now):
        raise Conflict("rotated_lately", until=terms.previous_until)
    longest = timedelta(days=PERIODS[-1])
    lasts = longest if terms.expires_at is None else min(longest, terms.expires_at - made_at)
    old_ends = now + OVERLAP if terms.expires_at is None else min(now + OVERLAP, terms.expires_at)
    return Terms(now + lasts, None, old_ends if old_ends > now else None)


def check_token(role: str, scopes: Collection[str], *, has_shelter: bool, has_organization: bool) -> None:
    """Refuse a token that its role cannot have; Invalid names each wrong field.

    A shelter's system is of one shelter. A role that seeks needs an organization: its holds and requests are of it.
    """
    wrong = []
    if has_shelter != (role == "machine"):
        wrong.append(FieldError("shelter", "only_for_machine" if has_shelter else "shelter_needed"))
    if role in SEEKING and not has_organization:
        wrong.append(FieldError("organization", "organization_needed"))
    possible: Collection[str] = next((SCOPES_OF[one] for one in CLIENT_ROLES if one == role), ())
    if not set(scopes) <= set(possible):
        wrong.append(FieldError("scopes", "not_for_role"))
    elif possible and not scopes:
        wrong.append(FieldError("scopes", "scope_needed"))
    if wrong:
        raise Invalid(*wrong)


def unfit_name(name: str) -> str | None:
    """Return why a program may not be called this; None: it may."""
    if not name.strip() or name != name.strip() or not name.isprintable():
        return "the name is empty, begins or ends with a space, or has signs that cannot be printed"
    if len(name) > LONGEST_NAME:
        return f"the name is longer than {LONGEST_NAME} characters"
    if "@" in name:
        return "an e-mail address belongs to a person"
    if _is_like_a_person(name):
        return "this looks like the name of a person"
    if DIGITS.search(name) or not any(sign.isalpha() for sign in name):
        return "this looks like a number"
    return None


def _is_like_a_person(name: str) -> bool:
    """Return whether this is like "Jan Jansen", "J. de Vries" or "Anne-Marie van der Berg": capitals at both ends."""
    words = name.split()
    capitalised = [word[0].isupper() and not re.search(r"[^\w.'’-]|[\d_]", word) for word in words]
    inside = zip(words[1:-1], capitalised[1:-1], strict=True)
    return len(words) > 1 and capitalised[0] and capitalised[-1] and all(big or word in PARTICLES for word, big in inside)
