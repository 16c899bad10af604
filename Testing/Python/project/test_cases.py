from __future__ import annotations

import threading

from medopt.project import Project
from medopt.project.cases import reserve_pseudonyms


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
