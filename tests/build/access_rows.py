# ruff: noqa: S608  (the statements are the test)
"""Attacks on the constraints of the tables of signing in and of tokens, by the name of the constraint."""

from tests.build.statements import ACCOUNT, AT, CHALLENGE, CODE, PASSKEY, SIGN_IN, WAITING

BREAKS_OF_ACCESS = [
    ("pk_picture", f"insert into picture select 'linde', {AT}, 1, '{{}}' from generate_series(1, 2)"),
    ("fk_picture_shelter_id", f"insert into picture values ('nowhere', {AT}, 1, '{{}}')"),
    ("pk_departure", f"insert into departure select 1, {AT}, 'home' from generate_series(1, 2)"),
    ("ck_departure_code", f"insert into departure values (1, {AT}, 'the moon')"),
    ("pk_tally_began", "insert into tally_began values ('sought', '2026-03-01')"),
    (
        "ck_alert_outcome",
        f"{WAITING.replace('expires_at)', 'expires_at, outcome)')}"
        f" ('w', 'mark', '', '{{}}', {AT}, timestamptz {AT} + interval '1 hour', 'x')",
    ),
    ("ck_session_kind", "update session set kind = 'machine'"),
    ("pk_session", f"insert into session values ('\\x01', 'sanne', {AT}, {AT}), ('\\x01', 'kofi', {AT}, {AT})"),
    ("fk_session_person_id", f"insert into session values ('\\x01', 'nobody', {AT}, {AT})"),
    ("pk_passkey", f"{PASSKEY} ('p', 'mark', 'a', '', 0, 'phone', {AT}), ('p', 'mark', 'b', '', 0, 'phone', {AT})"),
    ("fk_passkey_person_id", f"{PASSKEY} ('p', 'nobody', 'a', '', 0, 'phone', {AT})"),
    (
        "uq_passkey_credential_id",
        f"{PASSKEY} ('p', 'mark', 'a', '', 0, 'phone', {AT}), ('q', 'mark', 'a', '', 0, 'phone', {AT})",
    ),
    ("ck_passkey_sign_count", f"{PASSKEY} ('p', 'mark', 'a', '', -1, 'phone', {AT})"),
    ("ck_passkey_label", f"{PASSKEY} ('p', 'mark', 'a', '', 0, 'of Mark', {AT})"),
    ("pk_account", f"{ACCOUNT} ('a', 'mark', 'x', {AT}), ('a', 'wouter', 'y', {AT})"),
    ("fk_account_person_id", f"{ACCOUNT} ('a', 'nobody', 'x', {AT})"),
    ("uq_account_living_subject_hash", f"{ACCOUNT} ('a', 'mark', 'x', {AT}), ('b', 'wouter', 'x', {AT})"),
    ("uq_account_living_person_id", f"{ACCOUNT} ('a', 'mark', 'x', {AT}), ('b', 'mark', 'y', {AT})"),
    ("fk_session_account_id", "update session set account_id = 'none'"),
    ("pk_challenge", f"{CHALLENGE} ('h', 'unlock', '', {AT}), ('h', 'unlock', '', {AT})"),
    ("ck_challenge_purpose", f"{CHALLENGE} ('h', 'anything', '', {AT})"),
    ("pk_enrol_code", f"{CODE} ('f', '', 'mark', {AT}), ('f', '', 'mark', {AT})"),
    ("fk_enrol_code_person_id", f"{CODE} ('f', '', 'nobody', {AT})"),
    ("ck_enrol_code_wrong_count", f"{CODE.replace(') values', ', wrong_count) values')} ('f', '', 'mark', {AT}, -1)"),
    ("fk_session_passkey_id", "update session set passkey_id = 'none'"),
    ("fk_session_proven_by", "update session set proven_by = 'none'"),
    ("ck_sign_in_actor_kind", f"{SIGN_IN} ('', {AT}, 'client', '', 'sign_in', 'done')"),
    ("ck_sign_in_what", f"{SIGN_IN} ('', {AT}, 'person', 'mark', 'looked', 'done')"),
    (
        "ck_sign_in_method",
        f"{SIGN_IN.replace(') values', ', method) values')} ('', {AT}, 'nobody', '', 'sign_in', 'done', 'luck')",
    ),
    (
        "ck_sign_in_device",
        f"{SIGN_IN.replace(') values', ', device) values')} ('', {AT}, 'nobody', '', 'sign_in', 'done', 'x')",
    ),
    ("ck_client_scopes", "update client set scopes = '{read, everything}' where id = 'demo-desk'"),
    ("ck_client_previous", "update client set previous_hash = 'x' where id = 'demo-desk'"),
    ("ck_client_previous", f"update client set previous_until = {AT} where id = 'demo-desk'"),
    ("uq_client_previous_hash", f"update client set previous_hash = 'x', previous_until = {AT}"),
    ("pk_roster_draft", f"insert into roster_draft values ('wouter', '', {AT}), ('wouter', '', {AT})"),
    ("fk_roster_draft_person_id", f"insert into roster_draft values ('nobody', '', {AT})"),
    ("ck_sign_in_result", f"{SIGN_IN} ('', {AT}, 'person', 'mark', 'sign_in', 'perhaps')"),
]
