"""Who may do what: the roles, and the rules of access that the rows of `routes/table.py` name."""

from dataclasses import dataclass
from typing import Literal

from bedboard.rules.refusals import NotAllowed, NotFound, SignInNeeded

Role = Literal["staff", "manager", "coordinator", "police", "desk", "admin", "auditor", "machine"]

ROLES: tuple[Role, ...] = ("staff", "manager", "coordinator", "police", "desk", "admin", "auditor", "machine")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking: a signed-in person or an API client.

    `id` is the person's or the client's; `shelter_ids` are those the actor works for (staff, manager, machine), empty for
    the others. `language` None follows the device.
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
        """Unlike `id` never the same for a person and a client."""
        return f"{self.kind}:{self.id}"


ANYONE: frozenset[Role] = frozenset(ROLES)
SEEKERS: frozenset[Role] = frozenset({"coordinator", "police", "desk"})  # who look for a place, so see every shelter
SHELTER: frozenset[Role] = frozenset({"staff", "manager"})
REPORTERS: frozenset[Role] = SHELTER | {"machine"}
OVERSEERS: frozenset[Role] = frozenset({"admin", "auditor"})  # know which shelters there are, not what is free in them


@dataclass(frozen=True, slots=True)
class Rule:
    """`roles` empty and `public` set: also without a session. `own`: the shelter named in the call must be the actor's."""

    roles: frozenset[Role]
    own: bool = False
    public: bool = False


PUBLIC = Rule(frozenset(), public=True)
EVERYBODY = Rule(ANYONE)
SEEKING = Rule(SEEKERS)
SEEKING_OR_REPORTING = Rule(SEEKERS | REPORTERS)
LIVE = Rule(SEEKERS | SHELTER)
DESK = Rule(frozenset({"desk"}))
POLICE = Rule(frozenset({"police"}))
OF_SHELTERS = Rule(SHELTER)
OWN_SHELTER = Rule(SHELTER, own=True)
OWN_MANAGER = Rule(frozenset({"manager"}), own=True)
OWN_REPORTING = Rule(REPORTERS, own=True)


def check_access(rule: Rule, actor: Actor | None) -> None:
    """Refusals: SignInNeeded without an actor, NotAllowed for another role."""
    if rule.public:
        return
    if actor is None:
        raise SignInNeeded("sign_in_needed")
    if actor.role not in rule.roles:
        raise NotAllowed("not_your_role")


def check_own(actor: Actor, shelter_id: str) -> None:
    """Refusal: NotFound, so that a stranger cannot learn which shelters exist."""
    if shelter_id not in actor.shelter_ids:
        raise NotFound("no_such_shelter")


def sees_all(actor: Actor) -> bool:
    """Sees the live occupancy of every shelter."""
    return actor.role in SEEKERS
