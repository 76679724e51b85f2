"""Roles, asked of the database once more after the locks: somebody may lose one while a transaction waits."""

from bedboard.rules.access import Actor
from bedboard.rules.refusals import NotAllowed
from bedboard.store.database import Transaction
from bedboard.store.people import still_has_role


async def check_role(tx: Transaction, actor: Actor) -> None:
    """Refuse an actor whose role has ended. Refusal: NotAllowed."""
    if not await still_has_role(tx, actor):
        raise NotAllowed("not_your_role")
