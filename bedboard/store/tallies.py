"""Counters per month and hour of the day, without anybody in them."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text

from bedboard.rules.merging import Count
from bedboard.store.database import Transaction


class Tally(NamedTuple):
    """An event to count; `unit` and `kind` are "" where they were not said. `times`: how many such events there were."""

    what: str
    unit: str
    kind: str
    code: str
    times: int = 1


COUNT = text("""
    insert into tally_waiting (month, hour, what, unit_code, kind_code, code, count)
    values (:month, :hour, :what, :unit, :kind, :code, :times)
""")


async def count_tallies(tx: Transaction, at: datetime, tallies: Iterable[Tally]) -> None:
    """Count each of these in the month and hour of `at`, a local moment."""
    await count_tallies_at(tx, at, [(at, mark) for mark in tallies])


async def count_tallies_at(tx: Transaction, now: datetime, tallies: Iterable[tuple[datetime, Tally]]) -> None:
    """Count each of these in the hour of its own local moment: it waits to be added with those of other cases.

    `now`: a local moment, whose month it is. An earlier month may be over, and its figures shown: nothing is added to them.
    """
    rows = [{"month": now.date().replace(day=1), "hour": at.hour} | mark._asdict() for at, mark in tallies]
    if rows:
        await (await tx.connection()).execute(COUNT, rows)


async def add_waiting_tallies(tx: Transaction) -> None:
    """Add all counts that wait to the tallies, and remove the file in which they waited. A function of the owner does it.

    Refusal: Busy while another transaction counts; try again later.
    """
    await (await tx.connection()).execute(text("select add_waiting_tallies()"))


FREE_KINDS = text("""
    select distinct p.shelter_id, p.kind_code from place p
    where p.shelter_id = any(:shelters) and p.state = 'open' and p.ended_at is null
        and (p.exists_from is null or (p.exists_from <= :now and :now < p.exists_until))
        and not exists (
            select from claim c
            where c.place_id = p.id and c.ended_at is null and (c.expires_at is null or c.expires_at > :now)
        )
""")


async def list_free_kinds(tx: Transaction, shelter_ids: Collection[str], now: datetime) -> set[tuple[str, str]]:
    """Return the pairs of one of these shelters and a kind of place that the board shows as free there."""
    found = await (await tx.connection()).execute(FREE_KINDS, {"shelters": list(shelter_ids), "now": now})
    return {(row.shelter_id, row.kind_code) for row in found}


class Stay(NamedTuple):
    """How long a place of this kind was occupied before it was said to be so no more, and where its people went.

    `departure` "not_said": nobody has answered that.
    """

    kind: str
    since: datetime
    until: datetime
    departure: str


STAYS = text("""
    select p.kind_code, (j.before ->> 'since')::timestamptz as since, j.observed_at, coalesce(d.code, 'not_said') as departure
    from journal j join place p on p.id = j.place_id left join departure d on d.journal_id = j.id
    where j.received_at > :since and j.received_at <= :until and j.action <> 'undo'
        and j.before ->> 'state' = 'occupied' and j.after ->> 'state' <> 'occupied'
        and not exists (select from journal u where u.action = 'undo' and u.received_at > :since
            and (u.before ->> 'undoes')::bigint = j.id)
""")


async def list_stays(tx: Transaction, since: datetime, until: datetime) -> list[Stay]:
    """Return the stays of which the end was reported after `since` and up to `until`, and was not undone."""
    found = await (await tx.connection()).execute(STAYS, {"since": since, "until": until})
    return [Stay(row.kind_code, row.since, row.observed_at, row.departure) for row in found]


SAVE_DEPARTURE = text("""
    insert into departure (journal_id, tapped_at, code) values (:journal_id, :tapped_at, :code)
    on conflict (journal_id) do update set code = excluded.code
""")


async def save_departure(tx: Transaction, journal_id: int, tapped_at: datetime, code: str) -> None:
    """Keep where the people of a place went until its stay is counted; a second answer takes the place of the first."""
    wanted = {"journal_id": journal_id, "tapped_at": tapped_at, "code": code}
    await (await tx.connection()).execute(SAVE_DEPARTURE, wanted)


async def delete_departures(tx: Transaction, until: datetime) -> None:
    """Delete the answers about taps up to this moment: their stays are counted."""
    await (await tx.connection()).execute(text("delete from departure where tapped_at <= :until"), {"until": until})


HOLDS = text("""
    select coalesce(nullif(ending, 'expired'), 'lapsed') as ending, count(*) as times from claim
    where type = 'hold' and first_id is null and case when ended_at is null then expires_at else ended_at end > :since
        and case when ended_at is null then expires_at else ended_at end <= :until
    group by 1
""")


async def count_holds(tx: Transaction, since: datetime, until: datetime) -> dict[str, int]:
    """Return how many holds ended after `since` and up to `until`, by how; "lapsed": their time ran out."""
    found = await (await tx.connection()).execute(HOLDS, {"since": since, "until": until})
    return {row.ending: row.times for row in found}


async def list_begun(tx: Transaction) -> dict[str, date]:
    """Return for everything that is counted the month since which it is."""
    found = await (await tx.connection()).execute(text("select what, month from tally_began"))
    return {row.what: row.month for row in found}


COUNTS = text("""
    select month, what, unit_code, kind_code, code, sum(count)::bigint as times from tally
    where month >= :first and month <= :last group by month, what, unit_code, kind_code, code
    union all
    select month, 'sought_hour', '', '', code || '-' || hour, sum(count)::bigint from tally
    where month >= :first and month <= :last and what = 'sought' group by month, code, hour
""")


async def list_counts(tx: Transaction, first: date, last: date) -> list[Count]:
    """Return all tallies of these months, over all hours of the day. `first` and `last`: the first days of months.

    Searches are in it once more by weekday and hour, as "sought_hour" with a code such as "3-14".
    """
    found = await (await tx.connection()).execute(COUNTS, {"first": first, "last": last})
    return [Count(row.month, row.what, row.unit_code, row.kind_code, row.code, row.times) for row in found]
