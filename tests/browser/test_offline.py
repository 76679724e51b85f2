"""A shelter's own page without a network: it opens grey and dated, its taps wait, and nobody else can open it."""

import re
from contextlib import aclosing
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from sqlalchemy import text

from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock, until
from tests.build.screens import PHONE, open_page, sign_in
from tests.build.site import Site

KEPT = "#offline[data-kept=yes]"
STORE = """async (name) => {
  const opened = indexedDB.open('bedboard', 1)
  const db = await new Promise((done, no) => { opened.onsuccess = () => done(opened.result); opened.onerror = no })
  if (!db.objectStoreNames.contains('kept')) return []
  const store = db.transaction('kept').objectStore('kept')
  const asked = name ? store.get(name) : store.getAllKeys()
  const found = await new Promise((done, no) => { asked.onsuccess = () => done(asked.result); asked.onerror = no })
  db.close()
  if (!name) return found
  if (found?.sealed) return new TextDecoder('latin1').decode(found.sealed)
  return found && { ...found, key: found.key && { extractable: found.key.extractable } }
}"""
CHANGE = """async (part) => {
  const opened = indexedDB.open('bedboard', 1)
  const db = await new Promise((done) => { opened.onsuccess = () => done(opened.result) })
  const store = db.transaction('kept', 'readwrite').objectStore('kept')
  const asked = store.get('session')
  const session = await new Promise((done) => { asked.onsuccess = () => done(asked.result) })
  const put = store.put({ ...session, ...part }, 'session')
  await new Promise((done) => { put.onsuccess = done })
  db.close()
}"""


async def stored(page: Page, name: str | None = None) -> Any:
    return await page.evaluate(STORE, name)


async def open_kept(browser: Browser, site: Site, person: str = "sanne") -> Page:
    """The page of Linde, on a device that has kept its picture."""
    page = await open_page(browser, site, person, PHONE, path="/staff/linde", workers="allow")
    await expect(page.locator(KEPT)).to_be_attached(timeout=PATIENCE * 1000)
    return page


async def tap(page: Page, place: str, status: str) -> None:
    await page.locator(f"#tile-{place} > summary").click()
    await page.locator(f"#tile-{place} .choice.{status}").click()


async def expect_picture(page: Page) -> None:
    await expect(page.locator("html")).to_have_class(re.compile("not-live"))
    await expect(page.locator("#kept")).to_contain_text("Geen verbinding.")
    await expect(page.locator("#kept [data-ago]")).to_have_text(re.compile(r"\(.+\)"))


async def status(database: Database, place: str) -> str:
    async with database.transaction() as tx:
        found = text("select state from place where id = :place")
        return str((await (await tx.connection()).execute(found, {"place": place})).scalar_one())


async def changes(database: Database) -> int:
    """How often linde-1 was changed."""
    async with database.transaction() as tx:
        found = text("select count(*) from journal where place_id = 'linde-1' and actor_id = 'sanne'")
        return int((await (await tx.connection()).execute(found)).scalar_one())


async def sync(context: BrowserContext, page: Page) -> None:
    """Let the browser say that the network is back, as Background Sync does, also to a device without an open page of ours."""
    session = await context.new_cdp_session(page)
    found: list[dict[str, Any]] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda said: found.extend(said["registrations"]))
    await session.send("ServiceWorker.enable")

    async def is_registered() -> bool:
        return bool(found)

    await until(is_registered, "the worker is known")
    one = found[0]
    await session.send(
        "ServiceWorker.dispatchSyncEvent",
        {"origin": one["scopeURL"].rstrip("/"), "registrationId": one["registrationId"], "tag": "taps", "lastChance": False},
    )
    await session.detach()


async def test_a_reload_without_a_network_opens_the_picture_and_its_taps_go_out_once(
    browser: Browser, site: Site, board_database: Database
) -> None:
    page = await open_kept(browser, site)
    await page.context.set_offline(True)
    await page.reload()
    await expect_picture(page)
    await tap(page, "linde-1", "occupied")
    await expect(page.locator("#tile-linde-1")).to_have_class(re.compile("queued"))
    await page.reload()
    await expect(page.locator("#tile-linde-1")).to_have_class(re.compile("queued"))
    assert await status(board_database, "linde-1") == "open"
    await page.context.set_offline(False)
    await expect(page.locator("#kept")).to_have_count(0)
    await expect(page.locator("#tile-linde-1")).to_have_class("tile occupied")
    await expect(page.locator("#outbox li[data-is=sent]")).to_have_count(1)
    assert await changes(board_database) == 1
    await page.context.close()


async def test_a_new_tab_opens_the_picture_from_the_first_address(browser: Browser, site: Site) -> None:
    page = await open_kept(browser, site)
    await page.context.set_offline(True)
    other = await page.context.new_page()
    await page.close()
    for path in ("/", "/shift", "/staff/linde"):
        await other.goto(site.url + path)
        await expect_picture(other)
    await other.context.close()


async def test_taps_of_a_closed_tab_are_sent_once_by_the_browser_and_two_tabs(
    browser: Browser, site: Site, board_database: Database
) -> None:
    page = await open_kept(browser, site)
    context = page.context
    await context.set_offline(True)
    await tap(page, "linde-1", "occupied")

    async def is_mirrored() -> bool:
        return "taps" in await stored(page)

    await until(is_mirrored, "the tap is where the browser finds it")
    other = await context.new_page()
    await page.close()
    await context.set_offline(False)
    await sync(context, other)

    async def is_sent() -> bool:
        return await status(board_database, "linde-1") == "occupied"

    await until(is_sent, "the worker has sent it without a page")
    await other.goto(f"{site.url}/staff/linde")
    third = await context.new_page()
    await third.goto(f"{site.url}/staff/linde")
    await sync(context, other)
    for one in (other, third):
        await expect(one.locator("#outbox li[data-is=sent]")).to_have_count(1)
    assert await changes(board_database) == 1
    await context.close()


async def test_a_tap_of_before_does_not_overwrite_one_of_after(browser: Browser, site: Site, board_database: Database) -> None:
    page = await open_kept(browser, site)
    await page.context.set_offline(True)
    await page.reload()
    await tap(page, "linde-1", "occupied")
    await expect(page.locator("#tile-linde-1")).to_have_class(re.compile("queued"))
    await page.evaluate(
        """() => {
          for (const name of Object.keys(localStorage).filter((one) => one.startsWith('bedboard:tap:'))) {
            const entry = JSON.parse(localStorage.getItem(name))
            localStorage.setItem(name, JSON.stringify({ ...entry, observed: '2026-03-11T12:00:00Z' }))
          }
        }"""
    )  # an hour before the other one
    async with site.api("demo-shelter-linde") as api:
        sent = {"status": "closed", "reason": "repair", "observed_at": "2026-03-11T12:30:00Z"}
        assert (await api.patch("/places/linde-1", json=sent)).status_code == 200
    await page.context.set_offline(False)
    await expect(page.locator("#outbox li[data-is=overtaken]")).to_have_count(1)
    await expect(page.locator("#tile-linde-1")).to_have_class("tile closed")
    assert await status(board_database, "linde-1") == "closed"
    await page.context.close()


async def test_the_picture_is_encrypted_and_has_no_case_in_it(browser: Browser, site: Site) -> None:
    page = await open_kept(browser, site)
    sealed = await stored(page, "/staff/linde")
    assert len(sealed) > 5000 and "Linde" not in sealed and "linde" not in sealed
    session = await stored(page, "session")
    assert session["key"] == {"extractable": False}
    await page.context.close()


async def test_signing_out_wipes_the_device(browser: Browser, site: Site) -> None:
    page = await open_kept(browser, site)
    await page.locator('footer form[action^="/sign-out"] button').click()
    await page.wait_for_url("**/sign-in*")
    assert await stored(page) == []
    assert await page.evaluate("caches.keys()") == []
    await page.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_"):
        await page.goto(f"{site.url}/staff/linde")
    await page.context.close()


async def test_another_person_finds_nothing_of_the_first(browser: Browser, site: Site, board_database: Database) -> None:
    page = await open_kept(browser, site)
    await page.context.set_offline(True)
    await tap(page, "linde-1", "occupied")
    await expect(page.locator("#tile-linde-1")).to_have_class(re.compile("queued"))
    await page.context.clear_cookies()  # the session has ended elsewhere
    await page.context.set_offline(False)
    other = await page.context.new_page()
    await page.close()
    await other.goto(f"{site.url}/sign-in")
    assert await stored(other) == []
    await sign_in(other.context, site, "kofi")
    await other.goto(f"{site.url}/totals")
    await sync(other.context, other)
    await other.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_"):
        await other.goto(f"{site.url}/staff/linde")
    assert await status(board_database, "linde-1") == "open"
    await other.context.close()


async def test_a_waiting_tap_is_not_done_in_the_name_of_another(site: Site, board_database: Database) -> None:
    async with aclosing(await site.sign_in("sanne")) as browser:
        sent = {"key": "k", "status": "occupied"}
        refused = await browser.post("/staff/linde/places/linde-1", data=sent, headers={"Bedboard-Person": "kofi"})
        assert refused.status_code in (303, 403) and await status(board_database, "linde-1") == "open"
        await browser.post("/staff/linde/places/linde-1", data=sent, headers={"Bedboard-Person": "sanne"})
        assert await status(board_database, "linde-1") == "occupied"


@pytest.mark.parametrize("part", [{"locked": True}, {"idle": 900_000, "touched": 0}], ids=["told", "untouched"])
async def test_a_lock_covers_the_picture(browser: Browser, site: Site, part: dict[str, Any]) -> None:
    page = await open_kept(browser, site)
    await page.evaluate(CHANGE, part)
    await page.context.set_offline(True)
    await page.reload()
    await expect(page.locator("h1")).to_have_text("Vergrendeld")
    assert "Linde" not in await page.content()
    await page.context.close()


@pytest.mark.parametrize("part", [{"until": 1}, {"keptAt": 9e12}], ids=["over", "clock-set-back"])
async def test_a_picture_past_its_time_is_wiped(browser: Browser, site: Site, part: dict[str, Any]) -> None:
    page = await open_kept(browser, site)
    await page.evaluate(CHANGE, part)
    await page.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_"):
        await page.reload()
    await page.context.close()


LACKS = {
    "no-indexeddb": "Object.defineProperty(window, 'indexedDB', { value: undefined })",
    "no-worker": "Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: () => undefined })",
}


@pytest.mark.parametrize("what", LACKS)
async def test_a_browser_that_keeps_nothing_says_so_and_works(browser: Browser, site: Site, what: str) -> None:
    page = await open_page(browser, site, "sanne", PHONE, path="/staff/linde", workers="allow")
    await page.add_init_script(LACKS[what])
    await page.reload()
    await expect(page.locator("#offline[data-kept=no]")).to_be_visible()
    await tap(page, "linde-1", "occupied")
    await expect(page.locator("#tile-linde-1")).to_have_class("tile occupied")
    await page.context.close()


async def test_a_full_device_says_so_and_keeps_nothing(browser: Browser, site: Site, clock: FixedClock) -> None:
    page = await open_page(browser, site, "sanne", PHONE, path="/shift", workers="allow")
    session = await page.context.new_cdp_session(page)
    await session.send("Storage.overrideQuotaForOrigin", {"origin": site.url, "quotaSize": 1000})
    await page.goto(f"{site.url}/staff/linde")
    await expect(page.locator("#offline[data-kept=no]")).to_be_visible()
    await tap(page, "linde-1", "occupied")
    await expect(page.locator("#tile-linde-1")).to_have_class("tile occupied")
    await page.context.close()
