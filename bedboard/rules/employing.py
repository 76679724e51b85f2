"""The roles that can be had at an organization: with its shelters, and with the roles in which it looks for places.

An organization looks for places in the roles for which it has a number to be called back: a shelter that is asked must be
able to call.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from bedboard.rules.access import SEEKERS, SHELTER
from bedboard.rules.managing import Group
from bedboard.rules.refusals import Conflict, FieldError, Invalid


def check_roles(
    new: Group,
    further: Collection[Group],
    run_by: Mapping[str, str],
    callbacks: Collection[str],
    *,
    of_shelters: str = "shelters",
) -> None:
    """Refuse a role that cannot be had; Invalid names each wrong field.

    `new`: the organization and the role that are given; `further`: the other roles of the same person. `run_by`: the shelters
    for which the person works, with the organization that runs each. `callbacks`: the roles for which the new organization
    has a number. `of_shelters`: the field of the form that says the shelters.
    """
    organization_id, role = new
    employers = {organization for organization, one in (new, *further) if one in SHELTER}
    wrong = []
    if employers and not run_by:
        wrong.append(FieldError(of_shelters, "shelter_needed"))
    elif run_by and not employers:
        wrong.append(FieldError(of_shelters, "only_for_shelter_roles"))
    elif role in SHELTER and organization_id not in run_by.values():
        wrong.append(FieldError("organization", "runs_other_shelters"))
    elif employers and not employers.issuperset(run_by.values()):
        wrong.append(FieldError(of_shelters, "run_by_other"))
    if wrong:
        raise Invalid(*wrong)
    check_seeks(role, callbacks)


def can_seek(role: str, callbacks: Collection[str]) -> bool:
    """Return whether the role can be had where these roles have a number: one that looks for no places needs none."""
    return role not in SEEKERS or role in callbacks


def check_seeks(role: str, callbacks: Collection[str]) -> None:
    """Refuse a role in which an organization looks for no places, of a person or a program. Refusal: Invalid `organization`."""
    if not can_seek(role, callbacks):
        raise Invalid(FieldError("organization", "no_callback"))


def check_living(ended_at: datetime | None, merged_into: str | None) -> None:
    """Refuse to change or merge an organization that has ended.

    Refusals: Conflict `organization_merged`, `organization_ended`.
    """
    if merged_into is not None:
        raise Conflict("organization_merged")
    if ended_at is not None:
        raise Conflict("organization_ended")


def check_callbacks(before: Collection[str], after: Collection[str], in_use: Collection[str]) -> None:
    """Refuse to take away the number of a role in which somebody or something acts; Invalid names each field."""
    gone = [role for role in sorted(set(before) - set(after)) if role in in_use]
    if gone:
        raise Invalid(*(FieldError(f"telephone_{role}", "callback_in_use") for role in gone))
