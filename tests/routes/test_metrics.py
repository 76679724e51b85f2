"""The figures at `/metrics`: for the holder of the token alone, true, and about nobody."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
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
SAFE = re.compile("[A-Za-z0-9+.]*")


@pytest.fixture
async def site(board_database: Database) -> AsyncIterator[Site]:
    async with served(board_database.url, FixedClock(), metrics_token=TOKEN) as site:
        yield site


def samples(text: str, process: str = "0") -> dict[tuple[str, str], float]:
    """Read the whole text as Prometheus does, and return the figures of this process by name and word."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.type in ("gauge", "counter", "histogram") and family.documentation.endswith("."), family
        for sample in family.samples:
            number, *words = sorted(sample.labels.items(), key=lambda label: label[0] != "process")
            assert number[0] == "process" and len(words) <= 1 and SAFE.fullmatch(words[0][1] if words else "")
            if number[1] == process:
                found[sample.name.removeprefix("bedboard_"), words[0][1] if words else ""] = sample.value
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
    assert samples(text, "1") == {}, "the second has not begun"
    third = samples(text, "2")
    assert (third["viewers", ""], third["figures_age_seconds", ""]) == (9, 30.5)
    assert [third["tap_to_screen_seconds_bucket", limit] for limit in ("0.25", "0.5", "+Inf")] == [0, 1, 2]
    assert (third["tap_to_screen_seconds_count", ""], third["tap_to_screen_seconds_sum", ""]) == (2, 60.3)
    Figures(memory, 2)  # it begins again
    assert 'process="2"' not in here.text(now=100.5)
    assert len(memory) == 3 * ROW_BYTES
