"""What a window throws away."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.image import Geometry, Image, LabelMap
from medopt.preprocess import Clipped, Normalize, PreprocessSettings, Resample, Window, clipped, together


def test_voxels_are_counted_inside_and_outside_the_labels(rng: np.random.Generator) -> None:
    values = (rng.normal(size=(2, 9, 20, 20)) * 300).astype(np.int16)
    label = rng.random((9, 20, 20)) < 0.2
    grid = Geometry(values.shape[1:])
    settings = PreprocessSettings(steps=(Window(level=40, width=400), Normalize(clip=None)))
    found = clipped(settings, Image(values, grid), LabelMap(label.astype(np.uint8), grid))
    assert [(one.step, one.name, one.channel) for one in found] == [(0, "window", 0), (0, "window", 1)]
    for one, channel in zip(found, values, strict=True):
        assert (one.low, one.high) == (-160, 240)
        assert one.inside == label.sum()
        assert one.inside + one.outside == label.size
        assert one.below == ((channel[label] < -160).sum(), (channel[~label] < -160).sum())
        assert one.above == ((channel[label] > 240).sum(), (channel[~label] > 240).sum())
        assert one.share_inside == pytest.approx(((channel < -160) | (channel > 240))[label].mean())
    assert Clipped.from_json(found[0].to_json()) == found[0]


def test_percentile_clips_count_in_the_unit_of_their_step(rng: np.random.Generator) -> None:
    grid = Geometry((6, 30, 30))
    settings = PreprocessSettings(steps=(Resample(spacing=(1, 2, 2)), Normalize(clip=(5, 95))))
    (found,) = clipped(settings, Image(rng.normal(size=(1, 6, 30, 30)), grid))
    assert found.inside == 0
    assert found.share_inside == 0
    assert found.outside == 6 * 15 * 15
    assert found.share_outside == pytest.approx(0.1, abs=0.01)
    assert "cuts off 1" in found.sentence("CT")
    assert "labelled" not in found.sentence("CT")


def test_counts_of_cases_add_up() -> None:
    one = Clipped(0, "window", 0, -1, 5, 10, 90, (1, 2), (3, 4))
    other = Clipped(0, "window", 0, -2, 4, 30, 70, (0, 1), (0, 0))
    assert together([[one], [other]]) == (Clipped(0, "window", 0, -2, 5, 40, 160, (1, 3), (3, 4)),)
    assert together([]) == ()
