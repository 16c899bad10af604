"""Average precision against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from medopt.metrics import average_precision

cases = st.lists(st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=40)


@given(cases)
def test_equal_to_scikit_learn(rows: list[tuple[bool, int, int]]) -> None:
    truth, scores, weights = (np.array(column) for column in zip(*rows, strict=True))
    value = average_precision(truth, scores)
    if not truth.any():
        assert value is None
    else:
        assert value == pytest.approx(average_precision_score(truth, scores))
    if (weights * truth).any():
        weighted = average_precision_score(truth, scores, sample_weight=weights)
        assert average_precision(truth, scores, weights) == pytest.approx(weighted)


def test_a_perfect_order_is_one_and_equal_scores_are_the_share() -> None:
    assert average_precision([1, 1, 0, 0], [4, 3, 2, 1]) == 1
    assert average_precision([1, 0, 0, 0], [1, 1, 1, 1]) == 0.25
    assert average_precision([], []) is None
