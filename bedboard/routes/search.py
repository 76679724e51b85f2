"""Zoeken: for whom a place is sought, what is found, and how a search ends when nothing is."""

from collections.abc import Mapping
from typing import Any, Literal

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from bedboard.actions.idempotency import Reply, apply_once, make_key
from bedboard.actions.tallies import count_nothing_found
from bedboard.live.search import MATCHES_SHOWN
from bedboard.process import actor_of, catalogue_of, language_of, process_of
from bedboard.routes.parse import read_form
from bedboard.routes.replies import http_status, notice, page
from bedboard.routes.strip import own_strip
from bedboard.rules.criteria import SPOKEN_LANGUAGES
from bedboard.rules.fit import EXPLOITATIONS, NEEDS, PERSON_STATUSES, Profile
from bedboard.rules.refusals import Conflict, Invalid, Refusal
from bedboard.rules.tallies import SLEPT
from bedboard.schemas.fields import KeyText
from bedboard.schemas.parse import parse_form
from bedboard.schemas.profile import SearchProfile, is_profile_field, profile_of, read_profile, write_profile
from bedboard.views.found import Finder, Found

START: Mapping[str, str] = {"arrival": "now"}  # what is chosen when nobody has chosen yet


async def search(request: Request) -> Response:
    """The page; a POST carries the profile, which is nowhere else."""
    fields = profile_fields(await read_form(request)) if request.method == "POST" else START
    return await search_page(request, fields)


def profile_fields(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if is_profile_field(name)}


async def find(request: Request, said: SearchProfile) -> tuple[Profile, Finder]:
    """Refusals: Invalid, Unavailable."""
    process, catalogue = process_of(request), catalogue_of(request)
    profile = profile_of(said, catalogue, process.clock.now())
    finder = Finder(profile, catalogue)
    async with process.search_lock:
        finder.take(process.board.cards.values())
    return profile, finder


async def search_page(request: Request, fields: Mapping[str, str], refusal: Refusal | None = None, **more: Any) -> Response:
    """The page with what is found for these fields; a `refusal` is shown on top and gives the status.

    Fields that cannot be right are said, and nothing is then found.
    """
    process, language, catalogue = process_of(request), language_of(request), catalogue_of(request)
    found: Found | None = None
    try:
        said = read_profile(fields)
        found = (await find(request, said))[1].found(MATCHES_SHOWN)
        fields = write_profile(said)
    except Invalid as wrong:
        refusal = refusal or wrong
    context = {
        "fields": fields,
        "found": found,
        "rows": [Markup(process.pieces.match(language, match, catalogue)) for match in found.matches] if found else [],  # noqa: S704
        "figures": Markup(process.pieces.figures(language, found, catalogue)) if found else "",  # noqa: S704
        "catalogue": catalogue,
        "statuses": PERSON_STATUSES,
        "exploitations": EXPLOITATIONS,
        "needs": NEEDS,
        "languages": SPOKEN_LANGUAGES,
        "slept": SLEPT,
        "counted": None,
        "new_key": process.clock.new_id,
        "strip": await own_strip(request),
        "notice": Markup(notice(request, refusal)) if refusal else None,  # noqa: S704
        "as_of": process.board.as_of or process.clock.now(),
        "live": process.board.live,
        "path": "/search",
        **more,
    }
    return page(request, "pages/search.html", context, http_status(refusal) if refusal else 200)


class Nothing(BaseModel):
    """Where the person sleeps, because no place was found. `key`: so that it is counted once. `page`: of the form that the
    places are held with as well."""

    model_config = ConfigDict(extra="forbid")
    key: KeyText
    page: Literal["search"] = "search"
    slept: Literal["police_station", "hotel", "homeless_shelter", "street", "exploiter", "friends", "other_shelter", "unknown"]


if set(Nothing.model_fields["slept"].annotation.__args__) != set(SLEPT):  # type: ignore[union-attr]
    raise AssertionError("where people sleep differs between the page and the rules")


async def post_nothing(request: Request) -> Response:
    """A search that ends without a place: counted, with the reasons and without anybody in it."""
    form = await read_form(request)
    fields = profile_fields(form)
    process, now, zone = process_of(request), process_of(request).clock.now(), catalogue_of(request).zone
    try:
        said = parse_form(Nothing, {name: value for name, value in form.items() if name not in fields})
        profile, finder = await find(request, read_profile(fields))
        excluded_by, kinds = finder.found(0).excluded_by, finder.suitable_kinds(process.board.cards.values())
        await apply_once(
            process.database,
            actor_of(request),
            make_key(said.key, request.url.path),  # nothing of the profile, not even a fingerprint
            now,
            lambda tx: count_nothing_found(tx, said.slept, profile.near, excluded_by, kinds, now.astimezone(zone)),
            lambda _: Reply(200, b""),
        )
    except (Conflict, Invalid) as refusal:
        return await search_page(request, fields, refusal)
    return await search_page(request, fields, counted=said.slept)
