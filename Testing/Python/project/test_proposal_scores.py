from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import entropy

from medopt import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.project import Project, ProposalScores
from medopt.project.proposal_scores import NEGLIGIBLE

CASE = "case-00"


def scores_around(label: LabelMap, seed: int = 0) -> np.ndarray:
    """Scores of two classes that add to at most 255, and 0 outside two slices."""
    first = np.random.default_rng(seed).integers(0, 128, (2, *label.geometry.shape)).astype(np.uint8)
    first[:, 0] = first[:, 3:] = 0
    return first


def in_two_slices(label: LabelMap) -> LabelMap:
    array = label.array.copy()
    array[0] = array[3:] = 0
    return LabelMap(array, label.geometry)


def test_scores_come_back(filled: Project, make_label) -> None:
    label = in_two_slices(make_label(1))
    given_ = scores_around(label)
    filled.save_proposal(CASE, label, model="m", scores=given_)
    found = filled.read_scores(CASE)
    assert found is not None
    assert found.classes == (1, 3)
    np.testing.assert_array_equal(found.values, given_)
    assert found.values.dtype == np.uint8
    for place, value in enumerate(found.classes):
        probability = found.probability(value)
        assert probability.dtype == np.float32
        np.testing.assert_allclose(probability, given_[place] / 255, atol=1e-6)


def test_only_where_something_is_uncertain_or_marked_is_kept(filled: Project, make_label) -> None:
    label = in_two_slices(make_label(1))
    scores = scores_around(label)
    scores[:, 0, 0, 0] = NEGLIGIBLE
    filled.save_proposal(CASE, label, model="m", scores=scores)
    found = filled.read_scores(CASE)
    assert found is not None
    assert found.part.shape[1] == 2
    assert found.corner[0] == 1
    assert np.abs(found.values.astype(int) - scores).max() == NEGLIGIBLE
    filled.save_proposal(CASE, label, model="m", scores=np.zeros_like(scores))
    marked = filled.read_scores(CASE)
    assert marked is not None
    assert marked.part.shape[1] == 2


def test_an_empty_proposal_has_scores(filled: Project, make_label) -> None:
    nothing = LabelMap(np.zeros_like(make_label(1).array), make_label(1).geometry)
    filled.save_proposal(CASE, nothing, model="m", scores=np.zeros((2, *nothing.array.shape), np.uint8))
    found = filled.read_scores(CASE)
    assert found is not None
    assert found.part.size == 2
    assert not found.values.any()
    assert not found.uncertainty().any()


@given(arrays(np.uint8, (2, 1, 3, 4), elements=st.integers(0, 127)))
def test_uncertainty_is_the_entropy_that_scipy_works_out(part: np.ndarray) -> None:
    grid = Geometry((2, 3, 6))
    found = ProposalScores((1, 3), grid, (1, 0, 1), part).uncertainty()
    assert found.shape == grid.shape
    assert found.dtype == np.float32
    all_ = np.concatenate([255 - part.sum(axis=0, dtype=int)[None], part])
    np.testing.assert_allclose(found[1:, :, 1:5], entropy(all_, axis=0, base=3), atol=2e-6)
    assert not found[0].any()
    assert not found[:, :, 0].any()


def test_uncertainty_stays_within_0_and_1_when_scores_add_to_more_than_1() -> None:
    part = np.array([[255, 255, 128, 0, 255], [255, 0, 128, 0, 1]], np.uint8).reshape(2, 1, 1, 5)
    found = ProposalScores((1, 3), Geometry((1, 1, 5)), (0, 0, 0), part).uncertainty().ravel()
    np.testing.assert_allclose(found[:4], [np.log(2) / np.log(3), 0, np.log(2) / np.log(3), 0], atol=1e-6)
    assert 0 < found[4] < 0.1


def test_scores_of_another_proposal_are_not_taken(filled: Project, make_label) -> None:
    label = in_two_slices(make_label(1))
    filled.save_proposal(CASE, label, model="m", scores=scores_around(label))
    kept = filled.proposals.scores_path(CASE).read_bytes()
    filled.save_proposal(CASE, make_label(2), model="n")
    assert filled.read_scores(CASE) is None
    assert not filled.proposals.scores_path(CASE).exists()
    filled.proposals.scores_path(CASE).write_bytes(kept)
    assert filled.read_scores(CASE) is None


def test_classes_may_be_added_and_put_in_another_order(filled: Project, make_label, classes) -> None:
    label = in_two_slices(make_label(1))
    scores = scores_around(label)
    filled.save_proposal(CASE, label, model="m", scores=scores)
    new = type(classes[0])(value=2, name="Middle", color="#00ff00")
    settings = filled.settings.model_copy(update={"classes": [classes[1], new, classes[0]]})
    settings.save(filled.folder / "project.yaml")
    found = Project.open(filled.folder).read_scores(CASE)
    assert found is not None
    assert found.classes == (3, 2, 1)
    np.testing.assert_array_equal(found.values[[2, 0]], scores)
    assert not found.values[1].any()


def test_no_scores(filled: Project, make_label) -> None:
    assert filled.read_scores(CASE) is None
    filled.save_proposal(CASE, make_label(1), model="m")
    assert filled.read_scores(CASE) is None
    with pytest.raises(MedOptError, match="unknown case"):
        filled.read_scores("nobody")


@pytest.mark.parametrize(
    "change", [lambda s: s[:1], lambda s: s.astype(np.float32), lambda s: s[:, :2], lambda s: s[0]]
)
def test_scores_must_fit(filled: Project, make_label, change) -> None:
    label = make_label(1)
    with pytest.raises(MedOptError, match=r"scores do not fit the case: expected uint8 of \(2, 4, 6, 5\)"):
        filled.save_proposal(CASE, label, model="m", scores=change(scores_around(label)))
    assert filled.read_proposal(CASE) is None


def test_scores_are_for_segmentation(tmp_path, make_folder, classes) -> None:
    from medopt.image import ClassLabel
    from medopt.project import import_folder

    project = Project.create(tmp_path / "c", name="c", classes=classes, task="classification")
    import_folder(project, make_folder(1, labelled=False)[0])
    with pytest.raises(MedOptError, match=r"scores are for segmentation: found a project of classification"):
        project.save_proposal(CASE, ClassLabel((1,)), model="m", scores=np.zeros((2, 4, 6, 5), np.uint8))


def test_a_class_without_scores() -> None:
    found = ProposalScores((1, 3), Geometry((1, 1, 1)), (0, 0, 0), np.zeros((2, 1, 1, 1), np.uint8))
    with pytest.raises(MedOptError, match="no scores of this class: expected 1, 3, found 2"):
        found.probability(2)


def test_damaged_scores(filled: Project, make_label) -> None:
    label = in_two_slices(make_label(1))
    filled.save_proposal(CASE, label, model="m", scores=scores_around(label))
    path = filled.proposals.scores_path(CASE)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with pytest.raises(MedOptError, match=r"scores\.nrrd"):
        filled.read_scores(CASE)
    path.write_bytes(whole.replace(b"MedOptCorner:=1 ", b"MedOptCorner:=9 "))
    with pytest.raises(MedOptError, match=r"scores\.nrrd: the file is damaged: expected scores of a proposal"):
        filled.read_scores(CASE)
