"""Starts a fresh demo, signs in as several people, and takes the pictures of the README."""

import asyncio
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from playwright.async_api import Browser, async_playwright

PHONE, LAPTOP = (360, 740), (1440, 900)
PICTURES = [  # file, person, address, size, scheme, language
    ("board-light", "lucia", "/", LAPTOP, "light", "nl"),
    ("board-phone-dark", "mark", "/", PHONE, "dark", "nl"),
    ("desk-phone-light", "sanne", "/", PHONE, "light", "nl"),
    ("board-english-dark", "mark", "/", LAPTOP, "dark", "en"),
    ("wall-dark", "hanneke", "/?wall=1", LAPTOP, "dark", "nl"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def take(browser: Browser, base: str, folder: Path) -> None:
    for name, person, path, (width, height), scheme, language in PICTURES:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            locale=language,
            device_scale_factor=1,
        )
        page = await context.new_page()
        await page.goto(f"{base}/sign-in")
        await page.locator(f'button[value="{person}"], form:has(input[value="{person}"]) button').first.click()
        await page.goto(base + path)
        await page.locator('#live[data-state="live"]').wait_for()
        await page.screenshot(path=folder / f"{name}.png")
        await context.close()


async def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix="bedboard-pictures-"))
    port = free_port()
    demo = subprocess.Popen([sys.executable, "-m", "bedboard", "demo", "--port", str(port), "--data", str(data)])
    base = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                httpx.get(f"{base}/health").raise_for_status()
                break
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
        async with async_playwright() as playwright:
            executable = shutil.which("chromium") or shutil.which("google-chrome")
            browser = await playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
            await take(browser, base, folder)
            await browser.close()
    finally:
        demo.terminate()
        demo.wait(10)
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
