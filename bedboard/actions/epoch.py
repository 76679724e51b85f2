"""The epoch of the database: the first process that meets a database after a break begins a new one."""

import structlog

from bedboard.store.bell import ring
from bedboard.store.database import Transaction
from bedboard.store.epoch import begin_epoch

NEVER = -1

log = structlog.get_logger()


async def note_epoch(tx: Transaction, doubted: int | None = None) -> int:
    """Return the number of the present epoch, after beginning it if need be.

    `doubted`: the epoch in which the caller has seen the database go back; None: nothing is wrong.
    """
    epoch = await begin_epoch(tx, NEVER if doubted is None else doubted)
    if epoch.is_new:
        log.warning("epoch_begins", version=epoch.number)
    if epoch.is_new and doubted is not None:  # otherwise no process has had a connection since the break
        await ring(tx, "catalogue", "all")
    return epoch.number
