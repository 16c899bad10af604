from __future__ import annotations

import os
import signal
import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateColumn

from medopt import MedOptError
from medopt.project import Project, catalogue
from medopt.project.catalogue import Catalogue
from medopt.project.schema import METADATA, SCHEMA_VERSION

OLD = Path(__file__).with_name("catalogue_version_1.sql").read_text()
"""What SQLite told of a catalogue that MedOpt made when the schema had version 1."""


def as_version_1(project: Project) -> Path:
    """Put a catalogue of version 1 in place of the project's, with the rows that it can hold; returns its file."""
    path = project.folder / "catalogue.db"
    new = sqlite3.connect(path)
    old = sqlite3.connect(path.with_name("old.db"))
    with old:
        old.executescript(OLD)
        for (table,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall():
            columns = ", ".join(f'"{row[1]}"' for row in old.execute(f"PRAGMA table_info({table})"))
            rows = new.execute(f"SELECT {columns} FROM {table}").fetchall()
            marks = ", ".join("?" * (columns.count(",") + 1))
            old.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
        old.execute("UPDATE meta SET value = '1' WHERE key = 'schema_version'")
    new.close()
    old.close()
    for end in ("-wal", "-shm"):
        path.with_name(f"catalogue.db{end}").unlink(missing_ok=True)
    os.replace(path.with_name("old.db"), path)
    return path


def shape(path: Path) -> dict[str, dict[str, tuple]]:
    """Type, obligation, default and place in the key of each column, by table."""
    connection = sqlite3.connect(path)
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {t: {row[1]: row[2:] for row in connection.execute(f"PRAGMA table_info({t})")} for t in tables}
    finally:
        connection.close()


def version_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()[0])
    finally:
        connection.close()


@pytest.fixture
def worked(filled: Project, make_label) -> Project:
    """A project with a history, a proposal and a flag."""
    filled.save_label("case-00", make_label(7), annotator="kim", seconds=60, note="second look")
    filled.save_proposal("case-01", make_label(8), model="starter")
    filled.set_flag("case-02", "odd contrast")
    filled.set_attributes("case-03", {"site": "B"})
    return filled


def test_an_older_catalogue_is_taken_over(worked: Project, make_label, tmp_path: Path, classes) -> None:
    before, history = worked.cases(), worked.label_history("case-00")
    path = as_version_1(worked)
    assert "leases" not in shape(path)
    assert "model" not in shape(path)["label_versions"]
    again = Project.open(worked.folder)
    assert version_of(path) == SCHEMA_VERSION
    fresh = Project.create(tmp_path / "fresh", name="A", classes=classes)
    assert shape(path) == shape(fresh.folder / "catalogue.db")
    assert again.cases() == before
    assert again.label_history("case-00") == history
    proposal = again.proposal("case-01")
    assert proposal is not None
    assert (proposal.model, proposal.confidence, proposal.catch, proposal.rejected) == ("starter", None, False, False)
    np.testing.assert_array_equal(again.read_proposal("case-01").array, make_label(8).array)
    assert again.read_scores("case-01") is None
    assert again.catalogue.problems() == []


def test_a_catalogue_that_was_taken_over_holds_what_is_new(worked: Project, make_label) -> None:
    as_version_1(worked)
    again = Project.open(worked.folder)
    again.save_proposal("case-01", make_label(9), model="next", confidence=0.5, round=2)
    again.save_label("case-01", make_label(9), annotator="kim", source="proposal", undos=3)
    newest = again.label_history("case-01")[-1]
    assert (newest.model, newest.round, newest.undos) == ("next", 2, 3)
    assert again.leases.take(["case-00"], "kim", labelled=True) is not None


def test_a_kill_at_any_point_leaves_the_old_catalogue_or_the_new_one(worked: Project) -> None:
    path = as_version_1(worked)
    original = path.read_bytes()
    old = shape(path)
    seen = set()
    for last in range(1, 200):
        for end in ("", "-wal", "-shm"):
            path.with_name(f"catalogue.db{end}").unlink(missing_ok=True)
        path.write_bytes(original)
        if run_until(last, worked.folder):
            break
        version = version_of(path)
        seen.add(version)
        if version == 1:
            assert shape(path) == old
        again = Project.open(worked.folder)
        assert version_of(path) == SCHEMA_VERSION
        assert again.catalogue.problems() == []
        assert [v.note for v in again.label_history("case-00")] == ["", "second look"]
    else:
        raise AssertionError("the upgrade never ends")
    assert last > 15
    assert seen == {1, SCHEMA_VERSION}


def run_until(last: int, folder: Path) -> bool:
    """Open the project in a process that is killed before or after its n-th statement; True when it got through."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    process = os.fork()
    if process == 0:
        count = 0

        def watch(*_: object) -> None:
            nonlocal count
            count += 1
            if count == last:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
                event.listen(Engine, name, watch)
            Project.open(folder)
        except BaseException:  # noqa: BLE001 - the forked process must not run the tests
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(process, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0
        return True
    return False


def test_several_open_an_older_catalogue_at_once(worked: Project) -> None:
    path = as_version_1(worked)
    opened, failed = [], []

    def open_it() -> None:
        try:
            opened.append(Project.open(worked.folder).case("case-00"))
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(opened) == 6
    assert version_of(path) == SCHEMA_VERSION


def test_opening_waits_while_another_writes_to_a_catalogue_that_is_not_in_wal_yet(
    worked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite refuses the switch to WAL at once while a writer has begun; with a reader it waits."""
    path = as_version_1(worked)
    writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    with monkeypatch.context() as patch:
        patch.setattr(catalogue, "BUSY_SECONDS", 0.05)
        with pytest.raises(MedOptError, match="busy"):
            Project.open(worked.folder)
    later = threading.Timer(0.3, lambda: writer.execute("COMMIT"))
    later.start()
    assert Project.open(worked.folder).case("case-00").id == "case-00"
    later.join()
    writer.close()


def test_an_older_catalogue_of_another_project_is_left_alone(worked: Project) -> None:
    path = as_version_1(worked)
    with pytest.raises(MedOptError, match="belongs to another project"):
        Catalogue.open(worked.folder, None, "1" * 32)
    assert version_of(path) == 1


def test_only_what_a_database_can_add_was_added() -> None:
    """What PostgreSQL and SQLite add to a table with rows is nullable or has a default, and is no part of a key."""
    old = sqlite3.connect(":memory:")
    old.executescript(OLD)
    for table in METADATA.sorted_tables:
        known = {row[1] for row in old.execute(f"PRAGMA table_info({table.name})")}
        for column in table.columns if known else ():
            if column.name not in known:
                assert column.nullable or column.server_default is not None, column
                assert not any((column.primary_key, column.index, column.unique)), column
    old.close()


def test_postgresql_is_asked_in_its_own_words() -> None:
    column = METADATA.tables["label_versions"].c.blind
    assert str(CreateColumn(column).compile(dialect=postgresql.dialect())) == "blind BOOLEAN DEFAULT false NOT NULL"
