"""The inventory of the board, of its changes and its counts; how to read it: see `inventory.py`."""

INVENTORY_OF_BOARD = """
deployment deployment
id operational the one row
name operational the name on screens
time_zone operational the zone of hours on screens
country operational whose public holidays close a desk
demo operational whether it is a demonstration
created_at operational when it was set up

holiday deployment
day operational a day on which desks are closed

unit deployment
code operational a police unit
name operational its name on screens
short operational its short name on the small map
map_column,map_row operational its tile on the small map
ended_at operational since when no shelter may be in it

travel deployment
from_code,to_code operational a journey between two police units
minutes operational how long it takes

kind deployment
code operational a kind of place
position operational its order on screens
name_nl,name_en,long_nl,long_en operational its name and explanation in Dutch and English
decides operational who decides on a placement
desk_hours,outside_hours operational when the desk decides, and what counts then and otherwise
for_needs operational the people it is meant for
fresh_minutes,ageing_minutes operational how long its news is fresh, and then ageing
ended_at operational since when no place may be of it

language deployment
code operational a language that may be spoken at a shelter

contact deployment
id operational a number on the page that says whom to call
position operational its order on screens
topic operational what it is for
unit_code operational for which police unit, or for the whole country
name_nl,name_en operational the name of the desk or service in Dutch and English
telephone operational the number of a desk or service, not of a person
hours operational when it is answered

organization deployment
id operational an organization
name operational its name on screens
telephones staff the numbers under which its people are called back, one per role and not per person
ended_at operational since when nothing new may be of it
merged_into_id operational the organization in which it went up

shelter deployment
id operational a shelter
organization_id operational who runs it
unit_code operational the police unit in which it is
name operational its code name; its real name is nowhere
version operational counts its changes, so that a board never shows an old state as the newest
confirmed_at operational when all of it was last confirmed
created_at operational when it was added
intake_from_minutes,intake_until_minutes operational when it takes people in
confirm_times operational when it is asked to confirm
criteria operational whom it takes
limits operational how many and of which ages
languages operational the languages that are spoken there
kinds_confirmed_at operational when single kinds were confirmed
confirmed_by operational whether a person or a program confirmed last
ended_at operational since when it is closed for good

shelter_contact deployment
shelter_id operational the shelter
telephone_sealed secret the number of its intake, shown with a hold or a case and then written down
address_sealed secret its address, shown after a decision and then written down

place deployment
id operational a place
shelter_id operational its shelter
kind_code operational its kind
position operational its order on screens
label operational its name on screens, chosen by the shelter
beds operational how many beds it has
cots operational how many cots it has
state operational open, occupied or closed
since operational since when
observed_at operational when that was seen
expected_free_at operational when it is expected to be free
closed_reason operational why it is closed, as a code
criteria operational whom it takes, where that differs
exists_from,exists_until operational the nights for which it is there; otherwise it always is
ended_at operational since when it is closed for good

tally always
month,hour counter a month, and an hour of the day on any day of it
what counter what is counted
unit_code,kind_code counter the police unit or the kind of place, or nothing
code counter the code, such as where somebody slept
count counter how often

tally_began always
what counter what is counted
month counter since which month

departure departure
journal_id technical the line in the journal that says that the place is free
tapped_at technical when that was said
code household where the people went, as a code

tally_waiting hour
id technical a random number
month,hour,what,unit_code,kind_code,code,count counter as in tally

journal journal
id technical the order of lines
received_at operational when the server heard of the change
observed_at operational when it was seen
actor_kind staff a person, a program or the system
actor_id staff who made it
role,organization_id staff in which role and for which organization
session,network staff from which kind of session and class of network, never the address
action operational what was done
shelter_id operational at which shelter
version technical the version of the shelter that it made
place_id operational at which place
before operational what was true before; of a claim without its case
after operational what is true since; of a claim without its case
subject operational which organization, person or list was changed, where it is no shelter
tag technical a mark of the row that only bedboard can make

picture picture
shelter_id operational the shelter
at operational when the picture was taken
version technical the version of the shelter that it shows
shows operational what its board showed, of a claim only its organization and role

chain always
number,at,source,until_id technical a block of the chain of all lines of the audit trail
ids,tags technical the lines in it, by their number and tag
mark technical ties it to the block before

cut always
id technical the order of cuts
source,before,ids technical the lines of the audit trail that were deleted because they were past their term
tag technical a mark that only bedboard can make

reminded reminder
shelter_id operational the shelter that was reminded
due_at operational of which moment
step operational which reminder
created_at technical when it went out

job_slot deployment
name technical a job that one process at a time does
taken_at technical when it was last done

epoch deployment
id technical always 1: there is one row
number technical the history that the database goes on with; higher after each start, restore or promotion
server technical the server on which that history goes on
"""
