"""The rows of a deployment, for administrators: kinds of place and their desk, units and the minutes between them, days off."""

from collections.abc import Iterable
from datetime import date

from starlette.responses import Response

from bedboard.actions.manage.catalogue import (
    KindFacts,
    UnitFacts,
    add_kind,
    add_unit,
    begin_day_off,
    change_kind,
    change_unit,
    end_day_off,
    end_kind,
    end_unit,
    seen_kind,
    seen_unit,
)
from bedboard.actions.manage.common import stamp_of
from bedboard.routes.call import Call
from bedboard.routes.manage.forms import Sheet, show, take
from bedboard.rules.fit import NEEDS
from bedboard.rules.refusals import NotFound
from bedboard.schemas.catalogue_forms import DayForm, KindForm, NewKindForm, NewUnitForm, UnitForm
from bedboard.schemas.manage_forms import EVERY_DAY, USUAL_DAYS
from bedboard.store.catalogue import list_days_off, list_kinds, list_minutes, list_units
from bedboard.store.database import Transaction
from bedboard.store.tables.board import Kind, Unit
from bedboard.views.managing import FieldSpec, ListRowView, options_of, ticks

DECIDES = ("shelter", "desk", "police")


async def show_kinds(call: Call) -> Response:
    async with call.transaction() as tx:
        kinds = await list_kinds(tx)
    names = [(one, one.name_nl if call.language == "nl" else one.name_en) for one in kinds]
    rows = [
        ListRowView(f"/manage/kinds/{one.code}", name, decides=one.decides, has_ended=one.ended_at is not None)
        for one, name in names
    ]
    specs = (FieldSpec("code"), *_kind_specs(EVERY_DAY))
    return show(call, "pages/manage_list.html", Sheet(specs), {"what": "kinds", "rows": rows, "shelter": None})


async def post_kind_new(call: Call) -> Response:
    async def save(tx: Transaction, form: NewKindForm, seen: str | None) -> str:
        return await add_kind(tx, call.actor, form.code, _kind_facts(form), call.now)

    return await take(call, NewKindForm, save, leads_to=lambda code: f"/manage/kinds/{code}")


def _kind_specs(days: str) -> tuple[FieldSpec, ...]:
    """Return the fields of a kind. `days`: of its desk as it is, besides the usual ones."""
    choices = options_of((one, one) for one in dict.fromkeys((EVERY_DAY, *USUAL_DAYS, days)))
    return (
        FieldSpec("name_nl"),
        FieldSpec("name_en"),
        FieldSpec("long_nl", "long", is_needed=False),
        FieldSpec("long_en", "long", is_needed=False),
        FieldSpec("decides", "decides", options_of((one, one) for one in DECIDES)),
        FieldSpec("days", "days", choices),
        FieldSpec("opens", is_needed=False),
        FieldSpec("closes", is_needed=False),
        FieldSpec("outside_hours", "outside", (("provisional", "provisional"),), is_needed=False),
        FieldSpec("needs", "ticks", options_of((one, one) for one in NEEDS), is_needed=False),
        FieldSpec("fresh_minutes", "number", is_needed=False),
        FieldSpec("ageing_minutes", "number", is_needed=False),
        FieldSpec("position", "number", is_needed=False),
    )


def _saved_kind(row: Kind) -> dict[str, str]:
    days, _, times = (row.desk_hours or "").rpartition(" ")
    opens, _, closes = times.partition("-")
    said = {"name_nl": row.name_nl, "name_en": row.name_en, "long_nl": row.long_nl, "long_en": row.long_en}
    said |= {"decides": row.decides, "days": days or EVERY_DAY, "opens": opens, "closes": closes}
    said |= {"outside_hours": row.outside_hours or ""} | ticks("needs", row.for_needs)
    limits = {"fresh_minutes": row.fresh_minutes, "ageing_minutes": row.ageing_minutes}
    said |= {name: str(minutes or "") for name, minutes in limits.items()} | {"position": str(row.position)}
    return {name: value for name, value in said.items() if value}


async def show_kind(call: Call) -> Response:
    async with call.transaction() as tx:
        found = [one for one in await list_kinds(tx) if one.code == call.path_params["kind_code"]]
    if not found:
        raise NotFound("no_such_kind")
    saved = _saved_kind(found[0])
    sheet = Sheet(_kind_specs(saved["days"]), saved, stamp_of(seen_kind(found[0])))
    return show(
        call,
        "pages/manage_row.html",
        sheet,
        {"what": "kinds", "name": found[0].name_nl, "has_ended": found[0].ended_at is not None},
    )


def _kind_facts(form: KindForm) -> KindFacts:
    return KindFacts(
        form.name_nl,
        form.name_en,
        form.long_nl,
        form.long_en,
        form.decides,
        form.hours,
        form.outside_hours,
        tuple(form.needs),
        form.fresh_minutes,
        form.ageing_minutes,
        form.position,
    )


async def post_kind(call: Call) -> Response:
    code = call.path_params["kind_code"]

    async def save(tx: Transaction, form: KindForm, seen: str | None) -> str:
        return await change_kind(tx, call.actor, code, _kind_facts(form), call.now, seen)

    async def end(tx: Transaction, seen: str | None) -> str:
        return await end_kind(tx, call.actor, code, call.now, seen)

    return await take(call, KindForm, save, end=end)


async def show_units(call: Call) -> Response:
    async with call.transaction() as tx:
        units = await list_units(tx)
    rows = [
        ListRowView(f"/manage/units/{one.code}", one.name, [one.short], has_ended=one.ended_at is not None) for one in units
    ]
    sheet = Sheet((FieldSpec("code"), *_unit_specs(units)))
    return show(call, "pages/manage_list.html", sheet, {"what": "units", "rows": rows, "shelter": None})


def _unit_specs(others: Iterable[Unit]) -> tuple[FieldSpec, ...]:
    return (
        FieldSpec("name"),
        FieldSpec("short"),
        FieldSpec("map_column", "number"),
        FieldSpec("map_row", "number"),
        *(FieldSpec(f"minutes.{other.code}", "number", is_needed=False, label=other.name) for other in others),
    )


def _unit_facts(form: UnitForm) -> UnitFacts:
    return UnitFacts(form.name, form.short, form.minutes, form.map_column, form.map_row)


async def post_unit_new(call: Call) -> Response:
    async def save(tx: Transaction, form: NewUnitForm, seen: str | None) -> str:
        return await add_unit(tx, call.actor, form.code, _unit_facts(form), call.now)

    return await take(call, NewUnitForm, save, leads_to=lambda code: f"/manage/units/{code}")


async def show_unit(call: Call) -> Response:
    code = call.path_params["unit_code"]
    async with call.transaction() as tx:
        units = {one.code: one for one in await list_units(tx)}
        minutes = await list_minutes(tx, code)
    if code not in units:
        raise NotFound("no_such_unit")
    one = units.pop(code)
    saved = {"name": one.name, "short": one.short, "map_column": str(one.map_column), "map_row": str(one.map_row)}
    saved |= {f"minutes.{other}": str(known) for other, known in minutes.items()}
    sheet = Sheet(_unit_specs(units.values()), saved, stamp_of(seen_unit(one, minutes)))
    context = {"what": "units", "name": one.name, "has_ended": one.ended_at is not None}
    return show(call, "pages/manage_row.html", sheet, context)


async def post_unit(call: Call) -> Response:
    code = call.path_params["unit_code"]

    async def save(tx: Transaction, form: UnitForm, seen: str | None) -> str:
        return await change_unit(tx, call.actor, code, _unit_facts(form), call.now, seen)

    async def end(tx: Transaction, seen: str | None) -> str:
        return await end_unit(tx, call.actor, code, call.now, seen)

    return await take(call, UnitForm, save, end=end)


async def show_days(call: Call) -> Response:
    async with call.transaction() as tx:
        days = await list_days_off(tx)
    rows = [ListRowView(f"/manage/days/{day.isoformat()}", day.isoformat(), day=day) for day in days]
    sheet = Sheet((FieldSpec("day", "date"),))
    return show(call, "pages/manage_list.html", sheet, {"what": "days", "rows": rows, "shelter": None})


async def post_day_new(call: Call) -> Response:
    async def save(tx: Transaction, form: DayForm, seen: str | None) -> str:
        return await begin_day_off(tx, call.actor, form.day, call.now)

    return await take(call, DayForm, save)


def _day(call: Call) -> date:
    """Return the day that the path names. Refusal: NotFound."""
    try:
        return date.fromisoformat(call.path_params["day"])
    except ValueError:
        raise NotFound("no_such_day") from None


async def show_day(call: Call) -> Response:
    day = _day(call)
    async with call.transaction() as tx:
        if day not in await list_days_off(tx):
            raise NotFound("no_such_day")
    sheet = Sheet((), seen=stamp_of({"day": day.isoformat()}))
    return show(call, "pages/manage_row.html", sheet, {"what": "days", "name": day.isoformat(), "day": day})


async def post_day(call: Call) -> Response:
    day = _day(call)

    async def save(tx: Transaction, form: DayForm, seen: str | None) -> str:
        return day.isoformat()  # a day has nothing to change

    async def end(tx: Transaction, seen: str | None) -> str:
        return await end_day_off(tx, call.actor, day, call.now)

    return await take(call, DayForm, save, leads_to=lambda _: "/manage/days", end=end)
