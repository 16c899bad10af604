"""The colour table: lightness rises in even steps, also for readers who miss a kind of cone."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.image.heat_colors import heat_colors, heat_opacity


def lightness(rgb):
    """CIE L* of sRGB (IEC 61966-2-1; CIE 15:2004)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    y = linear @ np.array([0.2126, 0.7152, 0.0722])
    return np.where(y > 216 / 24389, 116 * np.cbrt(y) - 16, y * 24389 / 27)


def test_lightness_rises_evenly():
    steps = np.diff(lightness(heat_colors(np.linspace(0, 1, 101))))
    assert steps.min() > 0
    assert steps[2:].max() / steps[2:].mean() < 1.5


def test_it_is_the_published_table():
    matplotlib = pytest.importorskip("matplotlib")
    shares = np.linspace(0, 1, 256)
    np.testing.assert_allclose(heat_colors(shares), matplotlib.colormaps["inferno"](shares)[:, :3], atol=0.03)


def test_little_is_clear_and_much_is_opaque():
    assert heat_opacity([0, 0.1, 0.3, 0.5, 1, 2]) == pytest.approx([0, 0, 0.5, 1, 1, 1])
    assert heat_colors(7).tolist() == heat_colors(1).tolist()
    assert heat_colors(np.zeros((2, 3))).shape == (2, 3, 3)
