"""Devices with passkeys in a real browser: each has a virtual authenticator of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, CDPSession, Page, ViewportSize

from tests.build import PATIENCE
from tests.build.screens import PHONE, complaints

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@asynccontextmanager
async def device(browser: Browser, size: ViewportSize = PHONE) -> AsyncIterator[tuple[Page, CDPSession]]:
    """A device with an authenticator of its own."""
    context = await browser.new_context(viewport=size, locale="nl-NL", has_touch=size is PHONE)
    context.set_default_timeout(PATIENCE * 1000)
    page = await context.new_page()
    page.on("pageerror", lambda error: complaints(page).append(str(error)))
    page.on("console", lambda message: complaints(page).append(message.text) if "Content Security" in message.text else None)
    session = await context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    setattr(session, "authenticator", made["authenticatorId"])  # noqa: B010
    yield page, session
    assert complaints(page) == []
    await context.close()
