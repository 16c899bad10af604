"""The table of windows: what it measures is what it says, and the advice follows its rule."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.inference import InferenceSettings, Model, ModelDescription
from medopt.inference.tuning import WindowRow, advised, measure_windows
from medopt.preprocess import PreprocessSettings
from medopt.project import ClassInfo


class Bright:
    name = "bright"

    def __call__(self, windows: np.ndarray) -> np.ndarray:
        x = windows[:, :1]
        return np.concatenate([0.5 - x, x - 0.5], axis=1) * 20


def model(task: str = "segmentation") -> Model:
    description = ModelDescription(
        task=task,
        name="bright",
        dims=3,
        channels=("MR",),
        classes=(ClassInfo(value=3, name="a", color="#ff8800"),),
        preprocess=PreprocessSettings(steps=()),
        patch=(8, 8, 8),
        divisor=(2, 2, 2),
        inference=InferenceSettings(overlap=0.25),
    )
    return Model(description, Bright())


def read(case: str) -> Image:
    """A cube for the coarse pass to find; in case "b" also a voxel that it cannot see."""
    values = np.zeros((1, 32, 32, 32), np.float32)
    values[0, 6:14, 6:14, 6:14] = 1
    values[0, 30, 30, 30] = case == "b"
    return Image(values, Geometry((32, 32, 32)))


def truth(case: str) -> LabelMap:
    return LabelMap((read(case).array[0] * 3).astype(np.uint8), Geometry((32, 32, 32)))


def test_all_ways_are_measured() -> None:
    rows = measure_windows(model(), ["a", "b"], read, truth, cascades=(2,))
    assert [(row.overlap, row.cascade) for row in rows] == [(0.5, 1), (0.25, 1), (0.0, 1), (0.0, 2), (0.25, 2)]
    assert [row.dice for row in rows[:3]] == [1, 1, 1]
    missed = 2 * 512 / (512 + 513)
    assert rows[3].lowest_agreement == pytest.approx(missed)
    assert rows[3].dice == pytest.approx((1 + missed) / 2)
    assert all(row.n == 2 and row.seconds > 0 for row in rows)


def test_the_advice_is_the_fastest_that_is_good_enough() -> None:
    rows = [
        WindowRow(0.5, 1, 0.900, 1.0, 1.0, 4.0, 9),
        WindowRow(0.25, 1, 0.8995, 0.99, 0.98, 2.0, 9),
        WindowRow(0.0, 1, 0.890, 0.97, 0.95, 1.0, 9),
        WindowRow(0.25, 2, 0.8996, 0.99, 0.5, 0.5, 9),
    ]
    assert advised(rows) is rows[1]
    assert advised(rows, allowed=0.02) is rows[2]
    assert advised(rows, allowed=0.0) is rows[0]


def test_other_tasks_and_no_cases_are_refused() -> None:
    with pytest.raises(MedOptError, match="only segmentation"):
        measure_windows(model("classification"), ["a"], read, truth)
    with pytest.raises(MedOptError, match="no case to measure on"):
        measure_windows(model(), [], read, truth)
