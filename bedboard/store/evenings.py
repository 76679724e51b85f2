"""Past evenings of the whole board, from the journal and the claims: nothing is counted while it happens."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from bedboard.store.database import Transaction


class Evening(NamedTuple):
    """The places of a kind in a police unit at one moment, and the free ones, as the board then showed them."""

    unit: str
    kind: str
    at: datetime
    places: int
    free: int


# A place was in the state of its last line before the moment: as said after that line, and before the next one. `add_place`
# begins it, in a state that is said or closed. A place without a line since then is as it was.
LIST_EVENINGS = text("""
    with line as (
        select place_id, id, received_at, action = 'add_place' as begins, before ->> 'state' as was,
            case when action = 'add_place' then coalesce(after ->> 'state', 'closed') else after ->> 'state' end as becomes
        from journal
        where received_at > :first and place_id is not null
            and (action = 'add_place' or (before ->> 'state' is not null and after ->> 'state' is not null))
    ), lasting as (
        select place_id, becomes as state, received_at as since,
            lead(received_at, 1, timestamptz 'infinity') over (partition by place_id order by id) as until
        from line
        union all
        (select distinct on (place_id) place_id, case when begins then null else was end, timestamptz '-infinity', received_at
            from line order by place_id, id)
        union all
        select id, state, timestamptz '-infinity', timestamptz 'infinity' from place p
            where not exists (select from line where place_id = p.id)
    )
    select s.unit_code as unit, p.kind_code as kind, e.at, count(*) as places,
        count(*) filter (where l.state = 'open' and not exists (
            select from claim c where c.place_id = p.id and c.created_at <= e.at
                and coalesce(c.ended_at, 'infinity') > e.at and coalesce(c.expires_at, 'infinity') > e.at
        )) as free
    from unnest(cast(:evenings as timestamptz[])) as e(at)
    join lasting l on l.since <= e.at and e.at < l.until and l.state is not null
    join place p on p.id = l.place_id
    join shelter s on s.id = p.shelter_id
    where s.created_at <= e.at and coalesce(p.exists_from, '-infinity') <= e.at
        and coalesce(p.ended_at, 'infinity') > e.at and coalesce(p.exists_until, 'infinity') > e.at
    group by 1, 2, 3
""")


async def list_past_evenings(tx: Transaction, evenings: Sequence[datetime]) -> list[Evening]:
    """Return each of these moments, ascending, for each kind and unit that then had a place; none for no moments."""
    if not evenings:
        return []
    found = await (await tx.connection()).execute(LIST_EVENINGS, {"first": evenings[0], "evenings": list(evenings)})
    return [Evening(*row) for row in found]
