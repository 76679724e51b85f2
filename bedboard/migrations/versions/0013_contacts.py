"""Wie bel ik: the numbers of others than shelters, by topic and police unit."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TOPICS = "'desk', 'minors', 'unaccompanied', 'interpreters', 'report', 'labour', 'legal', 'complaint', 'bedboard'"


def upgrade() -> None:
    op.execute(f"""
        create table contact (
            id text constraint pk_contact primary key,
            position integer not null,
            topic text not null constraint ck_contact_topic check (topic in ({TOPICS})),
            unit_code text constraint fk_contact_unit_code references unit (code),
            name_nl text not null constraint ck_contact_name_nl check (name_nl <> ''),
            name_en text not null constraint ck_contact_name_en check (name_en <> ''),
            telephone text not null constraint ck_contact_telephone check (telephone ~ '^\\+?[0-9][0-9 ]{{2,19}}$'),
            hours text
        )
    """)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
