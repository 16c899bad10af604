"""The catalogue: one database that several processes may read and write at once."""

from __future__ import annotations

import errno
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from medopt.errors import MedOptError
from medopt.files import unwritable
from medopt.project.schema import CASES, META, METADATA, SCHEMA_VERSION
from medopt.project.upgrade import upgrade

FILE_NAME = "catalogue.db"
"""The catalogue of a project that names no other."""

BUSY_SECONDS = 60
"""How long a writer waits for another one before it gives up; writes take milliseconds."""

BUSY_REST = 0.01
"""Seconds between two attempts where SQLite does not wait itself."""


class Catalogue:
    """Connections to the catalogue of one project.

    SQLite runs in WAL mode: readers never wait, writers follow one another. A connection lives only as long as
    its ``with`` block, so that a project can be used from threads and its folder can be moved or deleted.

    Parameters
    ----------
    folder : the project folder
    url : SQLAlchemy URL, or None for the file ``catalogue.db``
    """

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.file = folder / FILE_NAME if url is None else None
        self._engine = _engine(self.file, url)
        self._local = threading.local()
        self.where = self._engine.url.render_as_string(hide_password=True) if url else str(self.file)

    @classmethod
    def create(cls, folder: Path, url: str | None, project_id: str) -> Catalogue:
        """Make the tables of a new project; a catalogue that already holds cases is refused."""
        catalogue = cls(folder, url)
        with catalogue.write() as connection:
            METADATA.create_all(connection)
            if connection.execute(select(CASES.c.id).limit(1)).first() is not None:
                raise MedOptError(
                    "the catalogue belongs to another project",
                    where=catalogue.where,
                    expected="an empty catalogue",
                    found="cases",
                    remedy="Choose another folder or another catalogue; nothing was changed",
                )
            connection.execute(META.delete())
            values = {"schema_version": str(SCHEMA_VERSION), "project_id": project_id, "subjects": "0"}
            connection.execute(insert(META), [{"key": k, "value": v} for k, v in values.items()])
        return catalogue

    @classmethod
    def open(cls, folder: Path, url: str | None, project_id: str) -> Catalogue:
        """Connect to the catalogue of a project; one of an older version is brought up to date.

        Raises MedOptError when it is missing, damaged, of a newer version, or of another project.
        """
        catalogue = cls(folder, url)
        if catalogue.file is not None and not catalogue.file.is_file():
            raise MedOptError(
                "the catalogue is missing",
                where=catalogue.where,
                remedy="Put back catalogue.db from a copy of the project; images and labels are not harmed",
            )
        with catalogue.read() as connection:
            if not connection.dialect.has_table(connection, META.name):
                raise catalogue._damaged("no table of facts about the project")
            facts = {row.key: row.value for row in connection.execute(select(META))}
        version = facts.get("schema_version", "")
        if not version.isdigit():
            raise catalogue._damaged("no schema version")
        if int(version) > SCHEMA_VERSION:
            raise MedOptError(
                "the catalogue was made by a newer MedOpt",
                where=catalogue.where,
                expected=f"schema version {SCHEMA_VERSION} or lower",
                found=version,
                remedy="Update MedOpt; nothing in the project was changed",
            )
        if facts.get("project_id") != project_id:
            raise MedOptError(
                "the catalogue belongs to another project",
                where=catalogue.where,
                expected=f"project {project_id}",
                found=f"project {facts.get('project_id')}",
                remedy="Put back the project.yaml and the catalogue that belong together",
            )
        if int(version) < SCHEMA_VERSION:
            with catalogue.write() as connection:
                upgrade(connection)
        return catalogue

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the catalogue throughout the block."""
        held: Connection | None = getattr(self._local, "connection", None)
        if held is None or held.in_transaction():
            with self._clear_errors(), self._engine.connect() as connection:
                yield connection
            return
        with self._clear_errors():
            try:
                yield held
            finally:
                held.rollback()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within the block this thread's reads share one connection, which saves most of their time; each still sees
        a state of its own.
        """
        if getattr(self._local, "connection", None) is not None:
            yield
            return
        with self._clear_errors(), self._engine.connect() as connection:
            self._local.connection = connection
            try:
                yield
            finally:
                self._local.connection = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection whose changes become true together at the end of the block, or not at all.

        On SQLite the block begins with the write lock, so what is read in it cannot change under it; on
        PostgreSQL lock the rows that you read with ``with_for_update()``.
        """
        with self._clear_errors(), self._engine.connect() as plain:
            connection = plain.execution_options(medopt_write=True)
            with connection.begin():
                yield connection

    def problems(self) -> list[str]:
        """What SQLite's own check of the file finds; empty when it is sound or the catalogue is elsewhere."""
        if self.file is None:
            return []
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(text("PRAGMA quick_check(10)")).scalars().all()
        except DatabaseError as error:  # so damaged that the check itself cannot go on
            return [str(error.orig)]
        return [] if rows == ["ok"] else [str(row) for row in rows]

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            clear = self._clear(error)
            if clear is None:
                raise
            raise clear from error

    def _clear(self, error: DatabaseError) -> MedOptError | None:
        """The message for a fault of the file or the server, None for a fault of ours."""
        if not isinstance(error.orig, sqlite3.DatabaseError):
            if not error.connection_invalidated and type(error).__name__ != "OperationalError":
                return None
            return MedOptError(
                "the catalogue cannot be reached",
                where=self.where,
                found=type(error.orig).__name__,
                remedy="Check the catalogue's address in project.yaml and that its server runs",
            )
        message = str(error.orig).lower()
        if "locked" in message or "busy" in message:
            return MedOptError(
                "another process keeps the catalogue busy",
                where=self.where,
                expected=f"to be let in within {BUSY_SECONDS} s",
                remedy="Wait for the other command to end and repeat this one; nothing was harmed",
            )
        if "disk is full" in message:
            return unwritable(Path(self.where), OSError(errno.ENOSPC, "disk is full"))
        if any(part in message for part in ("readonly", "unable to open", "permission", "disk i/o")):
            return unwritable(Path(self.where), OSError(errno.EACCES, str(error.orig)))
        if any(part in message for part in ("not a database", "malformed", "corrupt", "no such table", "no such col")):
            return self._damaged(str(error.orig))
        return None

    def _damaged(self, found: str) -> MedOptError:
        return MedOptError(
            "the catalogue is damaged",
            where=self.where,
            expected="a MedOpt catalogue",
            found=found,
            remedy="Put back catalogue.db from a copy of the project; images and labels are not harmed",
        )


def utc_now() -> str:
    """This moment as the catalogue writes it: ISO 8601, UTC, with microseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")


def _engine(file: Path | None, url: str | None) -> Engine:
    if file is not None:
        engine = create_engine("sqlite://", creator=lambda: _connect(file), poolclass=NullPool)
    else:
        try:
            parsed = make_url(url or "")
            engine = create_engine(parsed, pool_pre_ping=True)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise MedOptError(
                "the catalogue's address cannot be used",
                where="project.yaml, field 'catalogue'",
                expected="an SQLAlchemy URL whose driver is installed, such as postgresql+psycopg://user@host/name",
                found=type(error).__name__,
            ) from error
        if parsed.get_backend_name() == "sqlite":
            raise MedOptError(
                "the catalogue's address cannot be used",
                where="project.yaml, field 'catalogue'",
                expected="a server's URL, or nothing for the file catalogue.db in the project",
                found="an SQLite file elsewhere",
                remedy="Remove the field to keep the catalogue in the project folder",
            )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _connect(file: Path) -> sqlite3.Connection:
    # isolation_level None: transactions begin where _begin_sqlite says, not where the driver guesses.
    connection = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _set_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")  # an accepted label survives a power cut
        connection.execute("PRAGMA foreign_keys=ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _set_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL, which stays with the file.

    While another connection is about to write, SQLite refuses the switch at once and does not wait as it does
    elsewhere, so that is done here.
    """
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= end:
                raise
        time.sleep(BUSY_REST)


def _begin_sqlite(connection: Connection) -> None:
    write: Any = connection.get_execution_options().get("medopt_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
