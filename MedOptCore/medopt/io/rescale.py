"""Stored numbers to real values, exactly where integers can hold them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def rescaled(array: NDArray, slope: float, intercept: float) -> NDArray:
    """``array × slope + intercept``.

    Integers stay integers when slope and intercept are whole: the stored dtype where the values fit, else the
    smallest signed type that holds them. Otherwise the result is float32 for integers of up to 16 bit (its
    rounding is far below their step), float64 for wider ones, and the array's own type for real numbers.
    Slope 1 with intercept 0 returns the array itself.
    """
    if slope == 1 and intercept == 0:
        return array
    if array.dtype.kind in "iu" and float(slope).is_integer() and float(intercept).is_integer():
        whole = _whole(array, int(slope), int(intercept))
        if whole is not None:
            return whole
    if array.dtype.kind in "iu":
        target = np.float32 if array.dtype.itemsize <= 2 else np.float64
        return (array * np.float64(slope) + np.float64(intercept)).astype(target)
    return (array * np.float64(slope) + np.float64(intercept)).astype(array.dtype)


def _whole(array: NDArray, slope: int, intercept: int) -> NDArray | None:
    if array.size == 0:
        return array
    ends = [int(array.min()) * slope + intercept, int(array.max()) * slope + intercept]
    low, high = min(ends), max(ends)
    for name in (array.dtype.name, "int16", "int32", "int64"):
        limits = np.iinfo(name)
        if limits.min <= low and high <= limits.max:
            # Arithmetic modulo 2ⁿ: steps in between may wrap, the result, which fits, is exact without a wider copy.
            result = array.astype(name)
            result *= _wrapped(slope, name)
            result += _wrapped(intercept, name)
            return result
    return None


def _wrapped(value: int, name: str) -> NDArray:
    """``value`` modulo 2ⁿ as a 0-dimensional array of the integer type."""
    bits = 8 * np.dtype(name).itemsize
    return np.array(value % 2**bits, f"uint{bits}").view(name)


def as_integers(array: NDArray) -> NDArray | None:
    """The same values in an integer type, or None when some are not whole; integers are returned as they are.

    Real numbers become the smallest of uint8, int16, int32 and int64 that holds them all; bool becomes uint8.
    """
    if array.dtype.kind in "iu":
        return array
    if array.dtype.kind == "b":
        return array.astype(np.uint8)
    if array.size == 0:
        return array.astype(np.uint8)
    low, high = float(array.min()), float(array.max())
    if not np.isfinite([low, high]).all():
        return None
    for name in ("uint8", "int16", "int32", "int64"):
        limits = np.iinfo(name)
        if limits.min <= low and high <= limits.max:
            whole = array.astype(name)
            return whole if np.array_equal(whole, array) else None
    return None
