"""Alembic's entry: runs on a connection that `bedboard.migrations.run` hands over."""

from alembic import context
from sqlmodel import SQLModel

import bedboard.store.tables  # noqa: F401  (registers the tables)

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata)
with context.begin_transaction():
    context.run_migrations()
