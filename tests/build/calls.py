"""Each route, called rightly: for the tests that are loops over the real table."""

from typing import Any, NamedTuple

from bedboard.rules.access import SEEKERS
from tests.build import NOW
from tests.build.api import correct

WHOSE = {"own": "linde", "other": "wilg", "absent": "nowhere"}
NOBODYS = "nobodys-hold"  # a hold that is not there; those who may hold learn no more than that


class Call(NamedTuple):
    """How a route is called rightly, and what somebody who may gets. `{shelter}` is put in."""

    path: str
    done: int
    form: dict[str, str] | None = None
    json: dict[str, Any] | None = None


NUMBERS = {"kinds": {"cosm": {"empty": 1}}, "observed_at": NOW.isoformat()}
PERSON = {"name": "Sanne", "organization": "oever", "role": "staff"}
PLACE = {"label": "1", "kind": "cosm", "beds": "2"}
TOKEN = {"program": "roster", "scopes.read": "on", "lasts": "90"}
KIND = {"name_nl": "x", "name_en": "x", "long_nl": "Opvang", "long_en": "Shelter", "decides": "shelter", "seen": "0" * 16}
PRESS = {"do": "save", "seen": "0" * 16}
NUMBER = {"topic": "legal", "name_nl": "Piket", "name_en": "Lawyers", "telephone": "010 1"}
NEW_SHELTER = {"name": "Linde", "organization": "oever", "unit": "noord", "telephone": "010 123", "address": "Straat 1"} | {
    "confirm_times": "08:00"
}
CALLS: dict[str, Call] = {
    "home": Call("/", 200),
    "help": Call("/help", 200),
    "regions": Call("/regions", 200),
    "who_to_call": Call("/who-to-call", 200),
    "refused": Call("/refused", 303),  # nothing was refused
    "totals": Call("/totals", 200),
    "sign_in": Call("/sign-in", 200),
    "sign_in_demo": Call("/sign-in/demo", 303, {"person": "mark"}),
    "sign_in_options": Call("/sign-in/options", 200, {}),
    "sign_in_passkey": Call("/sign-in/passkey", 403, {"proof": "{{}}"}),  # it proves nothing
    "account_sign_in": Call("/sign-in/account", 404, {}),  # there is no provider
    "account_leave": Call("/sign-in/account/leave", 303),
    "account_callback": Call("/sign-in/account/callback", 404),
    "account_done": Call("/sign-in/account/done", 404),
    "account_code": Call("/sign-in/account/code", 404),
    "account_code_use": Call("/sign-in/account/code", 404, {"code": "no such code"}),
    "unlock_account": Call("/unlock/account", 404, {}),
    "step_up_account": Call("/step-up/account", 404, {}),
    "account_add": Call("/account", 404, {}),
    "account_end": Call("/account/end", 404, {}),
    "person_account_end": Call("/people/nobody/account/end", 404, {}),
    "enrol": Call("/enrol", 200),
    "enrol_options": Call("/enrol/options", 403, {"code": "no such code", "label": "phone"}),
    "enrol_make": Call("/enrol", 403, {"code": "no such code", "label": "phone", "proof": "{{}}"}),
    "unlock_options": Call("/unlock/options", 200, {}),
    "step_up": Call("/step-up", 303),  # the sign-in was a proof: on to the first page
    "step_up_prove": Call("/step-up", 303, {}),
    "step_up_options": Call("/step-up/options", 200, {}),
    "devices": Call("/devices", 200),
    "device_add": Call("/devices", 403, {"label": "phone", "proof": "{{}}"}),
    "device_options": Call("/devices/options", 200, {"label": "phone"}),
    "device_code": Call("/devices/code", 200, {}),
    "device_label": Call("/devices/nobodys/label", 404, {"label": "phone"}),
    "device_end": Call("/devices/nobodys/end", 404, {}),
    "colleagues": Call("/people", 200),
    "person_code": Call("/people/nobody/code", 404, {}),
    "person_device_end": Call("/people/nobody/devices/nobodys/end", 404, {}),
    "monitor": Call("/monitor", 200),
    "monitor_csv": Call("/monitor/figures.csv", 200),
    "monitor_ods": Call("/monitor/figures.ods", 200),
    "monitor_report": Call("/monitor/report", 200),
    "monitor_json": Call("/monitor/figures.json", 200),
    "sign_ins": Call("/audit/sign-ins", 200),
    "sign_out": Call("/sign-out", 303, {}),
    "unlock": Call("/unlock", 303, {"person": "{person}"}),
    "wall": Call("/wall", 200),
    "wall_open": Call("/wall", 303, {"back": "/?wall=1"}),
    "shift": Call("/shift", 200),
    "shift_open": Call("/shift", 303, {"back": "/"}),
    "language": Call("/language", 303, {"language": "nl"}),
    "theme": Call("/theme", 303, {"theme": "dark"}),
    "staff_overview": Call("/staff", 200),
    "staff": Call("/staff/{shelter}", 200),
    "staff_places": Call("/staff/{shelter}/places/{shelter}-1", 303, {"status": "free", "key": "a"}),
    "staff_confirm": Call("/staff/{shelter}/confirm", 303, {"key": "b"}),
    "staff_undo": Call("/staff/{shelter}/undo", 404, {"change": "999999", "key": "c"}),  # may, but there is no such change
    "staff_departure": Call("/staff/{shelter}/departure", 404, {"change": "999999", "departure": "home"}),
    "staff_occupancy": Call("/staff/{shelter}/occupancy", 303, {"empty.cosm": "1", "key": "d"}),
    "staff_hold": Call("/staff/{shelter}/places/{shelter}-4/hold", 409, {"caller": "desk desk", "key": "e"}),  # it is closed
    "staff_holds": Call("/staff/{shelter}/holds", 409, {"caller": "desk desk", "places.linde-4": "on", "key": "e2"}),
    "staff_release": Call(f"/staff/{{shelter}}/holds/{NOBODYS}/release", 404, {"key": "f"}),
    "staff_asked": Call("/staff/{shelter}/requests", 200),
    "staff_kept": Call("/staff/{shelter}/kept", 200),
    "staff_answer": Call("/staff/{shelter}/requests/nobodys/answer", 404, {"answer": "discuss", "key": "f1"}),
    "staff_arrival": Call("/staff/{shelter}/requests/nobodys/arrival", 404, {"arrived": "yes", "key": "f2"}),
    "staff_open": Call("/staff/{shelter}/requests/nobodys/open", 404, {}),
    "search": Call("/search", 200),
    "search_find": Call("/search", 200, {"needs.lvb": "on"}),
    "search_nothing": Call("/search/nothing?slept=hotel", 200, {"key": "g"}),
    "strip": Call("/strip", 200),
    "shelter": Call("/shelters/{shelter}", 200),
    "shelter_call": Call("/shelters/{shelter}/call", 403, {}),  # fresh news, and no hold: the desk may all the same
    "hold_place": Call("/places/linde-4/hold", 409, {"key": "h"}),  # it is closed
    "hold_extend": Call(f"/holds/{NOBODYS}/extend", 404, {"key": "i"}),
    "hold_release": Call(f"/holds/{NOBODYS}/release", 404, {"key": "j"}),
    "alert_add": Call("/search/alert", 303, {"adults.woman": "1", "key": "k"}),
    "alert": Call("/alerts/nobodys", 404),
    "alert_stop": Call("/alerts/nobodys/stop", 404, {"key": "l"}),
    "push": Call("/push", 404, {}),  # without keys of our own nobody is offered any
    "service_worker": Call("/sw.js", 200),
    "cases": Call("/requests", 200),
    "case_candidates": Call("/requests/new", 303),  # nothing was kept: to the search
    "case_new": Call("/requests/new", 200, {"adults.woman": "1"}),
    "case_open": Call("/requests", 422, {"adults.woman": "1", "key": "m"}),  # no shelter is ticked
    "case": Call(f"/requests/{NOBODYS}", 404),
    "case_more": Call(f"/requests/{NOBODYS}/more", 404),
    "case_ask": Call(f"/requests/{NOBODYS}/shelters", 404, {"ask.linde": "cosm", "key": "n"}),
    "case_choose": Call(f"/requests/{NOBODYS}/choose", 404, {"shelter": "linde", "key": "o"}),
    "case_release": Call(f"/requests/{NOBODYS}/release-holds", 404, {"key": "v"}),
    "case_arrival_time": Call(f"/requests/{NOBODYS}/arrival-time", 404, {"within": "60", "key": "w0"}),
    "case_resume": Call(f"/requests/{NOBODYS}/resume", 404, {"key": "w"}),
    "case_hand_over": Call(f"/requests/{NOBODYS}/hand-over", 404, {"to": "oever desk", "key": "x"}),
    "case_take_over": Call(f"/requests/{NOBODYS}/take-over", 404, {"key": "y"}),
    "case_decline": Call(f"/requests/{NOBODYS}/decline", 404, {"key": "z"}),
    "case_withdraw": Call(f"/requests/{NOBODYS}/withdraw", 404, {"why": "no_place", "key": "p"}),
    "case_outcome": Call(f"/requests/{NOBODYS}/outcome", 404, {"slept": "hotel", "key": "q"}),
    "case_call": Call(f"/requests/{NOBODYS}/call", 404, {"shelter": "linde"}),
    "case_address": Call(f"/requests/{NOBODYS}/address", 404, {}),
    "case_place": Call(f"/requests/{NOBODYS}/place", 404, {"shelter": "linde", "place": "linde-1", "key": "r"}),
    "case_answer": Call(f"/requests/{NOBODYS}/answer", 404, {"shelter": "linde", "answer": "discuss", "key": "s"}),
    "case_decide": Call(f"/requests/{NOBODYS}/decide", 404, {"decision": "confirm", "key": "t"}),
    "case_arrival": Call(f"/requests/{NOBODYS}/arrival", 404, {"shelter": "linde", "arrival": "arrived", "key": "u"}),
    "looks": Call("/manage/{shelter}/looks", 200),
    "past_board": Call("/monitor/board", 200),
    "own_past": Call("/staff/{shelter}/past", 200),
    "audit": Call("/audit", 200),
    "criteria": Call("/manage/{shelter}/criteria", 200),
    "criteria_save": Call("/manage/{shelter}/criteria", 422, {}),  # an empty form
    "place_criteria": Call("/manage/{shelter}/places/{shelter}-1/criteria", 200),
    "place_criteria_save": Call("/manage/{shelter}/places/{shelter}-1/criteria", 422, {}),  # an empty form
    "manage": Call("/manage", 200),
    "organizations": Call("/manage/organizations", 200),
    "organization_add": Call("/manage/organizations", 303, {"name": "Stichting Nieuw", "key": "m1"}),
    "organization": Call("/manage/organizations/oever", 200),
    "organization_save": Call(
        "/manage/organizations/oever",
        200,
        {"name": "Oever", "do": "preview", "key": "m2"} | {f"telephone_{role}": "020 123 45 67" for role in SEEKERS},
    ),
    "merge": Call("/manage/organizations/desk/merge", 200),
    "merge_save": Call("/manage/organizations/desk/merge", 200, {"into": "oever", "do": "preview", "key": "m24"}),
    "people": Call("/manage/people", 200),
    "person_add": Call("/manage/people", 303, {"name": "Bo", "organization": "oever", "role": "police", "key": "m3"}),
    "person": Call("/manage/people/sanne", 200),
    "person_save": Call("/manage/people/sanne", 200, PERSON | {"shelters.linde": "on", "do": "preview", "key": "m4"}),
    "person_role": Call("/manage/people/lucia/roles", 303, {"organization": "oever", "role": "desk", "key": "m5"}),
    "person_role_end": Call("/manage/people/mark/roles/end", 404, {"organization": "oever", "role": "desk", "key": "m6"}),
    "contacts": Call("/manage/contacts", 200),
    "contact_add": Call("/manage/contacts", 303, NUMBER | {"key": "m13"}),
    "contact": Call("/manage/contacts/nobodys", 404),
    "contact_save": Call("/manage/contacts/nobodys", 404, NUMBER | {"do": "preview", "key": "m14"}),
    "import": Call("/manage/import", 200),
    "import_look": Call("/manage/import", 422, {}),  # no file was chosen
    "import_save": Call("/manage/import/save", 409, {"key": "m19", "seen": "0" * 16}),  # nobody has looked at a file
    "import_drop": Call("/manage/import/drop", 303, {"seen": "0" * 16}),
    "import_template": Call("/manage/import/template.csv", 200),
    "kinds": Call("/manage/kinds", 200),
    "kind": Call("/manage/kinds/women", 200),
    "kind_save": Call("/manage/kinds/nothing", 404, KIND | {"key": "m20"}),
    "kind_add": Call("/manage/kinds", 422, {"key": "m25"}),  # an empty form
    "unit_add": Call("/manage/units", 422, {"key": "m26"}),  # an empty form
    "units": Call("/manage/units", 200),
    "unit": Call("/manage/units/noord", 200),
    "unit_save": Call("/manage/units/nowhere", 404, {"name": "Noord", "short": "N", "seen": "0" * 16, "key": "m21"}),
    "spoken": Call("/manage/languages", 200),
    "spoken_add": Call("/manage/languages", 303, {"language": "sv", "key": "m27"}),
    "spoken_one": Call("/manage/languages/tlh", 404),
    "spoken_end": Call("/manage/languages/tlh", 404, {"do": "end", "seen": "0" * 16, "key": "m28"}),
    "days_off": Call("/manage/days", 200),
    "day_off_add": Call("/manage/days", 303, {"day": "2026-12-31", "key": "m22"}),
    "day_off": Call("/manage/days/2026-01-02", 404),
    "day_off_end": Call("/manage/days/2026-01-02", 404, {"do": "end", "seen": "0" * 16, "key": "m23"}),
    "tokens": Call("/manage/tokens", 200),
    "token_add": Call("/manage/tokens", 200, TOKEN | {"role": "police", "organization": "oever", "key": "m15"}),
    "token": Call("/manage/tokens/nobodys", 404),
    "token_save": Call("/manage/tokens/nobodys", 404, PRESS | {"key": "m16"}),
    "shelter_tokens": Call("/manage/{shelter}/tokens", 200),
    "shelter_token_add": Call("/manage/{shelter}/tokens", 200, TOKEN | {"key": "m17"}),
    "shelter_token": Call("/manage/{shelter}/tokens/nobodys", 404),
    "shelter_token_save": Call("/manage/{shelter}/tokens/nobodys", 404, PRESS | {"key": "m18"}),
    "roles": Call("/roles", 200),
    "role_take": Call("/roles", 404, {"organization": "desk", "role": "auditor"}),  # nobody has this role besides
    "shelters": Call("/manage/shelters", 200),
    "shelter_add": Call("/manage/shelters", 422, NEW_SHELTER | {"key": "m7"}),  # there is one of this name
    "shelter_facts": Call("/manage/shelters/{shelter}", 200),
    "shelter_save": Call(
        "/manage/shelters/{shelter}", 200, {"name": "Els", "confirm_times": "08:00", "do": "preview", "key": "m8"}
    ),
    "shelter_contact": Call("/manage/shelters/{shelter}/contact", 200, {}),
    "places": Call("/manage/shelters/{shelter}/places", 200),
    "place_add": Call("/manage/shelters/{shelter}/places", 422, PLACE | {"key": "m9"}),  # its label is taken
    "place": Call("/manage/shelters/{shelter}/places/{shelter}-1", 200),
    "place_save": Call("/manage/shelters/{shelter}/places/{shelter}-1", 200, PLACE | {"do": "preview", "key": "m10"}),
    "shelter_staff": Call("/manage/shelters/{shelter}/staff", 200),
    "shelter_staff_add": Call("/manage/shelters/{shelter}/staff", 303, {"name": "Bo", "key": "m11"}),
    "shelter_person": Call("/manage/shelters/{shelter}/staff/sanne", 200),
    "shelter_person_save": Call(
        "/manage/shelters/{shelter}/staff/sanne", 200, {"name": "Bo", "shelters.linde": "on", "do": "preview", "key": "m12"}
    ),
    "static": Call("/static/css/bedboard.css", 200),
    "health": Call("/health", 200),
    "health_live": Call("/health/live", 200),
    "health_ready": Call("/health/ready", 200),
    "metrics": Call("/metrics", 404),  # the settings of the tests have no token for it
    "security_txt": Call("/.well-known/security.txt", 404),  # the settings of the tests name no contact
    "api_openapi": Call("/api/v1/openapi.json", 200),
    "api_board": Call("/api/v1/board", 200),
    "api_contacts": Call("/api/v1/contacts", 200),
    "api_shelter": Call("/api/v1/shelters/{shelter}", 200),
    "api_occupancy": Call("/api/v1/shelters/{shelter}/occupancy", 200, json=NUMBERS),
    "api_confirm": Call("/api/v1/shelters/{shelter}/confirm", 200, json=correct("cosm")),
    "api_place": Call("/api/v1/places/{shelter}-1", 200, json={"status": "free"}),
    "api_search": Call("/api/v1/search", 200, json={}),
    "api_place_holds": Call("/api/v1/places/linde-4/holds", 409, json={}),  # it is closed
    "api_holds": Call("/api/v1/holds", 200),
    "api_hold": Call(f"/api/v1/holds/{NOBODYS}", 404),
    "api_hold_extend": Call(f"/api/v1/holds/{NOBODYS}/extend", 404),
    "api_cases": Call("/api/v1/requests", 200),
    "api_case_open": Call("/api/v1/requests", 422, json={}),  # no shelter is named
    "api_case": Call(f"/api/v1/requests/{NOBODYS}", 404),
    "api_case_shelters": Call(f"/api/v1/requests/{NOBODYS}/shelters", 404, json={"shelters": ["linde"]}),
    "api_case_answers": Call(f"/api/v1/requests/{NOBODYS}/answers", 404, json={"shelter": "linde", "answer": "discuss"}),
    "api_case_choose": Call(f"/api/v1/requests/{NOBODYS}/choose", 404, json={"shelter": "linde"}),
    "api_case_decide": Call(f"/api/v1/requests/{NOBODYS}/decide", 404, json={"decision": "confirm"}),
    "api_case_arrival": Call(f"/api/v1/requests/{NOBODYS}/arrival", 404, json={"arrived": True}),
    "api_case_release": Call(f"/api/v1/requests/{NOBODYS}/release-holds", 404),
    "api_case_arrival_time": Call(f"/api/v1/requests/{NOBODYS}/arrival-time", 404, json={"arrives_at": "2026-03-11T15:00:00Z"}),
    "api_case_resume": Call(f"/api/v1/requests/{NOBODYS}/resume", 404),
    "api_case_hand_over": Call(f"/api/v1/requests/{NOBODYS}/hand-over", 404, json={}),
    "api_case_take_over": Call(f"/api/v1/requests/{NOBODYS}/take-over", 404),
    "api_case_decline": Call(f"/api/v1/requests/{NOBODYS}/decline", 404),
    "api_case_withdraw": Call(f"/api/v1/requests/{NOBODYS}/withdraw", 404, json={"why": "no_place"}),
    "api_case_outcome": Call(f"/api/v1/requests/{NOBODYS}/outcome", 404, json={"slept": "hotel"}),
    "api_case_address": Call(f"/api/v1/requests/{NOBODYS}/address", 404),
}

SIGNS_IN = {"staff": "sanne", "manager": "anneke", "coordinator": "lucia", "police": "mark"}
SIGNS_IN |= {"desk": "hanneke", "admin": "wouter", "auditor": "gerda", "policy": "femke"}
"""The person of the small board in each role."""


def form_of(name: str, role: str, key: str) -> dict[str, str] | None:
    """Return the fields of a call by this role, with a key of its own where it has one."""
    form = CALLS[name].form
    if form is None:
        return None
    own = {"key": key} if "key" in form else {}
    return {field: value.format(person=SIGNS_IN.get(role, "mark")) for field, value in form.items()} | own
