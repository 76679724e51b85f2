"""Outgoing messages: save them in the transaction of the change that they tell of, and give up those that are too old.

So a change and its messages are saved together or not at all, and a process that ends before it has sent them loses none.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from bedboard.rules.outgoing import LASTS, Word
from bedboard.store.bell import ring
from bedboard.store.database import Transaction
from bedboard.store.outgoing import delete_old_outgoing, save_outgoing

Notice = tuple[str, Word]
"""The id of a person, and what their devices are to say."""


async def send_later(tx: Transaction, notices: Iterable[Notice], now: datetime) -> None:
    """Save each notice for every device of its person, and wake the senders of all processes at the commit."""
    by_word: dict[Word, set[str]] = {}
    for person_id, what in notices:
        by_word.setdefault(what, set()).add(person_id)
    count = 0
    for what, people in by_word.items():
        count += await save_outgoing(tx, people, what, now, now + LASTS[what])
    if count:
        await ring(tx, "outgoing", "new")


async def drop_old(tx: Transaction, now: datetime) -> Mapping[str, int]:
    """Delete a batch of messages that nobody could deliver in time; return how many that were, by word."""
    return await delete_old_outgoing(tx, now)


async def forget_outgoing(tx: Transaction, now: datetime) -> int:
    """Delete a batch of messages that are too old, even if no process sends any; return how many."""
    return sum((await drop_old(tx, now)).values())
