"""Signing in and out, and what a device prefers: language and theme."""

from urllib.parse import unquote, urlencode, urlsplit

from starlette.responses import RedirectResponse, Response

from bedboard.actions.signin import sign_in_demo, sign_out
from bedboard.routes.call import Call
from bedboard.routes.guard import may_open
from bedboard.routes.kept import drop_all, kept_of
from bedboard.routes.parse import own_path
from bedboard.routes.replies import http_status, page
from bedboard.rules.access import Actor
from bedboard.rules.refusals import FieldError, Invalid, NotFound, SignInNeeded
from bedboard.schemas.fields import ID
from bedboard.store.people import get_person, list_demo_people
from bedboard.store.tables.people import Person
from bedboard.views.pages import SCREEN_LANGUAGES

YEAR_SECONDS = 365 * 24 * 3600


def is_demo(call: Call) -> bool:
    """Return whether this is a demo, which takes both: a process started for one, and a database marked as one."""
    process = call.process
    return process.settings.demo and process.board.catalogue is not None and process.board.catalogue.demo


def _asked_for(call: Call) -> str:
    """Return the page to which signing in leads: the one in the address, or the one on which a session proved to be over."""
    if "next" in call.query or "ended" not in call.query:
        return own_path(call.query.get("next", "/"))
    return call.came_from


async def _next_page(call: Call, actor: Actor, address: str) -> str | None:
    """Return the address if the actor may open its page; None for the first page, which depends on the role."""
    wanted = own_path(address)
    opens = wanted != "/" and await may_open(call.process, call.request.app.routes, unquote(urlsplit(wanted).path), actor)
    return wanted if opens else None


async def show_sign_in(call: Call) -> Response:
    if call.known_actor is not None:
        return RedirectResponse((await _next_page(call, call.known_actor, _asked_for(call))) or "/", 303)
    kept = kept_of(call)
    people, asked_for = [], own_path(kept.fields["next"]) if kept and "next" in kept.fields else _asked_for(call)
    refusal = kept.refusal if kept else SignInNeeded("sign_in_needed") if "ended" in call.query else None
    if is_demo(call):
        async with call.transaction() as tx:
            people = await list_demo_people(tx)
    return page(
        call,
        "pages/sign_in.html",
        {
            "people": people,
            "refusal": refusal,
            "is_left": "left" in call.query,
            "is_shift_over": "shift" in call.query,
            "shift_hours": call.process.settings.shift_hours,
            "next": asked_for,
            "path": f"{call.path}?{urlencode({**call.query, 'next': asked_for})}",  # for the form of the language
        },
        http_status(refusal) if kept and refusal else 200,
    )


async def post_demo_sign_in(call: Call) -> Response:
    process = call.process
    form = await call.fields()
    person_id = form.get("person", "")
    if not ID.match(person_id):
        raise NotFound("no_such_person")
    async with call.transaction() as tx:
        await sign_out(tx, call.session_hash, call.now)
        catalogue, is_demo_process = process.board.catalogue, process.settings.demo
        token = await sign_in_demo(tx, person_id, catalogue, demo=is_demo_process, clock=process.clock, network=call.network)
        person = await get_person(tx, person_id)
    return await welcome(call, person, token, form.get("next", "/"))


async def welcome(call: Call, person: Person | None, token: str, asked_for: str) -> Response:
    """Lead somebody who has just signed in to the page that was asked for, if it may be opened, otherwise to the first one."""
    # A detective looks for a place now, the others for what has changed.
    home = "/search" if person is not None and person.role == "police" else "/"
    if asked_for != "/":
        actor = await call.process.identity.person(token, in_use=False)
        home = (actor and await _next_page(call, actor, asked_for)) or home
    return signed_in(call, home, token)


def signed_in(call: Call, path: str, token: str) -> Response:
    """Lead the browser on to a page, with the cookie of the session that has just begun; the one before it has ended."""
    process = call.process
    process.pulse.end_session(call.session_hash)
    response = RedirectResponse(path, 303, {"Cache-Control": "no-store"})
    response.set_cookie(
        process.identity.cookie, token, httponly=True, secure=process.settings.secure, samesite="strict", path="/"
    )
    return response


async def post_sign_out(call: Call) -> Response:
    """Sign out: here at once, whatever the database does; it hears of it now, or as soon as it answers.

    The browser is told to drop the pages that it keeps. It keeps its storage. There are taps in it that still wait for
    a network, and the choices of a tab, sealed with a key that is dropped here. The cookies of language and theme stay.
    """
    process = call.process
    process.pulse.end_session(call.session_hash)
    is_shift = call.query.get("of") == "shift"  # said by the form, because nobody is looked up here
    is_saved = await process.identity.leave(call.session_hash, call.network)
    headers = {"Cache-Control": "no-store", "Clear-Site-Data": '"cache"'}
    said = [word for word, holds in (("shift=over", is_shift), ("left=1", not is_saved)) if holds]
    response = RedirectResponse("/sign-in?" + "&".join(said) if said else "/sign-in", 303, headers)
    response.delete_cookie(process.identity.cookie, path="/", httponly=True, secure=process.settings.secure, samesite="strict")
    drop_all(call, response)
    return response


async def _prefer(call: Call, name: str, allowed: tuple[str, ...]) -> Response:
    form = await call.fields()
    value = form.get(name, "")
    if value not in allowed:
        raise Invalid(FieldError(name, "not_one_of", {"allowed": list(allowed)}))
    response = RedirectResponse(own_path(form.get("back", "/")), 303)
    response.set_cookie(
        name,
        value,
        max_age=YEAR_SECONDS,
        httponly=True,
        secure=call.process.settings.secure,
        samesite="strict",
        path="/",
    )
    return response


async def post_language(call: Call) -> Response:
    return await _prefer(call, "language", SCREEN_LANGUAGES)


async def post_theme(call: Call) -> Response:
    return await _prefer(call, "theme", ("auto", "light", "dark"))
