"""The OpenAPI document is true: it is valid, it names every call there is, and schemathesis finds nothing it does not say."""

import asyncio
import inspect
import re
import sys
from pathlib import Path
from typing import get_args

import httpx
import pytest
from jsonschema_rs import validator_for
from sqlalchemy import text
from starlette.routing import Route

from bedboard.routes.api.openapi import build_document
from bedboard.routes.row import Row
from bedboard.routes.table import ROWS, all_routes
from bedboard.rules.clients import ClientRole
from tests.build.site import TRUST, Site

CONFIG = """
continue-on-failure = true
max-failures = 20
request-timeout = 10.0
[generation]
max-examples = 10
deterministic = true
database = "none"
[parameters]
"path.place_id" = "linde-1"
"path.shelter_id" = "linde"
"path.case_id" = "REQUEST"
[phases.stateful]
enabled = false
"""
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_the_document_is_openapi_3_1_and_names_every_call() -> None:
    from schemathesis.openapi import from_dict  # only here: it takes a second, also of processes that do not run this test

    document = build_document(ROWS)
    assert document["openapi"].startswith("3.1")
    from_dict(document)  # raises when it is not
    for name, schema in document["components"]["schemas"].items():
        validator_for({**schema, "components": document["components"], "$id": f"urn:{name}"})
    named = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    served = {
        (one.path.replace(":id}", "}"), method)
        for one in all_routes()
        if isinstance(one, Route) and one.path.startswith("/api/") and one.name != "api_openapi"
        for method in one.methods or ()
        if method != "HEAD"
    }
    assert named == served


def test_every_call_reads_the_body_that_the_document_names() -> None:
    for row in ROWS:
        read = re.findall(r"call\.json\((?:\w+\.)?(\w+)\)", inspect.getsource(row.endpoint)) if isinstance(row, Row) else []
        body = row.operation.body if isinstance(row, Row) and row.operation is not None else None
        assert read == ([] if body is None else [body.__name__]), row.name


def test_every_call_that_is_not_for_every_role_says_so() -> None:
    for row in ROWS:
        if isinstance(row, Row) and row.operation is not None and not row.who.public:
            for_all = set(get_args(ClientRole)) <= row.who.roles
            assert ("403" in row.operation.problems) or for_all, row.operation.id


async def test_the_document_is_readable_without_a_session(site: Site) -> None:
    async with httpx.AsyncClient(base_url=site.url, verify=TRUST) as client:
        reply = await client.get("/api/v1/openapi.json")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json() == build_document(ROWS)


async def test_every_answer_of_the_board_is_as_the_document_says(site: Site) -> None:
    document = build_document(ROWS)
    whole = {"$ref": "#/components/schemas/BoardObject", "components": document["components"]}
    for token in ("demo-police", "demo-admin", "demo-shelter-linde"):
        async with site.api(token) as api:
            validator_for(whole).validate((await api.get("/board")).json())


async def test_every_answer_about_a_request_is_as_the_document_says(site: Site) -> None:
    document = build_document(ROWS)
    requester, asked = [
        validator_for({"$ref": f"#/components/schemas/{name}", "components": document["components"]})
        for name in ("CaseObject", "AskedObject")
    ]
    case_id = await begin_request(site)
    for token, validator in (("demo-police", requester), ("demo-desk", requester), ("demo-shelter-linde", asked)):
        async with site.api(token) as api:
            one, every = (await api.get(f"/requests/{case_id}")).json(), (await api.get("/requests")).json()
            validator.validate(one)
            assert [case["id"] for case in every["requests"]] == [case_id]
            validator.validate(every["requests"][0])
            late = (await api.post(f"/requests/{case_id}/arrival", json={"arrived": True})).json()
            if token != "demo-police":  # noqa: S105
                validator.validate(late["present"])


async def begin_request(site: Site) -> str:
    """Of demo-police to linde, which offers a place."""
    async with site.api("demo-police") as police, site.api("demo-shelter-linde") as linde:
        begun = await police.post("/requests", json={"adults": {"woman": 1}, "near": "noord", "shelters": ["linde", "ceder"]})
        case_id = begun.json()["id"]
        assert (await linde.post(f"/requests/{case_id}/answers", json={"answer": "yes", "place": "linde-1"})).status_code == 200
    return str(case_id)


@pytest.mark.parametrize(
    ("token", "role", "tried", "done"),
    [
        ("demo-shelter-linde", "machine", set(), {"yes", "discuss", "no"}),
        ("demo-police", "police", set(), {"asked", "chosen_for_desk", "withdrawn", "ended"}),
        ("demo-desk", "desk", {"police"}, {"confirmed", "arrived"}),
    ],
)
async def test_schemathesis_finds_no_500_and_nothing_undocumented(
    site: Site, tmp_path: Path, token: str, role: str, tried: set[str], done: set[str]
) -> None:
    """Schemathesis tries the calls that the role may make, but for those that a role in `tried` makes as well.

    `done`: events that the document's examples bring about.
    """
    case_id = await begin_request(site)
    if token == "demo-desk":  # noqa: S105
        async with site.api("demo-police") as police:
            assert (await police.post(f"/requests/{case_id}/choose", json={"shelter": "linde"})).status_code == 200
    (tmp_path / "schemathesis.toml").write_text(CONFIG.replace("REQUEST", case_id))
    command = ["-m", "schemathesis.cli", "run", f"{site.url}/api/v1/openapi.json", "--checks", CHECKS]
    for row in ROWS:
        if isinstance(row, Row) and row.operation and role in row.who.roles and not tried & row.who.roles:
            command.append(f"--include-operation-id={row.operation.id}")
    command += ["-H", f"Authorization: Bearer {token}", "--no-color", "--seed", "1", "--workers", "1"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(120):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()[-6000:]
    async with site.process.database.transaction() as tx:
        found = await (await tx.connection()).execute(
            text("select distinct what from case_event where actor_id = :id"), {"id": token}
        )
        assert done <= set(found.scalars()), done
