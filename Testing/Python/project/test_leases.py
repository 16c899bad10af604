from __future__ import annotations

import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from medopt import MedOptError
from medopt.project import Project
from medopt.project.schema import CASES, LEASES

GRID = '{"shape": [2, 2, 2]}'


def add_cases(project: Project, count: int) -> list[str]:
    """Unlabelled cases without images; returns their ids."""
    row = {"geometry": GRID, "attributes": "{}", "image_source_sha256": "0", "time": "", "subject": "s"}
    names = [f"case-{n:04d}" for n in range(count)]
    with project.catalogue.write() as connection:
        connection.execute(insert(CASES), [{**row, "id": name, "key": name} for name in names])
    return names


def set_label(project: Project, case_id: str) -> None:
    with project.catalogue.write() as connection:
        connection.execute(update(CASES).where(CASES.c.id == case_id).values(label_version=1))


def end_now(project: Project, case_id: str) -> None:
    """Let the time of a lease run out."""
    past = (datetime.now(timezone.utc) - timedelta(seconds=1)).isoformat(timespec="microseconds")
    with project.catalogue.write() as connection:
        connection.execute(update(LEASES).where(LEASES.c.case_id == case_id).values(expires=past))


def test_each_annotator_gets_a_case_of_his_own(project: Project) -> None:
    names = add_cases(project, 3)
    before = datetime.now(timezone.utc)
    first = project.leases.take(names, "kim", minutes=5)
    assert first is not None
    assert (first.case_id, first.annotator) == ("case-0000", "kim")
    assert before <= first.taken <= datetime.now(timezone.utc)
    assert timedelta(minutes=5) <= first.expires - first.taken < timedelta(minutes=5.1)
    assert project.leases.take(names, "lee").case_id == "case-0001"
    assert project.leases.take(names[::-1], "max").case_id == "case-0002"
    assert project.leases.take(names, "ann") is None
    assert project.leases.take([], "ann") is None
    assert [(found.case_id, found.annotator) for found in project.leases.current()] == [
        ("case-0000", "kim"),
        ("case-0001", "lee"),
        ("case-0002", "max"),
    ]
    assert project.leases.current()[0] == first


def test_cases_tell_who_has_them(project: Project) -> None:
    names = add_cases(project, 2)
    project.leases.take(names, "kim")
    assert [case.leased_to for case in project.cases()] == ["kim", None]
    end_now(project, "case-0000")
    assert project.case("case-0000").leased_to is None


def test_an_annotator_gets_his_own_case_again(project: Project) -> None:
    names = add_cases(project, 2)
    first = project.leases.take(names, "kim", minutes=1)
    again = project.leases.take(names, "kim", minutes=20)
    assert again.case_id == first.case_id
    assert again.taken == first.taken
    assert again.expires > first.expires + timedelta(minutes=18)


def test_a_released_case_is_free(project: Project) -> None:
    names = add_cases(project, 1)
    project.leases.take(names, "kim")
    project.leases.release("case-0000", "lee")
    assert project.leases.take(names, "lee") is None
    project.leases.release("case-0000", "kim")
    project.leases.release("case-0000", "kim")
    assert project.leases.current() == []
    assert project.leases.take(names, "lee").annotator == "lee"


def test_an_expired_lease_counts_for_nothing(project: Project) -> None:
    names = add_cases(project, 1)
    project.leases.take(names, "kim")
    end_now(project, "case-0000")
    assert project.leases.current() == []
    taken = project.leases.take(names, "lee")
    assert taken.annotator == "lee"
    assert datetime.now(timezone.utc) - taken.taken < timedelta(minutes=1)
    with pytest.raises(
        MedOptError, match=r"case-0000: the case is not leased to you: .* found a lease of somebody else"
    ):
        project.leases.renew("case-0000", "kim")


def test_renewing(project: Project) -> None:
    names = add_cases(project, 1)
    with pytest.raises(MedOptError, match="expected a lease of kim, found no lease"):
        project.leases.renew("case-0000", "kim")
    first = project.leases.take(names, "kim", minutes=7)
    later = project.leases.renew("case-0000", "kim")
    assert later.taken == first.taken
    assert first.expires < later.expires < first.expires + timedelta(minutes=1)
    end_now(project, "case-0000")
    assert project.leases.renew("case-0000", "kim").expires > datetime.now(timezone.utc) + timedelta(minutes=6.9)
    assert project.leases.current()[0].annotator == "kim"


def test_labelled_cases_are_taken_only_when_asked_for(project: Project) -> None:
    names = add_cases(project, 2)
    set_label(project, "case-0000")
    assert project.leases.take(names, "kim").case_id == "case-0001"
    assert project.leases.take(names, "lee") is None
    assert project.leases.take(names, "lee", labelled=True).case_id == "case-0000"


def test_a_case_that_is_labelled_after_the_look_is_not_taken(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    names = add_cases(project, 2)
    look = project.leases._likely

    def look_and_be_late(*arguments: object) -> list[str]:
        found = look(*arguments)
        set_label(project, "case-0000")
        return found

    monkeypatch.setattr(project.leases, "_likely", look_and_be_late)
    assert project.leases.take(names, "kim").case_id == "case-0001"


def test_wrong_questions(project: Project) -> None:
    names = add_cases(project, 1)
    with pytest.raises(MedOptError, match="nobody: unknown case"):
        project.leases.take(["nobody", *names], "kim")
    for minutes in (0, -1, float("nan"), float("inf")):
        with pytest.raises(MedOptError, match="wrong length of a lease: expected minutes above 0"):
            project.leases.take(names, "kim", minutes=minutes)
    with pytest.raises(MedOptError, match="no usable annotator"):
        project.leases.take(names, "")
    assert project.leases.current() == []


def test_many_candidates_are_looked_at_in_order(project: Project) -> None:
    names = add_cases(project, 1203)
    with project.catalogue.write() as connection:
        connection.execute(update(CASES).where(CASES.c.id.in_(names[:1201])).values(label_version=1))
    assert project.leases.take(names, "kim").case_id == names[1201]
    assert project.leases.take(names, "lee").case_id == names[1202]
    assert project.leases.take(names, "max") is None


def test_threads_that_want_the_same_cases(project: Project) -> None:
    names = add_cases(project, 24)
    taken: list[str] = []

    def work(annotator: str) -> None:
        wanted = names if annotator in "ab" else names[::-1]
        while (lease := project.leases.take(wanted, annotator)) is not None:
            taken.append(lease.case_id)
            set_label(project, lease.case_id)
            project.leases.release(lease.case_id, annotator)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == names


def test_a_lease_goes_with_its_case(project: Project) -> None:
    names = add_cases(project, 1)
    project.leases.take(names, "kim")
    with project.catalogue.write() as connection:
        connection.execute(CASES.delete())
    with project.catalogue.read() as connection:
        assert connection.execute(select(LEASES)).first() is None


WORKER = """
import sys
import numpy as np
from medopt.image import LabelMap
from medopt.project import Project
project = Project.open(sys.argv[1])
annotator = sys.argv[2]
names = [case.id for case in project.cases()]
while True:
    lease = project.leases.take(names, annotator)
    if lease is None:
        break
    grid = project.case(lease.case_id).geometry
    number = names.index(lease.case_id)
    label = LabelMap(np.full(grid.shape, (0, 1, 3)[number % 3], np.uint8), grid)
    project.save_label(lease.case_id, label, annotator=annotator, seconds=1)
    print(lease.case_id, flush=True)
    project.leases.release(lease.case_id, annotator)
"""


def label_in_processes(project: Project, tmp_path: Path, processes: int, cases: int) -> None:
    """Let several processes lease and label all cases, and see that each was labelled once and none was lost."""
    names = add_cases(project, cases)
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    command = [sys.executable, str(script), str(project.folder)]
    running = [
        subprocess.Popen([*command, f"annotator-{n}"], stdout=subprocess.PIPE, text=True) for n in range(processes)
    ]
    said = [process.communicate()[0].split() for process in running]
    assert [process.returncode for process in running] == [0] * processes
    assert sorted(name for one in said for name in one) == names
    assert sum(bool(one) for one in said) > 1
    for number, name in enumerate(names):
        history = project.label_history(name)
        assert len(history) == 1
        assert name in said[int(history[0].annotator[-1])]
        assert (project.read_label(name).array == (0, 1, 3)[number % 3]).all()
    assert project.leases.current() == []
    assert project.catalogue.problems() == []


def test_three_processes_lease_and_label(project: Project, tmp_path: Path) -> None:
    label_in_processes(project, tmp_path, 3, 40)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_eight_processes_lease_and_label_1000_cases(project: Project, tmp_path: Path) -> None:
    label_in_processes(project, tmp_path, 8, 1000)
