"""The core set of small projects: who is in it, why, and what the user may change."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import LabelMap
from medopt.labelling.core_set import (
    ChosenCase,
    CoreSet,
    choose_core_set,
    core_set_path,
    coverage,
    default_count,
    edit_core_set,
    load_core_set,
    save_core_set,
)
from medopt.labelling.pool import pool
from medopt.project import load_split


def label(project, case: str) -> None:
    grid = project.case(case).geometry
    project.save_label(case, LabelMap(np.ones(grid.shape, np.uint8), grid), annotator="x")


def test_three_patterns_need_three_cases(unlabelled):
    chosen, embeddings = choose_core_set(unlabelled, 3)
    assert {int(case[-2:]) % 3 for case in chosen.ids} == {0, 1, 2}
    measured = coverage(unlabelled, chosen, embeddings)
    assert measured.cases == 12
    assert measured.chosen < 0.8 * measured.random
    assert choose_core_set(unlabelled, 3)[0] == chosen


def test_reasons_are_sentences(unlabelled):
    first, second, *_ = choose_core_set(unlabelled, 3)[0].cases
    assert first.reason == "stands for the whole cohort best"
    assert second.reason.startswith("stands for most cases that are not covered yet, ")
    assert f"from {first.case}, the nearest one labelled or chosen before" in second.reason
    far = choose_core_set(unlabelled, 2, method="k-center", strata=["site"])[0].cases[1]
    assert "least like any other of site " in far.reason


def test_the_same_image_twice_comes_once(unlabelled):
    chosen, _ = choose_core_set(unlabelled, 12)
    assert [(one.case, one.of) for one in chosen.repeated] == [("case-11", "case-00")]
    assert sorted(chosen.ids) == [f"case-{n:02d}" for n in range(11)]
    label(unlabelled, "case-11")  # what it repeats is then labelled, too
    assert "case-00" not in choose_core_set(unlabelled, 12)[0].ids


def test_strata_get_seats_in_proportion(unlabelled):
    chosen, _ = choose_core_set(unlabelled, 6, strata=["site"])
    sites = {case.id: case.attributes["site"] for case in unlabelled.cases()}
    assert Counter(sites[case] for case in chosen.ids) == {"A": 4, "B": 2}
    with pytest.raises(MedOptError, match="scanner: no case has this attribute: expected site"):
        choose_core_set(unlabelled, 6, strata=["scanner"])


def test_labelled_cases_cover_and_are_not_chosen(unlabelled):
    label(unlabelled, "case-00")
    label(unlabelled, "case-01")
    chosen, _ = choose_core_set(unlabelled, 1)
    assert int(chosen.ids[0][-2:]) % 3 == 2


def test_flagged_cases_and_test_subjects_stay_out(small_project):
    tested = set(load_split(small_project).test)
    others = [case.id for case in small_project.cases() if case.id not in tested]
    small_project.set_flag(others[0], "blurred")
    assert [case.id for case in pool(small_project)] == others[1:]
    assert {case.id for case in pool(small_project, "test")} == tested
    assert len(pool(small_project, "all")) == 7
    _, embeddings = choose_core_set(small_project, 2)
    assert embeddings.cases == tuple(others[1:])
    with pytest.raises(MedOptError, match="is of the test part"):
        choose_core_set(small_project, 2, added=[sorted(tested)[0]])
    with pytest.raises(MedOptError, match="is flagged"):
        choose_core_set(small_project, 2, added=[others[0]])
    with pytest.raises(MedOptError, match="unknown part: expected train, test, all, found validation"):
        pool(small_project, "validation")


def test_the_user_puts_cases_in_and_takes_cases_out(unlabelled):
    chosen, _ = choose_core_set(unlabelled, 2, added=["case-04"], dropped=["case-00"])
    assert chosen.ids[0] == "case-04"
    assert len(chosen.ids) == 3
    assert int(chosen.ids[1][-2:]) % 3 != 1  # its kind is covered
    assert "case-00" not in chosen.ids
    edited = edit_core_set(unlabelled, chosen, added=["case-00", "case-04"], dropped=[chosen.ids[1]])
    assert edited.ids == ("case-04", chosen.ids[2], "case-00")
    assert edited.dropped == (chosen.ids[1],)
    with pytest.raises(MedOptError, match="not in the core set"):
        edit_core_set(unlabelled, chosen, dropped=["case-10"])
    with pytest.raises(MedOptError, match="put in and taken out at once"):
        choose_core_set(unlabelled, 2, added=["case-04"], dropped=["case-04"])
    with pytest.raises(MedOptError, match="unknown case"):
        choose_core_set(unlabelled, 2, added=["case-99"])
    with pytest.raises(MedOptError, match="expected 0 cases or more"):
        choose_core_set(unlabelled, -1)


def test_it_is_kept_in_one_file(unlabelled):
    assert load_core_set(unlabelled) is None
    chosen, _ = choose_core_set(unlabelled, 3, strata=["site"], added=["case-03"])
    save_core_set(unlabelled, chosen)
    assert load_core_set(unlabelled) == chosen
    core_set_path(unlabelled).write_text('{"format": 1, "count": 3, "stratum": []}')
    with pytest.raises(MedOptError, match=r"core_set\.json.*unknown field 'stratum'.*did you mean 'strata'"):
        load_core_set(unlabelled)


def test_no_case_stands_in_it_twice():
    one = ChosenCase(case="a", reason="r")
    with pytest.raises(ValueError, match="twice"):
        CoreSet(count=2, cases=(one, one))


def test_the_usual_size():
    assert [default_count(n) for n in (0, 3, 20, 195, 10_000)] == [0, 3, 5, 20, 40]


def test_an_empty_project_has_an_empty_core_set(tmp_path, unlabelled):
    from medopt.project import Project

    empty = Project.create(tmp_path / "empty", name="empty", classes=unlabelled.settings.classes)
    chosen, embeddings = choose_core_set(empty)
    assert chosen.ids == ()
    assert coverage(empty, chosen, embeddings).chosen is None
