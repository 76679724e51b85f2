"""The routes of the administration, one row each; `ROWS` of `routes/table.py` has them too.

The page of a shelter is for its own managers, and for administrators. To them it shows nothing of what is free.
"""

from bedboard.routes.manage import catalogue, contacts, merging, organizations, people, places, roster, shelters, tokens
from bedboard.routes.row import Row
from bedboard.rules.access import ADMIN, ANYONE, MANAGED_SHELTER, MANAGING, OF_PERSON, OWN_MANAGER

SHELTER = "/manage/shelters/{shelter_id:id}"
TOKENS_OF_SHELTER = "/manage/{shelter_id:id}/tokens"

MANAGE: tuple[Row, ...] = (
    Row("GET", "/manage", organizations.show_manage, "manage", MANAGING),
    Row("GET", "/manage/organizations", organizations.show_organizations, "organizations", ADMIN),
    Row("POST", "/manage/organizations", organizations.post_organization_new, "organization_add", ADMIN, fresh_for=ANYONE),
    Row("GET", "/manage/organizations/{organization_id:id}", organizations.show_organization, "organization", ADMIN),
    Row(
        "POST",
        "/manage/organizations/{organization_id:id}",
        organizations.post_organization,
        "organization_save",
        ADMIN,
        fresh_for=ANYONE,
    ),
    Row("GET", "/manage/organizations/{organization_id:id}/merge", merging.show_merge, "merge", ADMIN),
    Row(
        "POST",
        "/manage/organizations/{organization_id:id}/merge",
        merging.post_merge,
        "merge_save",
        ADMIN,
        fresh_for=ANYONE,
    ),
    Row("GET", "/manage/people", people.show_people, "people", ADMIN),
    Row("POST", "/manage/people", people.post_person_new, "person_add", ADMIN, fresh_for=ANYONE),
    Row("GET", "/manage/people/{person_id:id}", people.show_person, "person", ADMIN),
    Row("POST", "/manage/people/{person_id:id}", people.post_person, "person_save", ADMIN, fresh_for=ANYONE),
    Row("POST", "/manage/people/{person_id:id}/roles", people.post_person_role, "person_role", ADMIN, fresh_for=ANYONE),
    Row(
        "POST",
        "/manage/people/{person_id:id}/roles/end",
        people.post_person_role_end,
        "person_role_end",
        ADMIN,
        fresh_for=ANYONE,
    ),
    Row("GET", "/manage/contacts", contacts.show_contacts, "contacts", ADMIN),
    Row("POST", "/manage/contacts", contacts.post_contact_new, "contact_add", ADMIN, fresh_for=ANYONE),
    Row("GET", "/manage/contacts/{contact_id:id}", contacts.show_contact, "contact", ADMIN),
    Row("POST", "/manage/contacts/{contact_id:id}", contacts.post_contact, "contact_save", ADMIN, fresh_for=ANYONE),
    Row("GET", "/manage/import", roster.show_import, "import", ADMIN),
    Row("POST", "/manage/import", roster.post_import, "import_look", ADMIN, fresh_for=ANYONE),
    Row("POST", "/manage/import/save", roster.post_import_save, "import_save", ADMIN, fresh_for=ANYONE),
    Row("GET", "/manage/import/template.csv", roster.show_template, "import_template", ADMIN),
    Row("GET", "/manage/kinds", catalogue.show_kinds, "kinds", ADMIN),
    Row("POST", "/manage/kinds", catalogue.post_kind_new, "kind_add", ADMIN, fresh_for=ANYONE),
    Row("GET", "/manage/kinds/{kind_code:id}", catalogue.show_kind, "kind", ADMIN),
    Row("POST", "/manage/kinds/{kind_code:id}", catalogue.post_kind, "kind_save", ADMIN, fresh_for=ANYONE),
    Row("GET", "/manage/units", catalogue.show_units, "units", ADMIN),
    Row("POST", "/manage/units", catalogue.post_unit_new, "unit_add", ADMIN, fresh_for=ANYONE),
    Row("GET", "/manage/units/{unit_code:id}", catalogue.show_unit, "unit", ADMIN),
    Row("POST", "/manage/units/{unit_code:id}", catalogue.post_unit, "unit_save", ADMIN, fresh_for=ANYONE),
    Row("GET", "/manage/days", catalogue.show_days, "days_off", ADMIN),
    Row("POST", "/manage/days", catalogue.post_day_new, "day_off_add", ADMIN, fresh_for=ANYONE),
    Row("GET", "/manage/days/{day:id}", catalogue.show_day, "day_off", ADMIN),
    Row("POST", "/manage/days/{day:id}", catalogue.post_day, "day_off_end", ADMIN, fresh_for=ANYONE),
    Row("GET", "/manage/tokens", tokens.show_tokens, "tokens", ADMIN),
    Row("POST", "/manage/tokens", tokens.post_token_new, "token_add", ADMIN, fresh_for=ANYONE),
    Row("GET", "/manage/tokens/{client_id:id}", tokens.show_token, "token", ADMIN),
    Row("POST", "/manage/tokens/{client_id:id}", tokens.post_token, "token_save", ADMIN, fresh_for=ANYONE),
    Row("GET", TOKENS_OF_SHELTER, tokens.show_shelter_tokens, "shelter_tokens", OWN_MANAGER),
    Row("POST", TOKENS_OF_SHELTER, tokens.post_shelter_token_new, "shelter_token_add", OWN_MANAGER, fresh_for=ANYONE),
    Row("GET", f"{TOKENS_OF_SHELTER}/{{client_id:id}}", tokens.show_token, "shelter_token", OWN_MANAGER),
    Row(
        "POST", f"{TOKENS_OF_SHELTER}/{{client_id:id}}", tokens.post_token, "shelter_token_save", OWN_MANAGER, fresh_for=ANYONE
    ),
    Row("GET", "/roles", people.show_roles, "roles", OF_PERSON),
    Row("POST", "/roles", people.post_role, "role_take", OF_PERSON),
    Row("GET", "/manage/shelters", shelters.show_shelters, "shelters", ADMIN),
    Row("POST", "/manage/shelters", shelters.post_shelter_new, "shelter_add", ADMIN, fresh_for=ANYONE),
    Row("GET", SHELTER, shelters.show_shelter, "shelter_facts", MANAGED_SHELTER),
    Row("POST", SHELTER, shelters.post_shelter, "shelter_save", MANAGED_SHELTER, fresh_for=ANYONE),
    Row("POST", f"{SHELTER}/contact", shelters.post_contact, "shelter_contact", OWN_MANAGER, fresh_for=ANYONE),
    Row("GET", f"{SHELTER}/places", places.show_places, "places", MANAGED_SHELTER),
    Row("POST", f"{SHELTER}/places", places.post_places, "place_add", MANAGED_SHELTER, fresh_for=ANYONE),
    Row("GET", f"{SHELTER}/places/{{place_id:id}}", places.show_place, "place", OWN_MANAGER),
    Row("POST", f"{SHELTER}/places/{{place_id:id}}", places.post_place, "place_save", OWN_MANAGER, fresh_for=ANYONE),
    Row("GET", f"{SHELTER}/staff", people.show_staff_list, "shelter_staff", OWN_MANAGER),
    Row("POST", f"{SHELTER}/staff", people.post_staff_new, "shelter_staff_add", OWN_MANAGER, fresh_for=ANYONE),
    Row("GET", f"{SHELTER}/staff/{{person_id:id}}", people.show_staff_person, "shelter_person", OWN_MANAGER),
    Row(
        "POST",
        f"{SHELTER}/staff/{{person_id:id}}",
        people.post_staff_person,
        "shelter_person_save",
        OWN_MANAGER,
        fresh_for=ANYONE,
    ),
)
