"""The roles that can be had at an organization, as a table."""

from collections.abc import Collection, Mapping

import pytest

from bedboard.rules.employing import check_callbacks, check_living, check_roles, check_seeks
from bedboard.rules.managing import Group
from bedboard.rules.refusals import Conflict, Invalid
from tests.build import NOW
from tests.build.rows import codes

OWN, OTHER = {"linde": "oever"}, {"linde": "oever", "eik": "kade"}


@pytest.mark.parametrize(
    ("new", "further", "run_by", "callbacks", "wrong"),
    [
        (("oever", "staff"), (), OWN, (), []),
        (("oever", "manager"), (), OWN, (), []),
        (("oever", "staff"), (), {}, (), [("shelters", "shelter_needed")]),
        (("oever", "staff"), (), OTHER, (), [("shelters", "run_by_other")]),
        (("kade", "manager"), (), OWN, (), [("organization", "runs_other_shelters")]),
        (("oever", "police"), (), {}, ("police",), []),
        (("oever", "police"), (), {}, (), [("organization", "no_callback")]),
        (("oever", "police"), (), {}, ("desk",), [("organization", "no_callback")]),
        (("oever", "police"), (), OWN, ("police",), [("shelters", "only_for_shelter_roles")]),
        (("oever", "auditor"), (), {}, (), []),
        # with further roles: the shelters are those of all of them
        (("unit", "police"), [("oever", "manager")], OWN, ("police",), []),
        (("unit", "police"), [("oever", "manager")], {}, ("police",), [("shelters", "shelter_needed")]),
        (("unit", "police"), [("oever", "manager")], OTHER, ("police",), [("shelters", "run_by_other")]),
        (("kade", "manager"), [("oever", "manager")], OTHER, (), []),
        (("kade", "manager"), [("oever", "manager")], OWN, (), [("organization", "runs_other_shelters")]),
    ],
)
def test_a_role_is_had_where_its_shelters_are_run_or_where_somebody_is_called_back(
    new: Group, further: Collection[Group], run_by: Mapping[str, str], callbacks: Collection[str], wrong: list[tuple[str, str]]
) -> None:
    if not wrong:
        return check_roles(new, further, run_by, callbacks)
    with pytest.raises(Invalid) as refusal:
        check_roles(new, further, run_by, callbacks)
    assert codes(refusal.value) == wrong


def test_a_program_looks_for_places_where_somebody_is_called_back() -> None:
    check_seeks("machine", ())
    check_seeks("police", ("police",))
    with pytest.raises(Invalid):
        check_seeks("police", ("coordinator",))


def test_the_number_of_a_role_stays_as_long_as_somebody_has_the_role() -> None:
    check_callbacks(("police", "desk"), ("police",), ("police",))
    with pytest.raises(Invalid) as refusal:
        check_callbacks(("police", "desk"), (), ("police", "staff"))
    assert codes(refusal.value) == [("telephone_police", "callback_in_use")]


def test_an_organization_that_has_ended_is_left_as_it_is() -> None:
    check_living(None, None)
    for ended_at, merged_into, code in ((NOW, None, "organization_ended"), (NOW, "kade", "organization_merged")):
        with pytest.raises(Conflict) as refusal:
            check_living(ended_at, merged_into)
        assert refusal.value.code == code
