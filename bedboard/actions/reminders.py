"""Reminders: a shelter's people are asked whether the board is still right, by a line in the log and on their page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bedboard.rules.freshness import Reminder, latest_reminder
from bedboard.store.database import Transaction
from bedboard.store.reminders import Slot, delete_reminded, list_confirmations, save_slots

REMINDERS_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Sent:
    """A reminder that this call, and no other process, has to deliver."""

    shelter_id: str
    reminder: Reminder


async def remind_shelters(tx: Transaction, zone: ZoneInfo, now: datetime) -> list[Sent]:
    """Return the reminders whose step has come and that this process has to send.

    A row in `reminded` for each step decides which of all processes sends it.
    A shelter that was never confirmed counts from when it was added, as on its page.
    """
    due: dict[Slot, Sent] = {}
    for shelter in await list_confirmations(tx):
        reminder = latest_reminder(shelter.confirmed_at or shelter.created_at, shelter.confirm_times, zone, now)
        if reminder is not None:
            due[Slot(shelter.id, reminder.due_at, reminder.step)] = Sent(shelter.id, reminder)
    claimed = await save_slots(tx, list(due), now)
    return [sent for slot, sent in due.items() if slot in claimed]


async def forget_reminders(tx: Transaction, now: datetime) -> int:
    """Delete the slots that are older than `REMINDERS_KEPT`; return how many."""
    return await delete_reminded(tx, now - REMINDERS_KEPT)
