"""The words: every code has its words in both languages, and every template compiles in both."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
import pytest

from bedboard.actions.notify import WHO
from bedboard.routes.replies import OF_CODE, STATUS
from bedboard.rules.access import ROLES
from bedboard.rules.cases import ANSWERS, DESK_REASONS, NEXT, NO_REASONS, SETTLED, STATES
from bedboard.rules.clients import SCOPES
from bedboard.rules.criteria import CRITERIA, CRITERION_NAMES, LIMIT_NAMES, TAKES
from bedboard.rules.examples import EXAMPLES
from bedboard.rules.fit import PARTY
from bedboard.rules.places import CLOSED_REASONS, PLACE_STATUSES
from bedboard.rules.tallies import SLEPT
from bedboard.schemas.roster import COLUMNS, ROW_KINDS
from bedboard.views.cards import MARKS_AT_MOST
from bedboard.views.pages import SCREEN_LANGUAGES, Pages

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
TEMPLATES = sorted(path.relative_to(WEB / "templates").as_posix() for path in (WEB / "templates").rglob("*.html"))
WORD_FILES = [name for name in TEMPLATES if name.startswith("words/")]

REFUSALS = {
    *("session_locked", "not_your_session", "shift_session", "wall_session"),
    *("sign_in_needed", "not_your_role", "no_such_shelter", "no_such_place", "no_such_person", "no_such_change"),
    *("no_such_page", "version_mismatch", "overtaken", "busy", "key_in_use", "too_late_to_undo", "done_already", "not_a_demo"),
    *(
        "database_away",
        "database_read_only",
        "database_full",
        "changed_meanwhile",
        "perhaps_saved",
        "invalid",
        "malformed",
        "not_json",
        "doubled_header",
        "not_a_form",
        "too_large",
        "wrong_origin",
        "wrong_host",
    ),
    *("no_such_hold", "not_free", "held_already", "holds_of_person", "holds_of_organization", "hold_over", "hold_released"),
    *("waitings_of_person", "no_such_waiting", "too_many_calls", "too_late_to_tell"),
    *("extended_already", "no_organization", "hold_first", "criteria_changed"),
    *("wrong_method", "not_acceptable_type", "internal", "not_empty", "too_many"),
    *("too_many_kept", "too_many_kept_together", "too_many_telephones", "too_many_addresses"),
    *("no_such_request", "requests_of_person", "no_offer", "offer_over", "no_address_now", "place_off"),
    *(cell for cell in NEXT.values() if cell.startswith("request_")),
    *("request_answered", "not_handed_over", "sent_already", "choose_a_shelter"),
    *("passkey_refused", "challenge_over", "passkey_known", "passkeys_of_person", "wrong_code", "last_passkey"),
    *("no_such_device", "step_up_needed"),
    *("account_refused", "account_cancelled", "account_login", "account_clock", "account_too_weak", "account_too_old"),
    *("account_unknown", "account_of_other", "account_there", "last_account", "provider_away"),
    *("facts_changed", "no_such_organization", "no_such_role", "last_admin", "own_role", "organization_in_use", "unit_in_use"),
    *("organization_merged", "organization_ended", "kind_in_use", "no_such_language", "language_in_use"),
    *("no_such_contact", "contacts_full", "same_name"),
    *("no_file", "other_file", "shelter_in_use", "file_wrong", "no_such_kind", "no_such_unit", "no_such_day"),
    *("no_such_token", "token_ended", "rotated_lately", "tokens_full", "scope_missing"),
    *("place_held", "place_reserved", "place_occupied"),
}
OTHER_REASONS = ("intake", "language", "size", "avoid")  # of rules/fit.py, besides criteria and limits
NO_DETAIL: dict[str, Any] = {}
FIELD_ERRORS: Mapping[str, dict[str, Any]] = {
    "doubled": {},
    **dict.fromkeys(("in_the_future", "in_the_past"), NO_DETAIL),
    **dict.fromkeys(("month_in_future", "month_before_first", "month_form", "last_before_first"), NO_DETAIL)
    | {"too_many_months": {"most": 60}},
    "too_far_away": NO_DETAIL,
    "free_already": NO_DETAIL,
    "needed_to_close": NO_DETAIL,
    "unknown_reason": NO_DETAIL,
    "only_when_closed": NO_DETAIL,
    "kind_not_here": NO_DETAIL,
    **dict.fromkeys(("say_for_whom", "unknown_caller", "has_role_already", "staff_has_one_role"), NO_DETAIL),
    **dict.fromkeys(("not_with_adults", "not_with_group", "not_a_tag", "not_taken", "not_asked"), NO_DETAIL),
    "not_a_key": NO_DETAIL,
    "key_reused": NO_DETAIL,
    "key_needed": NO_DETAIL,
    "missing": NO_DETAIL,
    "not_a_number": NO_DETAIL,
    "not_text": NO_DETAIL,
    "not_a_time": NO_DETAIL,
    "unknown_field": NO_DETAIL,
    "below_min_age": NO_DETAIL,
    "same_as_from": NO_DETAIL,
    "not_an_object": NO_DETAIL,
    "more_than_adults": NO_DETAIL,
    "only_with_group": NO_DETAIL,
    **dict.fromkeys(("stays_together", "twice"), NO_DETAIL),
    "more_than_people": {"people": 5},
    "too_small_for_them": {"people": 5, "beds": 3},
    "too_large_to_split": {"most": 20},
    "no_such_son": NO_DETAIL,
    "wrong": NO_DETAIL,
    "asked_already": NO_DETAIL,
    "unknown_shelter": NO_DETAIL,
    **dict.fromkeys(
        ("not_a_label", "label_taken", "name_taken", "organization_name_taken", "ends_before_it_begins", "shelter_needed"),
        NO_DETAIL,
    ),
    **dict.fromkeys(("unknown_organization", "unknown_unit", "unknown_kind", "only_for_shelter_roles"), NO_DETAIL),
    **dict.fromkeys(("run_by_other", "runs_other_shelters", "no_callback", "callback_in_use", "people_elsewhere"), NO_DETAIL),
    **dict.fromkeys(("not_hours", "not_a_telephone", "not_an_address"), NO_DETAIL),
    **dict.fromkeys(("not_a_person_name", "not_an_organization_name", "not_a_code_name"), NO_DETAIL),
    **dict.fromkeys(("unknown_location", "code_taken", "tile_taken", "not_a_language", "language_already"), NO_DETAIL),
    **dict.fromkeys(("not_a_program", "not_a_period", "program_taken", "only_for_machine", "organization_needed"), NO_DETAIL),
    **dict.fromkeys(("scope_needed", "not_for_role"), NO_DETAIL),
    **dict.fromkeys(("file_empty", "not_a_csv", "file_utf16", "column_twice", "unknown_row", "too_many_cells"), NO_DETAIL),
    **dict.fromkeys(
        ("not_for_this_row", "formula", "in_file_twice", "there_otherwise", "one_shelter", "not_a_role"), NO_DETAIL
    ),
    **dict.fromkeys(("only_for_desk", "only_with_desk_hours", "ages_after_fresh", "day_off_already"), NO_DETAIL),
    "file_too_large": {"most": 128},
    "file_broken": {"line": 3},
    "row_wrong": {"line": 2},
    "too_many_rows": {"most": 200},
    "no_header": {"columns": "rij, naam"},
    "unknown_column": {"number": 4},
    "too_many_nights": {"most": 120},
    "period_too_long": {"days": 366},
    "more_than_two_days": NO_DETAIL,
    "needs_their_yes": NO_DETAIL,
    "taken_too_long": NO_DETAIL,
    "more_than_a_day": NO_DETAIL,
    "stays_too_long": NO_DETAIL,
    "only_with_end_stay": NO_DETAIL,
    "yours_already": NO_DETAIL,
    "needed_to_refuse": NO_DETAIL,
    "only_with_yes": NO_DETAIL,
    "only_with_no": NO_DETAIL,
    "only_with_contra_indication": NO_DETAIL,
    "not_here": NO_DETAIL,
    "too_many_shelters": {"most": 8},
    "does_not_suit": {"shelter": "Linde"},
    "more_than_places": {"empty": 9, "closed": 1, "total": 6},
    "not_one_of": {"allowed": ["free", "occupied"]},
    "too_small": {"least": 0},
    "too_large": {"most": 12},
    "too_long": {"most": 40},
}
DETAILS: Mapping[str, list[dict[str, Any]]] = {
    "contacts_full": [{"most": 200}],
    "same_name": [{"name": "Bo", "role": "staff", "organization": "Kade", "ended": ended} for ended in (True, False)],
    **{code: [{"people": 2, "places": 3, "shelters": 1, "tokens": 1}] for code in ("kind_in_use", "organization_in_use")},
    **{code: [{"shelters": 2, "numbers": 0}] for code in ("unit_in_use", "language_in_use")},
    "tokens_full": [{"most": 20}],
    "scope_missing": [{"scope": "report"}],
    "rotated_lately": [{"until": datetime(2026, 1, 31, 23, 30, tzinfo=UTC)}],
    "overtaken": [{}, {"known_at": datetime(2026, 1, 31, 23, 30, tzinfo=UTC)}],
    "holds_of_person": [{"most": 3}],
    "waitings_of_person": [{"most": 5}],
    "requests_of_person": [{"most": 20}],
    "holds_of_organization": [{"most": 10}],
    **{
        code: [{}, {"most": 3, "again_at": datetime(2026, 1, 31, 23, 30, tzinfo=UTC)}]
        for code in ("too_many_kept", "too_many_kept_together", "too_many_telephones", "too_many_addresses")
    },
    "too_many": [{}, *({"minutes": n, "again_at": datetime(2026, 1, 31, 23, 30, tzinfo=UTC)} for n in (1, 12))],
    "passkeys_of_person": [{"most": 10}],
}
RAISED = re.compile(
    r"\b(?:Refusal|Malformed|SignInNeeded|NotAllowed|NotFound|Conflict|VersionMismatch|TooMany|Unavailable)\(\s*\"(\w+)\""
)
RAISED_FIELD = re.compile(r"FieldError\([^()\"]*(?:f?\"[^\"]*\")?[^()\"]*,\s*\"(\w+)\"")


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages(WEB, ZoneInfo("Europe/Amsterdam"))


def say(pages: Pages, language: str, macro: str, *args: Any) -> str:
    """Return what a macro of words says; its file is found by its name, which is the only one in `words/`."""
    [file] = [name for name in WORD_FILES if f"macro {macro}(" in (WEB / "templates" / name).read_text(encoding="utf-8")]
    return pages.macro(language, file, macro, *args)


@pytest.mark.parametrize("language", SCREEN_LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_compiles(pages: Pages, language: str, template: str) -> None:
    assert pages._environments[language].get_template(template).name == template


@pytest.mark.parametrize("language", SCREEN_LANGUAGES)
@pytest.mark.parametrize(
    ("macro", "codes"),
    [
        ("status", PLACE_STATUSES),
        ("reason", tuple(CLOSED_REASONS)),
        ("role", ROLES),
        ("role_task", ROLES),
        ("takes", TAKES),
        ("criterion", (*CRITERION_NAMES, *LIMIT_NAMES, *OTHER_REASONS)),
        ("answer", ("yes", "discuss", "no", "unknown")),
        ("criteria_group", tuple(CRITERIA)),
        ("limit_meaning", tuple(LIMIT_NAMES)),
        ("example", tuple(EXAMPLES)),
        ("fit", ("fits", "discuss", "excluded")),
        ("excluded_by", (*CRITERION_NAMES, *(LIMIT_NAMES - {"longest_stay_days"}), "size", "avoid")),
        ("slept", SLEPT),
        ("claim_type", ("hold", "reservation")),
        ("case_state", STATES),
        ("says", ("silent", *ANSWERS, "lapsed")),
        ("no_reason", NO_REASONS),
        ("desk_reason", DESK_REASONS),
        ("settled", SETTLED),
        ("case_event", tuple(WHO)),
        ("scope", SCOPES),
        ("row_kind", ROW_KINDS),
        ("deciding_side", ("shelter", "desk", "police")),
        ("column", tuple(COLUMNS)),
        ("problem_title", tuple({*STATUS.values(), *OF_CODE.values(), 500})),
    ],
)
def test_every_code_has_its_own_words(pages: Pages, language: str, macro: str, codes: tuple[str | int, ...]) -> None:
    words = {code: say(pages, language, macro, code) for code in codes}
    assert all(words.values()), words
    if macro != "problem_title":
        assert len(set(words.values())) == len(codes), words


@pytest.mark.parametrize("language", SCREEN_LANGUAGES)
def test_everybody_who_comes_along_is_counted_in_words(pages: Pages, language: str) -> None:
    party = [(code, number) for code in (*PARTY, "group") for number in (1, 2)]
    words = [say(pages, language, "party", *one) for one in party]
    assert len(set(words)) == len(words)
    assert all(str(number) in said for said, (_, number) in zip(words, party, strict=True)), words


@pytest.mark.parametrize("language", SCREEN_LANGUAGES)
@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_every_refusal_is_a_sentence(pages: Pages, language: str, code: str) -> None:
    for detail in DETAILS.get(code, [{}]):
        sentence = say(pages, language, "refusal", code, detail)
        assert sentence.endswith("."), sentence
        assert "<" not in sentence and "&" not in sentence, "the API gives it as plain text"


@pytest.mark.parametrize("language", SCREEN_LANGUAGES)
@pytest.mark.parametrize("code", sorted(FIELD_ERRORS))
def test_every_field_error_has_words_with_its_numbers(pages: Pages, language: str, code: str) -> None:
    words = say(pages, language, "field_error", code, FIELD_ERRORS[code])
    assert words and "%(" not in words
    for value in FIELD_ERRORS[code].values():
        assert (", ".join(value) if isinstance(value, list) else str(value)) in words


@pytest.mark.parametrize(
    "macro",
    [
        *("status", "reason", "role", "role_task", "takes", "claim_type", "criterion", "slept", "problem_title"),
        *("case_state", "says", "no_reason", "desk_reason", "settled", "case_event"),
    ],
)
def test_an_unknown_code_is_an_error(pages: Pages, macro: str) -> None:
    with pytest.raises(jinja2.UndefinedError):
        say(pages, "nl", macro, "no_such_code")


@pytest.mark.parametrize("macro", ["refusal", "field_error"])
def test_an_unknown_refusal_is_an_error(pages: Pages, macro: str) -> None:
    with pytest.raises(jinja2.UndefinedError):
        say(pages, "nl", macro, "no_such_code", {})


def test_every_refusal_in_the_code_is_one_of_these() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "bedboard").rglob("*.py")))
    refusals, field_errors = set(RAISED.findall(code)), set(RAISED_FIELD.findall(code))
    assert "no_such_shelter" in refusals and "needed_to_close" in field_errors, "the patterns still find what is raised"
    assert refusals <= REFUSALS
    assert field_errors <= FIELD_ERRORS.keys()


def test_no_table_of_words_has_a_code_twice() -> None:
    for file in WORD_FILES:
        for table in re.split(r"^{% set ", (WEB / "templates" / file).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            codes = re.findall(r'^    "([\w.]+)":', table.partition("\n} %}")[0], re.MULTILINE)
            assert [code for code in set(codes) if codes.count(code) > 1] == [], f"{file}: the later words win"


def test_the_sprite_has_every_status() -> None:
    sprite = (WEB / "templates" / "base.html").read_text(encoding="utf-8")
    for code in (*PLACE_STATUSES, "unknown"):
        assert f'id="m-{code}"' in sprite
    assert MARKS_AT_MOST == 24


def test_templates_keep_to_the_content_security_policy() -> None:
    for template in TEMPLATES:
        text = (WEB / "templates" / template).read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son\w+=|hx-on|js:|<style|<script(?![^>]*\ssrc=)", text), template
