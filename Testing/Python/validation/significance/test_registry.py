"""Every test has a name, and its outcome tells it."""

import numpy as np

from medopt.validation.significance import (
    TESTS,
    delong,
    mcnemar,
    nadeau_bengio,
    paired_bootstrap,
    wilcoxon,
)


def test_names_are_those_of_the_outcomes():
    a, b, subjects = np.arange(12) % 2, np.arange(12) % 3, [f"s{n}" for n in range(12)]
    found = [
        paired_bootstrap(a, b, subjects),
        wilcoxon(a, b, subjects),
        delong(a, a, b, subjects),
        mcnemar(a, b > 0, subjects),
        nadeau_bengio(a, b, [10] * 12, [2] * 12)[1],
    ]
    assert [outcome.test for outcome in found] == list(TESTS)
    assert all(outcome.p_value is not None for outcome in found)
    assert all(kind.name == name and kind.title and kind.explanation for name, kind in TESTS.items())
