"""The people of the worked cases, by the words that a case has for them."""

from bedboard.rules.fit import Profile
from tests.rules.fit_cases.words import clock

PEOPLE: dict[str, Profile] = {
    "somebody": Profile(),
    "a woman": Profile(woman=1),
    "a man": Profile(man=1),
    "somebody who is neither": Profile(other_gender=1),
    "a woman of 19": Profile(woman=1, adult_ages=frozenset({"18_20"})),
    "a woman of 30": Profile(woman=1, adult_ages=frozenset({"21_64"})),
    "a woman of 70": Profile(woman=1, adult_ages=frozenset({"65_plus"})),
    "a woman of 30 and her daughter of 19": Profile(woman=2, adult_ages=frozenset({"18_20", "21_64"})),
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
    "a woman with a son who is known to be 14": Profile(woman=1, boy_12_17=1, oldest_son=14),
    "a woman with a son who is known to be 8": Profile(woman=1, child_4_11=1, oldest_son=8),
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
    "a group of six": Profile(group=6),
    "a group of six, four of them men": Profile(man=4, group=6),
    "six men together": Profile(man=6, group=6),
    "four Romanian men": Profile(
        man=4, group=4, statuses=frozenset({"eu"}), exploitation="labour", languages=frozenset({"ro"})
    ),
    "a group of two, who are neither": Profile(other_gender=2, group=2),
    # troubles and needs
    "a woman with multiple problems": Profile(woman=1, needs=frozenset({"lvb", "psychiatric", "addiction"})),
    "a man with an addiction": Profile(man=1, needs=frozenset({"addiction"})),
    "a pregnant woman in a wheelchair who is ill": Profile(woman=1, needs=frozenset({"wheelchair", "medical", "pregnant"})),
    "a woman who has stopped using and has a dog": Profile(woman=1, needs=frozenset({"recovering", "pets"})),
    "a woman who will not live among men": Profile(woman=1, needs=frozenset({"women_only"})),
    "a pregnant woman": Profile(woman=1, needs=frozenset({"pregnant"})),
    "a woman in a wheelchair": Profile(woman=1, needs=frozenset({"wheelchair"})),
    # status and exploitation
    "a Nigerian woman, sexually exploited": Profile(woman=1, statuses=frozenset({"third_country"}), exploitation="sexual"),
    "a Bulgarian man, exploited at work": Profile(man=1, statuses=frozenset({"eu"}), exploitation="labour"),
    "a Dublin claimant, made to steal": Profile(man=1, statuses=frozenset({"dublin"}), exploitation="criminal"),
    "a woman without papers, kept as a slave": Profile(
        woman=1, statuses=frozenset({"undocumented"}), exploitation="other_exploitation"
    ),
    "a woman in her reflection period": Profile(woman=1, statuses=frozenset({"reflection"})),
    "a woman with a permit as a victim": Profile(woman=1, statuses=frozenset({"b8"})),
    "a man who was underpaid and threatened": Profile(man=1, exploitation="serious_wrong"),
    "a Dutch woman": Profile(woman=1, statuses=frozenset({"dutch"})),
    "a Dublin claimant in her reflection period": Profile(woman=1, statuses=frozenset({"dublin", "reflection"})),
    # when they arrive
    "a woman at 02:00": Profile(woman=1, arrives_after=clock("02:00")),
    "a woman at 07:30": Profile(woman=1, arrives_after=clock("07:30")),
    "a woman at 06:30": Profile(woman=1, arrives_after=clock("06:30")),
    "a woman at 17:00": Profile(woman=1, arrives_after=clock("17:00")),
    "a woman at 15:00": Profile(woman=1, arrives_after=clock("15:00")),
    "a woman at 15:01": Profile(woman=1, arrives_after=clock("15:01")),
    "a woman after 21:59": Profile(woman=1, arrives_after=clock("21:59")),
    "a woman at 16:59": Profile(woman=1, arrives_after=clock("16:59")),
    "a woman at 23:30": Profile(woman=1, arrives_after=clock("23:30")),
    "a woman before 09:00": Profile(woman=1, arrives_before=clock("09:00")),
    "a woman before 10:00": Profile(woman=1, arrives_before=clock("10:00")),
    "a woman before 11:00": Profile(woman=1, arrives_before=clock("11:00")),
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
