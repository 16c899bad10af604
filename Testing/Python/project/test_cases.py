from __future__ import annotations

import threading

from sqlalchemy import event, insert

from medopt.project import Project
from medopt.project.cases import reserve_pseudonyms
from medopt.project.schema import CASES


def test_pseudonyms_are_never_given_twice(project: Project) -> None:
    taken: list[int] = []

    def reserve() -> None:
        for number in (1, 3, 2):
            with project.catalogue.write() as connection:
                first = reserve_pseudonyms(connection, number)
            taken.extend(range(first, first + number))

    threads = [threading.Thread(target=reserve) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 25))


def test_cases_come_ordered_with_their_geometry(filled: Project, grid) -> None:
    cases = filled.cases()
    assert [case.id for case in cases] == sorted(case.id for case in cases)
    assert all(case.geometry.is_close(grid, 1e-6) for case in cases)
    assert cases[0] == filled.case("case-00")


def test_cases_tell_their_proposal_and_who_has_them(filled: Project, make_label) -> None:
    filled.save_proposal("case-01", make_label(1), model="m", confidence=0.25)
    filled.leases.take(["case-02"], "kim", labelled=True)
    told = {case.id: (case.proposal_model, case.confidence, case.leased_to) for case in filled.cases()}
    assert told["case-00"] == (None, None, None)
    assert told["case-01"] == ("m", 0.25, None)
    assert told["case-02"] == (None, None, "kim")
    assert filled.cases() == [filled.case(case_id) for case_id in told]
    assert filled.case("case-01").state == "labelled"


def test_cases_on_different_grids_keep_their_own(project: Project) -> None:
    row = {"subject": "s", "attributes": "{}", "image_source_sha256": "0", "time": ""}
    grids = [f'{{"shape": [{1 + n % 3}, 2, 2]}}' for n in range(9)]
    with project.catalogue.write() as connection:
        rows = [{**row, "id": f"c{n}", "key": f"c{n}", "geometry": text} for n, text in enumerate(grids)]
        connection.execute(insert(CASES), rows)
    assert [case.geometry.shape[0] for case in project.cases()] == [1, 2, 3] * 3


def test_all_cases_are_read_with_one_question(project: Project) -> None:
    row = {
        "subject": "s",
        "attributes": "{}",
        "image_source_sha256": "0",
        "time": "",
        "geometry": '{"shape": [2, 2, 2]}',
    }
    with project.catalogue.write() as connection:
        connection.execute(insert(CASES), [{**row, "id": f"c{n}", "key": f"c{n}"} for n in range(2000)])
    asked: list[str] = []
    listener = lambda *a: asked.append(a[2])  # noqa: E731
    event.listen(project.catalogue._engine, "before_cursor_execute", listener)
    assert len(project.cases()) == 2000
    event.remove(project.catalogue._engine, "before_cursor_execute", listener)
    assert sum(text.lstrip().startswith("SELECT") for text in asked) == 1
