"""The beginning of a restored database: people who were signed in when the backup was made are signed in no more."""

from datetime import datetime

from bedboard.actions.manage.common import write_about
from bedboard.actions.setup import REGISTER
from bedboard.store.bell import ring
from bedboard.store.database import Transaction
from bedboard.store.epoch import end_epoch
from bedboard.store.whole import end_all_access


async def begin_restored(tx: Transaction, now: datetime) -> None:
    """End all sessions and codes, which may have ended after the backup was made, and write a line in the journal.

    A new epoch begins: a board that has seen the database of before takes this one for another.
    """
    await end_all_access(tx, now)
    await end_epoch(tx)
    await ring(tx, "catalogue", "all")
    await write_about(tx, REGISTER, "restore", "deployment 1", None, None, now)
