"""docs/deploy.md as somebody follows it: its commands are run as they stand, and its examples are what they say."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from functools import partial

import httpx
import pytest
from sqlalchemy.engine import make_url
from websockets.asyncio.client import connect

from bedboard.live.member import MESSAGE_BYTES
from bedboard.migrations.rights import RIGHTS
from bedboard.routes.parse import LARGEST_BODY_BYTES
from bedboard.settings import Settings
from tests.build import PATIENCE, until
from tests.build.deploy import EXAMPLES, NAME, Deployment, blocks, deployment
from tests.build.first_day import execute, rows
from tests.build.fronts import FRONTS, PROXIES, example, front
from tests.build.processes import ROOT, bedboard

HEADINGS = ["2. Write the settings", "3. Make the database", "4. Set up the board"]


@pytest.fixture(scope="module")
def made() -> Iterator[Deployment]:
    """A board, made with the commands of the page."""
    with deployment() as made:
        for heading in HEADINGS:
            for block in blocks()[heading]:
                (made.folder / "said").write_text(made.run(block))
        yield made


def settings_of(made: Deployment, name: str) -> dict[str, str]:
    lines = made.path(f"/etc/bedboard/{name}.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_the_page_leads_to_the_code_of_the_first_administrator(made: Deployment) -> None:
    code, whose, *_ = (made.folder / "said").read_text().splitlines()
    assert re.fullmatch("[a-z]+(-[a-z]+){4}", code)
    assert whose == f"for Noor de Wit, within 15 minutes, at https://{NAME}/enrol"


def test_the_settings_are_for_root_alone_and_the_owner_is_not_among_those_that_serve(made: Deployment) -> None:
    for name in ("serve", "owner"):
        assert made.path(f"/etc/bedboard/{name}.env").stat().st_mode & 0o077 == 0
    assert list(settings_of(made, "owner")) == ["BEDBOARD_OWNER_URL"]
    assert "BEDBOARD_OWNER_URL" not in settings_of(made, "serve")
    assert make_url(settings_of(made, "serve")["DATABASE_URL"]).username == "bedboard_web"


@pytest.fixture(scope="module")
async def running(made: Deployment) -> AsyncIterator[Deployment]:
    """The second of the two processes of the page; the first one comes and goes."""
    async with made.serving(made.ports[1]):
        yield made


GIVE_NUMBER = """update organization set telephones = '{"police": "088 000 00 00"}' returning id"""
"""As an administrator does on the page: without it nobody there can look for places."""


@pytest.mark.parametrize("kind", FRONTS)
async def test_behind_each_front_pages_and_sockets_come_and_nothing_else(running: Deployment, kind: str) -> None:
    """A socket lives longer than every limit on slow senders: three pulses."""
    [check] = blocks()["6. Put TLS in front"]
    settings = settings_of(running, "serve")
    [(organization,)] = await rows(settings_of(running, "owner")["BEDBOARD_OWNER_URL"], GIVE_NUMBER)
    made = bedboard("token", f"roster-{kind}", "--role", "police", "--organization", str(organization), **settings)
    token = made.stdout.strip()
    bearer = {"Authorization": f"Bearer {token}"}
    async with front(running, kind), running.client() as client:
        assert await asyncio.to_thread(running.run, check) == "ok\n"
        page = await client.get("/enrol")
        assert (page.status_code, page.headers["strict-transport-security"]) == (200, "max-age=31536000")
        strange = await client.get("/enrol", headers={"Host": "other.example"})
        assert strange.status_code == 421 or strange.text == ""  # Caddy says nothing at an unknown name
        large = await client.post("/api/v1/search", content=b" " * (LARGEST_BODY_BYTES + 1), headers=bearer)
        assert large.status_code == 413, large.text
        line = connect(
            f"wss://{NAME}/api/v1/live",
            host="127.0.0.1",
            port=running.tls_port,
            ssl=running.trust,
            additional_headers=bearer,
        )
        async with asyncio.timeout(PATIENCE), line as socket:
            heard = [await socket.recv() for _ in range(4)]
    assert '"snapshot"' in str(heard[0]) and all('"pulse"' in str(one) for one in heard[1:]), heard


@pytest.mark.parametrize("kind", FRONTS)
async def test_while_a_process_is_restarted_every_page_comes(running: Deployment, kind: str) -> None:
    """Each asking is a connection of its own, as of somebody new, and is passed on to the first process while it is there."""
    stop, seen = asyncio.Event(), list[int]()

    async def ask() -> None:
        async with running.client() as client:
            while not stop.is_set():
                try:
                    seen.append((await client.get("/")).status_code)
                except httpx.RemoteProtocolError:  # a proxy asks another process by itself
                    assert kind == "plain"
                    seen.append((await client.get("/")).status_code)
                await asyncio.sleep(0.02)  # leaves time to others; nothing waits for it

    async def is_asked(least: int) -> bool:
        assert not asking.done(), asking.exception()
        return len(seen) >= least

    async with front(running, kind):
        async with running.serving(running.ports[0]):
            asking = asyncio.create_task(ask())
            await until(partial(is_asked, 5), "pages come from both")
        await until(partial(is_asked, len(seen) + 5), "pages come from one")
        async with running.serving(running.ports[0]):
            await until(partial(is_asked, len(seen) + 5), "pages come from both again")
            stop.set()
            await asking
    assert set(seen) == {303}, "the way to sign in"


async def test_the_commands_of_an_update_a_backup_and_a_restore_work(made: Deployment) -> None:
    [update] = blocks()["Update"]
    assert made.run(update).endswith("migrated\n")
    assert made.path("/opt/bedboard/current").readlink() == made.path("/opt/bedboard/0.2.0")
    [back_up, restore] = blocks()["Back up and restore"]
    assert "backed up at migration" in made.run(back_up)
    owner = make_url(settings_of(made, "owner")["BEDBOARD_OWNER_URL"])
    await execute(
        made.server.url,
        f'drop database "{owner.database}" with (force)',
        f'create database "{owner.database}" owner "{owner.username}"',
    )
    said = made.run(restore)
    assert said.startswith("restored from migration") and "\nverified " in said


def test_every_block_of_the_page_is_run_here() -> None:
    run = [*HEADINGS, "6. Put TLS in front", "Update", "Back up and restore"]
    assert [heading for heading, each in blocks().items() if each] == run


def test_the_other_commands_are_for_root_and_name_what_is_there() -> None:
    lines = [line for each in blocks("console").values() for block in each for line in block.splitlines()]
    assert len(lines) > 10 and all(line.startswith("# ") for line in lines)
    checked = subprocess.run(
        ["/usr/bin/env", "bash", "-n"], input="\n".join(line[2:] for line in lines), text=True, check=False, capture_output=True
    )
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("kind", PROXIES)
def test_a_proxy_takes_its_example(made: Deployment, kind: str) -> None:
    file, command = example(made, kind)
    check = {"caddy": ["caddy", "validate", "--adapter", "caddyfile", "--config", str(file)], "nginx": [*command, "-t"]}
    ran = subprocess.run(check[kind], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_the_limits_in_the_examples_are_those_of_the_code() -> None:
    caddy, nginx = ((EXAMPLES / name).read_text() for name in ("Caddyfile", "nginx.conf"))
    assert LARGEST_BODY_BYTES == 64 * 1024 and "64 KiB" in caddy and "client_max_body_size 64k;" in nginx
    assert Settings.model_fields["pulse_seconds"].default == 5 and "each 5 seconds" in nginx
    assert MESSAGE_BYTES <= LARGEST_BODY_BYTES
    assert len(RIGHTS) > 30


def test_the_unit_starts_a_process_without_the_address_of_the_owner(made: Deployment) -> None:
    assert made.started_by == "/opt/bedboard/current/bin/bedboard serve --port %i"
    assert "owner.env" not in (EXAMPLES / "bedboard@.service").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["bedboard@.service", "bedboard-backup.service", "bedboard-backup.timer"])
def test_systemd_takes_the_units(made: Deployment, name: str) -> None:
    """Where systemd is installed; a user of this name need not be here."""
    for unit in EXAMPLES.glob("bedboard*"):
        (made.folder / unit.name).write_text(made.placed(unit.read_text(encoding="utf-8")).replace("User=bedboard\n", ""))
    program = shutil.which("systemd-analyze")
    if program is not None:
        ran = subprocess.run([program, "verify", str(made.folder / name)], capture_output=True, text=True, check=False)
        assert [line for line in ran.stderr.splitlines() if "bedboard" in line] == []


def test_the_image_has_all_that_a_wheel_is_built_from_and_asks_for_no_other_network() -> None:
    lines = (EXAMPLES / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    copied = {name for line in lines if line.startswith("COPY ") and "--from" not in line for name in line.split()[1:-1]}
    assert copied == {"pyproject.toml", "constraints.txt", "README.md", "LICENSE", "bedboard", "web", "seeds"}
    assert all((ROOT / name).exists() for name in copied)
    [install] = [line for line in lines if line.startswith("RUN ")]
    assert "pip install" in install and not re.search(r"curl|wget|apt|git|https?:", install)
    assert any(line.startswith("USER 10001") for line in lines)
