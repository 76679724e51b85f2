"""Somebody acts late: they prove who they are, in place or on a page of its own, and go on."""

import re

from playwright.async_api import Browser, expect

from tests.build.api import YES, begin, call
from tests.build.screens import PHONE, complaints, open_page, violations
from tests.build.site import Site


async def test_the_desk_sees_an_address_after_a_fresh_proof_in_place(browser: Browser, site: Site) -> None:
    case_id = await begin(site, "linde")
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde"})
    await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "confirm"})
    page = await open_page(browser, site, "hanneke", PHONE, path=f"/requests/{case_id}")
    site.pass_time(minutes=5)
    await page.evaluate("window.sameDocument = true")
    show = page.get_by_role("button", name="Toon het adres")
    await show.click()
    messages = page.locator("#messages")
    await expect(messages).to_contain_text("Bevestig eerst dat u het bent")
    assert await violations(page) == []
    assert "CANARY-ADR" not in await page.content()
    await messages.get_by_role("button", name="Bevestig dat u het bent").click()
    await expect(messages).to_contain_text("Druk nog eens")
    await show.click()
    await expect(page.locator("#address")).to_contain_text("CANARY-ADR-linde")
    assert await page.evaluate("window.sameDocument")
    assert [one for one in complaints(page) if "403" not in one] == []
    await page.context.close()


async def test_in_a_demo_the_first_press_proves_it(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "anneke", PHONE, path="/manage/linde/criteria")
    await page.locator("#limit-min_age").fill("21")
    site.pass_time(minutes=5)
    await page.locator('button[value="save"]').first.click()
    await expect(page.locator("#main h1")).to_have_text("Bevestig dat u het bent")
    await page.get_by_role("button", name="Bevestig dat u het bent").click()
    await page.get_by_role("button", name="Ga verder").click()
    await page.wait_for_url(re.compile("saved"))
    assert [one for one in complaints(page) if "403" not in one] == []
    await page.context.close()
