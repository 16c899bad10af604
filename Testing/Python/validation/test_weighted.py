"""Weighted areas and rates against scikit-learn, where weights of whole numbers are cases that come several times."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    cohen_kappa_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from medopt.metrics import froc, match_boxes, pool_boxes
from medopt.metrics.box_average_precision import box_average_precision
from medopt.validation.weighted import (
    mean_of_defined,
    weighted_auroc,
    weighted_average_precision,
    weighted_box_precision,
    weighted_froc,
    weighted_kappa,
    weighted_precision_at,
    weighted_rates,
    weighted_roc,
)


@pytest.fixture
def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights of 20 resamples of 60 cases, truths, and scores with ties."""
    rng = np.random.default_rng(3)
    truth = rng.random(60) < 0.3
    scores = np.round(rng.normal(truth, 1.0), 1)
    return rng.multinomial(60, np.full(60, 1 / 60), 20).astype(float), truth, scores


def test_areas_are_those_of_scikit_learn(drawn: tuple) -> None:
    weights, truth, scores = drawn
    areas, precisions = weighted_auroc(weights, truth, scores), weighted_average_precision(weights, truth, scores)
    for n, weight in enumerate(weights):
        assert areas[n] == pytest.approx(roc_auc_score(truth, scores, sample_weight=weight))
        assert precisions[n] == pytest.approx(average_precision_score(truth, scores, sample_weight=weight))


def test_areas_without_one_kind_of_case_are_not_defined() -> None:
    weights = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    truth, scores = [False, False, True], [0.1, 0.2, 0.3]
    np.testing.assert_equal(weighted_auroc(weights, truth, scores), [1, np.nan, np.nan])
    np.testing.assert_equal(weighted_average_precision(weights, truth, scores), [1, np.nan, 1])
    assert np.isnan(weighted_auroc(np.ones((1, 0)), [], [])).all()


def test_curves_are_those_of_scikit_learn(drawn: tuple) -> None:
    weights, truth, scores = drawn
    rates = np.linspace(0.03, 1, 30)
    curves = weighted_roc(weights, truth, scores, rates)
    precisions = weighted_precision_at(weights, truth, scores, rates)
    for n, weight in enumerate(weights):
        x, y, _ = roc_curve(truth, scores, sample_weight=weight, drop_intermediate=False)
        top = np.append(np.diff(x) > 0, True)
        np.testing.assert_allclose(curves[n], np.interp(rates, x[top], y[top]), atol=1e-9)
        precision, recall, _ = precision_recall_curve(truth, scores, sample_weight=weight)
        # scikit-learn's come with the recall falling; the first threshold to reach it is the last one there
        expected = [precision[np.flatnonzero(recall >= r - 1e-12)[-1]] for r in rates]
        np.testing.assert_allclose(precisions[n], expected, atol=1e-9)


def test_curves_without_one_kind_of_case_are_not_defined() -> None:
    assert np.isnan(weighted_roc(np.ones((1, 2)), [True, True], [0.1, 0.2], [0.5])).all()
    assert np.isnan(weighted_precision_at(np.ones((1, 2)), [False, False], [0.1, 0.2], [0.5])).all()
    best = weighted_precision_at(
        np.ones((1, 3)), [False, True, True], [0.9, 0.8, 0.7], [0.2, 0.5, 0.9], np.array([4.0])
    )
    np.testing.assert_allclose(best, [[2 / 3, 2 / 3, 0]])


def test_kappa_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 3, 80), rng.integers(0, 3, 80)
    b = np.where(rng.random(80) < 0.5, a, b)
    confusion = np.zeros((3, 3))
    np.add.at(confusion, (a, b), 1)
    one_class = np.diag([5.0, 0, 0])
    found = weighted_kappa(np.stack([confusion, one_class]))
    assert found[0] == pytest.approx(cohen_kappa_score(a, b))
    assert np.isnan(found[1])


def test_rates_and_means() -> None:
    np.testing.assert_equal(weighted_rates(np.array([1.0, 0.0]), np.array([3.0, 0.0])), [0.25, np.nan])
    values = np.array([[1.0, np.nan], [np.nan, np.nan], [1.0, 2.0]])
    np.testing.assert_equal(mean_of_defined(values), [1, np.nan, 1.5])


def test_box_curves_are_those_of_the_metrics_room() -> None:
    rng = np.random.default_rng(5)
    matches = []
    for _ in range(12):
        there = rng.uniform(0, 40, (rng.integers(0, 4), 1, 3)) + np.array([[[0.0] * 3, [8.0] * 3]])
        near = there + rng.normal(0, 1.2, (len(there), 1, 3))
        away = rng.uniform(60, 90, (3, 1, 3)) + np.array([[[0.0] * 3, [8.0] * 3]])
        said = np.concatenate([near, away])
        scores = np.round(rng.random(len(said)), 1)
        kinds = np.zeros(len(said), int), np.zeros(len(there), int)
        matches.append(match_boxes((said, kinds[0], scores), (there, kinds[1]), [True]))
    pooled = pool_boxes(matches, 0)
    weights = rng.multinomial(12, np.full(12, 1 / 12), 9).astype(float)
    boxes, images = weights @ pooled.references, weights.sum(axis=1)
    of_boxes = weights[:, pooled.images]
    areas = weighted_box_precision(of_boxes, pooled.right, pooled.scores, boxes)
    at = weighted_froc(of_boxes, pooled.right, pooled.scores, boxes, images, (0.5, 1.0, 2.0))
    for n, weight in enumerate(weights):
        assert areas[n] == pytest.approx(box_average_precision(pooled, weight))
        curve = froc(pooled, (0.5, 1.0, 2.0), weight)
        assert curve is not None
        assert at[n] == pytest.approx(curve.at_rates)


def test_nothing_predicted_is_zero_and_nothing_to_find_is_not_defined() -> None:
    none = np.zeros((2, 0))
    boxes, images = np.array([3.0, 0.0]), np.array([2.0, 2.0])
    np.testing.assert_equal(weighted_box_precision(none, [], [], boxes), [0, np.nan])
    np.testing.assert_equal(weighted_froc(none, [], [], boxes, images, (1.0,)), [[0], [np.nan]])
