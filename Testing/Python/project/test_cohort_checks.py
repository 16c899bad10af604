from __future__ import annotations

from types import MappingProxyType

import numpy as np

from medopt.project import Case, Project
from medopt.project.case_checks import CaseFacts
from medopt.project.cohort_checks import find_duplicates, find_empty_labels, find_missing_classes, find_outliers


def facts(grid, name: str, *, subject: str = "", signature: str = "", intensity=(100.0, 20.0), values=(1, 3)):
    case = Case(name, subject or name, "labelled", grid, True, None, None, MappingProxyType({}))
    return CaseFacts(case, (signature or name,), (intensity,), values)


def test_duplicates_across_subjects_are_errors(grid) -> None:
    cohort = [
        facts(grid, "a", signature="x"),
        facts(grid, "b", signature="x"),
        facts(grid, "c", subject="s", signature="y"),
        facts(grid, "d", subject="s", signature="y"),
        facts(grid, "e"),
    ]
    assert [(f.case, f.severity, f.found) for f in find_duplicates(cohort)] == [
        ("b", "error", "those of case a of subject a"),
        ("d", "warning", "those of case c"),
    ]


def test_classes_that_are_missing(project: Project, grid) -> None:
    nowhere = [facts(grid, f"c{n}", values=(1,)) for n in range(5)]
    assert [(f.case, f.severity, f.expected) for f in find_missing_classes(nowhere, project.settings)] == [
        ("", "warning", "class 3 (Posterior)")
    ]
    once = [*(facts(grid, f"c{n}") for n in range(9)), facts(grid, "odd", values=(1,)), facts(grid, "no", values=())]
    assert [(f.case, f.severity, f.found) for f in find_missing_classes(once, project.settings)] == [
        ("odd", "note", "9 of 11 labels have it")
    ]
    seldom = [facts(grid, f"c{n}", values=(1, 3) if n < 4 else (1,)) for n in range(10)]
    assert find_missing_classes(seldom, project.settings) == []
    assert find_missing_classes([], project.settings) == []


def cohort(grid, count: int, **odd: tuple[float, float]) -> list[CaseFacts]:
    drawn = np.random.default_rng(0).normal(1, 0.05, (count, 2))
    usual = [facts(grid, f"c{n:02d}", intensity=(100 * a, 20 * b)) for n, (a, b) in enumerate(drawn)]
    return usual + [facts(grid, name, intensity=value) for name, value in odd.items()]


def test_intensities_that_stand_out(grid) -> None:
    assert find_outliers(cohort(grid, 30), ["image"]) == []
    found = find_outliers(cohort(grid, 30, bright=(5000.0, 20.0), flat=(100.0, 0.5), fine=(120.0, 25.0)), ["image"])
    assert [(f.case, f.severity) for f in found] == [("bright", "note"), ("flat", "note")]


def test_many_that_stand_out_are_another_scale(grid) -> None:
    odd = {f"odd{n}": (1e5, 2e4) for n in range(8)}
    (finding,) = find_outliers(cohort(grid, 30, **odd), ["image"])
    assert (finding.case, finding.problem) == ("", "the intensity scales differ between cases")
    assert "8 of 38 cases" in finding.found


def test_few_cases_and_no_values_say_nothing(grid) -> None:
    assert find_outliers(cohort(grid, 6, bright=(9e9, 1.0)), ["image"]) == []
    assert find_outliers(cohort(grid, 12, nothing=(float("nan"), float("nan"))), ["image"]) == []


def test_copies_that_are_labelled_otherwise(grid) -> None:
    cohort = [facts(grid, n, signature="x", values=v) for n, v in (("a", (1,)), ("b", (1,)), ("c", (3,)), ("d", None))]
    assert [f.found for f in find_duplicates(cohort)] == [
        "those of case a of subject a",
        "those of case a of subject a, which is labelled otherwise",
        "those of case a of subject a",
    ]


def test_what_nobody_looked_for_is_not_missing(project: Project, grid) -> None:
    from dataclasses import replace

    cohort = [*(facts(grid, f"c{n}") for n in range(9)), facts(grid, "odd", values=(1,))]
    assert [f.case for f in find_missing_classes(cohort, project.settings)] == ["odd"]
    cohort[-1] = replace(cohort[-1], unjudged=(3,))
    assert find_missing_classes(cohort, project.settings) == []


def test_seldom_classes_of_images_are_no_finding(project: Project, grid) -> None:
    settings = project.settings.model_copy(update={"task": "classification"})
    cohort = [facts(grid, f"c{n}", values=(1,) if n else (3,)) for n in range(20)]
    assert find_missing_classes(cohort, settings) == []


def test_empty_labels_are_counted(project: Project, grid) -> None:
    cohort = [facts(grid, f"c{n}", values=(1,) if n < 2 else ()) for n in range(9)]
    assert find_empty_labels(cohort, project.settings) == []
    (finding,) = find_empty_labels(cohort, project.settings.model_copy(update={"task": "detection"}))
    assert (finding.problem, finding.found) == ("labels without a box", "7 of 9: c2, c3, c4, c5, c6 and 2 more")
