"""Whole images keep their proportions and are at most as long as the device trains."""

from __future__ import annotations

from medopt.training.advice.sizing import image_shapes, rounded_up, size_reason


def test_the_median_first_and_smaller_ones_for_less_time() -> None:
    assert image_shapes((1, 28, 28), "cpu") == [(1, 28, 28)]
    assert image_shapes((1, 480, 640), "cpu")[:3] == [(1, 168, 224), (1, 120, 160), (1, 96, 128)]
    assert image_shapes((1, 100, 50), "cpu") == [(1, 100, 50), (1, 96, 48), (1, 64, 32), (1, 48, 24), (1, 32, 16)]
    assert image_shapes((40, 320, 320), "cpu")[0] == (12, 96, 96)
    assert image_shapes((1, 480, 640), "cuda")[0] == (1, 288, 384)


def test_multiples() -> None:
    assert rounded_up((1, 28, 30), (1, 4, 16)) == (1, 28, 32)


def test_the_reason_says_when_time_made_them_smaller() -> None:
    field = "preprocess.steps.1"
    first = size_reason(field, (1, 96, 96), (1, 500, 500), (1, 32, 32), 300, first=True)
    assert (first.field, first.value, first.figures["steps"]) == (field + ".shape", [1, 96, 96], 300)
    assert "150 steps" not in first.why
    assert "fewer than 150 steps" in size_reason(field, (1, 96, 96), (1, 500, 500), (1, 32, 32), 300, first=False).why
