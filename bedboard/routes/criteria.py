"""Wie past hier: the pages on which a manager says whom the shelter takes, and what single places say otherwise.

Every answer of these pages carries what was filled in, so that nothing is lost when it is refused or only tried.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bedboard.actions.criteria import set_place_criteria, set_terms
from bedboard.actions.idempotency import Reply, apply_once, make_key
from bedboard.actions.occupancy import Changed
from bedboard.process import actor_of, catalogue_of, language_of, process_of
from bedboard.routes.parse import read_form
from bedboard.routes.replies import fields_of, html, http_status, page, retry_after, wants_fragment
from bedboard.rules.criteria import CRITERIA, CRITERION_NAMES, LARGEST_LIMITS, SPOKEN_LANGUAGES, check_overrides, check_terms
from bedboard.rules.examples import ExampleOutcome, House, try_examples
from bedboard.rules.fit import DAY_MINUTES, Terms, make_terms
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound, Refusal, Unavailable, VersionMismatch
from bedboard.schemas.fields import KeyText
from bedboard.schemas.parse import parse_form
from bedboard.store.board import PlaceRow, ShelterRow, get_shelter, list_shelters
from bedboard.store.database import Transaction
from bedboard.store.journal import criteria_version

UNSAID = "unknown"  # of a shelter: nothing is said about it
FOLLOWS = "as_shelter"  # of a place: it says nothing of its own
HALF_HOURS = range(0, DAY_MINUTES + 1, 30)
CLOCK = re.compile(r"([0-9]{2}):([0-5][0-9])\Z")
NUMBER = re.compile(r"-?[0-9]{1,9}\Z")

Fields = Mapping[str, str]
Work = Callable[[Transaction, datetime, int], Awaitable[Changed]]


class Press(BaseModel):
    """What every form here sends besides its fields; `version`: the shelter's when the form was drawn."""

    model_config = ConfigDict(extra="forbid")
    key: KeyText
    version: Annotated[int, Field(ge=1, le=2**62)]
    do: Literal["save", "preview"]


def _group(fields: Fields, group: str) -> dict[str, str]:
    """Of criteria.woman, criteria.man … what comes after the dot."""
    return {name.partition(".")[2]: value for name, value in fields.items() if name.partition(".")[0] == group}


def _rest(fields: Fields) -> Fields:
    groups = ("criteria", "limits", "intake", "languages")
    return {name: value for name, value in fields.items() if name.partition(".")[0] not in groups}


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _answers(fields: Fields, nothing: str) -> tuple[dict[str, str], list[FieldError]]:
    """What was answered, without what says `nothing`. A form that was cut off halfway must not pass for unknown."""
    said = _group(fields, "criteria")
    missing = [FieldError(f"criteria.{name}", "missing") for name in sorted(CRITERION_NAMES - said.keys())]
    return {name: answer for name, answer in said.items() if answer != nothing}, missing


def read_terms(fields: Fields) -> Terms:
    """The fields of the shelter's page. Refusal: Invalid with every field that cannot be right."""
    criteria, wrong = _answers(fields, UNSAID)
    limits: dict[str, int] = {}
    for name, text in _group(fields, "limits").items():
        if NUMBER.match(text.strip()):
            limits[name] = int(text)
        else:
            wrong.append(FieldError(f"limits.{name}", "not_a_number"))
    times = {"from": 0, "until": DAY_MINUTES}
    for name in times:
        found = CLOCK.match(fields.get(f"intake.{name}", ""))
        if found is None:
            wrong.append(FieldError(f"intake.{name}", "not_a_time"))
        else:
            times[name] = int(found[1]) * 60 + int(found[2])
    intake, languages = (times["from"], times["until"]), _group(fields, "languages")
    try:
        check_terms(criteria, limits, intake, languages)
    except Invalid as refusal:
        wrong += refusal.fields
    if wrong:
        raise Invalid(*wrong)
    return make_terms(criteria, limits, intake, languages)


def write_terms(row: ShelterRow) -> dict[str, str]:
    """The fields of the shelter's page as it is saved: what `read_terms` reads."""
    return {
        **{f"criteria.{name}": row.criteria.get(name, UNSAID) for name in CRITERION_NAMES},
        **{f"limits.{name}": str(number) for name, number in row.limits.items()},
        **{f"languages.{code}": "on" for code in row.languages},
        "intake.from": _clock(row.intake_from_minutes % DAY_MINUTES),
        "intake.until": _clock(row.intake_until_minutes or DAY_MINUTES),
    }


def read_overrides(fields: Fields) -> dict[str, str]:
    """The fields of a place's page. Refusal: Invalid with every field that cannot be right."""
    own, wrong = _answers(fields, FOLLOWS)
    try:
        check_overrides(own)
    except Invalid as refusal:
        wrong += refusal.fields
    if wrong:
        raise Invalid(*wrong)
    return own


def write_overrides(place: PlaceRow) -> dict[str, str]:
    return {f"criteria.{name}": (place.criteria or {}).get(name, FOLLOWS) for name in CRITERION_NAMES}


@dataclass(frozen=True, slots=True)
class Subject:
    """What one page is about: a shelter, or one `place` of it. `known_version`: the version that last changed its criteria."""

    row: ShelterRow
    place: PlaceRow | None
    own_shelters: list[tuple[str, str]]
    known_version: int

    @property
    def saved(self) -> dict[str, str]:
        return write_terms(self.row) if self.place is None else write_overrides(self.place)

    def try_out(self, fields: Fields) -> list[ExampleOutcome]:
        """How the worked people fare with these fields. Refusal: Invalid."""
        row, place = self.row, self.place
        intake = (row.intake_from_minutes, row.intake_until_minutes)
        if place is None:
            terms = read_terms(fields)
            return try_examples(terms, (_house(terms, one, one.criteria or {}) for one in row.places))
        terms = make_terms(row.criteria, row.limits, intake, row.languages)
        return try_examples(terms, [_house(terms, place, read_overrides(fields))])


def _house(terms: Terms, place: PlaceRow, own: Mapping[str, str]) -> House:
    whole = make_terms({**terms.criteria, **own}, terms.limits, terms.intake, terms.languages)
    return House(whole, place.beds, place.cots)


async def _subject(request: Request) -> Subject:
    """Refusal: NotFound."""
    shelter_id, place_id = request.path_params["shelter_id"], request.path_params.get("place_id")
    async with process_of(request).database.transaction() as tx:
        row = await get_shelter(tx, shelter_id)
        own_shelters = [(other.id, other.name) for other in await list_shelters(tx, actor_of(request).shelter_ids)]
        version = await criteria_version(tx, shelter_id, place_id)
    if row is None:
        raise NotFound("no_such_shelter")
    place = next((place for place in row.places if place.id == place_id), None)
    if place is None and place_id is not None:
        raise NotFound("no_such_place")
    return Subject(row, place, own_shelters, version)


async def _show(request: Request, typed: Fields | None, refusal: Refusal | None = None) -> Response:
    """The page with what was typed (None: with what is saved), the preview of that, and the refusal on top.

    For a script: the preview alone.
    """
    subject = await _subject(request)
    saved = subject.saved
    fields = saved if typed is None else {name: value for name, value in typed.items() if name not in _rest(typed)}
    outcomes: list[ExampleOutcome] | None = None
    try:
        outcomes = subject.try_out(fields)
    except Invalid as wrong:
        refusal = refusal or wrong
    status = http_status(refusal) if refusal else 200
    context: dict[str, Any] = {
        "outcomes": outcomes,
        "edited": fields != saved,
        "refusal": refusal,
        "wrong": fields_of(refusal) if refusal else (),
    }
    if wants_fragment(request):
        return html(request, process_of(request).pages.render(language_of(request), "fragments/_preview.html", context), status)
    asked = request.query_params.get("saved", "")
    is_saved = asked.isascii() and asked.isdigit() and len(asked) <= 18 and int(asked) >= subject.known_version
    context |= {
        "shelter": subject.row,
        "place": subject.place,
        "own_shelters": subject.own_shelters,
        "fields": fields,
        "saved": saved,
        "is_saved": is_saved and typed is None,
        "groups": CRITERIA,
        "limits": LARGEST_LIMITS,
        "languages": SPOKEN_LANGUAGES,
        "openings": _times(HALF_HOURS[:-1], saved, fields, "intake.from"),
        "closings": _times(HALF_HOURS[1:], saved, fields, "intake.until"),
        "catalogue": catalogue_of(request),
        "new_key": process_of(request).clock.new_id,
        "path": request.url.path,
    }
    template = "pages/criteria.html" if subject.place is None else "pages/place_criteria.html"
    return page(request, template, context, status)


def _times(usual: Iterable[int], saved: Fields, fields: Fields, name: str) -> list[str]:
    """Every half hour, and what is there already."""
    present = {given[name] for given in (saved, fields) if CLOCK.match(given.get(name, ""))}
    return sorted(present.union(map(_clock, usual)))


async def _take(request: Request, work: Work) -> Response:
    """Saves and redirects, or (a preview, a refusal) shows the page with what was typed."""
    fields = await read_form(request)
    refusal: Refusal | None = None
    try:
        press = parse_form(Press, _rest(fields))
        if press.do == "save":
            return await _save(request, press, work)
    except (Conflict, Invalid, Unavailable, VersionMismatch) as wrong:
        refusal = wrong
    response = await _show(request, fields, refusal)
    response.headers.update(retry_after(refusal) if refusal else {})
    return response


async def _save(request: Request, press: Press, work: Work) -> Response:
    process, shelter_id = process_of(request), request.path_params["shelter_id"]
    now = process.clock.now()

    def reply(changed: Changed) -> Reply:
        return Reply(200, b"", changed.shelter.version)

    asked = make_key(press.key, request.url.path, repr(sorted((await read_form(request)).items())))
    try:
        done = await apply_once(process.database, actor_of(request), asked, now, lambda tx: work(tx, now, press.version), reply)
    except Invalid as refusal:
        if any(one.code == "key_reused" for one in refusal.fields):  # a page from before its own saving, gone back to
            raise VersionMismatch("criteria_changed") from refusal
        raise
    version = done.reply.version or 0
    await process.board.reached(shelter_id, version)
    return RedirectResponse(f"{request.url.path}?saved={version}", 303, {"Cache-Control": "no-store"})


async def show_criteria(request: Request) -> Response:
    return await _show(request, None)


async def post_criteria(request: Request) -> Response:
    actor, shelter_id, fields = actor_of(request), request.path_params["shelter_id"], await read_form(request)

    async def work(tx: Transaction, now: datetime, version: int) -> Changed:
        return await set_terms(tx, actor, shelter_id, read_terms(fields), now, version)

    return await _take(request, work)


async def post_place_criteria(request: Request) -> Response:
    actor, place_id, fields = actor_of(request), request.path_params["place_id"], await read_form(request)

    async def work(tx: Transaction, now: datetime, version: int) -> Changed:
        changed = await set_place_criteria(tx, actor, place_id, read_overrides(fields), now, version)
        if changed.shelter.id != request.path_params["shelter_id"]:
            raise NotFound("no_such_place")
        return changed

    return await _take(request, work)
