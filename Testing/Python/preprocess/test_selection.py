"""The median of a few arrays."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.preprocess.selection import median_of


@pytest.mark.parametrize("count", [1, 3, 5, 7, 9, 15, 25, 27, 45])
@pytest.mark.parametrize("levels", [3, 1000])
def test_it_is_that_of_numpy(rng: np.random.Generator, count: int, levels: int) -> None:
    arrays = [rng.integers(0, levels, (40, 30)).astype(np.float32)[:, ::2] for _ in range(count)]
    before = [a.copy() for a in arrays]
    np.testing.assert_array_equal(median_of(arrays), np.median(arrays, axis=0))
    np.testing.assert_array_equal(arrays, before)


def test_an_even_number_has_none() -> None:
    with pytest.raises(ValueError, match="an odd number of arrays, found 2"):
        median_of([np.zeros(3, np.float32)] * 2)
