"""Taking over the catalogue of an older MedOpt."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, select, text, update
from sqlalchemy.schema import CreateColumn

from medopt.project.schema import META, METADATA, SCHEMA_VERSION


def upgrade(connection: Connection) -> None:
    """Add the tables and columns that an older catalogue lacks, and write the version down.

    ``connection`` is within a transaction that writes. SQLite and PostgreSQL change tables within transactions, so a
    kill at any point leaves the old catalogue or the new one. Of several processes that open an old catalogue one
    does the work; the others wait for it and find nothing left to do. Rows are left as they are.
    """
    here = META.c.key == "schema_version"
    version = int(connection.execute(select(META.c.value).where(here).with_for_update()).scalar_one())
    if version >= SCHEMA_VERSION:  # another process was faster
        return
    quote = connection.dialect.identifier_preparer.format_table
    for table in METADATA.sorted_tables:
        known = inspect(connection)
        if not known.has_table(table.name):
            table.create(connection)
            continue
        present = {column["name"] for column in known.get_columns(table.name)}
        for column in table.columns:
            if column.name not in present:
                definition = CreateColumn(column).compile(dialect=connection.dialect)
                connection.execute(text(f"ALTER TABLE {quote(table)} ADD COLUMN {definition}"))
    connection.execute(update(META).where(here).values(value=str(SCHEMA_VERSION)))
