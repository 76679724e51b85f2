"""The end of a change of a shelter, as one statement: fewer trips to the database while others wait for the lock."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import text

from bedboard.store.bell import CHANNEL, message
from bedboard.store.database import Transaction, marks_of
from bedboard.store.tables.board import ClaimRecord, Place, Shelter

SAVE = text("""
    with kept as (
        update shelter s
        set (version, confirmed_at, confirmed_by, kinds_confirmed_at, criteria, limits, languages,
             intake_from_minutes, intake_until_minutes, name, organization_id, unit_code, confirm_times)
          = (n.version, n.confirmed_at, n.confirmed_by, n.kinds_confirmed_at, n.criteria, n.limits, n.languages,
             n.intake_from_minutes, n.intake_until_minutes, n.name, n.organization_id, n.unit_code, n.confirm_times)
        from jsonb_populate_record(null::shelter, :shelter) n where s.id = n.id
    ), changed as (
        update place p
        set (state, since, observed_at, expected_free_at, closed_reason, criteria,
             label, kind_code, beds, cots, exists_from, exists_until, ended_at)
          = (n.state, n.since, n.observed_at, n.expected_free_at, n.closed_reason, n.criteria,
             n.label, n.kind_code, n.beds, n.cots, n.exists_from, n.exists_until, n.ended_at)
        from jsonb_populate_recordset(null::place, :places) n where p.id = n.id and p.shelter_id = :shelter_id
    ), promised as (
        insert into claim
            (id, place_id, type, organization_id, role, person_id, client_id,
             created_at, expires_at, expected_at, ended_at, extended_at, ending, case_id, first_id)
        select id, place_id, type, organization_id, role, person_id, client_id,
             created_at, expires_at, expected_at, ended_at, extended_at, ending, case_id, first_id
        from jsonb_populate_recordset(null::claim, :claims)
        on conflict (id) do update
        set (organization_id, role, person_id, client_id, expires_at, expected_at, ended_at, extended_at, ending)
          = (excluded.organization_id, excluded.role, excluded.person_id, excluded.client_id,
             excluded.expires_at, excluded.expected_at, excluded.ended_at, excluded.extended_at, excluded.ending)
    ), written as (
        insert into journal
            (received_at, observed_at, actor_kind, actor_id, role, organization_id, session, network,
             action, shelter_id, version, place_id, before, after, tag)
        select received_at, observed_at, actor_kind, actor_id, role, organization_id, session, network,
             action, shelter_id, version, place_id, before, after, tag
        from jsonb_populate_recordset(null::journal, :rows) with ordinality order by ordinality
        returning id
    )
    select array(select id from written order by id), pg_notify(:channel, :bell)
""")


async def save_all(
    tx: Transaction,
    shelter: Shelter,
    places: Sequence[Place],
    claims: Sequence[ClaimRecord],
    rows: Sequence[dict[str, Any]],
) -> list[int]:
    """Save the shelter, these places of it, these claims and these rows of the journal, and ring the bell.

    `claims`: in an order in which a place never has two that nobody has ended. Return the ids of the rows of the journal.
    Only the columns above are saved; no action changes others. Only `actions/saving.py` calls this.
    """
    marks = marks_of(tx)
    tagged = [row | {"tag": f"\\x{marks.tag('journal', row).hex()}"} for row in rows]
    given = {
        "shelter": _json(shelter.model_dump()),
        "shelter_id": shelter.id,  # so that PostgreSQL looks at the places of this shelter only
        "places": _json([place.model_dump() for place in places]),
        "claims": _json([claim.model_dump() for claim in claims]),
        "rows": _json(tagged),
        "channel": CHANNEL,
        "bell": message("shelter", shelter.id, shelter.version),
    }
    ids: list[int] = (await (await tx.connection()).execute(SAVE, given)).scalar_one()
    return ids


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
