"""AUROC against scikit-learn and its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from medopt.metrics import auroc

cases = st.lists(st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 3)), min_size=2, max_size=40)


@given(cases)
def test_it_is_the_chance_of_the_right_order(rows: list[tuple[bool, int, int]]) -> None:
    truth, scores, _ = (np.array(column) for column in zip(*rows, strict=True))
    value = auroc(truth, scores / 6)
    pairs = [(p > n) + 0.5 * (p == n) for p in scores[truth] for n in scores[~truth]]
    if not pairs:
        assert value is None
        return
    assert value == pytest.approx(np.mean(pairs))
    assert value == pytest.approx(roc_auc_score(truth, scores))
    assert auroc(~truth, -scores) == pytest.approx(value)
    assert auroc(truth, np.exp(scores)) == pytest.approx(value)


@given(cases)
def test_weights_are_repeated_cases(rows: list[tuple[bool, int, int]]) -> None:
    truth, scores, weights = (np.array(column) for column in zip(*rows, strict=True))
    repeated = auroc(np.repeat(truth, weights), np.repeat(scores, weights))
    assert auroc(truth, scores, weights) == (None if repeated is None else pytest.approx(repeated))


def test_not_defined_for_cases_of_one_kind() -> None:
    assert auroc([], []) is None
    assert auroc([1, 1], [0.1, 0.2]) is None
    assert auroc([0, 0], [0.1, 0.2]) is None
