"""A real provider of OpenID Connect for tests: `oidc-provider` from npm, which is certified, in a process of node."""

import asyncio
import fcntl
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bedboard.routes.account_way import CALLBACK
from tests.build import PATIENCE
from tests.build.processes import ROOT, free_port

PACKAGE = "oidc-provider@9.13.3"
FOLDER = ROOT / ".data" / PACKAGE.replace("@", "-")
CLIENT = {"oidc_client_id": "bedboard", "oidc_client_secret": "a secret of thirty-two letters .."}
INSTALL_SECONDS = 300
OLDEST_NODE = 20


def installed() -> Path:
    """The folder with the package, which is fetched once. Without node the test is skipped, except in CI.

    It is skipped everywhere with a node that the package does not run on, such as that of an old Debian.
    """
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI has no node")
        pytest.skip("no node on this machine")
    said = subprocess.run([node, "--version"], check=True, capture_output=True, text=True).stdout
    if int(said.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"{PACKAGE} does not run on node {said.strip()}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (FOLDER / "node_modules" / ".package-lock.json").exists():
            fetch = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(FOLDER), PACKAGE]
            subprocess.run(fetch, check=True, timeout=INSTALL_SECONDS, stdout=subprocess.DEVNULL)
        shutil.copy(Path(__file__).with_name("provider.mjs"), FOLDER / "provider.mjs")
    return FOLDER


@asynccontextmanager
async def provider_for(port: int) -> AsyncIterator[dict[str, Any]]:
    """The settings of a site on `localhost` with this port, for which a provider serves until the end of the block."""
    folder = await asyncio.to_thread(installed)
    environment = {
        "PATH": os.environ["PATH"],
        "CLIENT_ID": CLIENT["oidc_client_id"],
        "CLIENT_SECRET": CLIENT["oidc_client_secret"],
        "CALLBACK": f"http://localhost:{port}{CALLBACK}",
    }
    process = await asyncio.create_subprocess_exec(
        "node", "provider.mjs", cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        issuer = ""
        async with asyncio.timeout(PATIENCE):
            while not issuer.startswith("http://"):
                line = await process.stdout.readline()
                assert line, "the provider did not start"
                issuer = line.decode().strip()
        yield {"oidc_issuer": issuer, **CLIENT}
    finally:
        process.kill()
        await process.wait()


__all__ = ["CLIENT", "free_port", "provider_for"]
