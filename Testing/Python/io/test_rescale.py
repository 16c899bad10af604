"""Slope and intercept, and real numbers that are whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from medopt.io.rescale import as_integers, rescaled


@given(
    hnp.arrays(st.sampled_from(["uint8", "int8", "int16", "uint16", "int32"]), st.integers(1, 20)),
    st.integers(-40, 40).filter(bool),
    st.integers(-5000, 5000),
)
def test_whole_scales_keep_integers_exact(array: np.ndarray, slope: int, intercept: int) -> None:
    result = rescaled(array, slope, intercept)
    assert result.dtype.kind in "iu"
    assert [int(v) for v in result] == [int(v) * slope + intercept for v in array]


def test_the_stored_type_is_kept_where_it_fits() -> None:
    assert rescaled(np.array([0, 100], np.uint16), 1, -50).dtype == np.int16
    assert rescaled(np.array([50, 100], np.uint16), 1, -50).dtype == np.uint16
    assert rescaled(np.array([0, 4095], np.int16), 1, -1024).dtype == np.int16
    assert rescaled(np.array([0, 65535], np.uint16), 1, -1024).dtype == np.int32


def test_no_scale_returns_the_array() -> None:
    array = np.arange(5)
    assert rescaled(array, 1.0, 0.0) is array


@pytest.mark.parametrize(("dtype", "expected"), [("int16", "float32"), ("int32", "float64"), ("float32", "float32")])
def test_fractions_give_real_numbers(dtype: str, expected: str) -> None:
    result = rescaled(np.array([3, 5], dtype), 0.1, 1.5)
    assert result.dtype == expected
    np.testing.assert_allclose(result, [1.8, 2.0], rtol=1e-6)


def test_64_bit_integers_that_would_overflow_become_real() -> None:
    result = rescaled(np.array([2**62], np.int64), 4, 0)
    assert result.dtype == np.float64
    assert result[0] == 2.0**64


@given(hnp.arrays("float64", st.integers(1, 20), elements=st.integers(-(2**40), 2**40).map(float)))
def test_whole_real_numbers_become_integers(array: np.ndarray) -> None:
    whole = as_integers(array)
    assert whole is not None
    assert whole.dtype.kind in "iu"
    np.testing.assert_array_equal(whole, array)


@pytest.mark.parametrize("values", [[0.5], [1.0, np.nan], [np.inf], [1e30]])
def test_other_real_numbers_do_not(values: list[float]) -> None:
    assert as_integers(np.array(values)) is None


def test_smallest_type() -> None:
    assert as_integers(np.array([0.0, 255.0])).dtype == np.uint8
    assert as_integers(np.array([-1.0, 255.0])).dtype == np.int16
    assert as_integers(np.array([True])).dtype == np.uint8
    integers = np.array([4], np.int64)
    assert as_integers(integers) is integers
