"""Zoeken: the profile of a household, what is found for it, and how a search ends when nothing is."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from bedboard.actions.idempotency import Reply
from bedboard.actions.tallies import count_nothing_found, note_sought
from bedboard.live.search import MATCHES_SHOWN
from bedboard.routes.call import Call
from bedboard.routes.kept import keep, kept_of
from bedboard.routes.replies import notice, page
from bedboard.routes.strip import own_strip
from bedboard.rules.fit import ADULT_AGES, EXPLOITATIONS, MOST_OF_EACH, NEEDS, PERSON_STATUSES, TEEN, Profile
from bedboard.rules.refusals import Conflict, Invalid, Refusal
from bedboard.rules.tallies import SLEPT
from bedboard.schemas.forms import NothingFoundForm
from bedboard.schemas.parse import parse_form
from bedboard.schemas.profile import SearchProfile, is_profile_field, profile_of, read_profile, write_profile
from bedboard.store.database import Transaction
from bedboard.views.cards import Card, PlaceView
from bedboard.views.found import Found

START: Mapping[str, str] = {"arrival": "now"}  # the choice of an untouched form


async def show_search(call: Call) -> Response:
    """Show an untouched form, or what is found for the profile that was kept."""
    kept = kept_of(call)
    if kept is None:
        return await search_page(call, START)
    asking = find_place(call, kept.fields["place"]) if "place" in kept.fields else None
    fields: Mapping[str, str] = profile_fields(kept.fields)
    if asking is not None and not fields:
        fields = START
    return await search_page(call, fields, kept.refusal, counted=kept.fields.get("slept"), asking=asking)


async def post_search(call: Call) -> Response:
    return await answer_search(call, profile_fields(await call.fields()))


async def answer_search(
    call: Call, fields: Mapping[str, str], refusal: Refusal | None = None, counted: str | None = None
) -> Response:
    """Answer with what is found for these fields: a script at once, a browser at an address of its own."""
    if call.wants_fragment:
        return await search_page(call, fields, refusal, counted=counted)
    return keep(call, "/search", {**fields, **({"slept": counted} if counted else {})}, refusal)


def find_place(call: Call, place_id: str) -> tuple[Card, PlaceView] | None:
    """Return the place that somebody asks for, with its shelter; None if it is not on the board. Refusal: Unavailable."""
    call.check_board_read()
    for card in call.process.board.cards.values():
        for place in card.places:
            if place.id == place_id:
                return card, place
    return None


def profile_fields(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if is_profile_field(name)}


async def find(call: Call, said: SearchProfile, most: int) -> tuple[Profile, Found]:
    """Weigh every place of the board for this profile. Refusals: Invalid, Unavailable."""
    profile = profile_of(said, call.catalogue, call.now)
    return profile, await call.process.searches.found(call.actor.key, call.actor.role, profile, most)


async def search_page(call: Call, fields: Mapping[str, str], refusal: Refusal | None = None, **more: Any) -> Response:
    """Show what is found for these fields; a `refusal` stands on top and gives the status.

    The page says which fields cannot be right, and then nothing is found.
    """
    process, language = call.process, call.language
    found: Found | None = None
    as_of = process.board.as_of or call.now  # of the search, or a little before it: no change is missed
    try:
        said = read_profile(fields)
        found = (await find(call, said, MATCHES_SHOWN))[1]
        fields = write_profile(said)
    except Invalid as wrong:
        refusal = refusal or wrong
    strip = await own_strip(call, profile=profile_fields(fields) if fields is not START else None)
    async with call.turn:
        catalogue = call.catalogue
        context = {
            "fields": fields,
            "found": found,
            "rows": [Markup(process.pieces.match(language, match, catalogue)) for match in found.matches] if found else [],  # noqa: S704
            "figures": Markup(process.pieces.figures(language, found, catalogue)) if found else "",  # noqa: S704
            "catalogue": catalogue,
            "statuses": PERSON_STATUSES,
            "exploitations": EXPLOITATIONS,
            "needs": NEEDS,
            "languages": catalogue.languages,
            "most_of_each": MOST_OF_EACH,
            "adult_ages": list(ADULT_AGES),
            "oldest_sons": range(TEEN[1] + 1),
            "slept": SLEPT,
            "counted": None,
            "new_key": process.clock.new_id,
            "asking": None,
            "strip": strip,
            "notice": Markup(notice(call, refusal)) if refusal else None,  # noqa: S704
            "as_of": as_of,
            "live": process.board.live,
            "is_search": call.path == "/search",
            **more,
        }
        return page(call, "pages/search.html", context, refusal)


async def post_nothing(call: Call) -> Response:
    """Count a search that ends without a place, with the reasons and without anybody in it.

    The address says where they sleep: the button's own field is the key.
    """
    everything = await call.fields()
    fields = profile_fields(everything)
    zone = call.catalogue.zone
    try:
        said = {name: value for name, value in everything.items() if name not in fields}
        form = parse_form(NothingFoundForm, {**said, "slept": call.query.get("slept", "")})
        profile, found = await find(call, read_profile(fields), 0)
        at = call.now.astimezone(zone)

        async def count(tx: Transaction) -> None:
            await count_nothing_found(tx, form.slept, profile.near, found.excluded_by, found.kinds, at)
            note_sought(call.process.sought, profile, at)

        await call.once(  # nothing of the profile goes with the key, not even a fingerprint
            form.key,
            work=count,
            reply=lambda _: Reply(200, b""),
        )
    except (Conflict, Invalid) as refusal:
        return await answer_search(call, fields, refusal)
    return await answer_search(call, fields, counted=form.slept)
