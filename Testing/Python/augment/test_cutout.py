"""Blanked boxes."""

import numpy as np
import pytest
import torch

from medopt.augment.cutout import Cutout
from medopt.augment.technique import Frame


@pytest.mark.parametrize("fill", ["mean", "minimum", "zero"])
def test_boxes_hold_one_value_and_the_rest_stays(rng: np.random.Generator, fill: str) -> None:
    frame = Frame((20, 30, 40), (3.0, 1.0, 0.5))
    values = rng.normal(size=(1, 2, *frame.shape)).astype(np.float32) + 7
    drawn = Cutout(fill=fill, boxes=(2, 4)).parameters(np.random.default_rng(5), frame)
    out = Cutout.apply(torch.from_numpy(values.copy()), [drawn], [frame.spacing]).numpy()
    inside = np.zeros(frame.shape, bool)
    for low, high in drawn["boxes"]:
        inside[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    assert inside.any()
    expected = {"mean": values.mean((0, 2, 3, 4)), "minimum": values.min((0, 2, 3, 4)), "zero": np.zeros(2)}[fill]
    for channel in range(2):
        assert np.allclose(out[0, channel][inside], expected[channel], atol=1e-5)
    assert np.array_equal(out[:, :, ~inside], values[:, :, ~inside])


def test_sizes_are_in_mm_and_counts_in_range() -> None:
    frame = Frame((60, 60, 120), (2.0, 1.0, 0.5))
    technique = Cutout(boxes=(1, 3), size=(6, 10))
    drawn = [technique.parameters(np.random.default_rng(n), frame)["boxes"] for n in range(300)]
    assert {len(boxes) for boxes in drawn} == {1, 2, 3}
    low, high = np.moveaxis(np.array([box for boxes in drawn for box in boxes]), 1, 0)
    whole = ((low > 0) & (high < frame.shape)).all(axis=1)
    edges = ((high - low) * frame.spacing)[whole]
    assert edges.min() >= 6 - 1
    assert edges.max() <= 10 + 1
    assert (low >= 0).all()
    assert (high <= frame.shape).all()
    assert (high > low).all()


def test_one_slice_gets_flat_boxes() -> None:
    drawn = Cutout().parameters(np.random.default_rng(1), Frame((1, 40, 40), (5.0, 1.0, 1.0)))
    assert all(box[0][0] == 0 and box[1][0] == 1 for box in drawn["boxes"])
