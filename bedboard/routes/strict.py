"""Parts of a call of the API that it does not take: they are refused, so that nobody believes they were obeyed."""

from bedboard.routes.call import Call
from bedboard.routes.row import Row
from bedboard.rules.refusals import FieldError, Invalid
from bedboard.schemas.commands import Nothing


async def check_taken(call: Call, row: Row) -> None:
    """Refuse an `If-Match` or a body where a call that changes something takes none. Refusals: Malformed, Invalid."""
    operation = row.operation
    if operation is None or row.method == "GET":
        return
    if not operation.takes_version and "if-match" in call.request.headers:
        raise Invalid(FieldError("If-Match", "not_taken"))
    if operation.body is None:
        await call.json(Nothing)
