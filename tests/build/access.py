"""The roles that may call each route, written down a second time and by hand.

A route that is added or opened in the code fails against this table until somebody has thought about every role.
"""

from bedboard.rules.access import ROLES, Role

SEEKERS = {"coordinator", "police", "desk"}
SHELTER = {"staff", "manager"}
OVERSEERS = {"admin", "auditor"}
PERSONS = [*sorted(SEEKERS), *sorted(SHELTER), *sorted(OVERSEERS)]
CLIENTS = [*sorted(SEEKERS), *sorted(OVERSEERS), "machine"]

# A letter for each role that may:
#   S staff   M manager   C coordinator   P police   D desk   A admin   U auditor   X machine;  * also without a session
LETTERS: dict[str, Role] = dict(zip("SMCPDAUX", ROLES, strict=True))
EVERYBODY = "SMCPDAUX"
ACCESS = {
    "sign_in": "*",
    "sign_in_demo": "*",
    "language": "*",
    "theme": "*",
    "static": "*",
    "health": "*",
    "sign_out": EVERYBODY,
    "refused": "*",
    "unlock": EVERYBODY,
    "wall": "CPD",
    "wall_open": "CPD",
    "shift_open": "M",
    "home": EVERYBODY,
    "who_to_call": EVERYBODY,
    "help": EVERYBODY,
    "totals": "SM",
    "staff_overview": "SM",
    "staff": "SM own",
    "staff_places": "SM own",
    "staff_confirm": "SM own",
    "staff_occupancy": "SM own",
    "staff_undo": "SM own",
    "staff_hold": "SM own",
    "staff_holds": "SM own",
    "staff_release": "SM own",
    "search": "CPD",
    "search_find": "CPD",
    "search_nothing": "CPD",
    "strip": "CPD",
    "shelter": "CPD",
    "shelter_call": "CPD",
    "hold_place": "CPD",
    "hold_extend": "CPD",
    "hold_release": "CPD",
    "alert_add": "CPD",
    "alert": "CPD",
    "alert_stop": "CPD",
    "push": "SMCPD",
    "service_worker": "*",
    "cases": "CPD",
    "case_candidates": "CPD",
    "case_new": "CPD",
    "case_open": "CPD",
    "case": "CPD",
    "case_more": "CPD",
    "case_ask": "CPD",
    "case_choose": "CPD",
    "case_release": "CPD",
    "case_resume": "CPD",
    "case_hand_over": "CPD",
    "case_take_over": "CPD",
    "case_decline": "CPD",
    "case_withdraw": "CPD",
    "case_outcome": "CPD",
    "case_call": "CPD",
    "case_address": "CPD",
    "case_place": "P",
    "case_answer": "D",
    "case_decide": "D",
    "case_arrival": "D",
    "staff_asked": "SM own",
    "staff_answer": "SM own",
    "staff_arrival": "SM own",
    "staff_open": "SM own",
    "criteria": "M own",
    "criteria_save": "M own",
    "place_criteria": "M own",
    "place_criteria_save": "M own",
    "looks": "M own",
    "manage": "MA",
    "organizations": "A",
    "organization_add": "A",
    "organization": "A",
    "organization_save": "A",
    "people": "A",
    "person_add": "A",
    "person": "A",
    "person_save": "A",
    "person_role": "A",
    "person_role_end": "A",
    "contacts": "A",
    "contact_add": "A",
    "contact": "A",
    "contact_save": "A",
    "roles": "MCPDAU",
    "role_take": "MCPDAU",
    "shelters": "A",
    "shelter_add": "A",
    "shelter_facts": "MA own",
    "shelter_save": "MA own",
    "shelter_contact": "M own",
    "places": "MA own",
    "place_add": "MA own",
    "place": "M own",
    "place_save": "M own",
    "shelter_staff": "M own",
    "shelter_staff_add": "M own",
    "shelter_person": "M own",
    "shelter_person_save": "M own",
    "audit": "U",
    "live": "SMCPDAU",
    "api_openapi": "*",
    "api_board": EVERYBODY,
    "api_contacts": EVERYBODY,
    "api_shelter": EVERYBODY,
    "api_place": "SMX own",
    "api_occupancy": "SMX own",
    "api_confirm": "SMX own",
    "api_search": "CPD",
    "api_place_holds": "SMCPDX",
    "api_holds": "CPD",
    "api_hold": "SMCPDX",
    "api_hold_extend": "SMCPDX",
    "api_cases": "SMCPDX",
    "api_case_open": "CPD",
    "api_case": "SMCPDX",
    "api_case_shelters": "CPD",
    "api_case_answers": "SMPDX",
    "api_case_choose": "CPD",
    "api_case_decide": "D",
    "api_case_arrival": "SMDX",
    "api_case_release": "CPD",
    "api_case_resume": "CPD",
    "api_case_hand_over": "CPD",
    "api_case_take_over": "CPD",
    "api_case_decline": "CPD",
    "api_case_withdraw": "CPD",
    "api_case_outcome": "CPD",
    "api_case_address": "CPD",
    "api_live": "SMCPDX",
}

OF_ALL = {name: {"admin"} for name in ("shelter_facts", "shelter_save", "places", "place_add")}
"""Routes for a shelter of one's own that these roles may call for every shelter."""

DURING_A_SHIFT = {
    "staff_holds",
    "staff_open",
    "home",
    "help",
    "who_to_call",
    "totals",
    "push",
    "staff_overview",
    "staff",
    "staff_places",
    "staff_confirm",
    "staff_occupancy",
    "staff_undo",
    "staff_hold",
    "staff_release",
    "staff_asked",
    "staff_answer",
    "staff_arrival",
}
"""The pages of a device of the shift, besides those that every session has."""
ON_A_WALL = {"home"}
WHILE_LOCKED = {"sign_out", "unlock", "live"}


def roles_of(name: str) -> set[Role] | None:
    """Return the roles that may call the route; None: everybody, also without a session."""
    letters = ACCESS[name].partition(" ")[0]
    return None if letters == "*" else {LETTERS[letter] for letter in letters}


def is_own_shelter(name: str) -> bool:
    """Return whether somebody may call the route only for a shelter of their own."""
    return ACCESS[name].endswith(" own")
