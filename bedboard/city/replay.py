"""Move a board as the shelters' own systems would: a city's data, day after day, through the public API alone.

Knows nothing of the database. One update per programme and day: `PUT /api/v1/shelters/{id}/occupancy`, with the token of that
shelter. `empty` is the city's count. `closed` is the number of places on the board (one `GET` per shelter) minus the usable
places of that day: when a programme shrinks, the missing places are closed. When a day has more usable places than the board,
`closed` is 0 and `empty` stays as counted. The board then shows too few occupied places, which makes no difference to seekers.
Such an update is counted as clamped. The API still refuses more empty places than the shelter has.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import httpx

from bedboard.city.programmes import Day, Programme
from bedboard.city.target import TokenOf, demo_token
from bedboard.clock import Clock

CONNECTIONS = 8
ATTEMPTS = 5  # of one call: no answer, "busy" and "later" are tried again, with the same key, so nothing happens twice
TIMEOUT_SECONDS = 10.0
LONGEST_WAIT_SECONDS = 30.0  # whatever Retry-After says
TRY_AGAIN = {429, 503}
RETRIED_CODES = {"key_in_use"}  # code of a 409 that is over in a moment; a busy server answers 503, which is tried again too


@dataclass(slots=True)
class Summary:
    """The progress of a replay. `sent` is accepted + refused + unanswered; a retry is not a new update.

    `refused`: by status and code. `unknown`: updates not sent, because the server knows no such shelter with that token.
    `latencies_ms`: of every answer to an update. `stopped`: the sentence why it ended early; None: it did not.
    """

    total: int
    day: date | None = None
    days: int = 0
    done: int = 0
    sent: int = 0
    accepted: int = 0
    clamped: int = 0
    unknown: int = 0
    retries: int = 0
    network_errors: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str | None = None

    @property
    def unanswered(self) -> int:
        return self.sent - self.accepted - self.refused.total()

    def latency_ms(self, share: float) -> float:
        """Return the latency that this share of the answers did not exceed; 0 without answers."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    def lines(self) -> list[tuple[str, str]]:
        """Return the rows of a table: a noun, and how many of it."""
        p50, p99, most = (f"{self.latency_ms(share):.1f}" for share in (0.5, 0.99, 1.0))
        return [
            ("days", f"{self.days}"),
            ("updates sent", f"{self.sent} of {self.total}"),
            ("accepted", f"{self.accepted}"),
            ("of which clamped (more usable places than the board has)", f"{self.clamped}"),
            *((f"refused: {code}", f"{number}") for code, number in sorted(self.refused.items())),
            ("without an answer", f"{self.unanswered}"),
            ("not sent: shelter unknown to the server", f"{self.unknown}"),
            ("retries", f"{self.retries}"),
            ("network errors", f"{self.network_errors}"),
            ("latency p50 / p99 / max", f"{p50} / {p99} / {most} ms"),
            ("wall time", f"{self.seconds:.1f} s"),
        ]


class _Stop(Exception):
    """Why going on is of no use."""


async def replay(
    days: Sequence[Day],
    url: str,
    token_of: TokenOf = demo_token,
    *,
    speed: float = 0.0,
    progress: Callable[[Summary], None] = lambda summary: None,
    clock: Clock | None = None,
    pause: float = 0.5,
) -> Summary:
    """Send the days one after another to `url` (see `check_url`), a day's updates spread evenly over its time.

    `speed`: days per minute; 0 is as fast as possible. A day begins when the one before it has been sent. `progress` is called
    after every update. `pause`: seconds before the first retry of a call without an answer; doubled for each further one.
    Never raises for what the server does: `Summary.stopped` says why it ended early.
    """
    clock = clock or Clock()
    summary = Summary(total=sum(len(day.programmes) for day in days))
    began = clock.monotonic()
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", limits=limits, timeout=TIMEOUT_SECONDS, trust_env=False) as client:
        sender = _Sender(client, summary, token_of, progress, clock, pause)
        try:
            for number, day in enumerate(days):
                begins = began + number * 60 / speed if speed else began
                await sender.send_day(day, begins, 60 / speed if speed else 0.0)
        except* _Stop as group:
            summary.stopped = str(group.exceptions[0])
    summary.seconds = clock.monotonic() - began
    return summary


class _Sender:
    """One replay at work. `places`: how many the board has, by shelter and kind; None for a shelter that it does not know."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        summary: Summary,
        token_of: TokenOf,
        progress: Callable[[Summary], None],
        clock: Clock,
        pause: float,
    ) -> None:
        self._client, self._summary, self._token_of = client, summary, token_of
        self._progress, self._clock, self._pause = progress, clock, pause
        self._places: dict[str, Mapping[str, int] | None] = {}
        self._run = clock.new_id()  # in the keys, so that a second replay is not taken for a repetition of the first

    async def send_day(self, day: Day, begins: float, seconds: float) -> None:
        """Send all updates of a day, CONNECTIONS at a time. Raises a group of _Stop."""
        self._summary.day = day.on
        queue = iter(enumerate(day.programmes))
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(self._work(day, queue, begins, seconds))
        if self._places and all(places is None for places in self._places.values()):
            raise _Stop("the server knows none of these shelters with these tokens")
        self._summary.days += 1

    async def _work(self, day: Day, queue: Iterator[tuple[int, Programme]], begins: float, seconds: float) -> None:
        for number, programme in queue:
            due = begins + seconds * number / len(day.programmes)
            await asyncio.sleep(max(0.0, due - self._clock.monotonic()))
            await self._update(day, programme)
            self._summary.done += 1
            self._progress(self._summary)

    async def _update(self, day: Day, programme: Programme) -> None:
        token = self._token_of(programme.id)
        if token is not None and programme.id not in self._places:
            reply = await self._call("GET", f"/shelters/{programme.id}", token)
            if reply.status_code == 200:
                self._places[programme.id] = _totals(reply)
            elif reply.status_code in (401, 404):
                self._places[programme.id] = None
            else:
                self._summary.sent += 1
                self._summary.refused[_reason(reply)] += 1
                return
        places = self._places.get(programme.id) if token is not None else None
        if token is None or places is None:
            self._places.setdefault(programme.id, None)
            self._summary.unknown += 1
            return
        usable = programme.occupied + programme.free
        total = places.get(programme.kind, usable)  # a kind that is not there is the API's to refuse
        numbers = {"empty": programme.free, "closed": max(0, total - usable)}
        self._summary.sent += 1
        key = f"{self._run}-{day.on}-{programme.id}"
        body = {"kinds": {programme.kind: numbers}, "observed_at": self._clock.now().isoformat()}
        reply = await self._call("PUT", f"/shelters/{programme.id}/occupancy", token, body, key)
        if reply.status_code == 200:
            self._summary.accepted += 1
            self._summary.clamped += usable > total
        else:
            self._summary.refused[_reason(reply)] += 1

    async def _call(self, method: str, path: str, token: str, body: Any = None, key: str | None = None) -> httpx.Response:
        """Return the answer, after retries where those make sense. Raises _Stop when there is none."""
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
        reply: httpx.Response | None = None
        trouble = ""
        for attempt in range(ATTEMPTS):
            began = self._clock.monotonic()
            try:
                reply = await self._client.request(method, path, headers=headers, json=body)
            except httpx.RequestError as error:
                self._summary.network_errors += 1
                trouble, wait = str(error) or type(error).__name__, self._pause * 2**attempt
            else:
                if method == "PUT":
                    self._summary.latencies_ms.append((self._clock.monotonic() - began) * 1000)
                trouble, later = "", _wait(reply, self._pause)
                if later is None:
                    return reply
                wait = later
            if attempt + 1 < ATTEMPTS:
                self._summary.retries += 1
                await asyncio.sleep(wait)
        if reply is None or trouble:
            raise _Stop(f"{self._client.base_url.copy_with(path='/')} does not answer: {trouble}")
        return reply


def _wait(reply: httpx.Response, pause: float) -> float | None:
    """Return how many seconds to wait before the same call may be tried again; None: it is answered."""
    if reply.status_code in TRY_AGAIN:
        told = reply.headers.get("retry-after", "")
        return min(LONGEST_WAIT_SECONDS, float(told)) if told.isascii() and told.isdigit() else pause
    return pause if reply.status_code == 409 and _problem(reply).get("code") in RETRIED_CODES else None


def _problem(reply: httpx.Response) -> Mapping[str, Any]:
    try:
        document = reply.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _reason(reply: httpx.Response) -> str:
    """Return status and code, such as "422 more_than_places": of the first field that is wrong, if there is one."""
    problem = _problem(reply)
    errors = problem.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else problem
    return f"{reply.status_code} {first.get('code', '')}".strip()


def _totals(reply: httpx.Response) -> Mapping[str, int]:
    """Return how many places of each kind a shelter has. Raises _Stop for an answer that is not bedboard's."""
    try:
        return {kind: int(counts["total"]) for kind, counts in _problem(reply)["counts"].items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _Stop(f"{reply.url.copy_with(path='/', query=None)} answers, but not as bedboard does") from None
