"""The routes of the pages, one row each; those of the API are in `routes/api/table.py`. `ROWS` has both."""

from starlette.convertors import register_url_convertor
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from bedboard.routes import (
    account_way,
    accounts,
    alerts,
    audit,
    board,
    case_asking,
    case_pages,
    cases,
    contacts,
    criteria,
    devices,
    enrol,
    holds,
    live,
    proofs,
    search,
    sessions,
    signin,
    staff,
    staff_answers,
    staff_cases,
    staff_overview,
    static,
    step_up,
    strip,
)
from bedboard.routes.api.table import API
from bedboard.routes.call import Call
from bedboard.routes.guard import guard
from bedboard.routes.manage.table import MANAGE
from bedboard.routes.parse import IdConvertor
from bedboard.routes.replies import show_refused
from bedboard.routes.row import Row, SocketRow
from bedboard.rules.access import (
    ANYONE,
    AT_WORK,
    AUDITOR,
    DESK,
    EVERYBODY,
    HELPING,
    LIVE,
    MANAGERS,
    OF_SHELTERS,
    OWN_MANAGER,
    OWN_SHELTER,
    POLICE,
    PUBLIC,
    SEEKING,
    SHELTER,
    SIGNED_IN,
    WAKEABLE,
)

register_url_convertor("id", IdConvertor())


async def show_health(_call: Call) -> Response:
    """Say that this process runs; nothing about what it knows."""
    return PlainTextResponse("ok\n")


PAGES: tuple[Row | SocketRow, ...] = (
    Row("GET", "/", board.show_home, "home", EVERYBODY, without_database=True),
    Row("GET", "/totals", board.show_totals, "totals", OF_SHELTERS),
    Row("GET", "/who-to-call", contacts.show_who_to_call, "who_to_call", AT_WORK),
    Row("GET", "/help", contacts.show_help, "help", AT_WORK),
    Row("GET", "/sign-in", signin.show_sign_in, "sign_in", PUBLIC),
    Row("POST", "/sign-in/demo", signin.post_demo_sign_in, "sign_in_demo", PUBLIC),
    Row("POST", "/sign-in/options", proofs.post_sign_in_options, "sign_in_options", PUBLIC, is_touch=False),
    Row("POST", "/sign-in/passkey", proofs.post_sign_in, "sign_in_passkey", PUBLIC),
    Row("POST", "/sign-in/account", account_way.post_sign_in, "account_sign_in", PUBLIC, is_touch=False),
    Row("GET", account_way.LEAVE, account_way.show_leave, "account_leave", PUBLIC, identifies=False),
    Row("GET", account_way.CALLBACK, account_way.show_callback, "account_callback", PUBLIC, identifies=False),
    Row("GET", account_way.DONE, accounts.show_done, "account_done", PUBLIC),
    Row("GET", accounts.CODE, accounts.show_code, "account_code", PUBLIC),
    Row("POST", accounts.CODE, accounts.post_code, "account_code_use", PUBLIC),
    Row("GET", "/refused", show_refused, "refused", PUBLIC),
    Row("POST", "/sign-out", signin.post_sign_out, "sign_out", PUBLIC, identifies=False),
    Row("POST", "/unlock", sessions.post_unlock, "unlock", SIGNED_IN, is_touch=False),
    Row("POST", "/unlock/options", proofs.post_unlock_options, "unlock_options", SIGNED_IN, is_touch=False),
    Row("POST", "/unlock/account", account_way.post_unlock, "unlock_account", SIGNED_IN, is_touch=False),
    Row("GET", "/enrol", enrol.show_enrol, "enrol", PUBLIC),
    Row("POST", "/enrol", enrol.post_enrol, "enrol_make", PUBLIC),
    Row("POST", "/enrol/options", enrol.post_enrol_options, "enrol_options", PUBLIC, is_touch=False),
    Row("GET", "/step-up", step_up.show_step_up, "step_up", AT_WORK),
    Row("POST", "/step-up", step_up.post_step_up, "step_up_prove", AT_WORK),
    Row("POST", "/step-up/options", step_up.post_step_up_options, "step_up_options", AT_WORK),
    Row("POST", "/step-up/account", account_way.post_step_up, "step_up_account", AT_WORK),
    Row("GET", "/devices", devices.show_devices, "devices", AT_WORK),
    Row("POST", "/devices", devices.post_device, "device_add", AT_WORK, fresh_for=ANYONE),
    Row("POST", "/devices/options", devices.post_device_options, "device_options", AT_WORK, fresh_for=ANYONE),
    Row("POST", "/devices/code", devices.post_own_code, "device_code", AT_WORK, fresh_for=ANYONE),
    Row("POST", "/devices/{passkey_id:id}/label", devices.post_label, "device_label", AT_WORK, fresh_for=ANYONE),
    Row("POST", "/devices/{passkey_id:id}/end", devices.post_end, "device_end", AT_WORK, fresh_for=ANYONE),
    Row("POST", "/account", account_way.post_account, "account_add", AT_WORK, fresh_for=ANYONE),
    Row("POST", "/account/end", accounts.post_end, "account_end", AT_WORK, fresh_for=ANYONE),
    Row("GET", "/people", devices.show_people, "colleagues", HELPING),
    Row("POST", "/people/{person_id:id}/code", devices.post_code, "person_code", HELPING, fresh_for=ANYONE),
    Row(
        "POST",
        "/people/{person_id:id}/devices/{passkey_id:id}/end",
        devices.post_end_of,
        "person_device_end",
        HELPING,
        fresh_for=ANYONE,
    ),
    Row("POST", "/people/{person_id:id}/account/end", accounts.post_end_of, "person_account_end", HELPING, fresh_for=ANYONE),
    Row("GET", "/wall", sessions.show_wall, "wall", SEEKING),
    Row("POST", "/wall", sessions.post_wall, "wall_open", SEEKING),
    Row("GET", "/shift", sessions.show_shift, "shift", OF_SHELTERS),
    Row("POST", "/shift", sessions.post_shift, "shift_open", MANAGERS),
    Row("POST", "/language", signin.post_language, "language", PUBLIC),
    Row("POST", "/theme", signin.post_theme, "theme", PUBLIC),
    Row("GET", "/staff", staff_overview.show_overview, "staff_overview", OF_SHELTERS),
    Row("GET", "/staff/{shelter_id:id}", staff.show_staff, "staff", OWN_SHELTER),
    Row("POST", "/staff/{shelter_id:id}/places/{place_id:id}", staff.post_place, "staff_places", OWN_SHELTER),
    Row("POST", "/staff/{shelter_id:id}/confirm", staff.post_confirm, "staff_confirm", OWN_SHELTER),
    Row("POST", "/staff/{shelter_id:id}/undo", staff.post_undo, "staff_undo", OWN_SHELTER),
    Row("POST", "/staff/{shelter_id:id}/occupancy", staff.post_occupancy, "staff_occupancy", OWN_SHELTER),
    Row("POST", "/staff/{shelter_id:id}/places/{place_id:id}/hold", staff.post_hold, "staff_hold", OWN_SHELTER),
    Row("POST", "/staff/{shelter_id:id}/holds", staff.post_holds, "staff_holds", OWN_SHELTER),
    Row(
        "POST",
        "/staff/{shelter_id:id}/holds/{claim_id:id}/release",
        staff.post_release,
        "staff_release",
        OWN_SHELTER,
    ),
    Row("GET", "/search", search.show_search, "search", SEEKING),
    Row("POST", "/search", search.post_search, "search_find", SEEKING),
    Row("POST", "/search/nothing", search.post_nothing, "search_nothing", SEEKING),
    Row("POST", "/search/alert", alerts.post_alert, "alert_add", SEEKING),
    Row("GET", "/alerts/{alert_id:id}", alerts.show_alert, "alert", SEEKING),
    Row("POST", "/alerts/{alert_id:id}/stop", alerts.post_alert_stop, "alert_stop", SEEKING),
    Row("POST", "/push", alerts.post_device, "push", WAKEABLE, is_touch=False),
    Row("GET", "/sw.js", static.show_service_worker, "service_worker", PUBLIC, identifies=False),
    Row("GET", "/strip", strip.show_strip, "strip", SEEKING, is_touch=False),
    Row("GET", "/shelters/{shelter_id:id}", holds.show_shelter, "shelter", SEEKING),
    Row("POST", "/shelters/{shelter_id:id}/call", holds.post_call, "shelter_call", SEEKING),
    Row("POST", "/places/{place_id:id}/hold", holds.post_hold, "hold_place", SEEKING),
    Row("POST", "/holds/{claim_id:id}/extend", holds.post_extend, "hold_extend", SEEKING),
    Row("POST", "/holds/{claim_id:id}/release", holds.post_release, "hold_release", SEEKING),
    Row("GET", "/manage/{shelter_id:id}/criteria", criteria.show_criteria, "criteria", OWN_MANAGER),
    Row("POST", "/manage/{shelter_id:id}/criteria", criteria.post_criteria, "criteria_save", OWN_MANAGER, fresh_for=SHELTER),
    Row(
        "GET",
        "/manage/{shelter_id:id}/places/{place_id:id}/criteria",
        criteria.show_criteria,
        "place_criteria",
        OWN_MANAGER,
    ),
    Row(
        "POST",
        "/manage/{shelter_id:id}/places/{place_id:id}/criteria",
        criteria.post_place_criteria,
        "place_criteria_save",
        OWN_MANAGER,
        fresh_for=SHELTER,
    ),
    Row("GET", "/manage/{shelter_id:id}/looks", audit.show_looks, "looks", OWN_MANAGER),
    Row("GET", "/audit", audit.show_audit, "audit", AUDITOR),
    Row("GET", "/audit/sign-ins", devices.show_sign_ins, "sign_ins", AUDITOR),
    SocketRow("/live", live.page_socket, "live", LIVE),
    Row("GET", static.SECURITY_TXT, static.show_security_txt, "security_txt", PUBLIC, identifies=False),
    Row("GET", "/static/{path:path}", static.show_static, "static", PUBLIC, identifies=False),
    Row("GET", "/health", show_health, "health", PUBLIC, identifies=False),
)

CASES: tuple[Row, ...] = (
    Row("GET", "/staff/{shelter_id:id}/requests", staff_cases.show_asked, "staff_asked", OWN_SHELTER, is_touch=False),
    Row(
        "POST",
        "/staff/{shelter_id:id}/requests/{case_id:id}/answer",
        staff_answers.post_answer,
        "staff_answer",
        OWN_SHELTER,
    ),
    Row(
        "POST",
        "/staff/{shelter_id:id}/requests/{case_id:id}/arrival",
        staff_answers.post_arrival,
        "staff_arrival",
        OWN_SHELTER,
    ),
    Row("POST", "/staff/{shelter_id:id}/requests/{case_id:id}/open", staff_answers.post_opening, "staff_open", OWN_SHELTER),
    Row("GET", "/requests", case_pages.show_cases, "cases", SEEKING),
    Row("POST", "/requests", cases.post_case, "case_open", SEEKING),
    Row("GET", "/requests/new", case_asking.show_case_new, "case_candidates", SEEKING),
    Row("POST", "/requests/new", case_asking.post_case_new, "case_new", SEEKING),
    Row("GET", "/requests/{case_id:id}", case_pages.show_case, "case", SEEKING),
    Row("GET", "/requests/{case_id:id}/more", case_asking.show_more, "case_more", SEEKING),
    Row("POST", "/requests/{case_id:id}/shelters", cases.post_shelters, "case_ask", SEEKING),
    Row("POST", "/requests/{case_id:id}/choose", cases.post_choice, "case_choose", SEEKING),
    Row("POST", "/requests/{case_id:id}/place", cases.post_place, "case_place", POLICE),
    Row("POST", "/requests/{case_id:id}/arrival-time", cases.post_arrival_time, "case_arrival_time", SEEKING),
    Row("POST", "/requests/{case_id:id}/resume", cases.post_resumption, "case_resume", SEEKING),
    Row("POST", "/requests/{case_id:id}/withdraw", cases.post_withdrawal, "case_withdraw", SEEKING),
    Row("POST", "/requests/{case_id:id}/release-holds", cases.post_release, "case_release", SEEKING),
    Row("POST", "/requests/{case_id:id}/hand-over", cases.post_hand_over, "case_hand_over", SEEKING),
    Row("POST", "/requests/{case_id:id}/take-over", cases.post_take_over, "case_take_over", SEEKING),
    Row("POST", "/requests/{case_id:id}/decline", cases.post_decline, "case_decline", SEEKING),
    Row("POST", "/requests/{case_id:id}/outcome", cases.post_outcome, "case_outcome", SEEKING),
    Row("POST", "/requests/{case_id:id}/call", cases.post_call, "case_call", SEEKING),
    Row("POST", "/requests/{case_id:id}/address", cases.post_address, "case_address", SEEKING, fresh_for=DESK.roles),
    Row("POST", "/requests/{case_id:id}/answer", cases.post_answer, "case_answer", DESK),
    Row("POST", "/requests/{case_id:id}/decide", cases.post_decision, "case_decide", DESK),
    Row("POST", "/requests/{case_id:id}/arrival", cases.post_arrival, "case_arrival", DESK),
)

ROWS: tuple[Row | SocketRow, ...] = (*PAGES, *CASES, *MANAGE, *API)


def all_routes() -> list[BaseRoute]:
    sockets_first = sorted(ROWS, key=lambda row: not isinstance(row, SocketRow))  # thousands come back at once
    return [guard(row) for row in sockets_first]
