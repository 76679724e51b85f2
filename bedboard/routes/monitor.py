"""The monitor: figures without anybody in them, as a page and as files."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from starlette.responses import Response

from bedboard.routes.call import Call
from bedboard.routes.replies import html, http_status, page_text
from bedboard.rules.merging import LEAST, Count, check_period, earlier_month, is_over, next_month
from bedboard.rules.refusals import FieldError, Invalid
from bedboard.rules.tallies import PART_HOURS, Axis
from bedboard.schemas.forms import ExportForm, FileForm, MonitorForm, ReportForm
from bedboard.schemas.parse import parse_form
from bedboard.store.tallies import list_begun, list_counts
from bedboard.views import pictures
from bedboard.views.exports import Export, about_of, file_name, list_lines, list_shelter_lines, write_csv, write_ods
from bedboard.views.figures import (
    Begun,
    list_chosen,
    list_cross,
    list_figures,
    list_freshness,
    list_occupancy,
    list_occupancy_months,
    list_of_shelters,
    list_series,
    list_week,
)
from bedboard.views.objects import to_json

WORDS = "words/monitor.html"
SEPARATORS = {"comma": ",", "semicolon": ";"}


def _today(call: Call) -> date:
    return call.now.astimezone(call.catalogue.zone).date()


def _period(call: Call, form: MonitorForm) -> list[date]:
    """Return the months of the form; without them the newest that are over. Refusal: Invalid."""
    today = _today(call)
    month = today.replace(day=1)
    newest = month if call.actor.role == "desk" else earlier_month(month, 1)
    if not is_over(newest, today) and newest != month:  # the first day of a month: that before it is still being counted
        newest = earlier_month(newest, 1)
    for name, code, known in (("unit", form.unit, call.catalogue.units), ("kind", form.kind, call.catalogue.kinds)):
        if code and code not in known:
            raise Invalid(FieldError(name, f"unknown_{name}"))
    return check_period(form.first_month, form.last_month, newest, today)


def _own_shelters(call: Call) -> dict[str, str]:
    """Return by id the names of the shelters whose own figures the reader may see: all for the desk, for others their own."""
    names = {card.id: card.name for card in call.process.board.cards.values()}
    if call.actor.role == "desk":
        return names
    return {shelter_id: names.get(shelter_id, shelter_id) for shelter_id in call.actor.shelter_ids}


def _choices(form: MonitorForm) -> list[tuple[Axis, str]]:
    every: list[tuple[Axis, str]] = [("unit", form.unit), ("kind", form.kind)]
    return [(axis, code) for axis, code in every if code]


async def _counts(call: Call, months: Sequence[date]) -> tuple[list[Count], Begun]:
    """Return what was counted in these months, and since when each thing is counted."""
    async with call.transaction() as tx:
        return await list_counts(tx, months[0], months[-1]), await list_begun(tx)


async def show_monitor(call: Call) -> Response:
    """Show the figures of a period; of a wrong one what is wrong, and the usual period.

    The desk sees all counts, also of this month. Others see months that are over, with small cells merged. Figures of single
    shelters are for the desk, and for a manager those of the own shelters.
    """
    refusal, form = None, MonitorForm()
    try:
        form = parse_form(MonitorForm, {name: value for name, value in call.query.items() if value})
        months = _period(call, form)
    except Invalid as wrong:
        refusal, form = wrong, MonitorForm()
        months = _period(call, form)
    is_desk = call.actor.role == "desk"
    counts, begun = await _counts(call, months)
    shelters = _own_shelters(call)
    shown = [month for month in months if is_desk or is_over(month, _today(call))]
    context = {
        "months": months,
        "shown": shown,
        "figures": list_figures(counts, shown, merged=not is_desk, begun=begun),
        "series": list_series(counts, shown, merged=not is_desk, begun=begun),
        "stays": list_cross(counts, shown, merged=not is_desk),
        "occupancy": list_occupancy(counts, shown),
        "occupancy_months": list_occupancy_months(counts, shown, form.kind),
        "freshness": list_freshness(counts, shown),
        "week": list_week(counts, shown, merged=not is_desk),
        "part_hours": 1 if is_desk else PART_HOURS,
        "chosen": [list_chosen(counts, shown, axis, code, merged=not is_desk, begun=begun) for axis, code in _choices(form)],
        "form": form,
        "pictures": pictures,
        "of_shelters": list_of_shelters(counts, months, shelters),
        "shelters": shelters,
        "is_merged": not is_desk,
        "least": LEAST,
        "catalogue": call.catalogue,
        "refusal": refusal,
        "wrong": refusal.fields if refusal else (),
    }
    text = await asyncio.to_thread(page_text, call, "pages/monitor.html", context)  # pictures are drawn there, not in the loop
    return html(call, text, http_status(refusal) if refusal else 200)


async def _export(call: Call, form: FileForm) -> tuple[Export, list[date]]:
    """Return the export of a period, of months that are over. Refusal: Invalid.

    Its tables are for everybody the same. Single shelters are in a file of their own, which nobody hands on with the tables.
    """
    months = _period(call, form)
    counts, begun = await _counts(call, months)
    pages, language, catalogue = call.process.pages, call.language, call.catalogue

    def title_of(name: str) -> str:
        return pages.macro(language, WORDS, "title", name)

    def name_of(name: str, axis: Axis, code: str) -> str:
        return pages.macro(language, WORDS, "row", name, axis, code, catalogue, language)

    over = [month for month in months if is_over(month, _today(call))]
    words = {subject: pages.macro(language, WORDS, "about", subject, LEAST) for subject in ("source", "merging", "columns")}
    if form.of == "shelters":
        words["merging"] = pages.macro(language, WORDS, "about", "shelters", LEAST)
        lines = list_shelter_lines(counts, over, _own_shelters(call), title_of, begun)
    else:
        lines = list_lines(counts, over, title_of, name_of, begun)
    return Export(about_of(words, months, call.now), lines), months


def _file_form(call: Call) -> FileForm:
    return parse_form(FileForm, {name: value for name, value in call.query.items() if value})


def _file(body: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, 200, headers, media_type=media_type)


async def show_csv(call: Call) -> Response:
    """Send the figures of a period as CSV. Refusal: Invalid."""
    form = parse_form(ExportForm, {name: value for name, value in call.query.items() if value})
    export, months = await _export(call, form)
    return _file(write_csv(export, SEPARATORS[form.separator]), file_name(months, form.of, "csv"), "text/csv; charset=utf-8")


async def show_ods(call: Call) -> Response:
    """Send the figures of a period as an OpenDocument spreadsheet. Refusal: Invalid."""
    form = _file_form(call)
    export, months = await _export(call, form)
    body = await asyncio.to_thread(write_ods, export)  # seconds for many years, and the board goes on
    return _file(body, file_name(months, form.of, "ods"), "application/vnd.oasis.opendocument.spreadsheet")


async def show_report(call: Call) -> Response:
    """Show the report of a year, for paper: for everybody the same, of months that are over. Refusal: Invalid."""
    form = parse_form(ReportForm, {name: value for name, value in call.query.items() if value})
    today = _today(call)
    year = form.year or earlier_month(today, 12).year
    months = check_period(date(year, 1, 1), date(year, 1, 1), date(year, 1, 1), today)
    while months[-1].month < 12:
        months.append(next_month(months[-1]))
    shown = [month for month in months if is_over(month, today)]
    counts, begun = await _counts(call, months)
    context = {
        "year": year,
        "shown": shown,
        "figures": {one.name: one for one in list_figures(counts, shown, merged=True, begun=begun)},
        "series": list_series(counts, shown, merged=True, begun=begun),
        "stays": list_cross(counts, shown, merged=True),
        "least": LEAST,
        "catalogue": call.catalogue,
        "pictures": pictures,
        "now": call.now,
    }
    return html(call, await asyncio.to_thread(page_text, call, "pages/monitor_report.html", context))


async def show_json(call: Call) -> Response:
    """Send the figures of a period as JSON. Refusal: Invalid."""
    form = _file_form(call)
    export, months = await _export(call, form)
    body = to_json({"about": export.about, "lines": [asdict(line) for line in export.lines]})
    return _file(body, file_name(months, form.of, "json"), "application/json")
