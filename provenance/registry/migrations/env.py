"""What alembic runs for a migration: on the connection, and in the transaction, it is given."""

from alembic import context

from provenance.registry.tables import METADATA


def run_migrations() -> None:
    """Run the steps in the caller's transaction, so that a kill leaves the old schema whole."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
    )
    with context.begin_transaction():
        context.run_migrations()


# The name alembic loads this file by; under its own name it is only looked at.
if __name__ == "env_py":
    run_migrations()
