"""Names at line ends keep apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.report.figures.labels import spread


@given(st.lists(st.floats(0, 1), max_size=10))
def test_places_keep_their_order_and_distance(places: list[float]) -> None:
    found = spread(places, 0.07)
    order = np.argsort(places, kind="stable")
    assert all(np.diff(np.array(found)[order]) >= 0.07 - 1e-9)
    assert sum(found) == pytest.approx(sum(places))


def test_places_that_are_apart_stay() -> None:
    assert spread([0.1, 0.9, 0.5], 0.07) == pytest.approx([0.1, 0.9, 0.5])
