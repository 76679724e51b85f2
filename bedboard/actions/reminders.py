"""Asking a shelter's people whether the board is still right. Today a line in the log and on their page; each step once."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from bedboard.rules.freshness import Reminder, latest_reminder
from bedboard.store.board import list_shelters
from bedboard.store.database import Transaction
from bedboard.store.tables import Reminded


@dataclass(frozen=True, slots=True)
class Sent:
    """A reminder that this call, and no other process, has to deliver."""

    shelter_id: str
    reminder: Reminder


async def remind_shelters(tx: Transaction, zone: ZoneInfo, now: datetime) -> list[Sent]:
    """Claims every reminder whose step has come; the row in `reminded` makes sure that one process gets it.

    Never confirmed counts from when the shelter was added, as on its page.
    """
    due = []
    for shelter in await list_shelters(tx):
        reminder = latest_reminder(shelter.confirmed_at or shelter.created_at, shelter.confirm_times, zone, now)
        if reminder is not None:
            due.append(Sent(shelter.id, reminder))
    if not due:
        return []
    rows = [
        {"shelter_id": sent.shelter_id, "due_at": sent.reminder.due_at, "step": sent.reminder.step, "created_at": now}
        for sent in due
    ]
    connection = await tx.connection()
    claimed = await connection.execute(
        insert(Reminded).on_conflict_do_nothing().returning(col(Reminded.shelter_id), col(Reminded.due_at), col(Reminded.step)),
        rows,
    )
    mine = {tuple(row) for row in claimed}
    return [sent for sent in due if (sent.shelter_id, sent.reminder.due_at, sent.reminder.step) in mine]
