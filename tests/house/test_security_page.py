"""docs/security.md says what the role that serves may delete, table by table."""

import re
from pathlib import Path

from bedboard.migrations.rights import RIGHTS


def test_the_page_names_every_table_from_which_the_web_role_may_delete() -> None:
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    found = re.search(r"The web role may delete from (.*?), because these rows pass", page, re.DOTALL)
    assert found is not None
    assert set(re.findall(r"`(\w+)`", found[1])) == {table for table, may in RIGHTS.items() if "delete" in may}
