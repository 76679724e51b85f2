"""The tests, by level; the parts that they share stand in `tests.build`."""

import pytest

pytest.register_assert_rewrite("tests.build")  # a failed assertion in a helper then says what it saw
