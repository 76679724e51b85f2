"""Clients: the roles and names that a program may have. Its name is written in the journal, where no person may be named."""

import re
from typing import Literal

ClientRole = Literal["machine", "coordinator", "police", "desk", "admin", "auditor"]

LONGEST_NAME = 60
PARTICLES = frozenset("van de den der het te ten ter el al in op 't ’t von la le du da dos".split())
DIGITS = re.compile(r"\d([ .-]?\d){5}")  # six or more: a telephone, a citizen service number, a date of birth


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
