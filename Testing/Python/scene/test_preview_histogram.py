from __future__ import annotations

import numpy as np

from medopt.scene import plot_from_chart
from medopt.scene.preview_histogram import BINS, COUNTED, histogram_chart, thinned


def test_shares_are_those_of_the_voxels(rng):
    before = rng.normal(size=(5, 20, 20))
    after = np.clip(before, -1, 1)
    chart = histogram_chart(before, after, shared=True)
    for series, values in zip(chart.series, (before, after), strict=True):
        counts, edges = np.histogram(values, BINS, (before.min(), before.max()))
        np.testing.assert_allclose(series.y, 100 * counts / values.size)
        np.testing.assert_allclose(series.x, (edges[1:] + edges[:-1]) / 2)
        assert len(series.x) == BINS


def test_other_units_share_the_range_and_the_legend_tells_it(rng):
    before = rng.integers(-1000, 3001, (4, 10, 10))
    before[0, 0, 0], before[0, 0, 1] = -1000, 3000
    chart = histogram_chart(before, (before + 1000) / 4000, shared=False)
    assert [s.name for s in chart.series] == ["Before (-1000 … 3000)", "After (0 … 1)"]
    assert "%" in chart.x_title
    np.testing.assert_allclose(chart.series[0].x, chart.series[1].x)
    np.testing.assert_allclose(chart.series[0].y, chart.series[1].y, atol=100 / before.size + 1e-9)


def test_a_constant_image_fills_one_bin(scene):
    zeros = np.zeros((2, 3, 4))
    for shared in (True, False):
        chart = histogram_chart(zeros, zeros + 5, shared=shared)
        assert all(max(s.y) == 100 for s in chart.series)
        plot_from_chart(scene, chart)


def test_large_images_are_thinned_evenly(rng):
    large = rng.normal(size=(150, 200, 210)).astype(np.float32)
    few = thinned(large)
    assert COUNTED / 10 < few.size <= COUNTED
    assert np.shares_memory(few, large)
    small = large[:10, :10, :10]
    assert thinned(small).size == small.size
    assert thinned(large[:1], 1000).shape[0] == 1
