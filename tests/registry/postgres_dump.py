"""Scripts written for SQLite as PostgreSQL reads them."""

import re

_ORDER = ("CREATE TABLE", "CREATE INDEX", "INSERT", "DELETE", "UPDATE")


def as_postgresql(script: str) -> str:
    """Return the script with bytes and their type as PostgreSQL writes them."""
    script = re.sub(r"X'([0-9A-F]*)'", r"'\\x\1'::bytea", script)
    return re.sub(r"\bBLOB\b", "BYTEA", script)


def dump_as_postgresql(dump: str) -> str:
    """Return a dump of SQLite in an order in which references lead to what is there."""
    statements = [text.strip() for text in as_postgresql(dump).split(";\n") if text.strip()]
    wanted = [text for text in statements if text.startswith(_ORDER)]
    ordered = sorted(wanted, key=lambda text: (_rank(text), "FOREIGN KEY" in text))
    return ";\n".join(["SET session_replication_role = replica", *ordered])


def _rank(statement: str) -> int:
    return next(rank for rank, verb in enumerate(_ORDER) if statement.startswith(verb))
