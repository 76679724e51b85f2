"""A list of shelters, places and people from a file: looked at line by line, and then saved as a whole or not at all.

Meanwhile the file waits in the database, sealed, because it is too large for a cookie and no page may come by POST.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.responses import RedirectResponse, Response

from bedboard.actions.idempotency import Reply
from bedboard.actions.manage.common import stamp_of
from bedboard.actions.manage.people import PersonFacts
from bedboard.actions.manage.roster import (
    Entry,
    Outcome,
    PersonEntry,
    PlaceEntry,
    Roster,
    ShelterEntry,
    drop_draft,
    keep_draft,
    note_import,
    read_draft,
)
from bedboard.routes.call import Call
from bedboard.routes.kept import keep, kept_of
from bedboard.routes.manage.places import facts_of_place
from bedboard.routes.manage.shelters import facts_of_shelter
from bedboard.routes.parse import Upload, read_upload
from bedboard.routes.replies import fields_of, page
from bedboard.routes.signin import is_demo
from bedboard.rules.refusals import Conflict, FieldError, Invalid, Unavailable
from bedboard.rules.roster import LARGEST_FILE_KB, MOST_ROWS
from bedboard.schemas.manage_forms import PERSON_ROLES, DraftForm, DropForm, NewPlaceForm, NewShelterForm
from bedboard.schemas.roster import COLUMNS, ROW_KINDS, FileRow, Lookups, read_file, read_row, write_template
from bedboard.store.database import Transaction
from bedboard.store.managing import list_organizations
from bedboard.views.managing import DraftView, RosterRowView
from bedboard.views.pages import SCREEN_LANGUAGES

HERE = "/manage/import"


async def show_template(call: Call) -> Response:
    """Give the file to start with, with its columns in the language of the page."""
    headers = {"Content-Disposition": 'attachment; filename="bedboard.csv"', "Cache-Control": "no-store"}
    return Response(write_template(english=call.language == "en"), 200, headers, media_type="text/csv; charset=utf-8")


async def show_import(call: Call) -> Response:
    """Show the form for a file, and the lines of the one that was looked at."""
    async with call.transaction() as tx:
        draft = await read_draft(tx, call.actor, call.process.seal, call.now)
    read = {} if draft is None else json.loads(draft)
    rows = [RosterRowView.read(one) for one in read.get("rows", ())]
    kept = kept_of(call)
    refusal = None if kept is None else kept.refusal
    context = {
        "rows": rows,
        "draft": DraftView.read(read) if read else None,
        "wrong_count": sum(row.state == "wrong" for row in rows),
        "new": {kind: sum(row.added for row in rows if row.kind == kind) for kind in ROW_KINDS},
        "refusal": refusal,
        "wrong": fields_of(refusal) if refusal else (),
        "saved": _counts(kept.fields) if kept is not None and refusal is None else None,
        "new_key": call.process.clock.new_id,
        "columns": COLUMNS if call.language == "nl" else {name: name for name in COLUMNS},
        "most_rows": MOST_ROWS,
        "largest_kb": LARGEST_FILE_KB,
    }
    return page(call, "pages/manage_import.html", context, refusal)


def _counts(fields: Mapping[str, str]) -> dict[str, int]:
    """Return how many of each kind of row were saved."""
    return {kind: int(fields[kind]) for kind in ROW_KINDS}


async def post_import(call: Call) -> Response:
    """Look at a file: keep it, with what would become of each line, for the page that follows."""
    try:
        upload = await read_upload(call.request, "file")
        if upload is None:
            raise Invalid(FieldError("file", "missing"))
        await _look(call, upload)
    except (Conflict, Invalid, Unavailable) as refusal:
        return keep(call, HERE, {}, refusal)
    return RedirectResponse(HERE, 303, {"Cache-Control": "no-store"})


async def post_import_save(call: Call) -> Response:
    """Save the file that was looked at, all of it. When a line is wrong by now, the page shows all lines again.

    Another file that was looked at meanwhile, on another page, is not saved: nobody has read its lines here.
    """
    form = await call.form(DraftForm)
    draft = await _draft(call)
    upload = None if draft is None else Upload(draft.get("name", ""), draft["file"].encode("latin-1"))

    async def save(tx: Transaction) -> str:
        if draft is None or upload is None:
            raise Conflict("no_file")
        if DraftView.read(draft).stamp != form.seen:
            raise Conflict("other_file")
        rows = read_file(upload.content)
        kinds = {row.line: row.kind for row in rows}
        outcomes = await _run(call, tx, rows)
        if any(one.state == "wrong" for one in outcomes):
            raise Conflict("file_wrong")
        await drop_draft(tx, call.actor)
        added: dict[str, int] = {kind: sum(one.added for one in outcomes if kinds[one.line] == kind) for kind in ROW_KINDS}
        if any(added.values()):
            await note_import(tx, call.actor, call.process.clock.new_id(), added, call.now)
        return "-".join(map(str, added.values()))

    try:
        done = await call.once(form.key, work=save, reply=lambda counts: Reply(303, counts.encode()))
    except Conflict as refusal:
        if upload is not None and refusal.code == "file_wrong":
            await _look(call, upload)
        return keep(call, HERE, {}, refusal)
    except (Invalid, Unavailable) as refusal:
        return keep(call, HERE, {}, refusal)
    saved: dict[str, str] = dict(zip(ROW_KINDS, done.reply.body.decode().split("-"), strict=True))
    return keep(call, HERE, saved)  # sealed: an address could say anything


async def _draft(call: Call) -> dict[str, Any] | None:
    """Return the file that the actor looked at, as `_look` kept it."""
    async with call.transaction() as tx:
        draft = await read_draft(tx, call.actor, call.process.seal, call.now)
    return None if draft is None else dict(json.loads(draft))


async def post_import_drop(call: Call) -> Response:
    """Throw the file away that was looked at, unless it is another one by now."""
    form, draft = await call.form(DropForm), await _draft(call)
    if draft is not None and DraftView.read(draft).stamp != form.seen:
        return keep(call, HERE, {}, Conflict("other_file"))
    async with call.transaction() as tx:
        await drop_draft(tx, call.actor)
    return RedirectResponse(HERE, 303, {"Cache-Control": "no-store"})


async def _look(call: Call, upload: Upload) -> None:
    """Keep the file and what would become of its lines, which is done and rolled back. Refusals: Invalid `file`, NotAllowed."""
    rows = read_file(upload.content)
    async with call.transaction() as tx:
        outcomes = {one.line: one for one in await _run(call, tx, rows)}
        await tx.rollback()
    said = [RosterRowView(row.line, row.kind, row.name, *outcomes[row.line][1:]).written() for row in rows]
    file = {"name": upload.name, "at": call.now.isoformat(), "file": upload.content.decode("latin-1")}
    draft = json.dumps(file | {"rows": said, "stamp": stamp_of(file)})
    async with call.transaction() as tx:
        await keep_draft(tx, call.actor, draft, call.process.seal, call.now)


async def _run(call: Call, tx: Transaction, rows: Sequence[FileRow]) -> list[Outcome]:
    """Add what the rows say, and return what becomes of each line."""
    known, entries, wrong, unread = await _lookups(call, tx), list[Entry](), list[Outcome](), dict[str, int]()
    for row in rows:
        try:
            entries.append(_entry(row, known))
        except Invalid as refusal:
            wrong.append(Outcome(row.line, "wrong", 0, refusal.fields))
            if row.kind == "shelter":
                unread.setdefault(" ".join(row.name.casefold().split()), row.line)
    process = call.process
    roster = Roster(tx, call.actor, process.seal, process.clock, call.catalogue.zone, demo=is_demo(call))
    return [*wrong, *await roster.run(entries, unread)]


def _entry(row: FileRow, known: Lookups) -> Entry:
    """Refusal: Invalid."""
    form, shelters = read_row(row, known)
    if isinstance(form, NewShelterForm):
        return ShelterEntry(row.line, facts_of_shelter(form))
    if isinstance(form, NewPlaceForm):
        return PlaceEntry(row.line, facts_of_place(form), shelters[0], form.count)
    return PersonEntry(row.line, PersonFacts(form.name, form.organization, form.role), shelters)


async def _lookups(call: Call, tx: Transaction) -> Lookups:
    """Return the codes of this deployment by their names in each language. A name that two have is none."""
    organizations = [one for one in await list_organizations(tx) if one.ended_at is None]
    units, kinds = call.catalogue.units.values(), call.catalogue.kinds.items()

    def role_words(role: str) -> Iterable[str]:
        return (call.process.pages.macro(language, "words/people.html", "role", role) for language in SCREEN_LANGUAGES)

    return Lookups(
        _by_name((one.id, (one.id, one.name)) for one in organizations),
        _by_name((unit.code, (unit.code, unit.name)) for unit in units),
        _by_name((code, (code, *kind.names.values())) for code, kind in kinds),
        _by_name((role, (role, *role_words(role))) for role in PERSON_ROLES),
    )


def _by_name(known: Iterable[tuple[str, Iterable[str]]]) -> Mapping[str, str]:
    found: dict[str, Any] = {}
    for code, names in known:
        for name in {one.casefold() for one in names}:
            found[name] = code if name not in found else None
    return {name: code for name, code in found.items() if code is not None}
