"""The review by the OWASP ASVS: every number of levels 1 and 2 has a row with an answer."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

PAPER = Path(__file__).parents[2] / "docs" / "asvs.md"
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([a-z/ ]+) \| (.+) \|$", re.MULTILINE)
ANSWERS = {"met", "deploy", "partly", "not met", "n/a"}

# The levels of the requirements of each section of version 5.0.0, in their order, from
# https://github.com/OWASP/ASVS/blob/master/5.0/docs_en/OWASP_Application_Security_Verification_Standard_5.0.0_en.csv
LEVELS = """
1.1:22 1.2:1111122223 1.3:112222222223 1.4:222 1.5:123
2.1:122 2.2:112 2.3:12223 2.4:23
3.1:3 3.2:113 3.3:12223 3.4:11222233 3.5:11122333 3.6:3 3.7:22333
4.1:12233 4.2:23333 4.3:22 4.4:1222
5.1:2 5.2:112333 5.3:113 5.4:222
6.1:122 6.2:111111112222 6.3:11223333 6.4:112233 6.5:22222333 6.6:2223 6.7:33 6.8:2222
7.1:222 7.2:1111 7.3:22 7.4:11222 7.5:223 7.6:22
8.1:1233 8.2:1123 8.3:133 8.4:23
9.1:111 9.2:1222
10.1:22 10.2:223 10.3:22223 10.4:1111122222233333 10.5:22222 10.6:22 10.7:222
11.1:2233 11.2:22233 11.3:11233 11.4:1222 11.5:23 11.6:23 11.7:33
12.1:12233 12.2:11 12.3:22223
13.1:2333 13.2:222223 13.3:2233 13.4:1222233
14.1:22 14.2:12223333 14.3:122
15.1:12233 15.2:12233 15.3:1222222 15.4:3333
16.1:2 16.2:22222 16.3:2222 16.4:222 16.5:2223
17.1:23 17.2:22223333 17.3:22
"""


def requirements() -> Iterator[tuple[str, str]]:
    """Yield each number with its level."""
    for section in LEVELS.split():
        name, _, levels = section.partition(":")
        yield from ((f"{name}.{at}", level) for at, level in enumerate(levels, 1))


def test_the_numbers_are_those_of_the_standard() -> None:
    assert Counter(level for _, level in requirements()) == {"1": 70, "2": 183, "3": 92}


def test_every_number_of_levels_1_and_2_has_one_row_with_its_level() -> None:
    rows = [(number, level) for number, level, *_ in ROW.findall(PAPER.read_text(encoding="utf-8"))]
    assert rows == [(number, level) for number, level in requirements() if level != "3"]


def test_every_row_has_an_answer_and_says_where_or_why() -> None:
    rows = ROW.findall(PAPER.read_text(encoding="utf-8"))
    assert {"met"} < {answer for _, _, answer, _ in rows} <= ANSWERS
    assert [number for number, _, answer, why in rows if len(why) < 5 or (answer == "not met" and len(why) < 40)] == []
