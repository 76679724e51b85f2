"""The viewer on a seat of the hub, as `live/` knows it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bedboard.store.people import ActiveToken


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person's page or a program, with the session or token that lets it stay.

    `shelter`: the single shelter on the page; None for every other page. `key`: the person (`Actor.key`), for own news; None
    for a program. Both hear news of colleagues, of the same `organization` and role. `shelters`: the shelters whose cases the
    person hears of, besides `shelter`. `is_locked`: the session was locked when the viewer came, so it gets no content.
    """

    token_hash: bytes
    role: str
    shelter: str | None
    key: str | None = None
    organization: str | None = None
    shelters: frozenset[str] = frozenset()
    is_locked: bool = False

    def may_stay(self, alive: Mapping[bytes, ActiveToken]) -> bool:
        """Return whether the session is alive, in the same role, and still gives access to the shelter on the page."""
        now = alive.get(self.token_hash)
        return now is not None and now.role == self.role and (self.shelter is None or self.shelter in now.shelter_ids)

    def has_turned(self, alive: Mapping[bytes, ActiveToken]) -> bool:
        """Return whether the session was locked or unlocked since the viewer came."""
        now = alive.get(self.token_hash)
        return now is not None and now.is_locked != self.is_locked
