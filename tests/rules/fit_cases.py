"""Worked cases of fit, to be read by people who place victims: the people, the answers of the house, and the verdict.

`reasons` is everything that is said about the place, in this order: the people, the limits, when they arrive, their
languages, the size for how many people, and the police unit. Somebody who disagrees with a line has found a fault in the rules.
"""

from typing import NamedTuple

from bedboard.rules.fit import Fit, Profile, Terms, make_terms


class House(NamedTuple):
    """A place and what its shelter says about whom it takes there."""

    terms: Terms
    beds: int
    cots: int
    unit: str


class Case(NamedTuple):
    who: str
    where: str
    verdict: Fit
    reasons: str


def clock(at: str) -> int:
    """Minutes since midnight of "09:30"."""
    hours, minutes = at.split(":")
    return int(hours) * 60 + int(minutes)


def house(
    yes: str = "",
    discuss: str = "",
    no: str = "",
    *,
    beds: int = 1,
    cots: int = 0,
    unit: str = "amsterdam",
    intake: str = "00:00-24:00",
    languages: str = "",
    **limits: int,
) -> House:
    """house("woman pregnant", no="man", beds=2, oldest_son=12): a criterion in none of the three lists is unknown."""
    answers = {"yes": yes, "discuss": discuss, "no": no}
    criteria = {name: answer for answer, names in answers.items() for name in names.split()}
    opens, closes = intake.split("-")
    return House(make_terms(criteria, limits, (clock(opens), clock(closes)), languages.split()), beds, cots, unit)


def but(whole: House, yes: str = "", discuss: str = "", no: str = "", **size: int) -> House:
    """One place of that house which says something else, as far as it says anything."""
    own = house(yes, discuss, no).terms.criteria
    terms = whole.terms
    merged = make_terms({**terms.criteria, **own}, terms.limits, terms.intake, terms.languages)
    return House(merged, size.get("beds", whole.beds), size.get("cots", whole.cots), whole.unit)


# ---- who

PEOPLE: dict[str, Profile] = {
    "somebody": Profile(),
    "a woman": Profile(woman=1),
    "a man": Profile(man=1),
    "somebody who is neither": Profile(other_gender=1),
    "a couple": Profile(woman=1, man=1),
    "two sisters and their mother": Profile(woman=3),
    "a woman with a baby": Profile(woman=1, child_0_3=1),
    "a woman with a baby and a toddler": Profile(woman=1, child_0_3=2),
    "a woman with a child of 6": Profile(woman=1, child_4_11=1),
    "a woman with a baby and a child of 6": Profile(woman=1, child_0_3=1, child_4_11=1),
    "a woman with two children of 5 and 9": Profile(woman=1, child_4_11=2),
    "a woman with three children": Profile(woman=1, child_0_3=1, child_4_11=1, child_12_17=1),
    "a woman with four children": Profile(woman=1, child_0_3=1, child_4_11=1, child_12_17=1, boy_12_17=1),
    "a woman with a daughter of 14": Profile(woman=1, child_12_17=1),
    "a woman with a son of 14": Profile(woman=1, boy_12_17=1),
    "a father with a child of 6": Profile(man=1, child_4_11=1),
    # minors without parents
    "a minor alone": Profile(minor_alone=True),
    "a child of 8 alone": Profile(minor_alone=True, child_4_11=1),
    "a girl of 15 alone": Profile(minor_alone=True, child_12_17=1),
    "a boy of 16 alone": Profile(minor_alone=True, boy_12_17=1),
    "a girl of 16 with her baby": Profile(minor_alone=True, child_12_17=1, child_0_3=1),
    # groups
    "a group of five": Profile(group=5),
    "a group of five with a baby": Profile(group=5, child_0_3=1),
    "four Romanian men": Profile(man=4, group=4, status="eu", exploitation="labour", languages=frozenset({"ro"})),
    "a group of two, who are neither": Profile(other_gender=2, group=2),
    # troubles and needs
    "a woman with multiple problems": Profile(woman=1, needs=frozenset({"lvb", "psychiatric", "addiction"})),
    "a man with an addiction": Profile(man=1, needs=frozenset({"addiction"})),
    "a pregnant woman in a wheelchair who is ill": Profile(woman=1, needs=frozenset({"wheelchair", "medical", "pregnant"})),
    "a pregnant woman": Profile(woman=1, needs=frozenset({"pregnant"})),
    "a woman in a wheelchair": Profile(woman=1, needs=frozenset({"wheelchair"})),
    # status and exploitation
    "a Nigerian woman, sexually exploited": Profile(woman=1, status="third_country", exploitation="sexual"),
    "a Bulgarian man, exploited at work": Profile(man=1, status="eu", exploitation="labour"),
    "a Dublin claimant, made to steal": Profile(man=1, status="dublin", exploitation="criminal"),
    "a woman without papers, kept as a slave": Profile(woman=1, status="undocumented", exploitation="other_exploitation"),
    "a woman in her reflection period": Profile(woman=1, status="reflection"),
    "a woman with a permit as a victim": Profile(woman=1, status="b8"),
    # when they arrive
    "a woman at 02:00": Profile(woman=1, arrives_after=clock("02:00")),
    "a woman at 07:30": Profile(woman=1, arrives_after=clock("07:30")),
    "a woman at 06:30": Profile(woman=1, arrives_after=clock("06:30")),
    "a woman at 17:00": Profile(woman=1, arrives_after=clock("17:00")),
    "a woman at 16:59": Profile(woman=1, arrives_after=clock("16:59")),
    "a woman at 23:30": Profile(woman=1, arrives_after=clock("23:30")),
    "a woman before 09:00": Profile(woman=1, arrives_before=clock("09:00")),
    "a woman before 10:00": Profile(woman=1, arrives_before=clock("10:00")),
    "a woman before 20:00": Profile(woman=1, arrives_before=clock("20:00")),
    "a woman before 01:00": Profile(woman=1, arrives_before=clock("01:00")),
    # languages
    "a woman who speaks Tigrinya": Profile(woman=1, languages=frozenset({"ti"})),
    "a woman who speaks Tigrinya and English": Profile(woman=1, languages=frozenset({"ti", "en"})),
    # where it is not safe
    "a woman, not safe in Amsterdam": Profile(woman=1, avoid=frozenset({"amsterdam"})),
    "a woman, not safe in The Hague and Rotterdam": Profile(woman=1, avoid=frozenset({"den-haag", "rotterdam"})),
    "a man, not safe in Amsterdam": Profile(man=1, avoid=frozenset({"amsterdam"})),
}

# ---- where

WOMENS = house(
    yes="woman child_0_3 child_4_11 eu b8 sexual other_exploitation pregnant medical",
    discuss="other_gender child_12_17 boy_12_17 third_country reflection labour criminal lvb psychiatric",
    no="man minor_alone group dublin undocumented addiction wheelchair",
    beds=2,
    cots=1,
)
COSM = house(
    yes="woman third_country reflection sexual labour other_exploitation",
    discuss="child_0_3 child_4_11 dublin undocumented b8 criminal psychiatric",
    no="man other_gender child_12_17 boy_12_17 minor_alone group eu addiction lvb",
    beds=1,
    cots=1,
    min_age=18,
)
OMM = house(
    yes="woman man other_gender lvb psychiatric addiction b8 eu third_country wheelchair",
    discuss="medical pregnant dublin undocumented",
    no="child_0_3 child_4_11 child_12_17 boy_12_17 minor_alone group",
    min_age=18,
    max_adults=1,
)
LABOUR = house(
    yes="man group eu third_country undocumented labour criminal dublin",
    discuss="woman other_gender other_exploitation medical",
    no="sexual child_0_3 child_4_11 minor_alone pregnant",
    beds=4,
    languages="nl ro bg pl",
    intake="09:00-17:00",
    min_age=18,
    max_adults=4,
)
YOUTH = house(
    yes="minor_alone child_12_17 boy_12_17 group third_country",
    discuss="child_0_3 pregnant",
    no="woman man other_gender child_4_11",
    beds=1,
    cots=1,
    min_age=12,
    max_age=17,
)
EVERYTHING = (
    "woman man other_gender child_0_3 child_4_11 child_12_17 boy_12_17 minor_alone group third_country eu dublin undocumented "
    "reflection b8 sexual labour criminal other_exploitation lvb psychiatric addiction medical pregnant wheelchair"
)

HOUSES: dict[str, House] = {
    "a women's shelter": WOMENS,
    "a single room in a women's shelter": but(WOMENS, beds=1, cots=0),
    "a room with a cot in a women's shelter": but(WOMENS, beds=1, cots=1),
    "a family room in a women's shelter": but(WOMENS, beds=4, cots=1),
    "a room without steps in a women's shelter": but(WOMENS, yes="wheelchair"),
    "a room for women only in a women's shelter": but(WOMENS, no="child_0_3 child_4_11"),
    "a women's shelter's room for fathers": but(WOMENS, yes="man", discuss="addiction"),
    "a COSM place": COSM,
    "an OMM place": OMM,
    "a studio for four workers": LABOUR,
    "a youth home": YOUTH,
    "a house that takes everybody": house(yes=EVERYTHING, beds=6),
    "a house that discusses everything": house(discuss=EVERYTHING, beds=6),
    "a house that takes nobody": house(no=EVERYTHING, beds=6),
    "a house that has said nothing yet": house(beds=6),
    **{f"from {n} years": house(yes=EVERYTHING, beds=6, min_age=n) for n in (4, 5, 8, 12, 13, 17, 18, 19, 21, 99)},
    **{f"up to {n} years": house(yes=EVERYTHING, beds=6, max_age=n) for n in (3, 11, 12, 16, 17, 18, 65, 120)},
    **{f"{n} adults at most": house(yes=EVERYTHING, beds=6, max_adults=n) for n in (0, 2, 3, 4)},
    **{f"{n} children at most": house(yes=EVERYTHING, beds=6, max_children=n) for n in (0, 2, 3, 4)},
    **{f"sons up to {n} years": house(yes=EVERYTHING, beds=6, oldest_son=n) for n in (11, 12, 16, 17)},
    "90 days at most": house(yes=EVERYTHING, longest_stay_days=90),
    "no sons of 12 and older, but up to 17 years": house("woman", no="boy_12_17", beds=2, oldest_son=17),
    **{
        f"intake {hours}": house("woman", intake=hours)
        for hours in ("09:00-17:00", "20:00-08:00", "22:00-02:00", "00:30-06:00")
    },
    "intake day and night": house("woman"),
    "they speak Dutch and English": house("woman", languages="nl en"),
    "they speak Dutch": house("woman", languages="nl"),
    "a room for two and three cots": house(yes=EVERYTHING, beds=2, cots=3),
    "a room for four and a cot": house(yes=EVERYTHING, beds=4, cots=1),
    "a room for one and two cots": house(yes=EVERYTHING, beds=1, cots=2),
    "a women's shelter in Rotterdam": WOMENS._replace(unit="rotterdam"),
}

# ---- what comes out

CASES: tuple[Case, ...] = (
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
    # The least age: of the head of the party; nobody asks how old an adult is
    Case("a woman", "from 17 years", "fits", "woman yes, min_age yes 17, size yes 1"),
    Case("a woman", "from 18 years", "fits", "woman yes, min_age yes 18, size yes 1"),
    Case("a woman", "from 19 years", "discuss", "woman yes, min_age discuss 19, size yes 1"),
    Case("a woman", "from 99 years", "discuss", "woman yes, min_age discuss 99, size yes 1"),
    Case("a woman with a baby", "from 21 years", "discuss", "woman yes, child_0_3 yes, min_age discuss 21, size yes 2"),
    Case("a woman with a baby", "from 18 years", "fits", "woman yes, child_0_3 yes, min_age yes 18, size yes 2"),
    Case("a girl of 15 alone", "from 8 years", "fits", "child_12_17 yes, minor_alone yes, min_age yes 8, size yes 1"),
    Case("a girl of 15 alone", "from 12 years", "fits", "child_12_17 yes, minor_alone yes, min_age yes 12, size yes 1"),
    Case("a girl of 15 alone", "from 13 years", "discuss", "child_12_17 yes, minor_alone yes, min_age discuss 13, size yes 1"),
    Case("a boy of 16 alone", "from 17 years", "discuss", "boy_12_17 yes, minor_alone yes, min_age discuss 17, size yes 1"),
    Case("a boy of 16 alone", "from 18 years", "excluded", "boy_12_17 yes, minor_alone yes, min_age no 18, size yes 1"),
    Case("a child of 8 alone", "from 4 years", "fits", "child_4_11 yes, minor_alone yes, min_age yes 4, size yes 1"),
    Case("a child of 8 alone", "from 5 years", "discuss", "child_4_11 yes, minor_alone yes, min_age discuss 5, size yes 1"),
    Case("a child of 8 alone", "from 12 years", "excluded", "child_4_11 yes, minor_alone yes, min_age no 12, size yes 1"),
    Case("a minor alone", "from 17 years", "discuss", "minor_alone yes, min_age discuss 17, size yes 1"),
    Case("a minor alone", "from 18 years", "excluded", "minor_alone yes, min_age no 18, size yes 1"),
    # The greatest age
    Case("a man", "up to 17 years", "excluded", "man yes, max_age no 17, size yes 1"),
    Case("a man", "up to 18 years", "discuss", "man yes, max_age discuss 18, size yes 1"),
    Case("a man", "up to 65 years", "discuss", "man yes, max_age discuss 65, size yes 1"),
    Case("a man", "up to 120 years", "fits", "man yes, max_age yes 120, size yes 1"),
    Case("a boy of 16 alone", "up to 11 years", "excluded", "boy_12_17 yes, minor_alone yes, max_age no 11, size yes 1"),
    Case("a boy of 16 alone", "up to 12 years", "discuss", "boy_12_17 yes, minor_alone yes, max_age discuss 12, size yes 1"),
    Case("a girl of 15 alone", "up to 16 years", "discuss", "child_12_17 yes, minor_alone yes, max_age discuss 16, size yes 1"),
    Case("a girl of 15 alone", "up to 17 years", "fits", "child_12_17 yes, minor_alone yes, max_age yes 17, size yes 1"),
    Case("a child of 8 alone", "up to 3 years", "excluded", "child_4_11 yes, minor_alone yes, max_age no 3, size yes 1"),
    Case("a child of 8 alone", "up to 11 years", "fits", "child_4_11 yes, minor_alone yes, max_age yes 11, size yes 1"),
    Case("a minor alone", "up to 16 years", "discuss", "minor_alone yes, max_age discuss 16, size yes 1"),
    # How many adults
    Case("a couple", "3 adults at most", "fits", "woman yes, man yes, max_adults yes 3, size yes 2"),
    Case("a couple", "2 adults at most", "fits", "woman yes, man yes, max_adults yes 2, size yes 2"),
    Case("two sisters and their mother", "3 adults at most", "fits", "woman yes, max_adults yes 3, size yes 3"),
    Case("two sisters and their mother", "2 adults at most", "excluded", "woman yes, max_adults no 2, size yes 3"),
    Case("a woman", "0 adults at most", "excluded", "woman yes, max_adults no 0, size yes 1"),
    Case("a girl of 15 alone", "0 adults at most", "fits", "child_12_17 yes, minor_alone yes, size yes 1"),
    Case("a group of five", "4 adults at most", "fits", "group yes, size yes 5"),
    # How many children
    Case(
        "a woman with three children",
        "4 children at most",
        "fits",
        "woman yes, child_0_3 yes, child_4_11 yes, child_12_17 yes, max_children yes 4, size yes 4",
    ),
    Case(
        "a woman with three children",
        "3 children at most",
        "fits",
        "woman yes, child_0_3 yes, child_4_11 yes, child_12_17 yes, max_children yes 3, size yes 4",
    ),
    Case(
        "a woman with three children",
        "2 children at most",
        "excluded",
        "woman yes, child_0_3 yes, child_4_11 yes, child_12_17 yes, max_children no 2, size yes 4",
    ),
    Case("a woman with a baby", "0 children at most", "excluded", "woman yes, child_0_3 yes, max_children no 0, size yes 2"),
    Case("a woman", "0 children at most", "fits", "woman yes, size yes 1"),
    # How old a son may be: only sons of 12 and older are known
    Case(
        "a woman with a son of 14", "sons up to 11 years", "excluded", "woman yes, boy_12_17 yes, oldest_son no 11, size yes 2"
    ),
    Case(
        "a woman with a son of 14",
        "sons up to 12 years",
        "discuss",
        "woman yes, boy_12_17 yes, oldest_son discuss 12, size yes 2",
    ),
    Case(
        "a woman with a son of 14",
        "sons up to 16 years",
        "discuss",
        "woman yes, boy_12_17 yes, oldest_son discuss 16, size yes 2",
    ),
    Case("a woman with a son of 14", "sons up to 17 years", "fits", "woman yes, boy_12_17 yes, oldest_son yes 17, size yes 2"),
    Case(
        "a woman with a son of 14",
        "no sons of 12 and older, but up to 17 years",
        "excluded",
        "woman yes, boy_12_17 no, oldest_son yes 17, size yes 2",
    ),
    Case("a woman with a daughter of 14", "sons up to 11 years", "fits", "woman yes, child_12_17 yes, size yes 2"),
    Case("a woman with a child of 6", "sons up to 11 years", "fits", "woman yes, child_4_11 yes, size yes 2"),
    Case("a boy of 16 alone", "sons up to 11 years", "fits", "boy_12_17 yes, minor_alone yes, size yes 1"),
    # How long one may stay is shown on the board, and no reason: nobody knows tonight
    Case("a woman", "90 days at most", "fits", "woman yes, size yes 1"),
    # Intake hours: within the two hours after (or before) the hour that was named
    Case("a woman at 02:00", "intake day and night", "fits", "woman yes, intake yes 00:00, size yes 1"),
    Case("a woman at 02:00", "intake 09:00-17:00", "discuss", "woman yes, intake discuss 09:00, size yes 1"),
    Case("a woman at 02:00", "intake 20:00-08:00", "fits", "woman yes, intake yes 20:00, size yes 1"),
    Case("a woman at 02:00", "intake 22:00-02:00", "discuss", "woman yes, intake discuss 22:00, size yes 1"),
    Case("a woman at 23:30", "intake 20:00-08:00", "fits", "woman yes, intake yes 20:00, size yes 1"),
    Case("a woman at 23:30", "intake 22:00-02:00", "fits", "woman yes, intake yes 22:00, size yes 1"),
    Case("a woman at 23:30", "intake 00:30-06:00", "fits", "woman yes, intake yes 00:30, size yes 1"),
    Case("a woman at 17:00", "intake 00:30-06:00", "discuss", "woman yes, intake discuss 00:30, size yes 1"),
    Case("a woman at 07:30", "intake 20:00-08:00", "fits", "woman yes, intake yes 20:00, size yes 1"),
    Case("a woman at 07:30", "intake 09:00-17:00", "fits", "woman yes, intake yes 09:00, size yes 1"),
    Case("a woman at 06:30", "intake 09:00-17:00", "discuss", "woman yes, intake discuss 09:00, size yes 1"),
    Case("a woman at 16:59", "intake 09:00-17:00", "fits", "woman yes, intake yes 09:00, size yes 1"),
    Case("a woman at 17:00", "intake 09:00-17:00", "discuss", "woman yes, intake discuss 09:00, size yes 1"),
    Case("a woman at 17:00", "intake 20:00-08:00", "discuss", "woman yes, intake discuss 20:00, size yes 1"),
    Case("a woman before 09:00", "intake 09:00-17:00", "discuss", "woman yes, intake discuss 09:00, size yes 1"),
    Case("a woman before 09:00", "intake 20:00-08:00", "fits", "woman yes, intake yes 20:00, size yes 1"),
    Case("a woman before 10:00", "intake 09:00-17:00", "fits", "woman yes, intake yes 09:00, size yes 1"),
    Case("a woman before 10:00", "intake 20:00-08:00", "discuss", "woman yes, intake discuss 20:00, size yes 1"),
    Case("a woman before 20:00", "intake 20:00-08:00", "discuss", "woman yes, intake discuss 20:00, size yes 1"),
    Case("a woman before 01:00", "intake 22:00-02:00", "fits", "woman yes, intake yes 22:00, size yes 1"),
    Case("a woman before 01:00", "intake 09:00-17:00", "discuss", "woman yes, intake discuss 09:00, size yes 1"),
    # Languages: never a no, for there is the interpreters' telephone
    Case("a woman who speaks Tigrinya", "they speak Dutch and English", "discuss", "woman yes, language discuss, size yes 1"),
    Case(
        "a woman who speaks Tigrinya and English", "they speak Dutch and English", "fits", "woman yes, language yes, size yes 1"
    ),
    Case("a woman who speaks Tigrinya and English", "they speak Dutch", "discuss", "woman yes, language discuss, size yes 1"),
    Case("a woman who speaks Tigrinya", "a women's shelter", "discuss", "woman yes, language unknown, size yes 1"),
    # Size: a bed for everybody, or a cot for a child under 4
    Case("a woman", "a single room in a women's shelter", "fits", "woman yes, size yes 1"),
    Case("a woman with a baby", "a single room in a women's shelter", "excluded", "woman yes, child_0_3 yes, size no 2"),
    Case("a woman with a baby", "a room with a cot in a women's shelter", "fits", "woman yes, child_0_3 yes, size yes 2"),
    Case(
        "a woman with a child of 6",
        "a room with a cot in a women's shelter",
        "excluded",
        "woman yes, child_4_11 yes, size no 2",
    ),
    Case(
        "a woman with a baby and a toddler",
        "a room with a cot in a women's shelter",
        "excluded",
        "woman yes, child_0_3 yes, size no 3",
    ),
    Case("a woman with a baby and a toddler", "a women's shelter", "fits", "woman yes, child_0_3 yes, size yes 3"),
    Case("a woman with a baby and a toddler", "a room for one and two cots", "fits", "woman yes, child_0_3 yes, size yes 3"),
    Case(
        "a woman with a baby and a child of 6",
        "a women's shelter",
        "fits",
        "woman yes, child_0_3 yes, child_4_11 yes, size yes 3",
    ),
    Case(
        "a woman with two children of 5 and 9",
        "a room for two and three cots",
        "excluded",
        "woman yes, child_4_11 yes, size no 3",
    ),
    Case(
        "a woman with two children of 5 and 9",
        "a family room in a women's shelter",
        "fits",
        "woman yes, child_4_11 yes, size yes 3",
    ),
    Case(
        "a girl of 16 with her baby",
        "a room for one and two cots",
        "fits",
        "child_0_3 yes, child_12_17 yes, minor_alone yes, size yes 2",
    ),
    # Police units that are not safe
    Case("a woman, not safe in Amsterdam", "a women's shelter", "excluded", "woman yes, size yes 1, avoid no"),
    Case("a woman, not safe in Amsterdam", "a women's shelter in Rotterdam", "fits", "woman yes, size yes 1"),
    Case(
        "a woman, not safe in The Hague and Rotterdam",
        "a women's shelter in Rotterdam",
        "excluded",
        "woman yes, size yes 1, avoid no",
    ),
    Case("a woman, not safe in The Hague and Rotterdam", "a women's shelter", "fits", "woman yes, size yes 1"),
    Case("a man, not safe in Amsterdam", "a women's shelter", "excluded", "man no, size yes 1, avoid no"),
)
