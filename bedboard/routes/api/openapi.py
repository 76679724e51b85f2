"""The OpenAPI document, made of the rows of the API; a test asks the running API whether it is true."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter

from bedboard.routes.api.operations import Problem, describe
from bedboard.routes.row import Operation, Row, SocketRow

DESCRIPTION = """\
Shelter places for victims of human trafficking: what is free now.

Each token has scopes, and each call says which one it needs: `report` (what is free), `read` (requests), `answer` (requests,
also as the desk), `search`, `request` (hold places and make requests). Without it the answer is 403, which names it. The board,
the numbers to call and the WebSocket need none. A token ends at a moment that was said when it was made. When it is rotated,
the one before counts for 24 hours more.

`confirm` confirms the kinds that it names, as of `observed_at`; a shelter is as fresh as its oldest kind. `observed_at` may
be up to 60 seconds ahead of the server's clock, and then counts as now; later than that is refused with 422. A
repeated `Idempotency-Key` compares the body byte by byte.

`/api/v1/live` is a WebSocket with the same token: first `{type: snapshot, as_of, shelters}`, then `{type: shelter, shelter}`
for each that changes (also when its news ages), and `{type: pulse, at}` every 5 s; no pulse for 15 s means: not live. A shelter
with a lower version never replaces a higher one. A handshake is refused as a call is, with a problem and its status: 401
without a token that counts, 403 for a role without a live board, 429 when the token has 30 sockets open already, 503 to try
again later. Before that, the front door refuses a host that is not ours, or a header that is there twice, with 403 and no body;
it does the same until the server is ready for the first time. An open socket closes with 4401 when the token has ended or its
rights were lost, with 1013 to try again later.

A token may make 20 calls in a second, and 60 after a silence; six are at work at once, and others wait for these. More is
refused with 429. With 503 `busy` others came first: the database is well, and the same call may be tried again.

A search is kept live by asking again when a `shelter` message has come. A profile is neither stored nor logged. A place that is
held ends by itself at `expires_at`; a program holds three places at most, its organization ten.

A request asks up to eight shelters for one case: `asking`; then one offer is chosen, and it is `confirmed`, waits for the desk
(`chosen`), or counts until the desk looks at it (`provisional`); then they have `arrived` (`housed` while the desk has still to
look). Or it is `withdrawn` without a place, and `ended` once
it was said where the person sleeps; or it is `cancelled` for another reason. `{type: requests}` on `/api/v1/live` says
that a request which concerns the caller has changed: ask for them again, and also after each `snapshot`. A call about a request
that is repeated with its `Idempotency-Key` is answered with the request as it now is; reasons, and where somebody sleeps, are
not compared, because they are not kept. An address is shown for 12 hours after the decision. Every look at an address or a
telephone is written down.
"""


def build_document(rows: Iterable[Row | SocketRow]) -> dict[str, Any]:
    """Return the document of these rows, as OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    operations: list[Operation] = []
    for row in rows:
        if isinstance(row, Row) and row.operation is not None:
            path = re.sub(r":\w+}", "}", row.path)
            paths.setdefault(path, {})[row.method.lower()] = describe(row, row.operation, re.findall(r"{(\w+)}", path))
            operations.append(row.operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "bedboard", "version": "1", "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(operations),
        },
        "paths": paths,
    }


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    models: dict[Any, None] = {Problem: None}
    for one in operations:
        models |= dict.fromkeys((*one.answers, *((one.body,) if one.body else ())))
    _, schemas = TypeAdapter.json_schemas(
        [(model, "validation", TypeAdapter(model)) for model in models], ref_template="#/components/schemas/{model}"
    )
    found: dict[str, Any] = schemas["$defs"]
    return found
