"""Worked cases of fit: needs, and places that answer otherwise than their house."""

from tests.rules.fit_cases.words import Case

SITUATIONS: tuple[Case, ...] = (
    # Needs
    Case(
        "a woman with multiple problems",
        "an OMM place",
        "fits",
        "woman yes, lvb yes, psychiatric yes, addiction yes, min_age yes 18, max_adults yes 1, size yes 1",
    ),
    Case(
        "a woman with multiple problems",
        "a women's shelter",
        "excluded",
        "woman yes, lvb discuss, psychiatric discuss, addiction no, size yes 1",
    ),
    Case(
        "a woman with multiple problems",
        "a COSM place",
        "excluded",
        "woman yes, lvb no, psychiatric discuss, addiction no, min_age yes 18, size yes 1",
    ),
    Case(
        "a woman with multiple problems",
        "a house that has said nothing yet",
        "discuss",
        "woman unknown, lvb unknown, psychiatric unknown, addiction unknown, size yes 1",
    ),
    Case(
        "a woman with multiple problems",
        "a house that takes nobody",
        "excluded",
        "woman no, lvb no, psychiatric no, addiction no, size yes 1",
    ),
    Case(
        "a man with an addiction", "a house that discusses everything", "discuss", "man discuss, addiction discuss, size yes 1"
    ),
    Case("a pregnant woman", "a women's shelter", "fits", "woman yes, pregnant yes, size yes 1"),
    Case(
        "a pregnant woman in a wheelchair who is ill",
        "a house that takes everybody",
        "fits",
        "woman yes, medical yes, pregnant yes, wheelchair yes, size yes 1",
    ),
    Case(
        "a pregnant woman in a wheelchair who is ill",
        "an OMM place",
        "discuss",
        "woman yes, medical discuss, pregnant discuss, wheelchair yes, min_age yes 18, max_adults yes 1, size yes 1",
    ),
    Case(
        "a pregnant woman in a wheelchair who is ill",
        "a COSM place",
        "discuss",
        "woman yes, medical unknown, pregnant unknown, wheelchair unknown, min_age yes 18, size yes 1",
    ),
    Case(
        "a pregnant woman in a wheelchair who is ill",
        "a house that takes nobody",
        "excluded",
        "woman no, medical no, pregnant no, wheelchair no, size yes 1",
    ),
    Case(
        "a woman in a wheelchair",
        "a house that discusses everything",
        "discuss",
        "woman discuss, wheelchair discuss, size yes 1",
    ),
    Case(
        "a woman who has stopped using and has a dog",
        "a women's shelter",
        "excluded",
        "woman yes, recovering discuss, pets no, size yes 1",
    ),
    Case(
        "a woman who has stopped using and has a dog",
        "an OMM place",
        "discuss",
        "woman yes, recovering yes, pets unknown, min_age yes 18, max_adults yes 1, size yes 1",
    ),
    Case(
        "a woman who has stopped using and has a dog",
        "a house that takes everybody",
        "fits",
        "woman yes, recovering yes, pets yes, size yes 1",
    ),
    Case(
        "a woman who has stopped using and has a dog",
        "a house that discusses everything",
        "discuss",
        "woman discuss, recovering discuss, pets discuss, size yes 1",
    ),
    Case(
        "a woman who has stopped using and has a dog",
        "a house that takes nobody",
        "excluded",
        "woman no, recovering no, pets no, size yes 1",
    ),
    Case(
        "a woman who has stopped using and has a dog",
        "a house that has said nothing yet",
        "discuss",
        "woman unknown, recovering unknown, pets unknown, size yes 1",
    ),
    Case("a woman who will not live among men", "a women's shelter", "fits", "woman yes, women_only yes, size yes 1"),
    Case(
        "a woman who will not live among men",
        "an OMM place",
        "discuss",
        "woman yes, women_only unknown, min_age yes 18, max_adults yes 1, size yes 1",
    ),
    Case(
        "a woman who will not live among men",
        "a house that discusses everything",
        "discuss",
        "woman discuss, women_only discuss, size yes 1",
    ),
    Case("a woman who will not live among men", "a house that takes nobody", "excluded", "woman no, women_only no, size yes 1"),
    # A place of its own kind within the house: its own answers go first, and about the rest the house is asked
    Case("a woman in a wheelchair", "a women's shelter", "excluded", "woman yes, wheelchair no, size yes 1"),
    Case(
        "a woman in a wheelchair", "a room without steps in a women's shelter", "fits", "woman yes, wheelchair yes, size yes 1"
    ),
    Case("a man", "a room without steps in a women's shelter", "excluded", "man no, size yes 1"),
    Case(
        "a woman with a baby",
        "a room for women only in a women's shelter",
        "excluded",
        "woman yes, child_0_3 no, size yes 2",
    ),
    Case("a pregnant woman", "a room for women only in a women's shelter", "fits", "woman yes, pregnant yes, size yes 1"),
    Case(
        "a father with a child of 6",
        "a women's shelter's room for fathers",
        "fits",
        "man yes, child_4_11 yes, size yes 2",
    ),
    Case(
        "a man with an addiction", "a women's shelter's room for fathers", "discuss", "man yes, addiction discuss, size yes 1"
    ),
)
