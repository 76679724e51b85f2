"""Tokens of programs: those of a shelter for its manager, and all of them for administrators.

A token is shown once: it waits for the page after the press in a sealed cookie of its maker, which goes when it was shown.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from starlette.responses import Response

from bedboard.actions.manage.common import stamp_of
from bedboard.actions.manage.tokens import (
    TokenFacts,
    end_token,
    list_managers_told,
    make_token,
    rotate_token,
    token_facts,
)
from bedboard.actions.outgoing import send_later
from bedboard.routes.call import Call
from bedboard.routes.kept import drop_one, kept_of
from bedboard.routes.manage.forms import Sheet, show, take
from bedboard.rules.clients import CLIENT_ROLES, PERIODS, SCOPES, SCOPES_OF
from bedboard.rules.refusals import NotFound
from bedboard.schemas.manage_forms import AnyTokenForm, RotationForm, TokenForm
from bedboard.store.clients import ClientRow, list_clients
from bedboard.store.database import Transaction
from bedboard.store.managing import list_organizations, list_shelter_choices
from bedboard.views.managing import FieldSpec, options_of

EVERY = "/manage/tokens"


def _list_path(call: Call) -> str:
    """Return the list on which the token of this call stands: of its shelter, or of all."""
    shelter_id = call.path_params.get("shelter_id")
    return EVERY if shelter_id is None else f"/manage/{shelter_id}/tokens"


def _own_specs(scopes: Sequence[str]) -> tuple[FieldSpec, ...]:
    periods = options_of((str(days), str(days)) for days in PERIODS)
    return (
        FieldSpec("scopes", "ticks", options_of((scope, scope) for scope in scopes)),
        FieldSpec("lasts", "lasts", periods),
    )


async def show_shelter_tokens(call: Call) -> Response:
    shelter_id = call.path_params["shelter_id"]
    async with call.transaction() as tx:
        [shelter] = await list_shelter_choices(tx, [shelter_id])
        rows = await list_clients(tx, [shelter_id])
    specs = (FieldSpec("program"), *_own_specs(SCOPES_OF["machine"]))
    return _show_list(call, specs, rows, (shelter.id, shelter.name))


async def show_tokens(call: Call) -> Response:
    async with call.transaction() as tx:
        rows = await list_clients(tx)
        organizations = options_of((one.id, one.name) for one in await list_organizations(tx) if one.ended_at is None)
        shelters = options_of((one.id, one.name) for one in await list_shelter_choices(tx))
    specs = (
        FieldSpec("program"),
        FieldSpec("role", "role", options_of((role, role) for role in CLIENT_ROLES)),
        FieldSpec("shelter", "choice", shelters, is_needed=False),
        FieldSpec("organization", "choice", organizations, is_needed=False),
        *_own_specs(SCOPES),
    )
    return _show_list(call, specs, rows, None)


def _show_list(
    call: Call, specs: tuple[FieldSpec, ...], rows: Sequence[ClientRow], shelter: tuple[str, str] | None
) -> Response:
    path = _list_path(call)
    context = {"rows": [(f"{path}/{row.id}", row) for row in rows], "shelter": shelter, "now": call.now}
    return show(call, "pages/manage_tokens.html", Sheet(specs), context)


Model = TypeVar("Model", bound=TokenForm)


async def _post_new(call: Call, model: type[Model], facts: Callable[[Model], TokenFacts]) -> Response:
    """Make a token, show it once on its own page, and wake the managers of its shelter."""
    path, token = _list_path(call), call.process.clock.new_token()

    async def save(tx: Transaction, form: Model, seen: str | None) -> str:
        new = facts(form)
        client_id = await make_token(tx, call.actor, call.process.clock.new_id(), token, new, call.now)
        told = await list_managers_told(tx, new.shelter_id) if new.shelter_id else ()
        await send_later(tx, [(person_id, "token") for person_id in told if person_id != call.actor.id], call.now)
        return client_id

    return await take(call, model, save, leads_to=lambda new_id: f"{path}/{new_id}", once=lambda: {"token": token})


async def post_shelter_token_new(call: Call) -> Response:
    """Make a token for a system of this shelter."""
    shelter_id = call.path_params["shelter_id"]
    return await _post_new(
        call, TokenForm, lambda form: TokenFacts(form.program, "machine", form.scopes.keys(), form.lasts, shelter_id)
    )


async def post_token_new(call: Call) -> Response:
    """Make a token for any program."""
    return await _post_new(
        call,
        AnyTokenForm,
        lambda form: TokenFacts(form.program, form.role, form.scopes.keys(), form.lasts, form.shelter, form.organization),
    )


async def _find(call: Call, tx: Transaction) -> ClientRow:
    """Return the program of this call. Refusal: NotFound `no_such_token`, also for one of another shelter."""
    shelter_id = call.path_params.get("shelter_id")
    found = await list_clients(tx, None if shelter_id is None else [shelter_id], call.path_params["client_id"])
    if not found:
        raise NotFound("no_such_token")
    return found[0]


async def show_token(call: Call) -> Response:
    """Show the facts of one token, and right after it was made the token itself."""
    async with call.transaction() as tx:
        row = await _find(call, tx)
    kept = kept_of(call)
    secret = kept.fields.get("token") if kept is not None else None
    seen = stamp_of(token_facts(row.expires_at, row.ended_at, row.rotated_at, row.scopes))
    is_own = "shelter_id" in call.path_params
    context: dict[str, Any] = {"row": row, "secret": secret, "now": call.now}
    context["shelter"] = (row.shelter_id, row.shelter) if is_own else None
    response = show(call, "pages/manage_token.html", Sheet((), seen=seen), context)
    if secret is not None:
        drop_one(call, response)
    return response


async def post_token(call: Call) -> Response:
    """Make the token of a program again, and show the new one once; or end it."""
    client_id, token = call.path_params["client_id"], call.process.clock.new_token()

    async def save(tx: Transaction, form: RotationForm, seen: str | None) -> str:
        await _find(call, tx)
        return await rotate_token(tx, call.actor, client_id, token, call.now, seen)

    async def end(tx: Transaction, seen: str | None) -> str:
        await _find(call, tx)
        return await end_token(tx, call.actor, client_id, call.now, seen)

    return await take(call, RotationForm, save, end=end, once=lambda: {"token": token})
