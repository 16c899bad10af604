"""The last version of each annotator, from the history."""

from __future__ import annotations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import LabelMap
from medopt.labelling.agreement import CONSENSUS, IMPORTED, find_opinions, read_opinion
from medopt.project import Project


def changed(project: Project, case: str, voxels: int) -> LabelMap:
    label = project.read_label(case)
    array = label.array.copy()
    array.reshape(-1)[np.flatnonzero(array == 1)[:voxels]] = 0
    return LabelMap(array, label.geometry)


def test_the_last_version_of_each_counts_and_is_read_from_the_history(small_project: Project) -> None:
    imported = small_project.read_label("case-0")
    first, second, third = (changed(small_project, "case-0", n) for n in (1, 2, 3))
    small_project.save_label("case-0", first, annotator="bea")
    small_project.save_label("case-0", second, annotator="abe", source="proposal")
    small_project.save_label("case-0", third, annotator="bea")
    small_project.save_label("case-1", changed(small_project, "case-1", 1), annotator="abe")
    found = find_opinions(small_project)
    assert sorted(found) == ["case-0", "case-1"]  # the others have but their imported label
    assert [(o.annotator, o.version, o.from_proposal) for o in found["case-0"]] == [
        (IMPORTED, 1, False),
        ("abe", 3, True),
        ("bea", 4, False),
    ]
    for opinion, expected in zip(found["case-0"], (imported, second, third), strict=True):
        np.testing.assert_array_equal(read_opinion(small_project, "case-0", opinion).array, expected.array)


def test_a_restored_version_is_of_who_made_it_and_a_consensus_of_nobody(small_project: Project) -> None:
    small_project.save_label("case-0", changed(small_project, "case-0", 1), annotator="abe")
    small_project.save_label("case-0", changed(small_project, "case-0", 2), annotator=CONSENSUS)
    small_project.restore_label("case-0", 2)
    (case,) = find_opinions(small_project).items()
    assert [(o.annotator, o.version) for o in case[1]] == [(IMPORTED, 1), ("abe", 4)]


def test_annotators_may_be_chosen(small_project: Project) -> None:
    for case, names in {"case-0": "ab", "case-1": "abc", "case-2": "c"}.items():
        for n, name in enumerate(names):
            small_project.save_label(case, changed(small_project, case, n), annotator=name)
    assert {c: [o.annotator for o in f] for c, f in find_opinions(small_project, ["a", "b"]).items()} == {
        "case-0": ["a", "b"],
        "case-1": ["a", "b"],
    }
    assert [o.annotator for o in find_opinions(small_project, ["c", "a"])["case-1"]] == ["a", "c"]
    with pytest.raises(MedOptError, match=r"nobody of that name made a label: expected \(imported\), a, b, c, found d"):
        find_opinions(small_project, ["a", "d"])


def test_a_missing_file_is_told(small_project: Project) -> None:
    small_project.save_label("case-0", changed(small_project, "case-0", 1), annotator="abe")
    small_project.labels.history_path("case-0", 1).unlink()
    opinion = find_opinions(small_project)["case-0"][0]
    with pytest.raises(MedOptError, match="case case-0, version 1: the file of this version is missing"):
        read_opinion(small_project, "case-0", opinion)
