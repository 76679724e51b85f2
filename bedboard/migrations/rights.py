"""The rights of the web role: exactly these, on exactly these tables. See "The database" in docs/security.md.

The owner migrates. The web role serves: it owns nothing, so it can neither change tables nor switch triggers off.
"""

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bedboard.migrations.users import HAS_USER, User, user_of

READ = "select"
KEEP = "select, insert"  # append-only, or nothing changes it yet
CHANGE = "select, insert, update"  # a lock of a row needs the right to update it
FORGET = "select, insert, update, delete"  # what passes: deleted by its user or by the clock

RIGHTS: dict[str, str] = {
    "alembic_version": READ,
    "deployment": KEEP,
    "holiday": "select, insert, delete",  # an administrator keeps the days off
    "language": FORGET,  # an administrator keeps the list
    "contact": FORGET,  # an administrator keeps the list
    "unit": CHANGE,
    "travel": FORGET,  # minutes that nobody knows any more
    "kind": CHANGE,
    "organization": CHANGE,
    "shelter": CHANGE,
    "shelter_contact": "insert",  # read through see_contact alone
    "place": CHANGE,
    "claim": CHANGE,
    "person": CHANGE,
    "membership": "select, insert, delete",  # a person stops working for a shelter
    "appointment": "select, insert, delete",  # a person has one role less
    "client": CHANGE,  # a token ends
    "case_record": CHANGE,
    "ask": CHANGE,
    "tally": READ,  # written by add_waiting_tallies alone
    "tally_began": READ,  # written by add_waiting_tallies alone
    "departure": FORGET,
    "tally_waiting": "select, insert",
    "household_key": "select, insert, delete, truncate",  # the keys that are left are written to a new file
    "job_slot": CHANGE,
    "epoch": "select, update",
    "journal": KEEP,
    "picture": FORGET,  # made from the journal, so it can be made again
    "case_event": KEEP,
    "chain": KEEP,
    "cut": KEEP,
    "disclosure": READ,  # written by see_contact alone
    "sign_in": KEEP,
    "session": FORGET,
    "passkey": FORGET,
    "account": FORGET,
    "challenge": FORGET,
    "roster_draft": FORGET,
    "enrol_code": FORGET,
    "stored_reply": FORGET,
    "reminded": FORGET,
    "alert": FORGET,
    "push_subscription": FORGET,
    "outgoing": FORGET,
}
FUNCTIONS = (
    "see_contact(jsonb, timestamptz)",
    "replace_contact(text, bytea, bytea)",
    "forget_oldest(text, timestamptz, integer)",
    "forget_cases(timestamptz, integer)",
    "forget_holds(text[], timestamptz)",
    "forget_people(timestamptz, integer)",
    "forget_clients(timestamptz, integer)",
    "add_waiting_tallies()",
)
ALREADY_THERE = ("42710", "23505")  # a role of this name was made meanwhile


def _make(connection: Connection, user: User) -> None:
    """Make the role unless it is there. Another process may make it at the same moment, for another database."""
    if connection.scalar(HAS_USER, {"name": user.name}):
        return
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(user.statement())
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in ALREADY_THERE:
            raise


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


def give_rights(connection: Connection, web_url: str) -> None:
    """Give the role in this address RIGHTS on our tables and nothing more. A role that is missing is made, with its password.

    The rights may be given again at any time. The caller is connected as the owner. To make a role the owner needs CREATEROLE.
    Nothing happens where the address names the owner itself.
    """
    user = user_of(web_url)
    if user.name == connection.scalar(text("select current_user")):
        return
    _make(connection, user)
    role, schema = _quoted(connection, user.name), _quoted(connection, connection.scalar(text("select current_schema()")) or "")
    for what in ("tables", "sequences", "functions"):
        connection.exec_driver_sql(f"revoke all on all {what} in schema {schema} from {role}")
    connection.exec_driver_sql(f"grant usage on schema {schema} to {role}")
    for table, rights in RIGHTS.items():
        if connection.scalar(text("select to_regclass(:table)"), {"table": table}) is not None:
            connection.exec_driver_sql(f"grant {rights} on {_quoted(connection, table)} to {role}")
    for function in FUNCTIONS:
        if connection.scalar(text("select to_regprocedure(:function)"), {"function": function}) is not None:
            connection.exec_driver_sql(f"revoke execute on function {function} from public")  # a restore has forgotten it
            connection.exec_driver_sql(f"grant execute on function {function} to {role}")
