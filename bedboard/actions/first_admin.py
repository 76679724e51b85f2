"""The first administrator of a deployment. A command makes their code: nobody is there yet who could."""

from bedboard.actions.enrolment import MadeCode, make_code
from bedboard.actions.manage.common import write_about
from bedboard.actions.setup import REGISTER, add_organization, add_person
from bedboard.clock import Clock
from bedboard.store.database import Transaction
from bedboard.store.seal import Seal
from bedboard.store.tables.people import Person


async def add_first_admin(tx: Transaction, organization: str, name: str, seal: Seal, clock: Clock) -> MadeCode:
    """Add an administrator of an organization of their own, a line in the journal for each, and make their code.

    The caller has begun the deployment in this transaction, so nobody else is there.
    """
    now, organization_id = clock.now(), clock.new_id()
    await add_organization(tx, organization_id, organization)
    await write_about(tx, REGISTER, "add_organization", f"organization {organization_id}", None, {"name": organization}, now)
    person = Person(id=clock.new_id(), organization_id=organization_id, name=name, role="admin")
    await add_person(tx, person)
    after = {"name": name, "organization": organization_id, "role": "admin"}
    await write_about(tx, REGISTER, "add_person", f"person {person.id}", None, after, now)
    return await make_code(tx, REGISTER, person.id, seal, clock)
