"""STAPLE against the published steps written out, and what it must give of label maps."""

from __future__ import annotations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.labelling.agreement import staple, staple_labels

GRID = Geometry((6, 12, 14), (2.0, 1.0, 1.0))


def written_out(masks: list[np.ndarray], rounds: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Expectation and maximisation as Warfield et al. give them, from p = q = 0.99999."""
    said = np.stack([mask.ravel() != 0 for mask in masks])
    p, q, prior = np.full(len(said), 0.99999), np.full(len(said), 0.99999), said.mean()
    weight = np.zeros(said.shape[1])
    for _ in range(rounds):
        a = prior * np.where(said, p[:, None], 1 - p[:, None]).prod(axis=0)
        b = (1 - prior) * np.where(said, 1 - q[:, None], q[:, None]).prod(axis=0)
        weight = a / (a + b)
        p = (said * weight).sum(axis=1) / weight.sum()
        q = (~said * (1 - weight)).sum(axis=1) / (1 - weight).sum()
    return weight.reshape(masks[0].shape), p, q


@pytest.mark.parametrize("raters", [3, 5])
def test_equal_to_the_steps_written_out(rng: np.random.Generator, raters: int) -> None:
    truth = np.zeros(GRID.shape, bool)
    truth[1:5, 3:9, 3:10] = True
    masks = [truth ^ (rng.random(GRID.shape) < share) for share in np.linspace(0.02, 0.2, raters)]
    found = staple(masks)
    probability, sensitivity, specificity = written_out(masks)
    np.testing.assert_allclose(found.probability, probability, atol=1e-4)
    np.testing.assert_allclose(found.sensitivity, sensitivity, atol=1e-4)
    np.testing.assert_allclose(found.specificity, specificity, atol=1e-4)
    assert ((found.probability >= 0.5) == truth).mean() > 0.97
    assert found.sensitivity[0] > found.sensitivity[-1]  # the last one is the most careless
    assert found.specificity[0] > found.specificity[-1]


def test_equal_masks_are_the_answer() -> None:
    mask = np.zeros(GRID.shape, bool)
    mask[2:4, 2:5, 2:5] = True
    for same in (mask, np.zeros_like(mask), np.ones_like(mask)):
        found = staple([same, same, same])
        np.testing.assert_array_equal(found.probability, same.astype(np.float32))
        assert found.sensitivity == found.specificity == (1.0, 1.0, 1.0)


def labelled(*boxes: tuple[int, slice], unjudged: tuple[int, ...] = ()) -> LabelMap:
    array = np.zeros(GRID.shape, np.uint8)
    for value, part in boxes:
        array[1:5, 2:10, part] = value
    return LabelMap(array, GRID, unjudged)


def test_two_of_three_decide_class_by_class() -> None:
    one = labelled((1, slice(2, 6)), (4, slice(6, 11)))
    other = labelled((1, slice(2, 7)), (4, slice(7, 11)))
    found = staple_labels([one, one, other])
    np.testing.assert_array_equal(found.label.array, one.array)
    assert sorted(found.levels) == [1, 4]
    assert found.levels[1].sensitivity[0] == pytest.approx(1)
    assert found.levels[4].sensitivity[2] < 0.95
    assert found.levels[1].specificity[2] < found.levels[1].specificity[0]


def test_a_class_is_worked_out_from_those_who_looked_for_it() -> None:
    full = labelled((1, slice(2, 6)), (4, slice(6, 11)))
    half = labelled((1, slice(2, 6)), unjudged=(4,))
    found = staple_labels([full, half, half])
    np.testing.assert_array_equal(found.label.array, full.array)
    assert list(found.levels) == [1]
    assert found.label.unjudged == ()
    assert staple_labels([half, half]).label.unjudged == (4,)


def test_what_somebody_left_out_is_left_out() -> None:
    one = labelled((1, slice(2, 6)))
    other = labelled((1, slice(2, 6)), (9, slice(10, 12)))
    found = staple_labels([one, other], ignored=9).label.array
    assert (found[1:5, 2:10, 10:12] == 9).all()
    assert list(np.unique(found)) == [0, 1, 9]


def test_wrong_input_is_told() -> None:
    with pytest.raises(MedOptError, match=r"no masks to agree on: expected two or more of one shape.*\(2, 2, 2\)"):
        staple([np.zeros((2, 2, 2))])
    moved = LabelMap(np.zeros(GRID.shape, np.uint8), Geometry(GRID.shape, GRID.spacing, (5.0, 0.0, 0.0)))
    with pytest.raises(MedOptError, match="no labels to agree on: expected two or more on one grid"):
        staple_labels([labelled(), moved])
