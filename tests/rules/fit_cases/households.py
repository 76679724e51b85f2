"""Worked cases of fit: adults, children, minors alone, and groups."""

from tests.rules.fit_cases.words import Case

HOUSEHOLDS: tuple[Case, ...] = (
    # Nothing said: every place is one
    Case("somebody", "a women's shelter", "fits", "size yes 1"),
    Case("somebody", "a house that takes nobody", "fits", "size yes 1"),
    Case("somebody", "a house that has said nothing yet", "fits", "size yes 1"),
    Case("somebody", "from 18 years", "fits", "size yes 1"),
    # Adults
    Case("a woman", "a women's shelter", "fits", "woman yes, size yes 1"),
    Case("a man", "a women's shelter", "excluded", "man no, size yes 1"),
    Case("somebody who is neither", "a women's shelter", "discuss", "other_gender discuss, size yes 1"),
    Case("a couple", "a women's shelter", "excluded", "woman yes, man no, size yes 2"),
    Case("a man", "an OMM place", "fits", "man yes, min_age yes 18, max_adults yes 1, size yes 1"),
    Case("a woman", "a house that has said nothing yet", "discuss", "woman unknown, size yes 1"),
    Case("a couple", "a house that has said nothing yet", "discuss", "woman unknown, man unknown, size yes 2"),
    Case("a couple", "a house that discusses everything", "discuss", "woman discuss, man discuss, size yes 2"),
    Case("a woman", "a house that takes nobody", "excluded", "woman no, size yes 1"),
    # Children
    Case("a woman with a baby", "a women's shelter", "fits", "woman yes, child_0_3 yes, size yes 2"),
    Case("a woman with a child of 6", "a women's shelter", "fits", "woman yes, child_4_11 yes, size yes 2"),
    Case("a woman with a daughter of 14", "a women's shelter", "discuss", "woman yes, child_12_17 discuss, size yes 2"),
    Case("a woman with a son of 14", "a women's shelter", "discuss", "woman yes, boy_12_17 discuss, size yes 2"),
    Case("a father with a child of 6", "a women's shelter", "excluded", "man no, child_4_11 yes, size yes 2"),
    Case("a woman with a baby", "a COSM place", "discuss", "woman yes, child_0_3 discuss, min_age yes 18, size yes 2"),
    Case(
        "a woman with four children",
        "a house that takes everybody",
        "fits",
        "woman yes, child_0_3 yes, child_4_11 yes, child_12_17 yes, boy_12_17 yes, size yes 5",
    ),
    Case(
        "a woman with four children",
        "a house that has said nothing yet",
        "discuss",
        "woman unknown, child_0_3 unknown, child_4_11 unknown, child_12_17 unknown, boy_12_17 unknown, size yes 5",
    ),
    Case(
        "a woman with four children",
        "a house that takes nobody",
        "excluded",
        "woman no, child_0_3 no, child_4_11 no, child_12_17 no, boy_12_17 no, size yes 5",
    ),
    Case(
        "a father with a child of 6",
        "a house that discusses everything",
        "discuss",
        "man discuss, child_4_11 discuss, size yes 2",
    ),
    # Minors alone
    Case("a girl of 15 alone", "a women's shelter", "excluded", "child_12_17 discuss, minor_alone no, size yes 1"),
    Case(
        "a girl of 15 alone",
        "a youth home",
        "fits",
        "child_12_17 yes, minor_alone yes, min_age yes 12, max_age yes 17, size yes 1",
    ),
    Case(
        "a boy of 16 alone",
        "a youth home",
        "fits",
        "boy_12_17 yes, minor_alone yes, min_age yes 12, max_age yes 17, size yes 1",
    ),
    Case(
        "a child of 8 alone",
        "a youth home",
        "excluded",
        "child_4_11 no, minor_alone yes, min_age no 12, max_age yes 17, size yes 1",
    ),
    Case("a minor alone", "a youth home", "discuss", "minor_alone yes, min_age discuss 12, max_age yes 17, size yes 1"),
    Case("a minor alone", "a COSM place", "excluded", "minor_alone no, min_age no 18, size yes 1"),
    Case("a minor alone", "a house that discusses everything", "discuss", "minor_alone discuss, size yes 1"),
    Case("a minor alone", "a house that has said nothing yet", "discuss", "minor_alone unknown, size yes 1"),
    Case("a woman", "a youth home", "excluded", "woman no, min_age yes 12, max_age no 17, size yes 1"),
    Case(
        "a girl of 16 with her baby",
        "a youth home",
        "discuss",
        "child_0_3 discuss, child_12_17 yes, minor_alone yes, min_age yes 12, max_age yes 17, size yes 2",
    ),
    Case(
        "a girl of 16 with her baby",
        "a house that takes everybody",
        "fits",
        "child_0_3 yes, child_12_17 yes, minor_alone yes, size yes 2",
    ),
    Case(
        "a girl of 16 with her baby",
        "0 children at most",
        "excluded",
        "child_0_3 yes, child_12_17 yes, minor_alone yes, max_children no 0, size yes 2",
    ),
    # Groups
    Case("a group of five", "a women's shelter", "excluded", "group no, size no 5"),
    Case("a group of five", "a house that takes everybody", "fits", "group yes, size yes 5"),
    Case("a group of five", "a house that discusses everything", "discuss", "group discuss, size yes 5"),
    Case("a group of five", "a house that has said nothing yet", "discuss", "group unknown, size yes 5"),
    Case("a group of five", "a room for four and a cot", "excluded", "group yes, size no 5"),
    Case("a group of five with a baby", "a room for four and a cot", "fits", "child_0_3 yes, group yes, size yes 5"),
    Case("a group of two, who are neither", "a house that takes everybody", "fits", "other_gender yes, group yes, size yes 2"),
    Case(
        "a group of two, who are neither",
        "a house that has said nothing yet",
        "discuss",
        "other_gender unknown, group unknown, size yes 2",
    ),
    Case("a group of two, who are neither", "a house that takes nobody", "excluded", "other_gender no, group no, size yes 2"),
    Case(
        "four Romanian men",
        "a studio for four workers",
        "fits",
        "man yes, group yes, eu yes, labour yes, min_age yes 18, max_adults yes 4, language yes, size yes 4",
    ),
    Case(
        "four Romanian men",
        "an OMM place",
        "excluded",
        "man yes, group no, eu yes, labour unknown, min_age yes 18, max_adults no 1, language unknown, size no 4",
    ),
)
