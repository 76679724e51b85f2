"""Wie bel ik, for administrators: the list of numbers, and the page of one."""

from starlette.responses import Response

from bedboard.actions.manage.common import stamp_of
from bedboard.actions.manage.contacts import ContactFacts, add_contact, change_contact, contact_facts, remove_contact
from bedboard.routes.call import Call
from bedboard.routes.manage.forms import Sheet, show, take
from bedboard.rules.contacts import TOPICS
from bedboard.rules.refusals import NotFound
from bedboard.schemas.manage_forms import EVERY_DAY, USUAL_DAYS, ContactForm
from bedboard.store.contacts import list_contacts
from bedboard.store.database import Transaction
from bedboard.store.tables.board import ContactRecord
from bedboard.views.managing import FieldSpec, ListRowView, options_of


def _specs(call: Call, days: str = EVERY_DAY, *, has_place: bool) -> tuple[FieldSpec, ...]:
    """Return the fields of a number. `days`: of the number as it is, besides the usual ones."""
    units = options_of((unit.code, unit.name) for unit in call.catalogue.units.values())
    choices = options_of((one, one) for one in dict.fromkeys((EVERY_DAY, *USUAL_DAYS, days)))
    return (
        FieldSpec("topic", "topic", options_of((topic, topic) for topic in TOPICS)),
        FieldSpec("name_nl"),
        FieldSpec("name_en"),
        FieldSpec("telephone", "tel"),
        FieldSpec("unit", "choice", units, is_needed=False),
        FieldSpec("days", "days", choices, is_needed=False),
        FieldSpec("opens", is_needed=False),
        FieldSpec("closes", is_needed=False),
        *((FieldSpec("position", "number", is_needed=False),) if has_place else ()),
    )


def _saved(row: ContactRecord) -> dict[str, str]:
    days, _, times = (row.hours or "").rpartition(" ")
    opens, _, closes = times.partition("-")
    said = {"topic": row.topic, "name_nl": row.name_nl, "name_en": row.name_en, "telephone": row.telephone}
    said |= {"unit": row.unit_code or "", "days": days or EVERY_DAY, "opens": opens, "closes": closes}
    return {name: value for name, value in (said | {"position": str(row.position)}).items() if value}


async def show_contacts(call: Call) -> Response:
    async with call.transaction() as tx:
        found = await list_contacts(tx)
    names = [(one, one.name_nl if call.language == "nl" else one.name_en) for one in found]
    rows = [ListRowView(f"/manage/contacts/{one.id}", name, [one.telephone], topic=one.topic) for one, name in names]
    sheet = Sheet(_specs(call, has_place=False))
    return show(call, "pages/manage_list.html", sheet, {"what": "contacts", "rows": rows, "shelter": None})


def _facts(form: ContactForm) -> ContactFacts:
    return ContactFacts(form.topic, form.unit, form.name_nl, form.name_en, form.telephone, form.hours, form.position)


async def post_contact_new(call: Call) -> Response:
    async def save(tx: Transaction, form: ContactForm, seen: str | None) -> str:
        return await add_contact(tx, call.actor, call.process.clock.new_id(), _facts(form), call.now)

    return await take(call, ContactForm, save)


async def show_contact(call: Call) -> Response:
    async with call.transaction() as tx:
        found = [one for one in await list_contacts(tx) if one.id == call.path_params["contact_id"]]
    if not found:
        raise NotFound("no_such_contact")
    saved = _saved(found[0])
    sheet = Sheet(_specs(call, saved["days"], has_place=True), saved, stamp_of(contact_facts(found[0])))
    return show(call, "pages/manage_contact.html", sheet, {"name": found[0].name_nl, "shelter": None})


async def post_contact(call: Call) -> Response:
    contact_id = call.path_params["contact_id"]

    async def save(tx: Transaction, form: ContactForm, seen: str | None) -> str:
        return await change_contact(tx, call.actor, contact_id, _facts(form), call.now, seen)

    async def end(tx: Transaction, seen: str | None) -> str:
        return await remove_contact(tx, call.actor, contact_id, call.now, seen)

    return await take(call, ContactForm, save, leads_to=lambda _: "/manage/contacts", end=end)
