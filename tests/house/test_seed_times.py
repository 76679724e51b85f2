"""A time in a seed file that is none is refused by the name of its key, before anything is loaded."""

from copy import deepcopy
from typing import Any

import pytest
from pydantic import ValidationError

from bedboard.schemas.seeds import SeedFile
from tests.build.seeds import Row, seeds

__all__ = ["seeds"]  # fixtures

HOURS_OF = "shelter.0.intake"
TIMES_OF = "shelter.0.confirm_times"
AGE_OF = "shelter.0.confirmed"
PLACE = "shelter.0.place.0"
DESK = "kind.0.desk_hours"

RIGHT: list[tuple[str, object]] = [
    *((HOURS_OF, hours) for hours in ("00:00-24:00", "08:00-20:59", "19:30-23:00")),
    *((TIMES_OF, times) for times in ([], ["00:00"], ["08:00", "19:05", "23:59"])),
    *((AGE_OF, age) for age in ("never", "0m", "25m", "3h", "2d")),
    *((DESK, hours) for hours in ("mon-fri 09:00-17:00", "sat-sun 22:00-06:00", "00:00-24:00")),
    (f"{PLACE}.since", "400d"),
    (f"{PLACE}.expected_free", "in 2h"),
]
WRONG: list[tuple[str, object]] = [
    *((HOURS_OF, hours) for hours in ("8:00-24:00", "00:00", "24:00-24:00", "08:60-20:00", "08:00-24:01", "99:99-99:99")),
    *((HOURS_OF, hours) for hours in ("08:00 - 20:00", "00:00-24:00\n", "0٨:00-20:00", "", 8)),
    *((TIMES_OF, ["08:00", time]) for time in ("8:00", "24:00", "08:60", "08:00:00", "08.00", "0٨:00", "08:00\n", "", 8)),
    (TIMES_OF, "08:00"),
    *((DESK, hours) for hours in ("ma-vr 09:00-17:00", "mon 09:00-17:00", "mon-fri", "mon-fri 9:00-17:00", "0٨:00-20:00")),
    *((DESK, hours) for hours in ("", 9)),
    *((AGE_OF, age) for age in ("2 h", "2w", "h", "-2h", "1.5h", "tomorrow", "99999999999d", "٣h", "2h\n", "", 2)),
    *((f"{PLACE}.since", age) for age in ("2", "9" * 400 + "h", {"h": 2})),
    *((f"{PLACE}.expected_free", age) for age in ("in 2 h", "in", "in 99999999999d", "2026-03-11", True)),
]


def put(seeds: Row, key: str, value: object) -> Row:
    """A copy of the seeds with another value at one key."""
    copy = deepcopy(seeds)
    part: Any = copy
    *way, last = key.split(".")
    for step in way:
        part = part[int(step) if step.isdigit() else step]
    part[last] = value
    return copy


@pytest.mark.parametrize(("key", "value"), RIGHT)
def test_a_time_is_taken(seeds: Row, key: str, value: object) -> None:
    SeedFile.model_validate(put(seeds, key, value))


@pytest.mark.parametrize(("key", "value"), WRONG, ids=lambda value: repr(value)[:24])
def test_a_time_that_is_none_is_refused_by_the_name_of_its_key(seeds: Row, key: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        SeedFile.model_validate(put(seeds, key, value))
    named = {".".join(map(str, error["loc"])) for error in refused.value.errors()}
    assert named
    assert all(name.startswith(key) for name in named), named
