"""Intensity windows."""

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Geometry, Image
from medopt.preprocess import Pipeline, PreprocessSettings, Window

VALUES = np.int16([-1024, -160, 40, 240, 3000])


def run(step: Window) -> list[float]:
    return Pipeline([step]).image(Image(VALUES.reshape(1, 1, 1, 5), Geometry((1, 1, 5)))).array.ravel().tolist()


def test_the_ends_and_the_middle_of_the_window() -> None:
    assert run(Window(level=40, width=400)) == pytest.approx([0, 0, 0.5, 1, 1])


def test_8_bit_gives_whole_numbers() -> None:
    assert run(Window(level=40, width=400, output="8bit")) == [0, 0, 128, 255, 255]


def test_equals_simpleitk() -> None:
    import SimpleITK as sitk

    ramp = np.linspace(-2000, 2000, 4001, dtype=np.float32).reshape(1, 1, -1)
    ours = Pipeline([Window(level=-600, width=1500)]).image(Image(ramp[None], Geometry(ramp.shape))).array[0]
    image = sitk.IntensityWindowing(sitk.GetImageFromArray(ramp), -1350, 150, 0, 1)
    assert np.allclose(ours, sitk.GetArrayFromImage(image), atol=1e-6)


@pytest.mark.parametrize("width", [0, -5])
def test_a_window_without_width_is_refused(width: float) -> None:
    with pytest.raises(MedOptError, match=r"'steps.0.window.width': Input should be greater than 0"):
        PreprocessSettings.parse({"steps": [{"step": "window", "level": 40, "width": width}]}, "recipe.yaml")
