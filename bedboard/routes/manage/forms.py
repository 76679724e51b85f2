"""A form of the administration on its way: shown, looked at (old → new), saved once.

The typed fields go along to the next page, so that nothing is lost when it is refused or only looked at.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from bedboard.actions.idempotency import Reply, make_key
from bedboard.actions.occupancy import Changed
from bedboard.routes.call import Call
from bedboard.routes.kept import keep, kept_of
from bedboard.routes.replies import fields_of, http_status, page, retry_after
from bedboard.rules.refusals import Conflict, FieldError, Invalid, Refusal, Unavailable
from bedboard.schemas.manage_forms import EditForm
from bedboard.schemas.parse import parse_form
from bedboard.store.database import Transaction
from bedboard.views.managing import FieldSpec, fill_in, own_changes

Model = TypeVar("Model", bound=BaseModel)
Fields = Mapping[str, str]
Save = Callable[[Transaction, Model, str | None], Awaitable[Changed | str]]
"""Save a form; the last argument is the stamp of the facts on the page. Return the shelter, or the id of the thing."""
End = Callable[[Transaction, str | None], Awaitable[Changed | str]]

CONTROLS = ("key", "do", "seen")
LOOK_AGAIN = ("facts_changed", "key_in_use", "busy", "database_away", "perhaps_saved")
"""The refusals after which the same press may succeed; after others the form has to change first."""
WAS = "was."
"""The beginning of the names of fields as the page showed them: what a colleague changes meanwhile is then not overwritten."""


def _split(fields: Fields) -> tuple[dict[str, str], dict[str, str]]:
    """Return the controls of a form, and the rest of it."""
    controls = {name: value for name, value in fields.items() if name in CONTROLS}
    return controls, {name: value for name, value in fields.items() if name not in CONTROLS}


def _split_was(fields: Fields) -> tuple[dict[str, str], dict[str, str]]:
    """Return what was typed, and what the page had shown before."""
    was = {name.removeprefix(WAS): value for name, value in fields.items() if name.startswith(WAS)}
    return {name: value for name, value in fields.items() if not name.startswith(WAS)}, was


def grouped(fields: Fields) -> dict[str, Any]:
    """Return fields like shelters.linde as one mapping, and the others as they are."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        group, dot, code = name.partition(".")
        if dot and isinstance(found.setdefault(group, {}), dict):
            found[group][code] = value
        else:
            found[name] = value
    return found


async def take(
    call: Call,
    model: type[Model],
    save: Save[Model],
    *,
    leads_to: Callable[[str], str] | None = None,
    is_there: bool = False,
    end: End | None = None,
    stands_on: str | None = None,
    once: Callable[[], Fields] | None = None,
) -> Response:
    """Obey a form: look at it, save it or end its thing; then show the page of the thing, or this one with the refusal.

    `leads_to`: from the id of a thing to the next page; None: this page. `end` ends the thing; None: it cannot be ended.
    `stands_on`: the page of a form with another address, which shows a refusal and not what was typed; None: this address.
    `is_there`: the form changes a thing, which takes the stamp of the facts on its page. What can be ended is there.
    `once`: the fields that the next page shows and that are kept nowhere; a repetition does not show them.
    """
    fields = await call.fields()
    controls, typed = _split(fields)

    def reply(done: Changed | str) -> Reply:
        thing = done if isinstance(done, str) else done.shelter.id
        return Reply(303, (call.path if leads_to is None else leads_to(thing)).encode())

    async def shown(done: Changed | str) -> None:
        if isinstance(done, Changed):
            await call.shelter_shown(done)

    try:
        form = parse_form(EditForm, controls)
        make_key(form.key)  # a look is refused for what a change would be
        _check_controls(form, is_there=is_there or end is not None, can_end=end is not None)
        parsed = None if form.do == "end" else parse_form(model, grouped(_split_was(typed)[0]))
        if form.do == "preview":
            if parsed is not None:
                await _try_out(call, save, parsed)
            return keep(call, call.path, typed)

        async def work(tx: Transaction) -> Changed | str:
            if parsed is not None:
                return await save(tx, parsed, form.seen)
            return await end(tx, form.seen) if end is not None else ""

        asked = call.process.seal.digest(repr(sorted(fields.items()))).hex()  # names and numbers are in it
        done = await call.once(form.key, asked, work=work, reply=reply, shown=shown)
    except (Conflict, Invalid, Unavailable) as refusal:
        return keep(call, call.path, typed, refusal) if stands_on is None else keep(call, stands_on, {}, refusal)
    path = done.reply.body.decode()
    if once is not None and done.result is not None and parsed is not None:
        return keep(call, path, once())
    return RedirectResponse(f"{path}?saved=1", 303, {"Cache-Control": "no-store"})


async def _try_out(call: Call, save: Save[Model], form: Model) -> None:
    """Save a form and roll it back, so that a look promises nothing that saving refuses. Refusals: those of `save`."""
    async with call.transaction() as tx:
        await save(tx, form, None)
        await tx.flush()
        await tx.rollback()


def _check_controls(form: EditForm, *, is_there: bool, can_end: bool) -> None:
    """Refuse to end what has no end, and to change a thing blindly. Refusal: Invalid."""
    if form.do == "end" and not can_end:
        raise Invalid(FieldError("do", "not_one_of", {"allowed": ["preview", "save"]}))
    if is_there and form.do != "preview" and form.seen is None:
        raise Invalid(FieldError("seen", "missing"))


@dataclass(frozen=True, slots=True)
class Sheet:
    """The form of a page. `saved`: its fields as they are now; None: it adds something. `seen`: the stamp of those facts."""

    specs: tuple[FieldSpec, ...]
    saved: Fields | None = None
    seen: str | None = None


def show(call: Call, template: str, sheet: Sheet, context: Mapping[str, Any]) -> Response:
    """Show a page with a form, what was typed into it, what that would change, and why it was refused."""
    kept = kept_of(call)
    typed, was = _split_was(kept.fields) if kept is not None and kept.fields else (None, {})
    saved = sheet.saved or {}
    if typed is not None and was and sheet.saved is not None:
        typed = own_changes(typed, was, saved)
    refusal: Refusal | None = kept.refusal if kept is not None else None
    fields = fill_in(sheet.specs, saved, typed)
    changed = [one for one in fields if one.is_changed] if sheet.saved is not None and typed is not None else []
    is_looked_at = typed is not None and sheet.saved is not None and not isinstance(refusal, Invalid)
    status = http_status(refusal) if refusal else 200
    shared = {
        "fields": fields,
        "seen": sheet.seen,
        "changed": changed,
        "theirs": [one for one in fill_in(sheet.specs, was, saved) if one.is_changed] if was else [],
        "was": {f"{WAS}{name}": value for name, value in saved.items()},
        "is_looked_at": is_looked_at,
        "may_save": refusal is None or refusal.code in LOOK_AGAIN,
        "typed": typed or {},
        "refusal": refusal,
        "wrong": fields_of(refusal) if refusal else (),
        "is_saved": call.query.get("saved") == "1" and kept is None,
        "new_key": call.process.clock.new_id,
        "own_path": call.path,
    }
    response = page(call, template, {**shared, **context}, status)
    response.headers.update(retry_after(refusal) if refusal else {})
    return response
