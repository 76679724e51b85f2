"""The figures at `/metrics`: for the holder of the token alone, true, and about nobody."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import ValidationError

from bedboard.actions.outgoing import send_later
from bedboard.figures import FIGURES, ROW_BYTES, Figures, make_memory
from bedboard.readings import count_pushes, take_readings
from bedboard.settings import Settings
from bedboard.store.database import Database
from tests.build import FixedClock
from tests.build.lines import api_line, hear
from tests.build.site import TRUST, Site, served
from tests.build.statements import run

TOKEN = "figures-" + "7" * 40
SAMPLE = re.compile(r'^(bedboard_[a-z_]+)\{process="(\d+)"(?:,([a-z]+)="([A-Za-z0-9+.]*)")?\} (-?[0-9.e+-]+)$')


@pytest.fixture
async def site(board_database: Database) -> AsyncIterator[Site]:
    async with served(board_database.url, FixedClock(), metrics_token=TOKEN) as site:
        yield site


def samples(text: str) -> dict[tuple[str, str], float]:
    """Read the whole text, in which every line is a comment or a sample; the figures of process 0 by name and word."""
    found = {}
    for line in text.splitlines():
        if line.startswith("# "):
            assert re.match(r"# (HELP bedboard_[a-z_]+ [A-Z].*\.|TYPE bedboard_[a-z_]+ (gauge|counter|histogram))$", line), line
            continue
        sample = SAMPLE.match(line)
        assert sample, line
        if sample[2] == "0":
            found[sample[1].removeprefix("bedboard_"), sample[4] or ""] = float(sample[5])
    return found


async def ask(site: Site, token: str | None = TOKEN, **headers: str) -> httpx.Response:
    given = headers | ({"Authorization": f"Bearer {token}"} if token else {})
    async with httpx.AsyncClient(base_url=site.url, verify=TRUST) as client:
        return await client.get("/metrics", headers=given)


async def figures(site: Site) -> dict[tuple[str, str], float]:
    return samples((await ask(site)).text)


async def test_only_the_token_opens_the_figures(site: Site) -> None:
    assert (await ask(site)).status_code == 200
    assert (await ask(site, Host="10.0.0.7:8000")).status_code == 200, "a scraper names the machine, and not the board"
    for token in (None, "demo-admin", TOKEN[:-1], TOKEN + "7", "é" * 40):
        header = {b"Authorization": f"Bearer {token}".encode()} if token else {}
        async with httpx.AsyncClient(base_url=site.url, headers=header, verify=TRUST) as client:
            assert (await client.get("/metrics")).status_code == 404, token
    browser = await site.sign_in("wouter")
    assert (await browser.get("/metrics")).status_code == 404
    await browser.aclose()


async def test_without_a_token_in_the_settings_nobody_has_the_figures(board_database: Database) -> None:
    async with served(board_database.url, FixedClock()) as site:
        for token in (None, "", "None", TOKEN):
            assert (await ask(site, token)).status_code == 404


@pytest.mark.parametrize("token", ["short", "x" * 31, "x" * 20 + " " + "x" * 20, "é" * 40])
def test_a_token_that_can_be_guessed_is_no_setting(token: str) -> None:
    with pytest.raises(ValidationError):
        Settings(metrics_token=token)


async def test_the_figures_say_what_happens(site: Site) -> None:
    before = await figures(site)
    assert {name for name, _ in before if not name.startswith("tap_")} == {
        "figures_age_seconds",
        *(figure.name for figure in FIGURES if figure.kind != "histogram"),
    }
    assert (before["listening", ""], before["viewers", ""], before["shelters", ""]) == (1, 0, 3)
    assert before["shelters_stale", ""] == 1, "wilg was never confirmed"
    assert before["pool_size", "pulse"] == 3
    line = await api_line(site)
    await hear(line)
    async with site.api("demo-shelter-linde") as staff, site.api("demo-police") as police:
        assert (await staff.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
        assert (await police.post("/places/linde-1/holds", json={})).status_code == 409
    after = await figures(site)
    assert (after["viewers", ""], after["holds_refused_total", ""]) == (1, 1)
    assert after["tap_to_screen_seconds_count", ""] == after["tap_to_screen_seconds_bucket", "+Inf"] == 1
    assert after["calls_total", ""] > before["calls_total", ""]
    await line.close()


async def test_messages_that_wait_are_counted(site: Site) -> None:
    await (await site.sign_in("mark")).aclose()
    async with site.process.database.transaction() as tx:
        device = "insert into push_subscription select 'x', person_id, token_hash, 'x', now() from session"
        await run(tx, device)
        await send_later(tx, [("mark", "found")], site.clock.now())
    await count_pushes(site.process)
    assert (await figures(site))["pushes_waiting", ""] == 1


async def test_nothing_about_anybody_is_in_the_figures(site: Site) -> None:
    take_readings(site.process)
    text = (await ask(site)).text
    samples(text)  # every label is one of a few words of ours
    for word in ("linde", "ceder", "wilg", "oever", "mark", "sanne", "CANARY", "noord"):
        assert word not in text.lower()


def test_one_process_answers_for_all_and_a_silent_one_grows_old() -> None:
    memory = make_memory(3)
    here, there = Figures(memory, 0), Figures(memory, 2)
    here.put("written_at", 100.0)
    there.put("written_at", 70.0)
    there.put("viewers", 9.0)
    there.note_tap(0.3)
    there.note_tap(60.0)
    text = here.text(now=100.5)
    assert 'bedboard_viewers{process="2"} 9' in text and 'process="1"' not in text, "the second has not begun"
    assert 'bedboard_figures_age_seconds{process="2"} 30.5' in text
    assert 'bedboard_tap_to_screen_seconds_bucket{process="2",le="0.25"} 0' in text
    assert 'bedboard_tap_to_screen_seconds_bucket{process="2",le="0.5"} 1' in text
    assert 'bedboard_tap_to_screen_seconds_count{process="2"} 2' in text
    assert 'bedboard_tap_to_screen_seconds_sum{process="2"} 60.3' in text
    Figures(memory, 2)  # it begins again
    assert 'process="2"' not in here.text(now=100.5)
    assert len(memory) == 3 * ROW_BYTES
