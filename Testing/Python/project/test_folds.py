"""Folds: no subject on both sides, each held out once, the test part sealed, the same whenever asked."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from medopt import MedOptError
from medopt.project import Project, import_folder, make_split
from medopt.project.folds import FOLDS, Folds, count_subjects, deal, folds_path, load_folds, make_folds
from medopt.project.schema import CASES
from medopt.project.split import PARTS


@pytest.fixture
def cohort(project: Project, make_folder) -> Project:
    """24 labelled cases of 12 subjects, two each, at two sites."""
    import_folder(project, *make_folder(24), subject_pattern=r"case-(\d\d)")
    with project.catalogue.write() as connection:
        for number in range(24):
            values = {"subject": f"s{number // 2}", "attributes": json.dumps({"site": "AB"[number // 2 % 2]})}
            connection.execute(update(CASES).where(CASES.c.id == f"case-{number:02d}").values(**values))
    return project


def test_subjects_never_overlap_and_each_is_held_out_once(cohort: Project) -> None:
    folds = make_folds(cohort, k=5, repeats=2)
    assert len(folds.folds) == 10
    for fold in folds.folds:
        parts = [set(fold.split.subjects[part]) for part in PARTS]
        assert all(parts)
        assert len(set.union(*parts)) == sum(map(len, parts)) == 12
        for part in PARTS:
            assert {cohort.case(c).subject for c in fold.split.part(part)} == set(fold.split.subjects[part])
    for repeat in (1, 2):
        held = [case for fold in folds.of_repeat(repeat) for case in fold.held_out]
        assert sorted(held) == [f"case-{n:02d}" for n in range(24)]
    assert folds.folds[0].held_out != folds.folds[5].held_out
    sizes = [len(fold.split.subjects["test"]) for fold in folds.folds]
    assert max(sizes) - min(sizes) <= 1


def test_the_test_part_of_the_project_takes_no_part(cohort: Project) -> None:
    split = make_split(cohort)
    folds = make_folds(cohort, k=3)
    assert folds.sealed == split.hash
    assert folds.cases == {*split.train, *split.validation}
    assert folds.cases.isdisjoint(split.test)
    assert make_folds(cohort, k=3, everything=True).cases == {*split.train, *split.validation, *split.test}
    assert count_subjects(cohort) == make_folds(cohort, k=3).subjects
    assert count_subjects(cohort, everything=True) == 12
    assert cohort.test_openings() == []


def test_the_same_arguments_give_the_same_folds(cohort: Project) -> None:
    folds = make_folds(cohort, k=4, seed=3)
    again = make_folds(Project.open(cohort.folder), k=4, seed=3)
    assert again == folds == load_folds(cohort, folds.hash)
    assert json.loads(folds_path(cohort, folds).read_text())["hash"] == folds.hash
    assert make_folds(cohort, k=4, seed=4).hash != folds.hash


def test_flagged_cases_stay_out_and_later_ones_are_told(cohort: Project) -> None:
    cohort.set_flag("case-00", "a doubt")
    folds = make_folds(cohort, k=3)
    assert "case-00" not in folds.cases
    cohort.set_flag("case-00", None)
    assert make_folds(cohort, k=3).unassigned == ("case-00",)
    cohort.set_flag("case-05", "another")
    with pytest.raises(MedOptError, match=r"case case-05: the folds do not fit the cases any more.*another seed"):
        load_folds(cohort, folds.hash)


def test_sites_are_dealt_evenly(cohort: Project) -> None:
    for fold in make_folds(cohort, k=3).folds:
        sites = Counter(cohort.case(case).attributes["site"] for case in fold.held_out)
        assert sites == {"A": 4, "B": 4}


def test_folds_of_another_split_are_refused(cohort: Project) -> None:
    make_split(cohort, seed=1)
    folds = make_folds(cohort, k=3)
    make_split(cohort, seed=2, replace=True)
    with pytest.raises(MedOptError, match=r"split changed since the folds were made.*Start a new cross-validation"):
        load_folds(cohort, folds.hash)
    assert make_folds(cohort, k=3).hash != folds.hash


def test_changes_by_hand_are_found(cohort: Project) -> None:
    folds = make_folds(cohort, k=3)
    first = folds.folds[0]
    fewer = replace(first, split=replace(first.split, test=first.split.test[1:], hash=""))
    with pytest.raises(MedOptError, match="the same cases in each fold"):
        replace(folds, folds=(fewer, *folds.folds[1:]), hash="")
    value = folds.to_json()
    value["folds"][0] = value["folds"][1]
    with pytest.raises(MedOptError, match="each subject held out once"):
        Folds.from_json(value)
    with pytest.raises(MedOptError, match="changed by hand"):
        Folds.from_json({**folds.to_json(), "sealed": "other"})
    with cohort.catalogue.write() as connection:
        connection.execute(update(FOLDS).values(hash="0" * 64))
    with pytest.raises(MedOptError, match="catalogue were changed"):
        make_folds(cohort, k=3)


@pytest.mark.parametrize("k", [1, 13])
def test_a_wrong_k_is_told(cohort: Project, k: int) -> None:
    with pytest.raises(MedOptError, match=rf"12 subjects cannot be divided into {k} folds.*Choose another k"):
        make_folds(cohort, k=k)


def test_too_few_subjects(project: Project, make_folder) -> None:
    import_folder(project, *make_folder(3))
    with pytest.raises(MedOptError, match="two subjects beside those held out"):
        make_folds(project, k=2)
    assert [len(fold.held_out) for fold in make_folds(project, k=3).folds] == [1, 1, 1]


@given(
    held=st.lists(st.sets(st.integers(1, 4), max_size=4), min_size=6, max_size=60),
    k=st.integers(2, 6),
    seed=st.integers(0, 99),
)
def test_dealing_balances_sizes_and_the_rarest_class(held: list[set[int]], k: int, seed: int) -> None:
    strata = {f"s{n}": (tuple(sorted(classes)), ("",)) for n, classes in enumerate(held)}
    order = deal(strata, str(seed))
    assert sorted(order) == sorted(strata)
    assert order == deal(dict(reversed(strata.items())), str(seed))
    folds = [order[n::k] for n in range(k)]
    counts = Counter(one for classes in held for one in classes)
    if counts:
        rarest = min(counts, key=lambda one: (counts[one], repr(one)))
        shares = [sum(rarest in strata[name][0] for name in fold) for fold in folds]
        assert max(shares) - min(shares) <= 1


def test_dealing_is_as_even_as_scikit_learn_for_one_class() -> None:
    """Oracle: StratifiedKFold gives each fold the same number of each class, within one."""
    model_selection = pytest.importorskip("sklearn.model_selection", reason="scikit-learn is the oracle")
    labels = np.array([1] * 17 + [0] * 40)
    strata = {f"s{n}": ((1,) if label else (), ("",)) for n, label in enumerate(labels)}
    order = deal(strata, "5")
    own = sorted((len(f), sum(bool(strata[s][0]) for s in f)) for f in (order[n::5] for n in range(5)))
    theirs = model_selection.StratifiedKFold(5).split(labels, labels)
    expected = sorted((len(test), int(labels[test].sum())) for _, test in theirs)
    assert own == expected
