"""How the values of an image are spread before and after preprocessing, in one chart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medopt.scene.plots import Chart, Series

BINS = 128
"""Bins of each histogram, equally wide."""
COUNTED = 1 << 20
"""Voxels counted at most; of larger images every n-th along each axis counts."""


def histogram_chart(
    before: NDArray,
    after: NDArray,
    *,
    shared: bool,
    title: str = "Intensities",
    names: tuple[str, str] = ("Before", "After"),
) -> Chart:
    """Share of voxels in each of `BINS` bins, a line for each of two images.

    Bins reach from the smallest to the largest value; a constant image fills one bin.

    Parameters
    ----------
    before, after : (k, j, i), any real dtype, not empty
    shared : whether both have the same unit. They then share the bins and the x axis; otherwise each has its own, x is
        the share of its range in %, and the legend tells its ends
    """
    pair = [thinned(before).astype(np.float64).ravel(), thinned(after).astype(np.float64).ravel()]
    ranges = [(float(values.min()), float(values.max())) for values in pair]
    if shared:
        ranges = [(min(r[0] for r in ranges), max(r[1] for r in ranges))] * 2
    series = []
    for values, (low, high), name in zip(pair, ranges, names, strict=True):
        top = high if high > low else low + 1.0
        counts, edges = np.histogram(values, BINS, (low, top))
        centers = (edges[:-1] + edges[1:]) / 2
        x = centers if shared else 100 * (centers - low) / (top - low)
        text = name if shared else f"{name} ({low:.4g} … {high:.4g})"
        series.append(Series(text, x.tolist(), (100 * counts / values.size).tolist()))
    x_title = "Intensity" if shared else "Intensity (% of the range)"
    return Chart(title, x_title, "Voxels (%)", tuple(series))


def thinned(array: NDArray, most: int = COUNTED) -> NDArray:
    """Every n-th voxel along each axis of (k, j, i), a view of about ``most`` voxels; all of fewer."""
    step = max(1, int(np.ceil((array.size / most) ** (1 / 3) - 1e-9)))
    return array[::step, ::step, ::step]
