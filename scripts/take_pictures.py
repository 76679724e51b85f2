"""Start a fresh demo, sign in as several people, and take the pictures of the README."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

PHONE, LAPTOP = (360, 740), (1440, 900)
PICTURES = [  # file, person, address, size, scheme, language
    ("board-light", "lucia", "/", LAPTOP, "light", "nl"),
    ("board-phone-dark", "mark", "/", PHONE, "dark", "nl"),
    ("staff-phone-light", "sanne", "/", PHONE, "light", "nl"),
    ("board-english-dark", "mark", "/", LAPTOP, "dark", "en"),
    ("search-phone-dark", "mark", "/search", PHONE, "dark", "nl"),
    ("search-light", "lucia", "/search", LAPTOP, "light", "nl"),
    ("wall-dark", "hanneke", "/wall", LAPTOP, "dark", "nl"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def open_page(browser: Browser, base: str, person: str, path: str, size: tuple[int, int], scheme: str, language: str) -> Page:
    width, height = size
    context = browser.new_context(
        reduced_motion="reduce",
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale=language,
        device_scale_factor=1,
    )
    page = context.new_page()
    page.goto(f"{base}/sign-in")
    page.locator(f'button[value="{person}"], form:has(input[value="{person}"]) button').first.click()
    page.goto(base + path)
    if path.startswith("/wall"):  # it asks first, because it ends the session of the person
        page.locator("form[action^='/wall'] button").click()
    page.locator('#live[data-state="live"]').wait_for()
    return page


def take_request(browser: Browser, base: str, folder: Path) -> None:
    """Ask five shelters, and take the page of one of them and the pages of the requester after some answers."""
    requester = open_page(browser, base, "mark", "/search", PHONE, "dark", "nl")
    requester.locator('label:has(input[name="adults.woman"][value="1"])').click()
    requester.locator('label:has(input[name="needs.lvb"])').click()
    requester.locator("button.several").click()
    boxes = requester.locator('input[name^="ask."]')
    for number in range(5):
        boxes.nth(number).check(force=True)
    requester.locator("button.main-button", has_text="Vraag deze locaties").click()
    requester.locator(".part").first.wait_for()
    case_id = requester.url.rpartition("/")[2]
    shelters = [part.removeprefix("ask-") for part in requester.locator(".part").evaluate_all("all => all.map(({ id }) => id)")]
    asked = open_page(browser, base, "sanne", "/", PHONE, "light", "nl")
    asked.locator(f"#ask-{case_id}").wait_for()
    asked.screenshot(path=folder / "asked-phone-light.png")

    def say(shelter: str, **said: str) -> None:
        headers = {"Authorization": f"Bearer demo-shelter-{shelter}"}
        httpx.post(f"{base}/api/v1/requests/{case_id}/answers", json=said, headers=headers).raise_for_status()

    reply = httpx.get(f"{base}/api/v1/shelters/{shelters[0]}", headers={"Authorization": f"Bearer demo-shelter-{shelters[0]}"})
    place = next(one["id"] for one in reply.json()["places"] if one["status"] == "free")
    say(shelters[0], answer="yes", place=place)
    say(shelters[1], answer="discuss")
    say(shelters[2], answer="no", reason="contra_indication", criterion="lvb")
    requester.locator(".says-no.part").wait_for()
    requester.evaluate("scrollTo(0, 120)")
    requester.screenshot(path=folder / "request-phone-dark.png")
    coordinator = open_page(browser, base, "mark", f"/requests/{case_id}", LAPTOP, "light", "nl")
    coordinator.screenshot(path=folder / "request-light.png")


def take(browser: Browser, base: str, folder: Path) -> None:
    for name, person, path, size, scheme, language in PICTURES:
        page = open_page(browser, base, person, path, size, scheme, language)
        if path == "/search":
            page.locator('label:has(input[name="adults.woman"][value="1"])').click()
            page.locator("#results:not([aria-busy]) .match .why").first.wait_for()
            page.locator("h1").first.scroll_into_view_if_needed()
        page.screenshot(path=folder / f"{name}.png")
        page.context.close()
    take_request(browser, base, folder)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix="bedboard-pictures-"))
    port = free_port()
    demo = subprocess.Popen([sys.executable, "-m", "bedboard", "demo", "--port", str(port), "--data", str(data), "--quiet"])
    base = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                httpx.get(f"{base}/health").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        with sync_playwright() as playwright:
            executable = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-headless-shell")
            browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
            take(browser, base, folder)
            browser.close()
    finally:
        demo.terminate()
        demo.wait(10)
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
