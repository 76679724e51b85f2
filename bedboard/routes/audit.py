"""The audit trail on the screen: all acts for an auditor, and for a manager the looks at the own shelter."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from urllib.parse import urlencode

from starlette.responses import Response

from bedboard.routes.call import Call
from bedboard.routes.replies import fields_of, http_status, page
from bedboard.rules.refusals import FieldError, Invalid
from bedboard.schemas.forms import AuditForm, PageForm
from bedboard.schemas.parse import parse_form
from bedboard.store.acts import ACT_KINDS, ActFilter, list_actors, list_acts, list_shelter_names
from bedboard.store.managing import list_organizations
from bedboard.views.acts import Names, differences_of

ACTS_SHOWN = 50  # on one page
MOST_ACTORS = 200  # that a filter offers; all of these were at work in the chosen days
LONGEST_PERIOD = timedelta(days=366)
EARLIER = (7, 31)  # days
LABELS = {"first": "since", "last": "until"}  # a filter calls its days otherwise than the form of a place does
LOOKS_SHOWN = timedelta(days=366)


def _filter(call: Call, form: AuditForm) -> ActFilter:
    """Return the filter of a form; without days it is today. Refusal: Invalid."""
    zone = call.catalogue.zone
    first = form.first or form.last or call.now.astimezone(zone).date()
    last = form.last or first
    if last < first:
        raise Invalid(FieldError("last", "last_before_first"))
    if last - first > LONGEST_PERIOD:
        raise Invalid(FieldError("first", "period_too_long", {"days": LONGEST_PERIOD.days}))
    since, until = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    return ActFilter(since, until, form.kind, form.shelter, form.actor)


async def show_audit(call: Call) -> Response:
    """Show one page of the acts that the filter chooses, the newest first; for a wrong filter no acts, and what is wrong."""
    typed = {name: value for name, value in call.query.items() if value}
    refusal: Invalid | None = None
    try:
        form = parse_form(AuditForm, typed)
        chosen = _filter(call, form)
    except Invalid as wrong:
        refusal, form = wrong, _right_part(typed, wrong)
        chosen = _filter(call, AuditForm())
    async with call.transaction() as tx:
        shelters = await list_shelter_names(tx)
        if form.shelter and form.shelter not in {shelter_id for _, shelter_id in shelters}:
            refusal = Invalid(*(fields_of(refusal) if refusal else ()), FieldError("shelter", "unknown_location"))
        acts = [] if refusal else await list_acts(tx, chosen, ACTS_SHOWN + 1, (form.page - 1) * ACTS_SHOWN)
        actors = await list_actors(tx, chosen._replace(actor=""), MOST_ACTORS)
        organizations = await list_organizations(tx)
    said = form.model_dump(mode="json", exclude={"page"}, exclude_defaults=True)
    kinds = {code: kind.names[call.language] for code, kind in call.catalogue.every_kind.items()}
    units = {code: unit.name for code, unit in call.catalogue.every_unit.items()}
    names = Names(
        {one.id: one.name for one in organizations} | {shelter_id: name for name, shelter_id in shelters} | kinds, units
    )
    context = {
        "acts": acts[:ACTS_SHOWN],
        "changed": [differences_of(one.subject, one.before, one.after, names) for one in acts[:ACTS_SHOWN]],
        "actors": actors,
        "shelters": shelters,
        "kinds": ("all", *ACT_KINDS),
        "form": form,
        "first": typed.get("first", "") if refusal else chosen.since.date(),
        "last": typed.get("last", "") if refusal else (chosen.until - timedelta(days=1)).date(),
        "earlier": _earlier(chosen, said),
        "refusal": refusal,
        "wrong": _labelled(refusal) if refusal else (),
        "pages": _pages(form.page, said, is_last=len(acts) <= ACTS_SHOWN),
    }
    return page(call, "pages/audit.html", context, http_status(refusal) if refusal else 200)


def _earlier(chosen: ActFilter, said: dict[str, str]) -> dict[int, str]:
    """Return the address of the same filter over more days, by their number: all of them end on the last day that is chosen."""
    last = (chosen.until - timedelta(days=1)).date()
    begins = {days: last - timedelta(days=days - 1) for days in EARLIER}
    return {
        days: "?" + urlencode(said | {"first": first.isoformat(), "last": last.isoformat()})
        for days, first in begins.items()
        if first < chosen.since.date()
    }


def _right_part(typed: dict[str, str], refusal: Invalid) -> AuditForm:
    """Return what is right of a filter: the page of a wrong one shows it again."""
    right = AuditForm.model_fields.keys() - {one.field for one in refusal.fields}
    return parse_form(AuditForm, {name: value for name, value in typed.items() if name in right})


def _labelled(refusal: Invalid) -> list[FieldError]:
    return [replace(one, field=LABELS.get(one.field, one.field)) for one in refusal.fields]


async def show_looks(call: Call) -> Response:
    """Show who looked at the address and the number of the shelter, without the names of people."""
    form = parse_form(PageForm, dict(call.query))
    shelter_id = call.path_params["shelter_id"]
    card = call.process.board.cards.get(shelter_id)
    call.check_board_read()
    chosen = ActFilter(call.now - LOOKS_SHOWN, call.now + timedelta(minutes=1), "looks", shelter_id)
    async with call.transaction() as tx:
        looks = await list_acts(tx, chosen, ACTS_SHOWN + 1, (form.page - 1) * ACTS_SHOWN)
    context = {
        "looks": [look._replace(name=None, session=None, network=None) for look in looks[:ACTS_SHOWN]],
        "shelter_id": shelter_id,
        "shelter_name": card.name if card else shelter_id,
        "pages": _pages(form.page, {}, is_last=len(looks) <= ACTS_SHOWN),
    }
    return page(call, "pages/looks.html", context)


def _pages(number: int, said: dict[str, str], *, is_last: bool) -> dict[str, str | None]:
    """Return the addresses of the newer and the older page; None where there is none."""

    def address(of: int) -> str:
        return "?" + urlencode(said | {"page": str(of)})

    return {"newer": address(number - 1) if number > 1 else None, "older": None if is_last else address(number + 1)}
