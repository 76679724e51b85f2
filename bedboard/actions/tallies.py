"""Tallies of searches, and once an hour those of what time alone does."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bedboard.rules.fit import Profile
from bedboard.rules.retention import TALLIES_ADDED
from bedboard.rules.tallies import STAYS, bucket_of, household_of
from bedboard.store.database import Transaction
from bedboard.store.retention import claim_slot, get_taken_at
from bedboard.store.tallies import Tally, count_holds, count_tallies, count_tallies_at, delete_departures, list_stays

STOCK = "stock"
COUNTED_AFTER = timedelta(minutes=15)  # by then a tap was undone, and somebody said where the people went, or never


def note_sought(noted: list[tuple[datetime, Tally]], profile: Profile, at: datetime) -> None:
    """Note that a place is sought: the weekday, the unit, the household and the exploitation, each by itself.

    `noted`: in the memory of the process, until `count_sought`. `at`: the local time.
    """
    tallies = [
        Tally("sought", "", "", str(at.isoweekday())),
        Tally("sought_unit", profile.near or "", "", ""),
        Tally("household", "", "", household_of(profile)),
        Tally("exploitation", "", "", profile.exploitation or "unknown"),
    ]
    noted += [(at, tally) for tally in tallies]


async def count_sought(tx: Transaction, noted: list[tuple[datetime, Tally]], at: datetime) -> int:
    """Count what was noted, once the first of it has waited for an hour, and return how many notes that were; 0: none yet.

    `at`: the local time. The caller drops these from `noted` when the transaction has been committed.
    """
    if not noted or noted[0][0] > at - TALLIES_ADDED:
        return 0
    await count_tallies_at(tx, at, noted)
    return len(noted)


async def count_nothing_found(
    tx: Transaction, slept: str, unit: str | None, excluded_by: Iterable[str], kinds: Iterable[str], at: datetime
) -> None:
    """Count a search without a place: where the person sleeps, why free places did not fit, and which kinds would.

    `slept`: where the person slept instead. `unit`: the police unit of the search; None: not said. `at`: the local time.
    Reasons and kinds are counted for the whole country: with the unit, those of one search in a quiet place would
    together describe a person.
    """
    tallies = [Tally("slept", unit or "", "", slept)]
    tallies += [Tally("excluded_by", "", "", reason) for reason in excluded_by]
    tallies += [Tally("kind_sought", "", kind, "") for kind in kinds]
    await count_tallies(tx, at, tallies)


async def take_stock(tx: Transaction, zone: ZoneInfo, present: Mapping[tuple[str, str, str, str], int], now: datetime) -> bool:
    """Count what the board shows, and the stays and holds that have ended since the last time; False: it is not time yet.

    `present`: by what, unit, kind and code; how many places or shelters there are now.
    """
    last = await get_taken_at(tx, STOCK)
    if not await claim_slot(tx, STOCK, TALLIES_ADDED, now):
        return False
    since, until = (last or now - TALLIES_ADDED) - COUNTED_AFTER, now - COUNTED_AFTER
    tallies = [Tally(*key, count) for key, count in present.items() if count]
    ended = await list_stays(tx, since, until)
    stays = Counter((stay.kind, bucket_of(stay.until - stay.since, STAYS)) for stay in ended)
    tallies += [Tally("stay", "", kind, code, count) for (kind, code), count in stays.items()]
    departures = Counter(stay.departure for stay in ended)
    tallies += [Tally("departure", "", "", code, count) for code, count in departures.items()]
    await delete_departures(tx, until)
    tallies += [Tally("hold", "", "", ending, count) for ending, count in (await count_holds(tx, since, until)).items()]
    await count_tallies(tx, now.astimezone(zone), tallies)
    return True
