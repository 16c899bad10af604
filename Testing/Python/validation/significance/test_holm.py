"""Holm's adjustment: by hand, its properties, and the level of the whole family."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.validation.significance import holm


def test_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, None, 0.5]) == [1.0, None, 1.0]
    assert holm([]) == []
    assert holm([0.03]) == [0.03]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_between_the_plain_values_and_bonferroni_in_the_same_order(p):
    found = holm(p)
    for plain, adjusted in zip(p, found, strict=True):
        assert plain <= adjusted <= min(1, len(p) * plain)
    assert [found[n] for n in np.argsort(p, kind="stable")] == sorted(found)
    assert min(found) == min(1, len(p) * min(p))


def test_the_family_keeps_its_level(rng):
    wrong = np.mean([min(holm(rng.uniform(0, 1, 10).tolist())) < 0.05 for _ in range(2000)])
    assert 0.035 < wrong < 0.065
