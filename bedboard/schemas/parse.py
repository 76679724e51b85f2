"""From what was sent to typed commands, or to a refusal that names every field that is wrong."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bedboard.rules.refusals import FieldError, Invalid, Malformed

MOST_FINDINGS = 20

Model = TypeVar("Model", bound=BaseModel)


def parse_json(model: type[Model], body: bytes) -> Model:
    """Return the JSON as this model, strictly: text is not a number. Refusals: Malformed `not_json`, Invalid."""
    try:
        read = model.model_validate_json(body, strict=True)
    except ValidationError as error:
        wrong = _findings(error)
        if any(one["type"] == "json_invalid" for one in wrong):
            raise Malformed("not_json") from None
        raise Invalid(*map(_field_error, wrong)) from None
    json.loads(body, object_pairs_hook=check_once)  # after the model, which has refused what is too deep or too large for this
    return read


def check_once(said: Sequence[tuple[str, Any]]) -> Mapping[str, Any]:
    """Return these names with their values. Refusal: Invalid for a name that is there twice.

    Of two, somebody who read the call before us may have read the other.
    """
    doubled = [name for name, count in Counter(name for name, _ in said).items() if count > 1]
    if doubled:
        raise Invalid(*(FieldError(name, "doubled") for name in doubled[:MOST_FINDINGS]))
    return dict(said)


def _findings(error: ValidationError) -> list[Any]:
    """Return the first findings: a caller with thousands of wrong fields needs no words about each."""
    return list(error.errors(include_url=False, include_input=False)[:MOST_FINDINGS])


def parse_form(model: type[Model], fields: Mapping[str, Any]) -> Model:
    """Return the fields as this model. Refusal: Invalid."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise Invalid(*map(_field_error, _findings(error))) from None


CODES = {
    "missing": "missing",
    "month_form": "month_form",
    "extra_forbidden": "unknown_field",
    "string_type": "not_text",
    "dict_type": "not_an_object",
    "model_type": "not_an_object",
    "model_attributes_type": "not_an_object",
    **{code: code for code in ("not_a_label", "not_hours", "not_a_telephone", "not_an_address")},
    **{code: code for code in ("not_a_program", "not_a_period", "doubled")},
    **{code: code for code in ("not_a_person_name", "not_an_organization_name", "not_a_code_name")},
}


def _field_error(error: Any) -> FieldError:
    """Return Pydantic's finding in our words; `field` is a path like kinds.cosm.free, empty for the whole."""
    name = ".".join(str(part) for part in error["loc"] if part != "[key]")
    kind: str = error["type"]
    context = error.get("ctx", {})
    if kind in CODES:
        return FieldError(name, CODES[kind])
    if kind == "literal_error":
        return FieldError(
            name, "not_one_of", {"allowed": context["expected"].replace("'", "").replace(" or ", ", ").split(", ")}
        )
    if kind == "greater_than_equal":
        return FieldError(name, "too_small", {"least": context["ge"]})
    if kind == "less_than_equal":
        return FieldError(name, "too_large", {"most": context["le"]})
    if kind in ("string_too_long", "too_long"):
        return FieldError(name, "too_long", {"most": context["max_length"]})
    if kind.startswith(("int_", "float_", "finite")):
        return FieldError(name, "not_a_number")
    if kind.startswith(("datetime_", "timezone_", "date_", "time_")):
        return FieldError(name, "not_a_time")
    return FieldError(name, "wrong")
