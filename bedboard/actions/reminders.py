"""Reminders: a shelter's people are asked whether the board is still right, on their page and on their devices."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bedboard.rules.freshness import Reminder, closure_reminder, is_on_time, latest_reminder, moment_to_count
from bedboard.store.database import Transaction
from bedboard.store.people import list_shelter_people
from bedboard.store.reminders import Slot, delete_reminded, list_confirmations, list_overdue_closures, save_slots
from bedboard.store.tallies import Tally, count_tallies

REMINDERS_KEPT = timedelta(days=30)
CLOSURE_REMINDED = timedelta(days=7)  # after its expected end; its slots are kept for longer, so none goes out twice
TOLD_BY_DEVICE = ("before", "due", "closure")


@dataclass(frozen=True, slots=True)
class Sent:
    """A reminder that this call, and no other process, has to deliver."""

    shelter_id: str
    reminder: Reminder


async def remind_shelters(tx: Transaction, zone: ZoneInfo, now: datetime) -> list[Sent]:
    """Return the reminders whose step has come and that this process has to send.

    A row in `reminded` for each step decides which of all processes sends it.
    A shelter that was never confirmed counts from when it was added, as on its page. A place that is still closed past its
    expected end has reminders of its own.
    """
    due: dict[Slot, Sent] = {}
    for shelter in await list_confirmations(tx):
        reminder = latest_reminder(shelter.confirmed_at or shelter.created_at, shelter.confirm_times, zone, now)
        if reminder is not None:
            due[Slot(shelter.id, reminder.due_at, reminder.step)] = Sent(shelter.id, reminder)
    for shelter_id, expected_end in await list_overdue_closures(tx, now - CLOSURE_REMINDED, now):
        reminder = closure_reminder(expected_end, zone, now)
        if reminder is not None:
            due[Slot(shelter_id, reminder.due_at, reminder.step)] = Sent(shelter_id, reminder)
    claimed = await save_slots(tx, list(due), now)
    return [sent for slot, sent in due.items() if slot in claimed]


async def count_confirmed(tx: Transaction, zone: ZoneInfo, now: datetime) -> int:
    """Count for each shelter whether it confirmed on time, once for each of its moments; return how many were counted.

    A row in `reminded` decides which of all processes counts it. While the system stands still nobody can confirm, and nothing
    is counted.
    """
    known: dict[Slot, bool] = {}
    for shelter in await list_confirmations(tx):
        moment = moment_to_count(shelter.created_at, shelter.confirm_times, zone, now)
        if moment is not None:
            known[Slot(shelter.id, moment, "counted")] = is_on_time(shelter.confirmed_at, moment)
    claimed = await save_slots(tx, list(known), now)
    at = now.astimezone(zone).replace(hour=0)  # what names a shelter has no hour
    tallies = [Tally("confirm_due", "", "", slot.shelter_id) for slot in claimed]
    tallies += [Tally("confirmed", "", "", slot.shelter_id) for slot in claimed if known[slot]]
    await count_tallies(tx, at, tallies)
    return len(claimed)


async def list_reminded(tx: Transaction, sent: Iterable[Sent]) -> list[str]:
    """Return the ids of the people to wake for these reminders, each once; a late one is only on the page and at the desk."""
    shelters = sorted({one.shelter_id for one in sent if one.reminder.step in TOLD_BY_DEVICE})
    people = [await list_shelter_people(tx, shelter_id, ("staff", "manager")) for shelter_id in shelters]
    return sorted({person_id for some in people for person_id in some})


async def forget_reminders(tx: Transaction, now: datetime) -> int:
    """Delete a batch of the slots that are older than `REMINDERS_KEPT`; return how many."""
    return await delete_reminded(tx, now - REMINDERS_KEPT)
