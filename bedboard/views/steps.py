"""Long work in steps, between which others may go first."""

from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

Result = TypeVar("Result")
One = TypeVar("One")

Steps = Generator[None, None, Result]
"""Work that pauses after each step, and returns its result at its end."""


def finish(steps: Steps[Result]) -> Result:
    """Do all steps without a pause, and return the result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result


def any_of(many: Iterable[One], is_so: Callable[[One], object]) -> Steps[bool]:
    """Return whether it is so for any of these, one step for each."""
    for one in many:
        if is_so(one):
            return True
        yield
    return False
