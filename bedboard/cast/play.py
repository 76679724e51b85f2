"""The play of the cast: every few seconds it looks at the demo through its API, and acts as the people of its shelters would.

It stays away from the shelters for which a visitor is signed in, and leaves the decisions to a desk that is signed in.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
import structlog

from bedboard.cast.answers import Json, choose_answer, choose_change
from bedboard.clock import Clock
from bedboard.rules.cases import ON_THE_WAY
from bedboard.rules.refusals import Refusal
from bedboard.store.people import Visitors

log = structlog.get_logger()

LOOK_SECONDS = 2.0
ANSWER = (20, 90)  # seconds, from and to
DECIDE = (20, 60)
LOOK_BACK = (600, 1200)  # until the desk decides, in its hours, on a placement that counts already: a visitor may do so first
ARRIVE = (60, 120)  # sooner than agreed, so that the end can be seen as well
REPORT = (15, 45)  # between two shelters that confirm or change something
SILENT_SHARE = 4  # one in so many shelters, those with the oldest news, does not confirm: so a demo keeps old news
AT_ONCE = 4  # shelters that confirm together when their news is old, as on the morning after a night without the demo
AGAIN = timedelta(minutes=5)  # after a call that was refused
MOST_FOUND = 1000
TIMEOUT_SECONDS = 10.0
DESK = "demo-desk"


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that the cast does, some seconds after it became possible. `shelter` None: the desk does it."""

    key: str
    shelter: str | None
    seconds: tuple[int, int]
    act: Callable[[], Awaitable[None]]


class Cast:
    """The cast of one demo process.

    `url` is its own origin; `visitors` tells for which shelters and in which roles people are signed in at this moment, and
    `is_desk_open` whether the placement desk answers at a moment. All waits are divided by `speed`.
    """

    def __init__(
        self,
        url: str,
        clock: Clock,
        visitors: Callable[[], Awaitable[Visitors]],
        speed: float,
        is_desk_open: Callable[[datetime], bool],
    ) -> None:
        self._url, self._clock, self._visitors, self._speed = url, clock, visitors, speed
        self._is_desk_open = is_desk_open
        self._due: dict[str, datetime] = {}

    async def run(self) -> None:
        """Play until cancelled. A demo that does not answer is tried again."""
        async with self.client() as client:
            while True:
                try:
                    await self.look(client)
                except (httpx.HTTPError, Refusal) as error:
                    log.info("cast_waits", reason=type(error).__name__)
                except Exception as bug:  # the demo goes on
                    log.error("bug", exc_info=bug)
                await asyncio.sleep(max(0.05, LOOK_SECONDS / self._speed))

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"{self._url}/api/v1", timeout=TIMEOUT_SECONDS, trust_env=False)

    async def look(self, client: httpx.AsyncClient) -> None:
        """Look once, and do what is due. Raises httpx.HTTPError when the demo cannot be read."""
        cases = (await _get(client, "/requests"))["requests"]
        turns = [turn for case in cases for turn in self._turns(client, case)]
        asked = frozenset(ask["shelter"] for case in cases for ask in case["shelters"])
        turns.append(Turn("report", None, REPORT, partial(self._report, client, asked)))
        now = self._clock.now()
        self._due = {turn.key: self._due.get(turn.key) or self._after(now, turn.seconds) for turn in turns}
        for turn in turns:
            if self._due[turn.key] <= now and await self._may_play(turn):
                self._due[turn.key] = self._after(now, REPORT) if turn.key == "report" else now + AGAIN
                await turn.act()

    def _after(self, now: datetime, seconds: tuple[int, int]) -> datetime:
        least, most = seconds
        return now + timedelta(seconds=(least + (most - least) * self._clock.chance()) / self._speed)

    async def _may_play(self, turn: Turn) -> bool:
        """Return whether no visitor plays this part. Asked just before each act."""
        visitors = await self._visitors()
        if turn.shelter is not None:
            return turn.shelter not in visitors.shelters
        return turn.key == "report" or "desk" not in visitors.roles

    def _turns(self, client: httpx.AsyncClient, case: Json) -> Iterator[Turn]:
        """Yield what the cast may do in a case."""
        path, chosen = f"/requests/{case['id']}", case["chosen"]
        if case["state"] == "asking":
            for ask in case["shelters"]:
                if ask["says"] == "silent" and ask["settled"] is None:
                    key = f"{path}/answers {ask['shelter']} {ask['asked_at']}"
                    yield Turn(key, ask["shelter"], ANSWER, partial(self._answer, client, case, ask))
        is_provisional = case["state"] in ("provisional", "housed")
        if case["state"] == "chosen" or (is_provisional and self._is_desk_open(self._clock.now())):
            call, seconds = f"{path}/decide", LOOK_BACK if is_provisional else DECIDE
            yield Turn(f"{call} {chosen}", None, seconds, partial(_post, client, call, None, {"decision": "confirm"}))
        if case["state"] in ON_THE_WAY and _may_arrive(case):
            call = f"{path}/arrival"
            yield Turn(f"{call} {chosen}", chosen, ARRIVE, partial(_post, client, call, chosen, {"arrived": True}))

    async def _answer(self, client: httpx.AsyncClient, case: Json, ask: Json) -> None:
        needs = {**case["needs"], "limit": MOST_FOUND}
        found = await client.post("/search", json=needs, headers=_headers(None))
        if found.is_success:
            body = choose_answer(ask, found.json(), self._clock.chance())
            await _post(client, f"/requests/{case['id']}/answers", ask["shelter"], body)

    async def _report(self, client: httpx.AsyncClient, asked: frozenset[str]) -> None:
        """Let a shelter confirm or change a place, and some confirm together when their news is old.

        Some shelters stay silent, and those that never confirmed: so it is.
        """
        visited = (await self._visitors()).shelters
        playing = [
            one
            for one in (await _get(client, "/board"))["shelters"]
            if one["confirmed_at"] is not None and one["id"] not in visited
        ]
        changing = [one for one in playing if one["freshness"] != "stale" and one["id"] not in asked]
        observed_at = self._clock.now().isoformat()
        if changing and self._clock.chance() < 0.5:
            shelter = changing[int(self._clock.chance() * len(changing))]
            change = choose_change(shelter, self._clock.chance())
            if change is not None:
                place_id, status = change
                body = {"status": status, "observed_at": observed_at}
                await _post(client, f"/places/{place_id}", shelter["id"], body, method="PATCH")
        elif playing:
            by_age = sorted(playing, key=lambda one: str(one["confirmed_at"]))
            talking = by_age[len(by_age) // SILENT_SHARE :]
            old = [one for one in talking if one["freshness"] == "stale"]
            for one in old[:AT_ONCE] or talking[:1]:
                news = {"observed_at": observed_at, "kinds": sorted(one["counts"])}
                await _post(client, f"/shelters/{one['id']}/confirm", one["id"], news)


def _may_arrive(case: Json) -> bool:
    """Return whether the household can simply come: its place is kept, and nobody is offered the case meanwhile."""
    statuses = [ask["place_status"] for ask in case["shelters"] if ask["shelter"] == case["chosen"]]
    return statuses == ["reserved"] and case["handed_to"] is None


def _headers(shelter: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {DESK if shelter is None else f'demo-shelter-{shelter}'}"}


async def _get(client: httpx.AsyncClient, path: str) -> Any:
    """Return what the demo desk may read. Raises httpx.HTTPError, also where demo tokens do not count."""
    return (await client.get(path, headers=_headers(None))).raise_for_status().json()


async def _post(client: httpx.AsyncClient, path: str, shelter: str | None, body: Any, method: str = "POST") -> None:
    """Send a change as a shelter's program; `shelter` None: as the desk's. A refusal is logged, and the play goes on."""
    reply = await client.request(method, path, json=body, headers=_headers(shelter))
    log.info("cast", shelter=shelter, route=path.rpartition("/")[2], status=reply.status_code)
