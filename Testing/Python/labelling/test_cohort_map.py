"""What a picture of the core set shows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from medopt.image import LabelMap
from medopt.labelling.cohort_map import map_cohort
from medopt.labelling.core_set import CoreSet, choose_core_set, coverage


def test_every_case_has_its_role_and_the_nearest_case_that_stands_for_it(unlabelled):
    grid = unlabelled.case("case-04").geometry
    unlabelled.save_label("case-04", LabelMap(np.ones(grid.shape, np.uint8), grid), annotator="x")
    chosen, embeddings = choose_core_set(unlabelled, 2, strata=["site"], added=["case-06"])
    found = map_cohort(unlabelled, chosen, embeddings)
    by_id = {point.case_id: point for point in found.points}
    assert len(by_id) == 12
    assert by_id["case-04"].role == "labelled"
    assert by_id["case-06"].role == "added"
    assert by_id["case-11"].role == "repeated"
    assert [by_id[case].number for case in chosen.ids] == [1, 2, 3]
    assert by_id["case-09"].stratum == "B"
    apart = cdist(embeddings.points(), embeddings.points())
    place = {case: n for n, case in enumerate(embeddings.cases)}
    marks = ["case-04", *chosen.ids]
    for case, point in by_id.items():
        nearest = min(marks, key=lambda mark: apart[place[case], place[mark]])
        assert apart[place[case], place[point.nearest]] == pytest.approx(apart[place[case], place[nearest]], abs=1e-5)
        assert case not in marks or point.nearest == case


def test_coverage_grows_with_every_case_and_ends_at_that_of_the_core_set(unlabelled):
    chosen, embeddings = choose_core_set(unlabelled, 4)
    steps = map_cohort(unlabelled, chosen, embeddings).steps
    assert [step.count for step in steps] == [1, 2, 3, 4]
    assert all(after.chosen < before.chosen for before, after in pairwise(steps))
    assert steps[-1].chosen == pytest.approx(coverage(unlabelled, chosen, embeddings).chosen, rel=1e-6)
    assert all(step.low <= step.random <= step.high for step in steps)


def test_without_a_core_set_and_labels_nothing_stands_for_a_case(unlabelled):
    _, embeddings = choose_core_set(unlabelled, 1)
    found = map_cohort(unlabelled, CoreSet(count=0), embeddings)
    assert found.steps == ()
    assert {(point.nearest, point.role) for point in found.points} == {(None, "other")}
