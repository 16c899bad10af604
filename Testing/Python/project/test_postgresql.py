"""The catalogue on a PostgreSQL server; skipped unless MEDOPT_TEST_POSTGRESQL holds the URL of an empty database.

    MEDOPT_TEST_POSTGRESQL=postgresql+psycopg://user@host/name pytest Testing/Python/project/test_postgresql.py

What stands in the database is deleted.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, inspect, text

from medopt.project import Project
from medopt.project.schema import CASES, META, METADATA

URL = os.environ.get("MEDOPT_TEST_POSTGRESQL", "")
OLD = Path(__file__).with_name("catalogue_version_1.sql").read_text()

pytestmark = pytest.mark.skipif(not URL, reason="MEDOPT_TEST_POSTGRESQL is not set")


@pytest.fixture
def shared(tmp_path: Path, classes) -> Project:
    """A project with 40 unlabelled cases without images, whose catalogue is on the server."""
    engine = create_engine(URL)
    METADATA.drop_all(engine)
    engine.dispose()
    project = Project.create(tmp_path / "project", name="Team", classes=classes, catalogue=URL)
    with project.catalogue.write() as connection:
        connection.execute(insert(CASES), CASE_ROWS)
    return project


CASE_ROWS = [
    {
        "id": f"case-{n:02d}",
        "key": f"case-{n:02d}",
        "subject": "s",
        "geometry": '{"shape": [4, 6, 5]}',
        "attributes": "{}",
        "image_source_sha256": "0",
        "time": "",
    }
    for n in range(40)
]


def in_threads(count: int, work: Callable[[int], object]) -> None:
    failed = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def shape(project: Project) -> dict[str, dict[str, tuple]]:
    with project.catalogue.read() as connection:
        found = inspect(connection)
        return {
            table: {c["name"]: (str(c["type"]), c["nullable"]) for c in found.get_columns(table)}
            for table in sorted(METADATA.tables)
        }


def test_an_older_catalogue_is_taken_over_once(shared: Project) -> None:
    wanted = shape(shared)
    with shared.catalogue.write() as connection:
        METADATA.drop_all(connection)
        for statement in OLD.split(";"):
            if statement.strip():
                connection.execute(text(statement))
        facts = {"schema_version": "1", "project_id": shared.id, "subjects": "0"}
        connection.execute(insert(META), [{"key": key, "value": value} for key, value in facts.items()])
        connection.execute(insert(CASES), CASE_ROWS)
    in_threads(5, lambda _: Project.open(shared.folder).cases())
    again = Project.open(shared.folder)
    assert len(again.cases()) == 40
    assert shape(again) == wanted


def test_annotators_who_want_cases_in_different_order(shared: Project, make_label) -> None:
    names = [case.id for case in shared.cases()]
    taken: list[str] = []

    def work(number: int) -> None:
        project = Project.open(shared.folder)
        annotator = f"annotator-{number}"
        while (lease := project.leases.take(names[:: 1 if number % 2 else -1], annotator)) is not None:
            case_id = lease.case_id
            taken.append(case_id)
            label = type(make_label(1))(make_label(number).array, project.case(case_id).geometry)
            project.save_proposal(case_id, label, model="m", round=1)
            project.drafts.save(case_id, label, annotator)
            project.leases.renew(case_id, annotator)
            project.save_label(case_id, label, annotator=annotator, source="proposal", undos=number)
            project.drafts.drop(case_id, annotator)
            project.leases.release(case_id, annotator)

    in_threads(4, work)
    assert sorted(taken) == names
    for name in names:
        (only,) = shared.label_history(name)
        assert (only.model, only.round, only.annotator) == ("m", 1, f"annotator-{only.undos}")
    assert shared.leases.current() == []
    assert shared.drafts.list() == []
