"""Wie past hier: the pages on which a manager says which people the shelter takes, and how single places differ.

The filled-in form goes along to the next page, so that nothing is lost when it is refused or only tried.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import RedirectResponse, Response

from bedboard.actions.criteria import set_place_criteria, set_terms
from bedboard.actions.idempotency import Reply
from bedboard.actions.occupancy import Changed
from bedboard.routes.call import Call
from bedboard.routes.kept import keep, kept_of, refusal_of
from bedboard.routes.replies import fields_of, html, http_status, page, retry_after
from bedboard.rules.criteria import CRITERIA, CRITERION_NAMES, LARGEST_LIMITS, check_overrides, check_terms
from bedboard.rules.examples import ExampleOutcome, House, try_examples
from bedboard.rules.fit import DAY_MINUTES, Terms, make_terms
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound, Refusal, Unavailable, VersionMismatch
from bedboard.schemas.fields import number_in
from bedboard.schemas.forms import CriteriaForm
from bedboard.schemas.parse import parse_form
from bedboard.store.board import PlaceRow, ShelterRow, get_shelter, list_shelters
from bedboard.store.database import Transaction
from bedboard.store.journal import get_criteria_version

UNSAID = "unknown"  # of a shelter: nothing is said about it
FOLLOWS = "as_shelter"  # of a place: it says nothing of its own
HALF_HOURS = range(0, DAY_MINUTES + 1, 30)
CLOCK = re.compile(r"([0-9]{2}):([0-5][0-9])\Z")
NUMBER = re.compile(r"-?[0-9]{1,9}\Z")

Fields = Mapping[str, str]
Work = Callable[[Transaction, int], Awaitable[Changed]]


def _group(fields: Fields, group: str) -> dict[str, str]:
    """Return, of criteria.woman, criteria.man …, what comes after the dot."""
    return {name.partition(".")[2]: value for name, value in fields.items() if name.partition(".")[0] == group}


def _rest(fields: Fields) -> Fields:
    groups = ("criteria", "limits", "intake", "languages")
    return {name: value for name, value in fields.items() if name.partition(".")[0] not in groups}


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _answers(fields: Fields, nothing: str) -> tuple[dict[str, str], list[FieldError]]:
    """Return the answers, without those that say `nothing`. A form that was cut off halfway must not pass for unknown."""
    said = _group(fields, "criteria")
    missing = [FieldError(f"criteria.{name}", "missing") for name in sorted(CRITERION_NAMES - said.keys())]
    return {name: answer for name, answer in said.items() if answer != nothing}, missing


def read_terms(fields: Fields, known: Collection[str]) -> Terms:
    """Read the fields of the shelter's page. `known`: the languages of the deployment.

    Refusal: Invalid with every field that cannot be right.
    """
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
        check_terms(criteria, limits, intake, languages, known)
    except Invalid as refusal:
        wrong += refusal.fields
    if wrong:
        raise Invalid(*wrong)
    return make_terms(criteria, limits, intake, languages)


def write_terms(row: ShelterRow) -> dict[str, str]:
    """Return the fields of the shelter's page as it is saved: what `read_terms` reads."""
    return {
        **{f"criteria.{name}": row.criteria.get(name, UNSAID) for name in CRITERION_NAMES},
        **{f"limits.{name}": str(number) for name, number in row.limits.items()},
        **{f"languages.{code}": "on" for code in row.languages},
        "intake.from": _clock(row.intake_from_minutes % DAY_MINUTES),
        "intake.until": _clock(row.intake_until_minutes or DAY_MINUTES),
    }


def read_overrides(fields: Fields) -> dict[str, str]:
    """Read the fields of a place's page. Refusal: Invalid with every field that cannot be right."""
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
    """The shelter of a page, or one `place` of it. `known_version`: the version that last changed its criteria."""

    row: ShelterRow
    place: PlaceRow | None
    own_shelters: list[tuple[str, str]]
    known_version: int

    @property
    def saved(self) -> dict[str, str]:
        return write_terms(self.row) if self.place is None else write_overrides(self.place)

    def try_out(self, fields: Fields, known: Collection[str]) -> list[ExampleOutcome]:
        """Return how the example people fare with these fields. Refusal: Invalid."""
        row, place = self.row, self.place
        intake = (row.intake_from_minutes, row.intake_until_minutes)
        if place is None:
            terms = read_terms(fields, known)
            return try_examples(terms, (_house(terms, one, one.criteria or {}) for one in row.places))
        terms = make_terms(row.criteria, row.limits, intake, row.languages)
        return try_examples(terms, [_house(terms, place, read_overrides(fields))])


def _house(terms: Terms, place: PlaceRow, own: Mapping[str, str]) -> House:
    whole = make_terms({**terms.criteria, **own}, terms.limits, terms.intake, terms.languages)
    return House(whole, place.beds, place.cots)


async def _subject(call: Call) -> Subject:
    """Refusal: NotFound."""
    shelter_id, place_id = call.path_params["shelter_id"], call.path_params.get("place_id")
    async with call.transaction() as tx:
        row = await get_shelter(tx, shelter_id)
        own_shelters = [(other.id, other.name) for other in await list_shelters(tx, call.actor.shelter_ids)]
        version = await get_criteria_version(tx, shelter_id, place_id)
    if row is None:
        raise NotFound("no_such_shelter")
    place = next((place for place in row.places if place.id == place_id), None)
    if place is None and place_id is not None:
        raise NotFound("no_such_place")
    return Subject(row, place, own_shelters, version)


async def _show(call: Call, typed: Fields | None, refusal: Refusal | None = None) -> Response:
    """Show what was typed (None: the saved fields), the preview of that, and the refusal; to a script the preview alone."""
    subject = await _subject(call)
    saved = subject.saved
    fields = saved if typed is None else {name: value for name, value in typed.items() if name not in _rest(typed)}
    outcomes: list[ExampleOutcome] | None = None
    try:
        outcomes = subject.try_out(fields, call.catalogue.languages)
    except Invalid as wrong:
        refusal = refusal or wrong
    status = http_status(refusal) if refusal else 200
    context: dict[str, Any] = {
        "outcomes": outcomes,
        "edited": fields != saved,
        "refusal": refusal,
        "wrong": fields_of(refusal) if refusal else (),
    }
    retry = retry_after(refusal) if refusal else {}
    if call.wants_fragment:
        preview = html(call, call.process.pages.render(call.language, "fragments/_preview.html", context), status)
        preview.headers.update(retry)
        return preview
    is_saved = number_in(call.query.get("saved", ""), subject.known_version) is not None
    context |= {
        "shelter": subject.row,
        "place": subject.place,
        "known_version": subject.known_version,
        "own_shelters": subject.own_shelters,
        "fields": fields,
        "saved": saved,
        "is_saved": is_saved and typed is None,
        "groups": CRITERIA,
        "limits": LARGEST_LIMITS,
        "languages": call.catalogue.languages,
        "openings": _times(HALF_HOURS[:-1], saved, fields, "intake.from"),
        "closings": _times(HALF_HOURS[1:], saved, fields, "intake.until"),
        "catalogue": call.catalogue,
        "new_key": call.process.clock.new_id,
        "path": call.path,
    }
    template = "pages/criteria.html" if subject.place is None else "pages/place_criteria.html"
    response = page(call, template, context, status)
    response.headers.update(retry)
    return response


def _times(usual: Iterable[int], saved: Fields, fields: Fields, name: str) -> list[str]:
    """Return every half hour, and the saved and typed times."""
    present = {given[name] for given in (saved, fields) if CLOCK.match(given.get(name, ""))}
    return sorted(present.union(map(_clock, usual)))


async def _take(call: Call, work: Work) -> Response:
    """Save and redirect, or (a preview, a refusal) show what was typed: a script here, a browser at an address of its own."""
    fields = await call.fields()
    refusal: Refusal | None = None
    try:
        form = parse_form(CriteriaForm, _rest(fields))
        if form.do == "save":
            return await _save(call, form, work)
    except (Conflict, Invalid, Unavailable, VersionMismatch) as wrong:
        refusal = wrong
    if not call.wants_fragment:
        rest = _rest(fields)
        return keep(call, call.path, {name: value for name, value in fields.items() if name not in rest}, refusal)
    return await _show(call, fields, refusal)


async def _save(call: Call, form: CriteriaForm, work: Work) -> Response:
    def reply(changed: Changed) -> Reply:
        return Reply(200, b"", changed.shelter.version)

    asked = repr(sorted((await call.fields()).items()))
    try:
        done = await call.once(form.key, asked, work=lambda tx: work(tx, form.version), reply=reply, shown=call.shelter_shown)
    except Invalid as refusal:
        if any(one.code == "key_reused" for one in refusal.fields):  # an older page, to which the manager went back
            raise VersionMismatch("criteria_changed") from refusal
        raise
    return RedirectResponse(f"{call.path}?saved={done.reply.version or 0}", 303, {"Cache-Control": "no-store"})


async def show_criteria(call: Call) -> Response:
    kept = kept_of(call)
    return await _show(call, kept.fields if kept else None, refusal_of(call))


async def post_criteria(call: Call) -> Response:
    shelter_id, fields = call.path_params["shelter_id"], await call.fields()

    async def work(tx: Transaction, version: int) -> Changed:
        return await set_terms(tx, call.actor, shelter_id, read_terms(fields, call.catalogue.languages), call.now, version)

    return await _take(call, work)


async def post_place_criteria(call: Call) -> Response:
    place_id, fields = call.path_params["place_id"], await call.fields()

    async def work(tx: Transaction, version: int) -> Changed:
        changed = await set_place_criteria(tx, call.actor, place_id, read_overrides(fields), call.now, version)
        if changed.shelter.id != call.path_params["shelter_id"]:
            raise NotFound("no_such_place")
        return changed

    return await _take(call, work)
