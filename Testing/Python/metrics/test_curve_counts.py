"""Cases counted at each score."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.metrics.curve_counts import count_by_score


def test_each_distinct_score_once_from_the_highest() -> None:
    counts = count_by_score([1, 0, 1, 0, 0], [0.2, 0.9, 0.9, 0.2, 0.2], [1, 2, 3, 4, 0])
    assert counts.scores.tolist() == [0.9, 0.2]
    assert counts.positives.tolist() == [3, 1]
    assert counts.negatives.tolist() == [2, 4]
    assert counts.both


def test_nothing_counts_nothing() -> None:
    counts = count_by_score([], [])
    assert counts.scores.size == counts.positives.size == counts.negatives.size == 0
    assert not counts.both


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(MedOptError, match=r"do not fit: .*found shapes \(2,\), \(3,\) and \(3,\)"):
        count_by_score([1, 0], [0.1, 0.2, 0.3])
    with pytest.raises(MedOptError, match="a score is not a number: found 1 of 2"):
        count_by_score([1, 0], [0.1, np.nan])
