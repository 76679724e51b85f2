"""The inventory of claims and cases, and of the people and programs that work with the board; see `inventory.py`."""

INVENTORY_OF_PEOPLE = """
claim case
id case a hold, or a place that is kept for a case
place_id operational the place
type operational which of the two
organization_id case who holds it
role case in which role
person_id staff who holds it
created_at case from when
expires_at case until when
expected_at case when the household is expected
ended_at case when somebody ended it
client_id staff the program that holds it
extended_at case whether it was extended
ending case how it ended, as a code
case_id case the case
first_id case which claims are one promise

case_record case
id case the reference that is spoken on the telephone
version technical counts its changes
state case how far it is
organization_id case who seeks
role case in which role
person_id staff who seeks
client_id staff the program that seeks
unit_code household the police unit from which a place is sought, counted at the end @search
needs_sealed household the household and its needs, in codes, encrypted with a key of their own @needs
created_at case when it began
arrives_at case the agreed hour of arrival
decided_at case when it was decided
reminded_at technical when lateness was last told
refusal household why the desk said no, as a code @needs
stays_until household the last night in a place that the desk ended @needs
handed_organization_id,handed_role case the group it is offered to @needs
handed_at case when it was offered @needs
over_at case when it was over
trace_id technical stands for the case in disclosures, which then lead nowhere

household_key needs
id case the case or alert
key_sealed secret opens its needs; destroyed with them

ask case
case_id case the case
shelter_id operational the shelter that was asked
kind_code case the kind of place that was asked for
asked_at case when
step technical how often its silence was told
answer case yes, discuss or no
answered_at case when
answered_by case for which side
place_id operational the place that is offered
claim_id case the claim that keeps it
reason household why it said no, as a code @needs
criterion household the criterion that it named, as a code @needs
hold_id case the hold that the requester had there
settled case what became of it
settled_at case when
more_place_ids operational the other places that are offered with it
was_free operational whether the board showed a free place there when it was asked

case_event case
id technical the order of lines
at case when
case_id case the case
what case what was done, as a code
shelter_id operational at which shelter
actor_kind staff a person, a program or the system
actor_id staff who did it
role,organization_id staff in which role and for which organization
session,network staff from which kind of session and class of network, never the address
tag technical a mark of the row that only bedboard can make

disclosure disclosure
id technical the order of lines
at staff when
actor_kind staff a person or a program
actor_id staff who looked
role,organization_id staff in which role and for which organization
session,network staff from which kind of session and class of network, never the address
shelter_id operational at which shelter
what operational the telephone or the address
why staff the reason that allowed it
claim_id case the hold that allowed it; its row goes earlier
case_id case the trace of the case that allowed it; its row goes earlier
result staff whether it was shown or refused
tag technical a mark of the row that only bedboard can make

person person
id staff somebody who works with the board
organization_id staff for which organization
name staff the name on screens
role staff what they may do
language staff the language of their screens
demo technical whether they belong to a demonstration
ended_at staff since when they may not sign in

membership person
person_id staff somebody who works for a shelter
shelter_id staff the shelter

appointment person
person_id staff somebody with a further role
organization_id,role staff that role, and for which organization

client person
id staff a program that uses the API
token_hash secret recognizes its token
name staff its name in the journal
role staff what it may do
organization_id staff for which organization
shelter_id staff for which shelter
demo technical whether it belongs to a demonstration
created_at staff when it was added
ended_at staff since when it may not call
scopes staff what its token may do, as codes
expires_at staff until when its token counts
used_at staff when it last called, to the hour
rotated_at staff when its token was last made again
previous_hash secret recognizes the token before, for a day
previous_until staff until when that one counts

roster_draft draft
person_id staff who looks at a file before it is saved
sealed secret the file with shelters, places and people that work with the board, encrypted
made_at staff since when

session session
token_hash secret recognizes a signed-in device
person_id staff whose device it is
kind technical whether it is of a person, a shift or a wall screen
created_at staff when they signed in
used_at staff when it was last used
ended_at staff when they signed out
proven_at staff when they last proved who they are
passkey_id staff the passkey with which they signed in
proven_by staff the passkey with which they last proved who they are
account_id staff the account with which they signed in or proved who they are

passkey passkey
id staff a passkey, on pages
person_id staff whose it is
credential_id secret recognizes it
public_key secret checks what its device has signed
sign_count technical how often it was used, as its device counts
label staff the kind of device, as a code
added_at staff when it was made
used_at staff when it was last used
ended_at staff when it was removed
seen_at staff when its person last looked at what was added

account passkey
id staff an account at the provider of OpenID Connect, on pages
person_id staff whose it is
subject_hash secret recognizes the account
added_at staff when it was connected
used_at staff when it last signed in
seen_at staff when its person last looked at what was added
ended_at staff when it was removed

challenge challenge
hash secret recognizes a question that is to be signed
purpose technical what the answer may be used for
bound_hash secret recognizes the browser that asked
created_at technical when it was asked

enrol_code code
finding_hash secret finds a code; made with the deployment's key
code_hash secret recognizes the code; made with the deployment's key
person_id staff who may make a passkey with it
made_at staff when it was made
wrong_count technical how often it was typed wrong
ended_at staff when it was used, replaced or typed wrong too often

sign_in disclosure
id technical the order of lines
at staff when
actor_kind staff a person, a command or nobody known
actor_id staff who did it
role,organization_id staff in which role and for which organization
session,network staff from which kind of session and class of network, never the address
person_id staff whose access it is about
what staff what was done, as a code
method staff by tap, passkey, code, command or account
device staff the kind of device, as a code
result staff whether it was done, or why not, as a code
tag technical a mark of the row that only bedboard can make

alert alert
id case a search that waits for a place
person_id staff who waits
profile_sealed household the household and its needs, in codes, encrypted with a key of their own @needs
seen operational the free places that its owner knows
created_at staff when it began
expires_at staff when it ends
found_at staff when something was found
outcome staff whether anything was found, and a place of it was held or asked for

push_subscription device
endpoint_hash secret recognizes a browser
person_id staff whose browser it is
token_hash secret the session with which it goes
device_sealed secret the address and keys with which its push service is called
created_at staff when it was last added

outgoing message
id technical the order of messages
endpoint_hash secret recognizes the browser that is to be woken
what staff the word that it shows, as a code
made_at,due_at,expires_at technical when it was made, when it is tried again, and when it is too old
tries technical how often it was tried

stored_reply reply
actor_id staff who called
key_hash secret recognizes the key of a call, which is text from outside and is not kept
fingerprint secret recognizes the same call, made of nothing about a person
status,body,version,epoch technical the reply that a repetition gets
created_at technical when it was given
"""
