"""The shelters to ask, for a new case and for one that there is already.

The form for a new case has one key from the beginning of the choice to its end, also after a refusal, a reload and Back. So
whatever is pressed, it makes one case; and once it has made one, the page says so and offers it no more.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from starlette.responses import RedirectResponse, Response

from bedboard.actions.idempotency import read_reply
from bedboard.routes.call import Call
from bedboard.routes.case_pages import cases_page, keep_case
from bedboard.routes.case_reads import read_case, seeker_of
from bedboard.routes.kept import Kept, keep, kept_of
from bedboard.routes.search import find, find_place, profile_fields
from bedboard.rules.cases import MOST_ASKED
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound, Refusal
from bedboard.schemas.fields import ID
from bedboard.schemas.profile import SearchProfile, read_profile, write_profile
from bedboard.store.cases import get_case
from bedboard.views.candidates import LOTS, candidates, full_matches, held_matches, is_held_by
from bedboard.views.cards import Card, PlaceView
from bedboard.views.found import Found
from bedboard.views.needs import needs_of


async def post_case_new(call: Call) -> Response:
    """Lead on to the shelters that suit a search. With a `place`, its shelter comes first, and only that one is ticked."""
    form = {
        name: value for name, value in (await call.fields()).items() if name != "key"
    }  # a new beginning, with a key of its own
    return keep_new(call, form)


def keep_new(call: Call, form: Mapping[str, str], refusal: Refusal | None = None) -> Response:
    """Lead on to the shelters to ask for a new case. The form's profile, ticks, wanted place and key wait there."""
    place = {"place": form["place"]} if "place" in form else {}
    key = form.get("key", "")
    own = {"key": key if ID.match(key) else call.process.clock.new_id()}
    return keep(call, "/requests/new", {**profile_fields(form), **_ticks(form), **place, **own}, refusal)


def keep_more(call: Call, case_id: str, form: Mapping[str, str], refusal: Refusal) -> Response:
    """Lead back to more shelters to ask for a case, with their ticks and the refusal."""
    return keep(call, f"/requests/{case_id}/more", _ticks(form), refusal)


def _ticks(form: Mapping[str, str]) -> dict[str, str]:
    return {name: kind for name, kind in form.items() if name.startswith("ask.")}


def ticked_of(form: Mapping[str, str]) -> dict[str, str]:
    """Return the ticked shelters, each with the kind of place that the page showed. Refusals: Invalid, also for none."""
    ticked = {name.removeprefix("ask."): kind for name, kind in _ticks(form).items()}
    if not all(ID.match(shelter_id) and ID.match(kind) for shelter_id, kind in ticked.items()):
        raise Invalid(FieldError("shelters", "unknown_shelter"))
    if not ticked:
        raise Invalid(code="choose_a_shelter")
    return ticked


def _ticked_before(kept: Kept | None) -> Collection[str] | None:
    """Return the shelters that were ticked when the press was refused; None: nothing was pressed yet."""
    if kept is None or kept.refusal is None:
        return None
    try:
        return ticked_of(kept.fields)
    except Invalid:
        return ()


class Sent(NamedTuple):
    """The case that a form for a new case has made, and when."""

    case_id: str
    at: datetime


async def _sent_with(call: Call, key: str) -> Sent | None:
    """Return the case that was made with this key of a form; None: none yet."""
    async with call.transaction() as tx:
        reply = await read_reply(tx, call.actor, key, call.now)
        row = None if reply is None else await get_case(tx, reply.body.decode(errors="replace"))
    return None if reply is None or row is None else Sent(row.id, reply.at)


async def _sent_page(call: Call, sent: Sent, said: SearchProfile, refusal: Refusal | None) -> Response:
    """Say that this was sent, and where to. The same people can be asked for once more only by another beginning."""
    context = {
        "sent": sent,
        "case": None,
        "fields": write_profile(said),
        "said": said,
        "asked": needs_of(said),
        "now": call.now,
    }
    again = Conflict("sent_already") if refusal is not None else None
    return await cases_page(call, "pages/case_sent.html", context, sent.case_id, again, write_profile(said))


async def show_case_new(call: Call) -> Response:
    """Show the shelters to ask for a new case; a profile that is wrong or empty goes back to the search page."""
    kept = kept_of(call)
    if kept is None:
        return RedirectResponse("/search", 303, {"Cache-Control": "no-store"})
    if "key" not in kept.fields:  # an earlier version of bedboard has kept it
        return keep_new(call, kept.fields, kept.refusal)
    fields, wanted = profile_fields(kept.fields), kept.fields.get("place")
    asking = None if wanted is None else find_place(call, wanted)
    if wanted is not None and asking is None:
        raise NotFound("no_such_place")
    place = {} if wanted is None else {"place": wanted}
    try:
        said = read_profile(fields)
        profile, found = await find(call, said, LOTS)
    except Invalid as wrong:
        return keep(call, "/search", {**fields, **place}, wrong)
    if (sent := await _sent_with(call, kept.fields["key"])) is not None:
        return await _sent_page(call, sent, said, kept.refusal)
    if not profile.asked():
        say = None if asking is not None else Invalid(FieldError("adults", "say_for_whom"))
        return keep(call, "/search", {**fields, **place}, kept.refusal or say)
    return await _choosing_page(call, kept, said, profile, found, asking)


async def _choosing_page(
    call: Call, kept: Kept, said: SearchProfile, profile: Profile, found: Found, asking: tuple[Card, PlaceView] | None
) -> Response:
    """Show the shelters to choose from for this household. `asking`: a place that was asked for, with its shelter."""
    refusal, ticked, me = kept.refusal, _ticked_before(kept), seeker_of(call)
    if asking is not None and asking[1].status != "free" and not is_held_by(asking[1], me):
        refusal, asking = refusal or Conflict("not_free"), None
    if asking is not None and ticked is None:
        ticked = {asking[0].id}
    place_id = asking[1].id if asking else None
    held = held_matches(call.process.board.cards.values(), me, profile, call.catalogue, call.deciders, place_id)
    full = full_matches(call.process.board.cards.values(), found, profile, call.catalogue, call.deciders)
    context = {
        "case": None,
        "key": kept.fields["key"],
        "fields": write_profile(said),
        "said": said,
        "asked": needs_of(said),
        "wanted": place_id,
        "candidates": candidates(found, ticked, held=held, full=full),
        "too_large": found.too_large,
        "still": MOST_ASKED,
        "most": MOST_ASKED,
    }
    return await cases_page(call, "pages/case_new.html", context, "new", refusal, write_profile(said))


async def show_more(call: Call) -> Response:
    """Show more shelters to ask for a case of one's own. None is ticked beforehand: the first ones were, and said something."""
    case_id, kept = call.path_params["case_id"], kept_of(call)
    refusal, ticked = kept.refusal if kept else None, _ticked_before(kept) or ()
    async with call.transaction() as tx:
        case = await read_case(tx, call, case_id, with_telephones=False)
    if not case.is_ours:
        raise NotFound("no_such_request")
    if case.state != "asking" or case.profile is None:
        return RedirectResponse(f"/requests/{case_id}", 303) if refusal is None else keep_case(call, refusal)
    profile, found = await find(call, case.profile, LOTS)
    held = held_matches(call.process.board.cards.values(), seeker_of(call), profile, call.catalogue, call.deciders)
    full = full_matches(call.process.board.cards.values(), found, profile, call.catalogue, call.deciders)
    asked = [ask for ask in case.asks if ask.settled is None]
    still = MOST_ASKED - sum(ask.says != "no" for ask in asked)
    context = {
        "case": case,
        "key": call.process.clock.new_id(),
        "fields": {},
        "said": case.profile,
        "asked": case.needs,
        "wanted": None,
        "candidates": candidates(found, ticked, case.asks, held, full) if still > 0 else [],
        "too_large": 0,
        "still": max(still, 0),
        "most": MOST_ASKED,
    }
    return await cases_page(call, "pages/case_new.html", context, case_id, refusal)
