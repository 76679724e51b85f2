"""The commands, as somebody types them: a demo from nothing, and what is said when something is wrong."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bedboard import embedded
from bedboard.store.database import Database
from tests import build
from tests.build.processes import ROOT, Process, bedboard, environment, free_port
from tests.build.site import TRUST


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder for a demo of its own; everything that the database has kept elsewhere goes too."""
    folder = Path(tempfile.mkdtemp(prefix="bedboard-demo-"))
    yield folder
    embedded.start(folder).discard()
    shutil.rmtree(folder)


async def test_a_demo_starts_from_nothing_and_keeps_its_data(data: Path, tmp_path: Path) -> None:
    async with Process(tmp_path / "first.log", "demo", "--quiet", "--data", str(data)) as demo:
        curl = shutil.which("curl")
        if curl is not None:  # the first step of a developer, to the letter
            said = subprocess.run(  # noqa: ASYNC221
                [curl, "-fsS", "-H", "Authorization: Bearer demo-police", f"{demo.url}/api/v1/board"],
                capture_output=True,
                text=True,
                timeout=20,
                check=True,
            )
            assert '"shelters":[{"id":' in said.stdout
        async with demo.api("demo-police") as api:
            board = (await api.get("/board")).json()["shelters"]
        assert len(board) == 24
        free = next(place for place in board[0]["places"] if place["status"] != "closed")
        async with demo.api(f"demo-shelter-{board[0]['id']}") as api:
            change = {"status": "closed", "reason": "quarantine"}
            assert (await api.patch(f"/places/{free['id']}", json=change)).status_code == 200
        await demo.ask_to_end(8)
        assert "Traceback" not in demo.log.read_text()
    async with Process(tmp_path / "second.log", "demo", "--quiet", "--data", str(data)) as demo:
        async with demo.api("demo-police") as api:
            again = (await api.get(f"/shelters/{board[0]['id']}")).json()
        assert next(place for place in again["places"] if place["id"] == free["id"])["status"] == "closed"
        assert again["version"] == board[0]["version"] + 1
        busy = bedboard("demo", "--data", str(data), "--port", str(demo.port + 1))
        assert busy.returncode == 1 and "Traceback" not in busy.stderr


async def test_in_a_demo_one_person_alone_sees_a_place_found_asked_for_answered_and_reached(data: Path, tmp_path: Path) -> None:
    async with (
        Process(tmp_path / "log", "demo", "--data", str(data), "--speed", "100") as demo,
        demo.api("demo-police") as api,
        httpx.AsyncClient(base_url=demo.url, headers={"Origin": demo.url}, follow_redirects=True, verify=TRUST) as visitor,
    ):
        page = await visitor.post("/sign-in/demo", data={"person": "sanne"})
        assert page.status_code == 200 and "Een programma speelt de opvang." in page.text
        profile = {"adults": {"woman": 1}, "statuses": ["eu"]}
        found = (await api.post("/search", json=profile)).json()["matches"]
        shelters = list(dict.fromkeys(one["shelter"] for one in found if one["shelter"] != "linde"))[:7]
        case_id = (await api.post("/requests", json={**profile, "shelters": [*shelters, "linde"]})).json()["id"]

        async def case() -> Any:
            return (await api.get(f"/requests/{case_id}")).json()

        async def all_have_answered() -> bool:
            return {one["shelter"] for one in (await case())["shelters"] if one["says"] == "silent"} == {"linde"}

        await build.until(all_have_answered, "all answer, and the shelter of the visitor does not")
        chosen = next(one["shelter"] for one in (await case())["shelters"] if one["says"] == "yes")
        assert (await api.post(f"/requests/{case_id}/choose", json={"shelter": chosen})).status_code == 200

        async def they_have_come() -> bool:
            return (await case())["state"] in ("arrived", "housed")  # the latter: the desk was closed and has yet to ratify

        await build.until(they_have_come, "they arrive")
        assert (await api.get("/shelters/linde")).json()["version"] == 1
        log = demo.log.read_text()
        assert '"event": "cast"' in log and "Traceback" not in log


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104
def test_a_demo_listens_on_this_machine_only(host: str) -> None:
    said = bedboard("serve", "--host", host, BEDBOARD_DEMO="true", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert (said.returncode, "loopback" in said.stderr) == (1, True)


async def test_a_demo_refuses_a_database_that_is_none(database: Database) -> None:
    async with database.transaction() as tx:
        await build.add_board(tx, demo=False)
    said = bedboard("demo", "--port", str(free_port()), DATABASE_URL=database.url)
    assert (said.returncode, "not a demo" in said.stderr) == (1, True)


async def test_seeds_are_not_loaded_over_what_is_there(database: Database) -> None:
    async with database.transaction() as tx:
        await build.add_board(tx)
    said = bedboard("seed", "seeds/demo.toml", DATABASE_URL=database.url, BEDBOARD_DEMO="true")
    assert (said.returncode, "is not empty" in said.stderr, "Traceback" in said.stderr) == (1, True, False)


def test_a_seed_file_with_wrong_times_is_refused_with_all_of_their_names(tmp_path: Path) -> None:
    right = (ROOT / "seeds" / "demo.toml").read_text(encoding="utf-8")
    wrong = re.sub("^intake = .*", 'intake = "08:00-25:00"', right, count=1, flags=re.MULTILINE)
    wrong = re.sub("^confirmed = .*", 'confirmed = "99999999d"', wrong, count=1, flags=re.MULTILINE)
    (tmp_path / "seeds.toml").write_text(wrong, encoding="utf-8")
    said = bedboard("seed", str(tmp_path / "seeds.toml"), DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert (said.returncode, "Traceback" in said.stderr) == (1, False)
    assert {".".join(line.split(".")[:3]).partition(":")[0] for line in said.stderr.splitlines()} == {
        "shelter.0.intake",
        "shelter.0.confirmed",
    }


PYTHON = """#!/usr/bin/env bash
# Stands for Python: writes down how it was called, and makes what `-m venv` makes, with itself for every program in it.
printf '%s\\n' "$(basename "$0")" "$@" -- >> "$SAID"
case "$1 $2" in
  "-m venv") mkdir -p "$3/bin"; for one in python bedboard; do cp "$0" "$3/bin/$one"; done ;;
  "--version "*) echo "Python 3.11.2" ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with nothing in it yet but the scripts and what they read."""
    clone = tmp_path / "a clone"
    (clone / "scripts").mkdir(parents=True)
    for name in ("scripts/demo", "scripts/environment", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, clone / name)
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    return clone


def start_demo(clone: Path, *options: str) -> list[list[str]]:
    """How the script called programs, without its looks at what is there."""
    said = clone.parent / "said"
    said.write_text("")
    ran = subprocess.run(
        [str(clone / "scripts" / "demo"), *options],
        env=environment(PYTHON=str(clone.parent / "python"), SAID=str(said)),
        cwd=clone.parent,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    every = [call.splitlines() for call in said.read_text().split("--\n") if call]
    return [call for call in every if call[1] not in ("-c", "--version")]


def test_the_demo_script_keeps_its_options_for_the_demo_also_when_all_must_still_be_installed(clone: Path) -> None:
    options = ["--port", "8123", "--data", "a folder of mine", "--fresh"]
    made, fetched, installed, demo = start_demo(clone, *options)
    assert made == ["python", "-m", "venv", ".venv"]
    assert fetched[:4] == ["python", "-m", "pip", "install"] and fetched[-1].startswith("uv==")
    assert installed[:5] == ["python", "-m", "uv", "pip", "install"]
    assert installed[-2:] == ["--editable", ".[embedded]"], "what it needs, and nothing for an option"
    assert demo == ["bedboard", "demo", *options]
    assert start_demo(clone, *options) == [demo], "a second start installs nothing"
    assert start_demo(clone) == [["bedboard", "demo"]]


def test_where_uv_cannot_be_had_pip_installs_the_same(clone: Path) -> None:
    (clone.parent / "python").write_text(PYTHON.replace("esac", '  "-m uv") exit 1 ;;\nesac'))
    _, _, tried, installed, demo = start_demo(clone)
    assert installed[:4] == ["python", "-m", "pip", "install"]
    assert installed[-4:] == tried[-4:]
    assert demo == ["bedboard", "demo"]
