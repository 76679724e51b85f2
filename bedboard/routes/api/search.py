"""The calls of the API about finding a place and keeping it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bedboard.actions.disclosures import disclose_holds
from bedboard.actions.holds import Held, Holder, extend_hold, hold_place, release_hold
from bedboard.actions.idempotency import Reply, apply_once, make_key
from bedboard.process import actor_of, catalogue_of, process_of
from bedboard.routes.api.shelters import add_present
from bedboard.routes.parse import read_body
from bedboard.routes.replies import api_headers, json_bytes
from bedboard.rules.access import SEEKERS, Actor
from bedboard.rules.fit import Reason
from bedboard.rules.refusals import Conflict, Unavailable
from bedboard.schemas.commands import PostHold, PostSearch
from bedboard.schemas.parse import parse_json
from bedboard.schemas.profile import profile_of
from bedboard.store.database import Transaction
from bedboard.views.found import Finder, Found
from bedboard.views.objects import to_json


async def post_search(request: Request) -> Response:
    process, catalogue = process_of(request), catalogue_of(request)
    said = parse_json(PostSearch, await read_body(request) or b"{}")
    profile = profile_of(said, catalogue, process.clock.now())
    if process.board.as_of is None:
        raise Unavailable("database_away")
    async with process.search_lock:
        finder = Finder(profile, catalogue)
        finder.take(process.board.cards.values())
        as_of = process.clock.now() if process.board.live else process.board.as_of
        return json_bytes(to_json(found_object(finder.found(said.limit), as_of, said.limit)))


def found_object(found: Found, as_of: datetime, limit: int) -> Mapping[str, Any]:
    """At most `limit` places, the best first."""
    matches: list[Mapping[str, Any]] = []
    for match in found.matches:
        common = {
            "shelter": match.card.id,
            "name": match.card.name,
            "unit": match.card.unit,
            "kind": match.lot.kind,
            "beds": match.lot.beds,
            "cots": match.lot.cots,
            "fit": match.fit,
            "reasons": [reason_object(reason) for reason in match.reasons],
            "freshness": match.card.freshness,
            "confirmed_at": match.card.confirmed_at,
        }
        matches += [{"place": place.id, "label": place.label, **common} for place in match.places]
        if len(matches) >= limit:
            break
    return {
        "as_of": as_of,
        "matches": matches[:limit],
        "counts": {
            "fits": found.fits,
            "discuss": found.discuss,
            "unsure": found.unsure,
            "excluded": found.excluded,
            "taken": found.taken,
        },
        "excluded": found.excluded_by,
    }


@lru_cache(maxsize=1024)  # the same few reasons again and again
def reason_object(reason: Reason) -> Mapping[str, Any]:
    return {"criterion": reason.criterion, "verdict": reason.answer, "detail": reason.detail}


def _hold_object(held: Held, *, extended: bool) -> dict[str, Any]:
    return {
        "id": held.claim_id,
        "place": held.place_id,
        "shelter": held.shelter.id,
        "expires_at": held.expires_at,
        "extended": extended,
    }


async def post_hold(request: Request) -> Response:
    """201; a conflict carries the shelter as it now is, for those who may see it."""
    process, actor, place_id = process_of(request), actor_of(request), request.path_params["place_id"]
    body = await read_body(request)
    command, now = parse_json(PostHold, body or b"{}"), process.clock.now()
    caller = None
    if actor.role not in SEEKERS or command.model_fields_set:
        caller = Holder(command.organization or "", command.role or "")
    key = make_key(request.headers.get("idempotency-key"), request.method, request.url.path, body)
    try:
        done = await apply_once(
            process.database,
            actor,
            key,
            now,
            lambda tx: hold_place(tx, actor, [place_id], process.clock.new_id(), now, caller),
            lambda held: Reply(201, to_json(_hold_object(held, extended=False)), held.shelter.version),
        )
    except Conflict as refusal:
        await add_present(request, refusal)
        raise
    if done.result is not None:
        await process.board.reached(done.result.shelter.id, done.result.shelter.version)
    return json_bytes(done.reply.body, done.reply.status)


async def _change_hold(
    request: Request, action: Callable[[Transaction, Actor, str, datetime], Awaitable[Held]], reply: Callable[[Held], Reply]
) -> Reply:
    """Does it once, and waits until this process shows it."""
    process, actor, claim_id = process_of(request), actor_of(request), request.path_params["claim_id"]
    now = process.clock.now()
    key = make_key(request.headers.get("idempotency-key"), request.method, request.url.path)
    done = await apply_once(process.database, actor, key, now, lambda tx: action(tx, actor, claim_id, now), reply)
    if done.result is not None:
        await process.board.reached(done.result.shelter.id, done.result.shelter.version)
    return done.reply


async def post_extend(request: Request) -> Response:
    reply = await _change_hold(request, extend_hold, lambda held: Reply(200, to_json(_hold_object(held, extended=True))))
    return json_bytes(reply.body, reply.status)


async def delete_hold(request: Request) -> Response:
    await _change_hold(request, release_hold, lambda held: Reply(204, b""))
    return Response(status_code=204, headers=api_headers())


async def show_holds(request: Request) -> Response:
    """One's own live holds, each with the telephone to call; every telephone shown is a look that is written down."""
    process, actor = process_of(request), actor_of(request)
    async with process.database.transaction() as tx:
        found = await disclose_holds(tx, actor, process.seal, process.clock.now())
    holds = [
        {
            "id": hold.id,
            "place": hold.place_id,
            "shelter": hold.shelter_id,
            "expires_at": hold.expires_at,
            "extended": hold.extended,
            "telephone": telephone,
        }
        for hold, telephone in found
    ]
    return json_bytes(to_json({"holds": holds}))
