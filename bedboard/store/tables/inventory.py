"""What each column of each table is for, its class, and its term. `docs/privacy.md` shows it; a house test finds a gap.

A table begins with its name and the term of its rows. Its columns follow with their class and purpose, and after an @ with a
term of their own when the value goes earlier than the row.
"""

from collections.abc import Mapping
from typing import NamedTuple

from bedboard.store.tables.inventory_of_board import INVENTORY_OF_BOARD
from bedboard.store.tables.inventory_of_people import INVENTORY_OF_PEOPLE

CLASSES: Mapping[str, str] = {
    "operational": "about shelters and places, not about a person",
    "staff": "about somebody who works with the board",
    "case": "about one search for a place; pseudonymous, with nothing about the household in it",
    "household": "codes about the household, encrypted or erased as soon as the case is over",
    "secret": "a key, the hash of one, or a value that is sealed with the deployment's key",
    "counter": "a number without anybody in it",
    "technical": "for the program only",
}

TERMS: Mapping[str, str] = {
    "deployment": "as long as the deployment uses it",
    "person": "after somebody has left: as long as a line of the journal or a disclosure may name them",
    "case": "`BEDBOARD_CASE_DAYS` after the end of the case, or after the end of a hold of no case",
    "needs": (
        "until the case is over (seven days at most after it began, after the agreed arrival, or after its search began again)"
        " or the alert has ended (24 hours at most)"
    ),
    "search": "until the case is at its end (seven days at most after it was over, or fourteen after it began)",
    "alert": "24 hours at most",
    "session": "30 days after its end or its last use",
    "reply": "24 hours",
    "reminder": "30 days",
    "message": "until it was delivered, or is too old (a day at most), and until the next hour; or until its device goes",
    "device": "until its session has ended, or 30 days after the last use of that",
    "journal": "`BEDBOARD_JOURNAL_DAYS`",
    "picture": "`BEDBOARD_JOURNAL_DAYS`",
    "disclosure": "`BEDBOARD_DISCLOSURE_DAYS`",
    "passkey": "30 days after its end",
    "challenge": "five minutes, and until the next hour",
    "code": "a day",
    "hour": "an hour at most, unless the system stands still",
    "departure": "an hour and a quarter at most, unless the system stands still",
    "draft": "until it is saved, or two hours, and until the next hour",
    "always": "always: nobody is in it",
}

INVENTORY = INVENTORY_OF_BOARD + INVENTORY_OF_PEOPLE


class Column(NamedTuple):
    """A column as the inventory describes it; `term` is a key of `TERMS`."""

    name: str
    kind: str
    purpose: str
    term: str


def read_inventory(inventory: str = INVENTORY) -> Mapping[str, list[Column]]:
    """Return the columns by table, in the order of the inventory. Raises ValueError for a line without one of the parts."""
    tables: dict[str, list[Column]] = {}
    for block in inventory.strip().split("\n\n"):
        header, *lines = block.splitlines()
        table, term = header.split()
        tables[table] = []
        for line in lines:
            names, kind, rest = line.split(maxsplit=2)
            purpose, _, own = rest.partition(" @")
            tables[table] += [Column(name, kind, purpose, own or term) for name in names.split(",")]
    return tables
