"""A number for the history that a database goes on with, so that no board takes an older database for the same one."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLE = """
create table epoch (
    id integer constraint pk_epoch primary key constraint ck_epoch_id check (id = 1),
    number bigint not null,
    server text not null
);
insert into epoch values (1, 0, '')
"""


def upgrade() -> None:
    for statement in TABLE.split(";"):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
