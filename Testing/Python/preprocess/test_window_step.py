"""Intensity windows."""

import numpy as np
import pytest
import yaml
from pydicom.dataset import Dataset
from pydicom.pixels import apply_windowing

from medopt import MedOptError
from medopt.image import DisplayWindow, Geometry, Image
from medopt.preprocess import PRESETS, Normalize, Pipeline, PreprocessSettings, Resize, Window

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


def test_presets_stand_for_numbers_and_are_named_when_unknown() -> None:
    settings = PreprocessSettings.parse({"steps": [{"step": "window", "preset": "lung"}]}, "recipe.yaml")
    assert "level: -600.0" in settings.to_yaml()
    assert PreprocessSettings.parse(yaml.safe_load(settings.to_yaml()), "run") == settings
    for name, (level, width) in PRESETS.items():
        assert Window(preset=name) == Window(level=level, width=width)
    with pytest.raises(MedOptError, match=r"unknown preset 'lungs'.*did you mean 'lung'"):
        PreprocessSettings.parse({"steps": [{"step": "window", "preset": "lungs"}]}, "recipe.yaml")
    with pytest.raises(MedOptError, match="give either 'preset' or 'level' and 'width'"):
        PreprocessSettings.parse({"steps": [{"step": "window", "preset": "lung", "width": 3}]}, "recipe.yaml")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "'level' and 'width' are missing"),
        ({"level": 3}, "belong together"),
        ({"level": 40, "width": 0.5, "function": "linear"}, "needs a width of at least 1"),
        ({"level": 40, "width": 4, "function": "sigmoid", "output": "keep"}, "has no 'sigmoid'"),
        ({"source": "image", "percentiles": [90, 10]}, "must lie below"),
        ({"level": float("nan"), "width": 3}, "finite"),
        ({"source": "image", "cohort": [{"low": 0, "high": 1, "mean": 0, "deviation": 1}]}, "does not ask for"),
    ],
)
def test_what_does_not_fit_together_is_refused(fields: dict, message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        PreprocessSettings.parse({"steps": [{"step": "window", **fields}]}, "recipe.yaml")


def test_keep_only_cuts_off_and_says_so() -> None:
    assert run(Window(level=40, width=400, output="keep")) == [-160, -160, 40, 240, 240]


@pytest.mark.parametrize("function", ["linear", "linear_exact", "sigmoid"])
def test_the_functions_are_those_of_dicom(function: str) -> None:
    dataset = Dataset()
    dataset.PhotometricInterpretation, dataset.BitsStored, dataset.PixelRepresentation = "MONOCHROME2", 16, 1
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = 40, 400, function.upper()
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, 0
    ramp = np.arange(-1000, 1000, dtype=np.float64)
    low, high = -(2**15), 2**15 - 1
    oracle = (apply_windowing(ramp, dataset) - low) / (high - low)
    ours = Pipeline([Window(level=40, width=400, function=function)]).image(
        Image(ramp.reshape(1, 1, 1, -1), Geometry((1, 1, ramp.size)))
    )
    np.testing.assert_allclose(ours.array.ravel(), oracle, atol=1e-5)


def header(*windows: DisplayWindow) -> Image:
    return Image(VALUES.reshape(1, 1, 1, 5), Geometry((1, 1, 5)), windows)


def test_the_windows_of_the_header_by_their_number() -> None:
    image = header(DisplayWindow(40, 400, "LINEAR_EXACT"), DisplayWindow(-600, 1500, "LINEAR_EXACT", inverted=True))
    first = Pipeline([Window(source="header")]).image(image)
    second = Pipeline([Window(source="header", index=1)]).image(image)
    assert first.array.ravel().tolist() == pytest.approx([0, 0, 0.5, 1, 1])
    assert second.array.ravel().tolist() == pytest.approx([1 - 326 / 1500, 1 - 1190 / 1500, 1 - 1390 / 1500, 0, 0])


def test_without_a_header_the_stated_window_or_a_clear_error() -> None:
    fallback = Pipeline([Window(source="header", level=40, width=400)]).image(header())
    assert fallback.array.ravel().tolist() == run(Window(level=40, width=400))
    with pytest.raises(MedOptError, match=r"no such window: expected window 1.*found 1 windows"):
        Pipeline([Window(source="header", index=1)]).image(header(DisplayWindow(40, 400)))


def test_windows_of_the_header_go_with_the_grid_but_not_with_another_scale() -> None:
    image = header(DisplayWindow(40, 400, "LINEAR_EXACT"))
    grid = [Resize(shape=(1, 1, 7)), Window(source="header")]
    assert Pipeline(grid).image(image).array.max() == 1
    with pytest.raises(MedOptError, match="no such window"):
        Pipeline([Normalize(), Window(source="header")]).image(image)


def test_percentiles_of_the_image(rng: np.random.Generator) -> None:
    values = rng.normal(size=(1, 4, 10, 10))
    out = Pipeline([Window(source="image", percentiles=(10, 90))]).image(Image(values, Geometry((4, 10, 10)))).array
    low, high = np.percentile(values.astype(np.float32), (10, 90))
    np.testing.assert_allclose(out, np.clip((values - low) / (high - low), 0, 1), atol=1e-5)


def test_a_constant_image_has_no_contrast_and_no_error() -> None:
    out = Pipeline([Window(source="image")]).image(Image(np.full((1, 2, 3, 3), 5.0), Geometry((2, 3, 3)))).array
    assert np.isfinite(out).all()
    assert np.ptp(out) == 0
