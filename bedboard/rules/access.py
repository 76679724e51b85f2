"""Access: one table of the roles that may use each route. A route without a row does not start.

Reading `ROUTES`: the name of a route, and the roles that may use it. An `own` route names a shelter or a place, and is for
the people of that shelter only; for others it does not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from bedboard.rules.refusals import NotAllowed, NotFound, SignInNeeded

Role = Literal["staff", "manager", "coordinator", "police", "desk", "admin", "auditor", "machine"]

ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person or an API client that does something; "system" for what only time or a command does.

    `id` is the person's or the client's. `shelter_ids`: the shelters for which the actor works (staff, manager, machine),
    empty for the other roles. `language` None follows the device.
    """

    kind: Literal["person", "client", "system"]
    id: str
    role: Role
    name: str
    organization_id: str | None
    shelter_ids: frozenset[str]
    language: str | None = None

    @property
    def key(self) -> str:
        """Return an id that is never the same for a person and a client."""
        return f"{self.kind}:{self.id}"


ANYONE: frozenset[Role] = frozenset(ROLES)
SEEKERS: frozenset[Role] = frozenset({"coordinator", "police", "desk"})  # they look for a place, so they see every shelter
SHELTER: frozenset[Role] = frozenset({"staff", "manager"})
REPORTERS: frozenset[Role] = SHELTER | {"machine"}
OVERSEERS: frozenset[Role] = frozenset({"admin", "auditor"})  # they know which shelters there are, not what is free


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table. `public`: without a session as well. `own`: the shelter in the call must be the actor's."""

    roles: frozenset[Role]
    own: bool = False
    public: bool = False


PUBLIC = Rule(frozenset(), public=True)

ROUTES: Mapping[str, Rule] = {
    # pages
    "sign_in": PUBLIC,
    "sign_in_demo": PUBLIC,
    "language": PUBLIC,
    "theme": PUBLIC,
    "static": PUBLIC,
    "health": PUBLIC,
    "sign_out": Rule(ANYONE),
    "home": Rule(ANYONE),
    "totals": Rule(SHELTER),
    "staff": Rule(SHELTER, own=True),
    "staff_places": Rule(SHELTER, own=True),
    "staff_confirm": Rule(SHELTER, own=True),
    "staff_occupancy": Rule(SHELTER, own=True),
    "staff_undo": Rule(SHELTER, own=True),
    "staff_hold": Rule(SHELTER, own=True),
    "staff_release": Rule(SHELTER, own=True),
    "search": Rule(SEEKERS),
    "search_nothing": Rule(SEEKERS),
    "strip": Rule(SEEKERS),
    "shelter": Rule(SEEKERS),
    "shelter_call": Rule(SEEKERS),
    "hold_place": Rule(SEEKERS),
    "hold_extend": Rule(SEEKERS),
    "hold_release": Rule(SEEKERS),
    "alert_add": Rule(SEEKERS),
    "alert": Rule(SEEKERS),
    "alert_stop": Rule(SEEKERS),
    "push": Rule(SEEKERS | SHELTER),
    "service_worker": PUBLIC,
    "requests": Rule(SEEKERS),
    "request_new": Rule(SEEKERS),
    "request_open": Rule(SEEKERS),
    "request": Rule(SEEKERS),
    "request_more": Rule(SEEKERS),
    "request_ask": Rule(SEEKERS),
    "request_choose": Rule(SEEKERS),
    "request_withdraw": Rule(SEEKERS),
    "request_outcome": Rule(SEEKERS),
    "request_address": Rule(SEEKERS),
    "request_place": Rule(frozenset({"police"})),
    "request_answer": Rule(frozenset({"desk"})),
    "request_decide": Rule(frozenset({"desk"})),
    "request_arrival": Rule(frozenset({"desk"})),
    "staff_asked": Rule(SHELTER, own=True),
    "staff_answer": Rule(SHELTER, own=True),
    "staff_arrival": Rule(SHELTER, own=True),
    "criteria": Rule(frozenset({"manager"}), own=True),
    "criteria_save": Rule(frozenset({"manager"}), own=True),
    "place_criteria": Rule(frozenset({"manager"}), own=True),
    "place_criteria_save": Rule(frozenset({"manager"}), own=True),
    "live": Rule(SEEKERS | SHELTER),
    # API
    "api_openapi": PUBLIC,
    "api_board": Rule(ANYONE),
    "api_shelter": Rule(SEEKERS | REPORTERS | OVERSEERS),
    "api_place": Rule(REPORTERS, own=True),
    "api_occupancy": Rule(REPORTERS, own=True),
    "api_confirm": Rule(REPORTERS, own=True),
    "api_search": Rule(SEEKERS),
    "api_place_holds": Rule(SEEKERS | REPORTERS),
    "api_holds": Rule(SEEKERS),
    "api_hold": Rule(SEEKERS | REPORTERS),
    "api_hold_extend": Rule(SEEKERS | REPORTERS),
    "api_requests": Rule(SEEKERS | REPORTERS),
    "api_request_open": Rule(SEEKERS),
    "api_request": Rule(SEEKERS | REPORTERS),
    "api_request_shelters": Rule(SEEKERS),
    "api_request_answers": Rule(REPORTERS | {"desk", "police"}),
    "api_request_choose": Rule(SEEKERS),
    "api_request_decide": Rule(frozenset({"desk"})),
    "api_request_arrival": Rule(REPORTERS | {"desk"}),
    "api_request_withdraw": Rule(SEEKERS),
    "api_request_outcome": Rule(SEEKERS),
    "api_request_address": Rule(SEEKERS),
    "api_live": Rule(SEEKERS | REPORTERS),
}


def check_access(rule: Rule, actor: Actor | None) -> None:
    """Refuse an actor that may not use the route: SignInNeeded without an actor, NotAllowed for another role."""
    if rule.public:
        return
    if actor is None:
        raise SignInNeeded("sign_in_needed")
    if actor.role not in rule.roles:
        raise NotAllowed("not_your_role")


def check_own(actor: Actor, shelter_id: str) -> None:
    """Refuse a stranger to the shelter with NotFound, so that nobody can learn which shelters exist."""
    if shelter_id not in actor.shelter_ids:
        raise NotFound("no_such_shelter")


def sees_all(actor: Actor) -> bool:
    """Return whether the actor sees the live occupancy of every shelter."""
    return actor.role in SEEKERS
