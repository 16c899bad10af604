"""The corrected t-test over folds by its formula and against the plain one."""

import numpy as np
import pytest
from scipy import stats

from medopt import MedOptError
from medopt.validation.significance import nadeau_bengio

ONE = np.array([0.80, 0.82, 0.79, 0.85, 0.81])
OTHER = np.array([0.83, 0.83, 0.84, 0.86, 0.85])


def test_by_its_formula():
    interval, found = nadeau_bengio(ONE, OTHER, [80] * 5, [20] * 5)
    difference = OTHER - ONE
    error = np.sqrt((1 / 5 + 20 / 80) * difference.var(ddof=1))
    t = difference.mean() / error
    assert found.p_value == pytest.approx(2 * stats.t.sf(t, 4))
    assert (interval.low, interval.high) == pytest.approx(stats.t.interval(0.95, 4, difference.mean(), error))
    assert (found.n, interval.n, interval.estimate) == (5, 5, pytest.approx(difference.mean()))


def test_without_overlap_it_is_the_t_test():
    _, found = nadeau_bengio(ONE, OTHER, [10**9] * 5, [1] * 5)
    assert found.p_value == pytest.approx(stats.ttest_rel(ONE, OTHER).pvalue, rel=1e-6)


def test_folds_without_spread_and_too_few_folds():
    assert nadeau_bengio(ONE, ONE, [8] * 5, [2] * 5)[1].p_value == 1.0
    interval, found = nadeau_bengio([0.5, 0.5, 0.5], [0.75, 0.75, 0.75], [8] * 3, [4] * 3)
    assert (interval.low, interval.high, found.p_value) == (0.25, 0.25, 0.0)
    interval, found = nadeau_bengio([0.5, 0.6], [0.7, 0.9], [8] * 2, [8] * 2)
    assert interval.estimate == pytest.approx(0.25)
    assert (interval.low, found.p_value) == (None, None)
    assert found.refused == "too few folds: expected at least 3, found 2"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((ONE, OTHER[:4], [8] * 5, [2] * 5), "the folds do not fit: .*found 5 and 4 scores"),
        ((ONE, OTHER, [8] * 4, [2] * 5), "the folds do not fit"),
        ((ONE, OTHER, [0] * 5, [2] * 5), "the folds do not fit"),
        ((ONE, np.append(OTHER[:4], np.nan), [8] * 5, [2] * 5), "a score of a fold is not a number"),
    ],
)
def test_wrong_input(arguments, message):
    with pytest.raises(MedOptError, match=message):
        nadeau_bengio(*arguments)
