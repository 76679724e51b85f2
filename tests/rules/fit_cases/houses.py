"""The houses of the worked cases, by the words that a case has for them."""

from tests.rules.fit_cases.words import House, but, house

WOMENS = house(
    yes="woman child_0_3 child_4_11 dutch eu b8 sexual other_exploitation pregnant medical women_only",
    discuss="other_gender child_12_17 boy_12_17 third_country reflection labour criminal lvb psychiatric recovering",
    no="man minor_alone group dublin undocumented addiction wheelchair pets",
    beds=2,
    cots=1,
)
COSM = house(
    yes="woman third_country reflection sexual labour other_exploitation",
    discuss="child_0_3 child_4_11 dublin undocumented b8 criminal psychiatric",
    no="man other_gender child_12_17 boy_12_17 minor_alone group dutch eu serious_wrong addiction lvb",
    beds=1,
    cots=1,
    min_age=18,
)
OMM = house(
    yes="woman man other_gender lvb psychiatric addiction recovering b8 dutch eu third_country wheelchair",
    discuss="medical pregnant dublin undocumented",
    no="child_0_3 child_4_11 child_12_17 boy_12_17 minor_alone group",
    min_age=18,
    max_adults=1,
)
LABOUR = house(
    yes="man group eu third_country undocumented labour serious_wrong criminal dublin",
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
    "woman man other_gender child_0_3 child_4_11 child_12_17 boy_12_17 minor_alone group dutch eu third_country undocumented "
    "dublin reflection b8 sexual labour criminal other_exploitation serious_wrong lvb psychiatric addiction "
    "recovering medical pregnant wheelchair pets women_only"
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
    **{f"{n} adults at most": house(yes=EVERYTHING, beds=6, max_adults=n) for n in (0, 2, 3, 4, 5, 6)},
    **{f"{n} children at most": house(yes=EVERYTHING, beds=6, max_children=n) for n in (0, 1, 2, 3, 4)},
    **{f"sons up to {n} years": house(yes=EVERYTHING, beds=6, oldest_son=n) for n in (11, 12, 16, 17)},
    "90 days at most": house(yes=EVERYTHING, longest_stay_days=90),
    "no sons of 12 and older, but up to 17 years": house("woman", no="boy_12_17", beds=2, oldest_son=17),
    **{
        f"intake {hours}": house("woman", intake=hours)
        for hours in ("09:00-17:00", "08:00-22:00", "20:00-08:00", "22:00-02:00", "00:30-06:00")
    },
    "intake day and night": house("woman"),
    "they speak Dutch and English": house("woman", languages="nl en"),
    "they speak Dutch": house("woman", languages="nl"),
    "a room for two and three cots": house(yes=EVERYTHING, beds=2, cots=3),
    "a room for four and a cot": house(yes=EVERYTHING, beds=4, cots=1),
    "a room for one and two cots": house(yes=EVERYTHING, beds=1, cots=2),
    "a women's shelter in Rotterdam": WOMENS._replace(unit="rotterdam"),
}
