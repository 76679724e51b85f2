"""Zoeken: for whom a place is sought, what is found, and how a search ends when nothing is."""

from collections.abc import Mapping
from typing import Any, Literal

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from bedboard.actions.once import Reply, apply_once, make_key
from bedboard.actions.tallies import count_nothing_found
from bedboard.live.search import SHOWN
from bedboard.routes.mine import my_strip
from bedboard.routes.parse import KeyText, parse_form, read_form
from bedboard.routes.parts import actor_of, language_of, parts_of, reference_of
from bedboard.routes.profiles import SearchProfile, is_profile_field, profile_of, read_profile, write_profile
from bedboard.routes.replies import notice, page, status_of
from bedboard.rules.criteria import LANGUAGES
from bedboard.rules.fit import EXPLOITATIONS, NEEDS, STATUSES, Profile
from bedboard.rules.refusals import Conflict, Invalid, Refusal
from bedboard.rules.tallies import SLEPT
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
    parts, reference = parts_of(request), reference_of(request)
    profile = profile_of(said, reference, parts.clock.now())
    finder = Finder(profile, reference)
    async with parts.turn:
        finder.take(parts.feed.cards.values())
    return profile, finder


async def search_page(request: Request, fields: Mapping[str, str], refusal: Refusal | None = None, **more: Any) -> Response:
    """The page with what is found for these fields; a `refusal` is shown on top and gives the status.

    Fields that cannot be right are said, and nothing is then found.
    """
    parts, language, reference = parts_of(request), language_of(request), reference_of(request)
    found: Found | None = None
    try:
        said = read_profile(fields)
        found = (await find(request, said))[1].found(SHOWN)
        fields = write_profile(said)
    except Invalid as wrong:
        refusal = refusal or wrong
    context = {
        "fields": fields,
        "found": found,
        "rows": [Markup(parts.pieces.match(language, match, reference)) for match in found.matches] if found else [],  # noqa: S704
        "figures": Markup(parts.pieces.figures(language, found, reference)) if found else "",  # noqa: S704
        "reference": reference,
        "statuses": STATUSES,
        "exploitations": EXPLOITATIONS,
        "needs": NEEDS,
        "languages": LANGUAGES,
        "slept": SLEPT,
        "counted": None,
        "new_key": parts.clock.new_id,
        "mine": await my_strip(request),
        "notice": Markup(notice(request, refusal)) if refusal else None,  # noqa: S704
        "as_of": parts.feed.as_of or parts.clock.now(),
        "live": parts.feed.live,
        "path": "/search",
        **more,
    }
    return page(request, "pages/search.html", context, status_of(refusal) if refusal else 200)


class Nothing(BaseModel):
    """Where the person sleeps, because no place was found. `key`: so that it is counted once. `page`: of the form that the
    places are held with as well."""

    model_config = ConfigDict(extra="forbid")
    key: KeyText
    page: Literal["search"] = "search"
    slept: Literal["police_station", "hotel", "homeless_shelter", "street", "exploiter", "friends", "other_shelter", "unknown"]


if set(Nothing.model_fields["slept"].annotation.__args__) != set(SLEPT):  # type: ignore[union-attr]
    raise AssertionError("where people sleep differs between the page and the rules")


async def take_nothing(request: Request) -> Response:
    """A search that ends without a place: counted, with the reasons and without anybody in it."""
    form = await read_form(request)
    fields = profile_fields(form)
    parts, now, zone = parts_of(request), parts_of(request).clock.now(), reference_of(request).zone
    try:
        said = parse_form(Nothing, {name: value for name, value in form.items() if name not in fields})
        profile, finder = await find(request, read_profile(fields))
        excluded_by, kinds = finder.found(0).excluded_by, finder.suitable_kinds(parts.feed.cards.values())
        await apply_once(
            parts.database,
            actor_of(request),
            make_key(said.key, request.url.path),  # nothing of the profile, not even a fingerprint
            now,
            lambda tx: count_nothing_found(tx, said.slept, profile.near, excluded_by, kinds, now.astimezone(zone)),
            lambda _: Reply(200, b""),
        )
    except (Conflict, Invalid) as refusal:
        return await search_page(request, fields, refusal)
    return await search_page(request, fields, counted=said.slept)
