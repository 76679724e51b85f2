# ruff: noqa: S608  (the statements are for tests)
"""SQL that tests write by themselves: one statement in their transaction, and the beginnings of rows of every table.

Also the statements that bedboard itself sends.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import event, text

from bedboard.store.database import Database, Transaction

AT = "'2026-03-11 13:00+00'"
PLACE = "insert into place (id, shelter_id, kind_code, position, label, beds, cots, state, since, observed_at) values"
CLAIM = "insert into claim (id, place_id, type, organization_id, role, created_at, expires_at, ended_at) values"
LOOK = "insert into disclosure (tag, at, actor_kind, actor_id, role, shelter_id, what, why) values"
WAITING = "insert into alert (id, person_id, profile_sealed, seen, created_at, expires_at) values"
TALLY = "insert into tally (month, hour, what, unit_code, kind_code, code, count) values"
OUTGOING = "insert into outgoing (id, endpoint_hash, what, made_at, due_at, expires_at) overriding system value values"
PUSH = "insert into push_subscription (endpoint_hash, person_id, token_hash, device_sealed, created_at) values"
CLIENT = "insert into client (id, token_hash, name, role, organization_id, shelter_id, demo, created_at) values"
SHELTER = """insert into shelter (id, organization_id, unit_code, name, version, created_at, intake_from_minutes,
    intake_until_minutes, confirm_times, criteria, limits) values"""
PERSON = "insert into person (id, organization_id, name, role, demo) values"
REQUEST = (
    "insert into case_record (id, version, state, organization_id, role, person_id, client_id, needs_sealed, created_at) values"
)
ASK = "insert into ask (case_id, shelter_id, kind_code, asked_at, step) values"
EVENT = "insert into case_event (tag, at, case_id, what, actor_kind, actor_id, role) values"
CHAIN = "insert into chain (number, source, ids, tags, at, until_id, mark) values"
CONTACT = "insert into contact (id, position, topic, name_nl, name_en, telephone, unit_code) values"
CHAINED = f"{AT}, 1, ''"
CUT = "insert into cut (id, source, before, ids, tag) overriding system value values"
PASSKEY = "insert into passkey (id, person_id, credential_id, public_key, sign_count, label, added_at) values"
ACCOUNT = "insert into account (id, person_id, subject_hash, added_at) values"
CHALLENGE = "insert into challenge (hash, purpose, bound_hash, created_at) values"
CODE = "insert into enrol_code (finding_hash, code_hash, person_id, made_at) values"
SIGN_IN = "insert into sign_in (tag, at, actor_kind, actor_id, what, result) values"
LATER = f"timestamptz {AT} + interval '30 minutes'"
YES = f"answer = 'yes', answered_at = {AT}, answered_by = 'shelter', place_id = 'ceder-1', claim_id = 'kept'"
NO = f"answer = 'no', answered_at = {AT}, answered_by = 'shelter', place_id = null, claim_id = null"

JOURNAL = "insert into journal (tag, received_at, observed_at, actor_kind, actor_id, action, version)"
APPOINTED = "insert into appointment values ('lucia', 'oever', 'desk')"
MANAGED = [
    ("ck_place_exists", f"update place set exists_from = {AT} where id = 'linde-1'"),
    ("ck_place_exists", f"update place set exists_from = {AT}, exists_until = {AT} where id = 'linde-1'"),
    ("ck_journal_about", f"{JOURNAL} values ('', {AT}, {AT}, 'person', 'x', 'end_person', 0)"),
    ("pk_appointment", f"{APPOINTED}, ('lucia', 'oever', 'desk')"),
    ("fk_appointment_person_id", f"{APPOINTED}, ('nobody', 'oever', 'desk')"),
    ("fk_appointment_organization_id", f"{APPOINTED}, ('lucia', 'nobody', 'desk')"),
    ("pk_language", "insert into language values ('nl')"),
    ("fk_organization_merged_into_id", f"update organization set ended_at = {AT}, merged_into_id = 'nobody' where id = 'desk'"),
    ("ck_organization_merged", "update organization set merged_into_id = 'desk' where id = 'oever'"),
    ("ck_appointment_role", f"{APPOINTED}, ('lucia', 'oever', 'machine')"),
]
"""Statements that break the constraints of what the administration changes, by the name of the constraint."""


async def run(tx: Transaction, statement: str) -> object:
    result = await (await tx.connection()).execute(text(statement))
    return result.scalar() if result.returns_rows else None


class Sent(NamedTuple):
    text: str
    values: tuple[Any, ...] = ()


@contextmanager
def sent_to(database: Database) -> Iterator[list[Sent]]:
    """Yield a list of the statements that this process sends over this pool meanwhile, with "begin" and "commit"."""
    sent: list[Sent] = []

    def on_statement(_connection: Any, _cursor: Any, statement: str, values: tuple[Any, ...], *_: Any) -> None:
        sent.append(Sent(" ".join(statement.split()), values))

    heard: dict[str, Callable[..., Any]] = {
        "before_cursor_execute": on_statement,
        "begin": lambda _connection: sent.append(Sent("begin")),
        "commit": lambda _connection: sent.append(Sent("commit")),
    }
    for name, listener in heard.items():
        event.listen(database.engine.sync_engine, name, listener)
    try:
        yield sent
    finally:
        for name, listener in heard.items():
            event.remove(database.engine.sync_engine, name, listener)


WRONG_OPERATION = (
    ("pk_epoch", "insert into epoch values (1, 1, '')"),
    ("ck_epoch_id", "insert into epoch values (2, 1, '')"),
    ("pk_outgoing", f"{OUTGOING} (1, 'e', 'news', {AT}, {AT}, {AT}), (1, 'e', 'news', {AT}, {AT}, {AT})"),
    ("fk_outgoing_endpoint_hash", f"{OUTGOING} (1, 'x', 'news', {AT}, {AT}, {AT})"),
    ("ck_outgoing_what", f"{OUTGOING} (1, 'e', 'Jan', {AT}, {AT}, {AT})"),
)
