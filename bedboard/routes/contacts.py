"""Help where people stand: the page of each role, and "Wie bel ik" on a page and for programs."""

from starlette.responses import Response

from bedboard.routes.call import Call
from bedboard.routes.replies import json_bytes, page
from bedboard.schemas.answers import ContactsObject
from bedboard.views.contacts import contact_object, contacts_by_topic
from bedboard.views.objects import to_json


async def show_who_to_call(call: Call) -> Response:
    return page(call, "pages/who_to_call.html", {"topics": contacts_by_topic(call.catalogue, call.now), "now": call.now})


async def show_help(call: Call) -> Response:
    """Show what this role does, what is recorded, and what to do when a page is not live."""
    return page(call, "pages/help.html", {})


async def show_contacts(call: Call) -> Response:
    """Answer with all numbers, those of a topic together."""
    found = contacts_by_topic(call.catalogue, call.now).values()
    answer: ContactsObject = {"as_of": call.now, "contacts": [contact_object(view) for views in found for view in views]}
    return json_bytes(to_json(answer))
