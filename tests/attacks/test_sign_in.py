"""Promise 12: thousands of hostile tries to sign in let nobody in, and keep nobody of the night shift out."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from time import monotonic

import httpx
import pytest
from sqlalchemy import text

from bedboard.actions.enrolment import make_code
from bedboard.actions.passkeys import forget_challenges
from bedboard.actions.sign_in_lines import MOST_REFUSED, REFUSED_WITHIN
from bedboard.clock import Clock
from bedboard.commands.enrol import COMMAND
from bedboard.rules.devices import CHALLENGE_LASTS, LABELS
from bedboard.store.database import Database
from bedboard.store.seal import Seal, new_key
from tests import build
from tests.attacks.stage import is_long, lines_of, planted, tell
from tests.build import PATIENCE
from tests.build.authenticator import Authenticator
from tests.build.passkeys import FRAGMENT
from tests.build.processes import Process
from tests.build.rows import do
from tests.build.site import TRUST, Browser, as_owner

TRIES = {"faults": 140, "short": 180, "long": 10_000}
ROUNDS = {"faults": 4, "short": 3, "long": 40}
"""In each round of tries everybody of the night shift signs in once."""
TOLD_EVERY = 5
"""After so many rounds a long attack says how far it is."""
AT_ONCE = 8
ADDRESSES = [f"127.0.0.{number}" for number in range(2, 7)]
SHIFT = ("sanne", "kofi", "anneke", "lucia", "mark", "hanneke", "gerda")
NEW = ("femke", "wouter")  # they come in the last round, with a code for their first passkey
ROBBED, GUESSED = "mark", "lucia"
"""Of the first, the thief has the answer of a passkey. Of the second, the first words of a code."""
LATE_SECONDS = PATIENCE
ASKED = FRAGMENT | {"Content-Type": "application/x-www-form-urlencoded"}

FAULTS = """
from bedboard.actions import enrolment
from bedboard.routes import enrol, proofs
from bedboard.store.sign_ins import count_wrong_codes
ours = enrolment.try_code
async def shut(tx, typed, seal, network, now):
    if await count_wrong_codes(tx, network, now - enrolment.WRONG_WITHIN) >= enrolment.MOST_WRONG_CODES:
        return enrolment.TooMany("too_many", now, now + enrolment.WRONG_WITHIN)
    return await ours(tx, typed, seal, network, now)
async def counts(*_):
    return True
enrol.try_code = shut
proofs.use_challenge = counts
"""
"""Answers count again, and a flood of wrong codes shuts the door for right ones."""


def is_in(reply: httpx.Response) -> bool:
    """Return whether the reply brings the cookie of a session."""
    return any(
        one.startswith("bedboard=") and not one.startswith('bedboard=""') for one in reply.headers.get_list("set-cookie")
    )


def garbage(random: Random) -> str:
    """Return an answer of no device."""
    return random.choice(
        ["[" * 3000, '{"response":{}}', '{"response":{"clientDataJSON":"!"}}', "\x00", "é" * 200, '{"a":' * 90]
    )


@dataclass
class Front:
    """The process under attack, from the outside, and what came of it."""

    process: Process
    database: Database
    seal: Seal
    tell: Callable[[str], None]
    stolen: tuple[str, dict[str, str]] = ("", {})  # an answer that got somebody in, and the cookies of that browser
    begun: str = ""  # the first words of a code
    waits: list[float] = field(default_factory=list)
    busy: int = 0  # answers after which the night shift pressed once more
    kept_out: list[str] = field(default_factory=list)
    hostile: list[httpx.Response] = field(default_factory=list)

    def browser(self, address: str = "127.0.0.1") -> httpx.AsyncClient:
        transport = httpx.AsyncHTTPTransport(verify=TRUST, local_address=address)
        return Browser(base_url=self.process.url, headers={"Origin": self.process.url}, timeout=PATIENCE, transport=transport)

    def device(self, name: str) -> Authenticator:
        return Authenticator(self.process.url, name.encode())

    async def code(self, person: str) -> str:
        made = await do(self.database, lambda tx: make_code(tx, COMMAND, person, self.seal, Clock()))
        return str(made.code)

    # --- the night shift

    async def enrol(self, person: str, device: Authenticator) -> httpx.Response:
        async with self.browser() as browser:
            code = await self.code(person)
            options = await browser.post("/enrol/options", data={"code": code, "label": "phone"}, headers=ASKED)
            if options.status_code != 200:
                return options
            return await browser.post("/enrol", data={"code": code, "label": "phone", "proof": device.make(options.json())})

    async def sign_in(self, device: Authenticator, *, is_overheard: bool = False) -> httpx.Response:
        """Sign in with a device that does not count, as most of today."""
        async with self.browser() as browser:
            options = await browser.post("/sign-in/options", headers=ASKED)
            if options.status_code != 200:
                return options
            proof = device.use(options.json(), counts=0)
            if is_overheard:
                self.stolen = proof, dict(browser.cookies)
            return await browser.post("/sign-in/passkey", data={"proof": proof, "next": "/devices"})

    async def timed(self, person: str, signing: Callable[[], Awaitable[httpx.Response]]) -> None:
        """Sign in, and press once more whenever the page says that it is busy, as a person does."""
        begun, reply = monotonic(), await signing()
        while reply.status_code == 503 and monotonic() < begun + LATE_SECONDS:
            self.busy += 1
            reply = await signing()
        self.waits.append(monotonic() - begun)
        if not is_in(reply):
            self.kept_out.append(f"{person}: {reply.status_code} {reply.text[-400:]}")

    # --- the attack

    async def attack(self, number: int) -> None:
        random = Random(number)  # noqa: S311
        ways = (*[self.guess_code] * 5, self.end_code, *[self.forge] * 7, self.replay, self.borrow, self.talk, self.only_ask)
        async with self.browser(random.choice(ADDRESSES)) as browser:
            reply = await ways[number % len(ways)](browser, random)
            self.hostile.append(reply)

    async def guess_code(self, browser: httpx.AsyncClient, random: Random) -> httpx.Response:
        words = "-".join("".join(random.choices("abdegiklmnoprstu", k=5)) for _ in range(5))
        return await browser.post("/enrol/options", data={"code": words, "label": random.choice(LABELS)})

    async def end_code(self, browser: httpx.AsyncClient, random: Random) -> httpx.Response:
        ends = "-".join("".join(random.choices("abdegiklmnoprstu", k=5)) for _ in range(2))
        return await browser.post("/enrol/options", data={"code": f"{self.begun}-{ends}", "label": "phone"})

    async def forge(self, browser: httpx.AsyncClient, random: Random) -> httpx.Response:
        """Sign with a key of one's own: as an unknown passkey, or under the name of a real one."""
        name = random.choice([*SHIFT, f"nobody {random.random()}"])
        options = await browser.post("/sign-in/options", headers=ASKED)
        if options.status_code != 200:
            return options
        return await browser.post("/sign-in/passkey", data={"proof": self.device(name).use(options.json())})

    async def replay(self, browser: httpx.AsyncClient, random: Random) -> httpx.Response:
        proof, cookies = self.stolen
        browser.cookies.update(cookies)
        return await browser.post("/sign-in/passkey", data={"proof": proof})

    async def borrow(self, browser: httpx.AsyncClient, random: Random) -> httpx.Response:
        """Bring a challenge that was given to another browser, signed by nobody, and a cookie that was made up."""
        async with self.browser(random.choice(ADDRESSES)) as other:
            options = await other.post("/sign-in/options", headers=ASKED)
        if options.status_code != 200:
            return options
        browser.cookies.set("bedboard-once", random.randbytes(32).hex())
        return await browser.post("/sign-in/passkey", data={"proof": self.device(ROBBED).use(options.json())})

    async def talk(self, browser: httpx.AsyncClient, random: Random) -> httpx.Response:
        proof, code = {"proof": garbage(random)}, {"code": garbage(random)[:120], "label": "phone"}
        where, form = random.choice([("/sign-in/passkey", proof), ("/enrol", code | proof), ("/enrol/options", code)])
        return await browser.post(where, data=form)

    async def only_ask(self, browser: httpx.AsyncClient, random: Random) -> httpx.Response:
        """Fill the table of challenges, and look at a page with a session that was made up."""
        await browser.post("/sign-in/options", headers=ASKED)
        browser.cookies.set("bedboard", random.randbytes(32).hex())
        return await browser.get("/devices")

    def figures(self) -> str:
        """Say how many came and how long the night shift waited."""
        waits, got_in = sorted(self.waits), sum(is_in(reply) for reply in self.hostile)
        return (
            f"{len(self.hostile)} hostile tries from {len(ADDRESSES)} addresses, {got_in} got in; the night shift signed in "
            f"{len(waits)} times, {len(self.kept_out)} kept out, p50 {1000 * waits[len(waits) // 2]:.0f} ms, "
            f"p99 {1000 * waits[int(len(waits) * 0.99)]:.0f} ms, {self.busy} pressed again"
        )

    async def count(self, statement: str) -> int:
        async with as_owner(self.database) as tx:
            return int((await (await tx.connection()).execute(text(statement))).scalar_one())


def process_memory_kb(process: Process) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


async def play(front: Front, size: str) -> None:
    """Let the night shift sign in, again and again, while the attack lasts."""
    gate, devices = asyncio.Semaphore(AT_ONCE), {person: front.device(person) for person in (*SHIFT, *NEW)}
    for person in SHIFT:
        assert is_in(await front.enrol(person, devices[person])), f"{person} has a passkey before the attack"
    assert is_in(await front.sign_in(devices[ROBBED], is_overheard=True))
    front.begun = "-".join((await front.code(GUESSED)).split("-")[:3])

    async def send(number: int) -> None:
        async with gate:
            await front.attack(number)

    rounds, tries = ROUNDS[size], TRIES[size] // ROUNDS[size]
    for number in range(rounds):
        signing = [front.timed(person, partial(front.sign_in, devices[person])) for person in SHIFT]
        if number == rounds - 1:
            signing += [front.timed(person, partial(front.enrol, person, devices[person])) for person in NEW]
        await asyncio.gather(*(send(tries * number + one) for one in range(tries)), *signing)
        if number % TOLD_EVERY == TOLD_EVERY - 1:
            front.tell(f"sign in so far: {front.figures()}")


async def lines_left(front: Front) -> int:
    """Return how many refused passkeys the attack left in the journal of signing in."""
    return await front.count("select count(*) from sign_in where what = 'sign_in' and result <> 'done'")


async def check_passing(front: Front) -> int:
    """Return how many challenges the attack left, and see that all of them go when their time is over."""
    left = await front.count("select count(*) from challenge")
    later = Clock().now() + CHALLENGE_LASTS + timedelta(seconds=1)
    while await do(front.database, lambda tx: forget_challenges(tx, later)):
        pass
    assert await front.count("select count(*) from challenge") == 0
    return left


@pytest.mark.parametrize("has_faults", [True, False], ids=["with faults", "as it is"])
async def test_hostile_tries_let_nobody_in_and_keep_nobody_out(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest, has_faults: bool
) -> None:
    size = "faults" if has_faults else "long" if is_long(request) else "short"
    async with database.transaction() as tx:
        await build.add_board(tx, Clock().now())
    key = new_key()
    program, log = planted(tmp_path, FAULTS) if has_faults else None, tmp_path / "log"
    async with Process(
        log, "serve", program=program, DATABASE_URL=database.url, BEDBOARD_DEMO="true", BEDBOARD_SECRET_KEY=key
    ) as process:
        front, begun = Front(process, database, Seal(key), partial(tell, capsys)), monotonic()
        memory = process_memory_kb(process)
        await play(front, size)
        grown, lasted = process_memory_kb(process) - memory, timedelta(seconds=monotonic() - begun)
    got_in = [reply for reply in front.hostile if is_in(reply)]
    sessions = await front.count("select count(*) from session")
    lines, challenges = await lines_left(front), await check_passing(front)
    most_lines = (MOST_REFUSED + AT_ONCE) * (lasted // REFUSED_WITHIN + 1)
    if has_faults:
        assert got_in, "an answer that counts again is seen"
        assert front.kept_out, "a door that is shut for right codes is seen"
        return
    assert (got_in, front.kept_out) == ([], [])
    assert sessions == len(SHIFT) + 1 + len(front.waits), "each session is of somebody real"
    assert await front.count("select count(*) from passkey") == len(SHIFT) + len(NEW)
    assert {reply.status_code for reply in front.hostile} <= {303, 403, 422, 429, 503}, "nothing broke"
    assert lines <= most_lines
    assert not [line for line in lines_of(process.log) if "exception" in line or line["event"] == "bug"]
    assert max(front.waits) < LATE_SECONDS
    front.tell(f"sign in: {front.figures()}; {lines} lines and {challenges} challenges left, {grown} KB more")
