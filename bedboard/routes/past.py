"""The board as it stood at a moment that has passed, and the same for one shelter and its own people."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.responses import Response

from bedboard.live.turns import breathe
from bedboard.routes.call import Call
from bedboard.routes.replies import http_status, page
from bedboard.rules.past import QUARTER, QUARTERS_OF_DAY, day_around
from bedboard.rules.refusals import FieldError, Invalid
from bedboard.schemas.forms import PastForm
from bedboard.schemas.parse import parse_form
from bedboard.store.past import get_journal_began, list_lines, list_past, list_words_since
from bedboard.views.past import Stood, past_steps

LINES_SHOWN = 300  # of one shelter in a day
LONGEST_MOMENT = 40  # signs of a moment with its offset


def written(at: datetime, zone: ZoneInfo) -> str:
    """Return a moment as an address has it: local time, with its offset in the hour that a night in autumn has twice."""
    local = at.astimezone(zone).replace(tzinfo=None, fold=0)
    is_plain = local.replace(tzinfo=zone).astimezone(UTC) == at
    return (local if is_plain else at.astimezone(zone)).isoformat(timespec="minutes")


def read_moment(field: str, said: str, zone: ZoneInfo) -> datetime:
    """Return the moment in an address, as `written` writes it. Refusal: Invalid `not_a_time`."""
    try:
        if len(said) > LONGEST_MOMENT:
            raise ValueError(said)
        at = datetime.fromisoformat(said)
        return (at.replace(tzinfo=zone) if at.tzinfo is None else at).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(FieldError(field, "not_a_time")) from None


def _moment(call: Call) -> datetime:
    """Return the moment that is asked for; without one it is the last full quarter of an hour. Refusal: Invalid."""
    zone = call.catalogue.zone
    form = parse_form(PastForm, {name: value for name, value in call.query.items() if value})
    if form.day is not None:
        at = read_moment("at", form.day, zone) + (form.quarter or 0) * QUARTER
    elif form.at is not None:
        at = read_moment("at", form.at, zone)
    else:
        at = datetime.fromtimestamp(call.now.timestamp() // QUARTER.total_seconds() * QUARTER.total_seconds(), UTC)
    if at > call.now:
        raise Invalid(FieldError("at", "in_the_future"))
    return at


async def show_past_board(call: Call) -> Response:
    """Show the whole board as it stood."""
    return await _show(call, "pages/past.html", None)


async def show_own_past(call: Call) -> Response:
    """Show a shelter as it stood, place by place, to its own people, with what changed there that day; no names of people."""
    return await _show(call, "pages/own_past.html", call.path_params["shelter_id"])


async def _show(call: Call, template: str, shelter_id: str | None) -> Response:
    call.check_board_read()
    refusal: Invalid | None = None
    at = call.now
    try:
        at = _moment(call)
    except Invalid as wrong:
        refusal = wrong
    first, last = day_around(at, call.catalogue.zone)
    async with call.turn:
        async with call.transaction() as tx:
            past = [] if refusal else await list_past(tx, at, shelter_id)
            words = await list_words_since(tx, at)
            began = await get_journal_began(tx)
            lines = [] if refusal or shelter_id is None else await list_lines(tx, shelter_id, first, last, LINES_SHOWN)
        stood = await breathe(past_steps(past, words, call.catalogue, call.process.settings.limits, at))
    context = {"stood": stood, "at": at, "refusal": refusal, "began": began, "lines": lines, "shelter_id": shelter_id}
    return page(call, template, context | _ways(call, stood, first, last), http_status(refusal) if refusal else 200)


def _ways(call: Call, stood: Stood, first: datetime, last: datetime) -> dict[str, object]:
    """Return the addresses of moments near by, and the numbers of the slider."""
    zone, at = stood.catalogue.zone, stood.at
    steps = [step for step in (-4 * QUARTER, -QUARTER, QUARTER, 4 * QUARTER) if at + step <= call.now]
    present = call.process.board.cards
    return {
        "near": [(step // timedelta(minutes=1), "?" + urlencode({"at": written(at + step, zone)})) for step in steps],
        "typed": at.astimezone(zone).strftime("%Y-%m-%dT%H:%M"),
        "day": written(first, zone),
        "quarter": (at - first) // QUARTER,
        "quarters": min((min(last, call.now) - first) // QUARTER, QUARTERS_OF_DAY),
        "catalogue": stood.catalogue,
        "unknown": sorted(present[one].name if one in present else one for one in stood.unknown),
    }
