"""The roles, and the rules of access that the rows of both route tables name."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from bedboard.rules.clients import Scope
from bedboard.rules.refusals import Locked, NotAllowed, NotFound, SignInNeeded
from bedboard.rules.sessions import EVERY_SESSION, PERSONAL, WORKING, SessionKind

Role = Literal["staff", "manager", "coordinator", "police", "desk", "admin", "auditor", "policy", "machine"]

ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person or an API client that does something; "system" for what only time or a command does.

    `id` is the person's or the client's. `shelter_ids`: the shelters for which the actor works (staff, manager, machine),
    empty for the other roles. `language` None follows the device. `session` and `is_locked` are a person's; a program has none.
    `scopes` are a program's; a person has none and needs none.
    `has_new_access`: a passkey or an account was added, and the person has not looked at it yet.
    `network`, the class of the address from which this one call comes, is for the audit trail only; None: not known.
    `session_hash` finds the session of this one call, for an action that asks when its person last proved who they are.
    """

    kind: Literal["person", "client", "system"]
    id: str
    role: Role
    name: str
    organization_id: str | None
    shelter_ids: frozenset[str]
    language: str | None = None
    session: SessionKind = "person"
    is_locked: bool = False
    scopes: frozenset[Scope] = frozenset()
    has_new_access: bool = field(default=False, compare=False)
    network: str | None = field(default=None, compare=False)
    session_hash: bytes | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> str:
        """Return an id that is never the same for a person and a client."""
        return f"{self.kind}:{self.id}"


ANYONE: frozenset[Role] = frozenset(ROLES)
SEEKERS: frozenset[Role] = frozenset({"coordinator", "police", "desk"})  # they look for a place, so they see every shelter
SHELTER: frozenset[Role] = frozenset({"staff", "manager"})
REPORTERS: frozenset[Role] = SHELTER | {"machine"}
OVERSEERS: frozenset[Role] = frozenset({"admin", "auditor"})  # they know which shelters there are, not what is free
KNOWING: frozenset[Role] = SEEKERS | OVERSEERS


def actor_fields(actor: Actor) -> dict[str, str | None]:
    """Return what the audit trail says about the actor, under the names of its columns."""
    return {
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "role": actor.role,
        "organization_id": actor.organization_id,
        "session": {"person": actor.session, "client": "token", "system": None}[actor.kind],
        "network": actor.network,
    }


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of access. `public`: without a session as well.

    `own`: the actor must work for the shelter that the path of the route names, or for the shelter of the place there; the
    roles in `of_all` need not.
    `sessions`: the kinds of session that may; a new route is for a person's alone. `while_locked`: in a locked session too.
    """

    roles: frozenset[Role]
    own: Literal["shelter", "place"] | None = None
    public: bool = False
    sessions: frozenset[SessionKind] = PERSONAL
    while_locked: bool = False
    of_all: frozenset[Role] = frozenset()


PUBLIC = Rule(frozenset(), public=True)
EVERYBODY = Rule(ANYONE, sessions=EVERY_SESSION)
AT_WORK = Rule(ANYONE, sessions=WORKING)
SIGNED_IN = Rule(ANYONE, sessions=EVERY_SESSION, while_locked=True)
SEEKING = Rule(SEEKERS)
KNOWING_SHELTERS = Rule(KNOWING | {"policy"})
SEEKING_OR_REPORTING = Rule(SEEKERS | REPORTERS)
LIVE = Rule(ANYONE - {"machine"}, sessions=EVERY_SESSION, while_locked=True)
WAKEABLE = Rule(SEEKERS | SHELTER, sessions=WORKING)
DESK = Rule(frozenset({"desk"}))
POLICE = Rule(frozenset({"police"}))
LOOKING_BACK = Rule(frozenset({"desk"}))  # on the whole board as it stood; a place that was free minutes ago may be free now
AUDITOR = Rule(frozenset({"auditor"}))
OF_SHELTERS = Rule(SHELTER, sessions=WORKING)
OWN_SHELTER = Rule(SHELTER, own="shelter", sessions=WORKING)
FIGURES = Rule(frozenset({"manager", "desk", "policy"}))
HELPING = Rule(frozenset({"manager", "desk", "admin"}))
MANAGERS = Rule(frozenset({"manager"}))
OWN_MANAGER = Rule(frozenset({"manager"}), own="shelter")
OF_PERSON = Rule(ANYONE - {"machine", "staff"})  # staff have one role
ADMIN = Rule(frozenset({"admin"}))
MANAGING = Rule(frozenset({"admin", "manager"}))
MANAGED_SHELTER = Rule(frozenset({"admin", "manager"}), own="shelter", of_all=frozenset({"admin"}))
OWN_REPORTING = Rule(REPORTERS, own="shelter")
OWN_PLACE_REPORTING = Rule(REPORTERS, own="place")


def check_access(rule: Rule, actor: Actor | None) -> None:
    """Refuse an actor that may not use the route.

    Refusals: SignInNeeded without an actor, Locked, NotAllowed for another role or kind of session.
    """
    if rule.public:
        return
    if actor is None:
        raise SignInNeeded("sign_in_needed")
    if actor.is_locked and not rule.while_locked:
        raise Locked("session_locked")
    if actor.role not in rule.roles:
        raise NotAllowed("not_your_role")
    if actor.session not in rule.sessions:
        raise NotAllowed(f"{actor.session}_session")


def check_scope(scope: Scope | Literal["any"] | None, actor: Actor | None) -> None:
    """Refuse a program whose token lacks this scope. "any": every token will do; None: no program calls this.

    Refusal: NotAllowed `scope_missing`, with the scope.
    """
    if actor is not None and actor.kind == "client" and scope not in ("any", None, *actor.scopes):
        raise NotAllowed("scope_missing", scope=scope)


def check_own(actor: Actor, shelter_id: str) -> None:
    """Refuse a stranger to the shelter with NotFound, so that nobody can learn which shelters exist."""
    if shelter_id not in actor.shelter_ids:
        raise NotFound("no_such_shelter")


def sees_all(actor: Actor) -> bool:
    """Return whether the actor sees the live occupancy of every shelter."""
    return actor.role in SEEKERS
