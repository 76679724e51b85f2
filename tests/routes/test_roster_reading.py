"""A file with shelters, places and people, from bytes to forms: every code page and sign, and each wrong field by its name."""

import pytest

from bedboard.rules.refusals import Invalid
from bedboard.rules.roster import LARGEST_FILE_KB, MOST_ROWS
from bedboard.schemas.manage_forms import NewPlaceForm, NewShelterForm, PersonForm
from bedboard.schemas.roster import COLUMNS, Lookups, read_file, read_row, write_template

KNOWN = Lookups(
    {"stichting voorbeeld": "voorbeeld"},
    {"amsterdam": "amsterdam"},
    {"women": "women", "vrouwenopvang": "women"},
    {"manager": "manager", "politie": "police"},
)
HEADER = "rij;naam;organisatie;eenheid;telefoon;adres;tijden;locatie;plek;soort;bedden;babybedden;aantal;rol"
SHELTER = "locatie;Beuk;Stichting Voorbeeld;Amsterdam;020 123;Kade 3;08:00;;;;;;;"
PLACE = "plek;;;;;;;Beuk;kamer;Vrouwenopvang;2;1;4;"
PERSON = "persoon;Bo Bos;Stichting Voorbeeld;;;;;Beuk;;;;;;manager"


def wrong_in(line: str, header: str = HEADER) -> list[tuple[str, str]]:
    """Return each wrong field of the one line under the header."""
    [row] = read_file(f"{header}\n{line}\n".encode())
    try:
        read_row(row, KNOWN)
    except Invalid as refusal:
        return [(one.field, one.code) for one in refusal.fields]
    return []


def wrong_file(content: bytes) -> str:
    with pytest.raises(Invalid) as refusal:
        read_file(content)
    [one] = refusal.value.fields
    assert one.field == "file"
    return one.code


@pytest.mark.parametrize("english", [False, True], ids=["Dutch", "English"])
def test_the_template_is_right_as_it_is(english: bool) -> None:
    rows = read_file(write_template(english=english))
    assert [row.kind for row in rows] == ["shelter", "place", "person"] and [row.wrong for row in rows] == [[], [], []]
    shelter, place, person = (read_row(row, KNOWN) for row in rows)
    assert isinstance(shelter.form, NewShelterForm) and shelter.form.confirm_times == ["08:00", "16:00", "21:30"]
    assert isinstance(place.form, NewPlaceForm) and (place.form.count, place.form.cots, place.shelters) == (4, 1, ("Beuk",))
    assert isinstance(person.form, PersonForm) and (person.form.role, person.shelters) == ("manager", ("Beuk",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("between", [";", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_read_as_spreadsheets_write_it(encoding: str, between: str, end: str) -> None:
    lines = [HEADER, PERSON.replace("Bo Bos", "Zoë van ’t Hof"), ""]
    [row] = read_file(end.join(lines).replace(";", between).encode(encoding))
    assert (row.line, row.name) == (2, "Zoë van ’t Hof") and read_row(row, KNOWN).form


def test_empty_lines_and_cells_at_the_end_are_nothing() -> None:
    rows = read_file(f"{HEADER};;\n\n;;;;\n{SHELTER};;\n   \n{PLACE}\n".encode())
    assert [(row.line, row.kind, row.wrong) for row in rows] == [(4, "shelter", []), (6, "place", [])]


def test_a_cell_between_quotation_marks_may_have_any_sign() -> None:
    line = 'locatie;Beuk;"Stichting Voorbeeld";Amsterdam;020 123;"Kade 3, Zwolle";"08:00; 20:00"'
    [row] = read_file(f"{HEADER}\n{line}\n".encode())
    form = read_row(row, KNOWN).form
    assert isinstance(form, NewShelterForm) and (form.address, form.confirm_times) == ("Kade 3, Zwolle", ["08:00", "20:00"])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf  \r\n", "file_empty"),
        (HEADER.encode(), "file_empty"),
        (b"PK\x03\x04\x14\x00\x06", "not_a_csv"),  # a workbook
        (HEADER.encode("utf-16"), "file_utf16"),
        (b"\x81\x8d\x8f", "not_a_csv"),
        (b"%PDF-1.7 \x00", "not_a_csv"),
        (b"naam;adres\nBeuk;Kade 3\n", "no_header"),
        (b"Fatima\n", "no_header"),
        (b"rij;naam;bsn\npersoon;Bo;1\n", "unknown_column"),
        (b"rij;naam;name\npersoon;Bo;Bo\n", "column_twice"),
        (b'rij;naam\npersoon;"Bo\n', "file_broken"),
        (f"{HEADER}\n".encode() + f"{PERSON}\n".encode() * (MOST_ROWS + 1), "too_many_rows"),
        (b"x" * (LARGEST_FILE_KB * 1024 + 1), "file_too_large"),
    ],
)
def test_what_is_wrong_with_the_whole_file_is_said(content: bytes, code: str) -> None:
    assert wrong_file(content) == code


def test_the_limits_of_rows_and_size_are_allowed() -> None:
    assert len(read_file(f"{HEADER}\n".encode() + f"{PERSON}\n".encode() * MOST_ROWS)) == MOST_ROWS
    content = f"{HEADER}\n{PERSON}\n".encode()
    assert read_file(content + b"\n" * (LARGEST_FILE_KB * 1024 - len(content)))


@pytest.mark.parametrize("line", [SHELTER, PLACE, PERSON, PERSON.replace("Beuk", "Beuk | Els").replace("manager", "MANAGER")])
def test_a_right_line_is_right(line: str) -> None:
    assert wrong_in(line) == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("huis;Beuk", [("row", "unknown_row")]),
        (";Beuk", [("row", "unknown_row")]),
        (f"{SHELTER};extra", [("row", "too_many_cells")]),
        (SHELTER.replace("Beuk", "Beuk 123 x"), [("name", "not_a_code_name")]),
        (SHELTER.replace("Stichting Voorbeeld", "Nergens"), [("organization", "unknown_organization")]),
        (SHELTER.replace("Amsterdam", "Mars"), [("unit", "unknown_unit")]),
        (SHELTER.replace("020 123", "bel Fatima"), [("telephone", "not_a_telephone")]),
        (SHELTER.replace("08:00", "acht"), [("confirm_times", "not_hours")]),
        (
            "locatie;Beuk;;;;;;;;;;;;",
            [("organization", "missing"), ("unit", "missing"), ("telephone", "missing"), ("address", "missing")],
        ),
        (SHELTER + "manager", [("role", "not_for_this_row")]),
        (SHELTER.replace("Beuk", "=HYPERLINK(1)"), [("name", "formula")]),
        (SHELTER.replace("Kade 3", "@Kade 3"), [("address", "formula")]),
        (PLACE.replace(";Beuk", ";"), [("shelter", "missing")]),
        (PLACE.replace("Beuk", "Beuk|Els"), [("shelter", "one_shelter")]),
        (PLACE.replace("kamer", "Fatima"), [("label", "not_a_label")]),
        (PLACE.replace("Vrouwenopvang", "tent"), [("kind", "unknown_kind")]),
        (PLACE.replace(";2;1;4;", ";0;99;21;"), [("beds", "too_small"), ("cots", "too_large"), ("count", "too_large")]),
        (PLACE.replace(";2;1;4;", ";twee;;;"), [("beds", "not_a_number")]),
        (PERSON.replace("Bo Bos", "Bo 06-12345678"), [("name", "not_a_person_name")]),
        (PERSON.replace("manager", "koning"), [("role", "not_a_role")]),
        (PERSON.replace("manager", ""), [("role", "missing")]),
        (PERSON.replace("Bo Bos", ""), [("name", "missing")]),
    ],
)
def test_each_wrong_field_of_a_line_is_named(line: str, wrong: list[tuple[str, str]]) -> None:
    assert wrong_in(line) == wrong


def test_a_file_may_have_the_columns_in_any_order_and_leave_some_out() -> None:
    assert wrong_in("Bo Bos;politie;persoon;Stichting Voorbeeld", "naam;rol;rij;organisatie") == []
    assert wrong_in("Bo Bos;police;person;x", "name;role;row;organization") == [
        ("organization", "unknown_organization"),
        ("role", "not_a_role"),
    ]
    assert set(COLUMNS.values()) == set(HEADER.split(";"))
