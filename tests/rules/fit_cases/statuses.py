"""Worked cases of fit: status and exploitation."""

from tests.rules.fit_cases.words import Case

STATUSES: tuple[Case, ...] = (
    # Status and exploitation
    Case(
        "a Nigerian woman, sexually exploited",
        "a COSM place",
        "fits",
        "woman yes, third_country yes, sexual yes, min_age yes 18, size yes 1",
    ),
    Case(
        "a Nigerian woman, sexually exploited",
        "a women's shelter",
        "discuss",
        "woman yes, third_country discuss, sexual yes, size yes 1",
    ),
    Case(
        "a Nigerian woman, sexually exploited",
        "a studio for four workers",
        "excluded",
        "woman discuss, third_country yes, sexual no, min_age yes 18, max_adults yes 4, size yes 1",
    ),
    Case(
        "a Nigerian woman, sexually exploited",
        "a house that takes nobody",
        "excluded",
        "woman no, third_country no, sexual no, size yes 1",
    ),
    Case(
        "a Nigerian woman, sexually exploited",
        "a house that has said nothing yet",
        "discuss",
        "woman unknown, third_country unknown, sexual unknown, size yes 1",
    ),
    Case(
        "a Nigerian woman, sexually exploited",
        "a house that discusses everything",
        "discuss",
        "woman discuss, third_country discuss, sexual discuss, size yes 1",
    ),
    Case(
        "a Bulgarian man, exploited at work",
        "a COSM place",
        "excluded",
        "man no, eu no, labour yes, min_age yes 18, size yes 1",
    ),
    Case(
        "a Bulgarian man, exploited at work",
        "a studio for four workers",
        "fits",
        "man yes, eu yes, labour yes, min_age yes 18, max_adults yes 4, size yes 1",
    ),
    Case(
        "a Bulgarian man, exploited at work",
        "an OMM place",
        "discuss",
        "man yes, eu yes, labour unknown, min_age yes 18, max_adults yes 1, size yes 1",
    ),
    Case(
        "a Bulgarian man, exploited at work",
        "a house that discusses everything",
        "discuss",
        "man discuss, eu discuss, labour discuss, size yes 1",
    ),
    Case(
        "a Bulgarian man, exploited at work",
        "a house that takes nobody",
        "excluded",
        "man no, eu no, labour no, size yes 1",
    ),
    Case(
        "a Bulgarian man, exploited at work",
        "a house that has said nothing yet",
        "discuss",
        "man unknown, eu unknown, labour unknown, size yes 1",
    ),
    Case(
        "a Dublin claimant, made to steal", "a women's shelter", "excluded", "man no, dublin no, criminal discuss, size yes 1"
    ),
    Case(
        "a Dublin claimant, made to steal",
        "a studio for four workers",
        "fits",
        "man yes, dublin yes, criminal yes, min_age yes 18, max_adults yes 4, size yes 1",
    ),
    Case(
        "a Dublin claimant, made to steal",
        "an OMM place",
        "discuss",
        "man yes, dublin discuss, criminal unknown, min_age yes 18, max_adults yes 1, size yes 1",
    ),
    Case(
        "a Dublin claimant, made to steal",
        "a house that has said nothing yet",
        "discuss",
        "man unknown, dublin unknown, criminal unknown, size yes 1",
    ),
    Case(
        "a Dublin claimant, made to steal",
        "a house that takes nobody",
        "excluded",
        "man no, dublin no, criminal no, size yes 1",
    ),
    Case(
        "a woman without papers, kept as a slave",
        "a COSM place",
        "discuss",
        "woman yes, undocumented discuss, other_exploitation yes, min_age yes 18, size yes 1",
    ),
    Case(
        "a woman without papers, kept as a slave",
        "a studio for four workers",
        "discuss",
        "woman discuss, undocumented yes, other_exploitation discuss, min_age yes 18, max_adults yes 4, size yes 1",
    ),
    Case(
        "a woman without papers, kept as a slave",
        "a women's shelter",
        "excluded",
        "woman yes, undocumented no, other_exploitation yes, size yes 1",
    ),
    Case(
        "a woman without papers, kept as a slave",
        "a house that takes nobody",
        "excluded",
        "woman no, undocumented no, other_exploitation no, size yes 1",
    ),
    Case(
        "a woman without papers, kept as a slave",
        "a house that has said nothing yet",
        "discuss",
        "woman unknown, undocumented unknown, other_exploitation unknown, size yes 1",
    ),
    Case("a woman in her reflection period", "a COSM place", "fits", "woman yes, reflection yes, min_age yes 18, size yes 1"),
    Case("a woman in her reflection period", "a women's shelter", "discuss", "woman yes, reflection discuss, size yes 1"),
    Case("a woman in her reflection period", "a house that takes nobody", "excluded", "woman no, reflection no, size yes 1"),
    Case(
        "a woman in her reflection period",
        "an OMM place",
        "discuss",
        "woman yes, reflection unknown, min_age yes 18, max_adults yes 1, size yes 1",
    ),
    Case("a woman with a permit as a victim", "a women's shelter", "fits", "woman yes, b8 yes, size yes 1"),
    Case("a woman with a permit as a victim", "a COSM place", "discuss", "woman yes, b8 discuss, min_age yes 18, size yes 1"),
    Case("a woman with a permit as a victim", "a house that takes nobody", "excluded", "woman no, b8 no, size yes 1"),
    Case(
        "a woman with a permit as a victim",
        "a house that has said nothing yet",
        "discuss",
        "woman unknown, b8 unknown, size yes 1",
    ),
    Case("a Dutch woman", "a women's shelter", "fits", "woman yes, dutch yes, size yes 1"),
    Case("a Dutch woman", "a COSM place", "excluded", "woman yes, dutch no, min_age yes 18, size yes 1"),
    Case("a Dutch woman", "a house that discusses everything", "discuss", "woman discuss, dutch discuss, size yes 1"),
    Case("a Dutch woman", "a house that has said nothing yet", "discuss", "woman unknown, dutch unknown, size yes 1"),
    Case(
        "a man who was underpaid and threatened",
        "a studio for four workers",
        "fits",
        "man yes, serious_wrong yes, min_age yes 18, max_adults yes 4, size yes 1",
    ),
    Case(
        "a man who was underpaid and threatened",
        "a COSM place",
        "excluded",
        "man no, serious_wrong no, min_age yes 18, size yes 1",
    ),
    Case(
        "a man who was underpaid and threatened",
        "a house that discusses everything",
        "discuss",
        "man discuss, serious_wrong discuss, size yes 1",
    ),
    Case(
        "a man who was underpaid and threatened",
        "a house that has said nothing yet",
        "discuss",
        "man unknown, serious_wrong unknown, size yes 1",
    ),
    # Several statuses at once: the house answers each
    Case(
        "a Dublin claimant in her reflection period",
        "a COSM place",
        "discuss",
        "woman yes, dublin discuss, reflection yes, min_age yes 18, size yes 1",
    ),
    Case(
        "a Dublin claimant in her reflection period",
        "a women's shelter",
        "excluded",
        "woman yes, dublin no, reflection discuss, size yes 1",
    ),
    Case(
        "a Dublin claimant in her reflection period",
        "a house that takes everybody",
        "fits",
        "woman yes, dublin yes, reflection yes, size yes 1",
    ),
)
