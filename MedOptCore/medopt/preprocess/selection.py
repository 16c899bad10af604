"""The median of a few arrays, element by element, by minima and maxima of whole arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def median_of(arrays: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The median over an odd number of arrays of one shape, at each element; the arrays are left as they are.

    Forgetful selection (Devroye 1986; Paeth 1990): among half of the values and two more, neither the smallest nor the
    largest can be the median. Both are dropped, the next value comes in, and so on until one is left between two.
    Source arrays may be strided views; the work is done on contiguous copies of half of them. Raises ValueError for an
    even number.
    """
    count = len(arrays)
    if count % 2 == 0:
        raise ValueError(f"expected an odd number of arrays, found {count}")
    if count == 1:
        return np.array(arrays[0], order="C")
    live = [np.array(a, order="C") for a in arrays[: count // 2 + 2]]
    rest = iter(arrays[count // 2 + 2 :])
    spare = np.empty_like(live[0])
    while True:
        spare = _ends_outside(live, spare)
        if len(live) == 3:
            return live[1]
        np.copyto(live[0], next(rest))  # takes the place of the smallest
        live.pop()


def _ends_outside(live: list[NDArray[np.float32]], spare: NDArray[np.float32]) -> NDArray[np.float32]:
    """Exchange elements so that the first array holds the smallest and the last the largest of each element's values;
    ``spare`` is used up and another array returned in its stead.
    """
    last = len(live) - 1
    pairs = [(a, last - a) for a in range(len(live) // 2)]
    lows = [(0, a) for a in range(1, (len(live) + 1) // 2)]
    highs = [(b, last) for b in range(last - 1, last // 2, -1)]
    if len(live) % 2:
        highs.append((last // 2, last))
    for a, b in dict.fromkeys((*pairs, *lows, *highs)):
        np.minimum(live[a], live[b], out=spare)
        np.maximum(live[a], live[b], out=live[b])
        live[a], spare = spare, live[a]
    return spare
