from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from medopt import MedOptError
from medopt.project.catalogue import Catalogue, utc_now
from medopt.project.schema import META, SCHEMA_VERSION

ID = "0" * 32


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.create(tmp_path, None, ID)


def test_sqlite_runs_in_wal_mode_and_waits_for_other_writers(catalogue: Catalogue) -> None:
    with catalogue.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() >= 10_000
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_failed_block_changes_nothing(catalogue: Catalogue) -> None:
    def fails() -> None:
        with catalogue.write() as connection:
            connection.execute(insert(META).values(key="a", value="1"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with catalogue.read() as connection:
        assert connection.execute(select(META).where(META.c.key == "a")).first() is None


def test_what_is_read_in_a_write_block_cannot_change_under_it(catalogue: Catalogue) -> None:
    with catalogue.write() as connection:
        connection.execute(insert(META).values(key="count", value="0"))

    def count_up() -> None:
        for _ in range(20):
            with catalogue.write() as connection:
                here = META.c.key == "count"
                value = int(connection.execute(select(META.c.value).where(here)).scalar_one())
                connection.execute(update(META).where(here).values(value=str(value + 1)))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with catalogue.read() as connection:
        assert connection.execute(select(META.c.value).where(META.c.key == "count")).scalar_one() == "80"


def test_a_reader_sees_one_state_while_another_writes(catalogue: Catalogue) -> None:
    query = select(META.c.value).where(META.c.key == "subjects")
    with catalogue.read() as reader:
        assert reader.execute(query).scalar_one() == "0"
        with catalogue.write() as writer:
            writer.execute(update(META).where(META.c.key == "subjects").values(value="9"))
        assert reader.execute(query).scalar_one() == "0"


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match="the catalogue is missing"):
        Catalogue.open(tmp_path, None, ID)
    assert not (tmp_path / "catalogue.db").exists()


@pytest.mark.parametrize("content", [b"", b"this is no database, but long enough to look like one" * 20])
def test_a_file_that_is_no_catalogue(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "catalogue.db").write_bytes(content)
    with pytest.raises(MedOptError, match="the catalogue is damaged"):
        Catalogue.open(tmp_path, None, ID)


def test_a_truncated_catalogue(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    path.write_bytes(path.read_bytes()[:6000])
    with pytest.raises(MedOptError, match="the catalogue is damaged"):
        Catalogue.open(tmp_path, None, ID)


def test_an_overwritten_page_is_found(catalogue: Catalogue, tmp_path: Path) -> None:
    assert Catalogue.open(tmp_path, None, ID).problems() == []
    path = tmp_path / "catalogue.db"
    data = bytearray(path.read_bytes())
    data[-4096:] = b"\xff" * 4096
    path.write_bytes(bytes(data))
    assert Catalogue.open(tmp_path, None, ID).problems()


def test_a_newer_schema(catalogue: Catalogue, tmp_path: Path) -> None:
    with catalogue.write() as connection:
        connection.execute(update(META).where(META.c.key == "schema_version").values(value=str(SCHEMA_VERSION + 1)))
    with pytest.raises(MedOptError, match=f"newer MedOpt.*found {SCHEMA_VERSION + 1}"):
        Catalogue.open(tmp_path, None, ID)


def test_the_catalogue_of_another_project(catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match="belongs to another project"):
        Catalogue.open(tmp_path, None, "1" * 32)


def test_a_busy_catalogue(catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medopt.project.catalogue.BUSY_SECONDS", 0.1)
    other = sqlite3.connect(tmp_path / "catalogue.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(MedOptError, match="another process keeps the catalogue busy"), catalogue.write():
            pass
    finally:
        other.close()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(MedOptError, match="cannot be written"):
        Catalogue.create(tmp_path / "file" / "project", None, ID)


@pytest.mark.parametrize(
    "url", ["nonsense", "postgresql+nodriver://user@host/db", "sqlite:////elsewhere/catalogue.db", "mssql://"]
)
def test_an_address_that_cannot_be_used(tmp_path: Path, url: str) -> None:
    with pytest.raises(MedOptError, match="address cannot be used"):
        Catalogue(tmp_path, url)


def test_times_sort_as_text() -> None:
    times = [utc_now() for _ in range(50)]
    assert times == sorted(times)
    assert times[0].endswith("+00:00")


def test_tables_are_also_made_for_postgresql() -> None:
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateTable

    from medopt.project.schema import METADATA

    for table in METADATA.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))


def test_held_reads_share_a_connection_and_each_sees_what_was_written_before(tmp_path: Path) -> None:
    catalogue = Catalogue.create(tmp_path, None, "0" * 32)
    with catalogue.held():
        with catalogue.read() as first:
            assert first.execute(select(META.c.value)).first() is not None
        with catalogue.write() as connection:
            connection.execute(insert(META).values(key="new", value="1"))
        with catalogue.read() as second:
            assert second is first
            found = second.execute(select(META.c.value).where(META.c.key == "new")).scalar()
            assert found == "1"
            with catalogue.read() as nested:
                assert nested is not second
    with catalogue.read() as later:
        assert later is not first
