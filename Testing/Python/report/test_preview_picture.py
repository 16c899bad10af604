"""The picture of a recipe."""

from __future__ import annotations

import numpy as np

from medopt.augment import AugmentSettings
from medopt.image import Geometry, Image, LabelMap
from medopt.preprocess import Normalize, Pipeline, PreprocessSettings, Resample
from medopt.report.figures.canvas import to_png
from medopt.report.preview_picture import draw_preview, preview_recipe

SETTINGS = PreprocessSettings(steps=(Resample(spacing=(1.5, 1.5, 1.5)), Normalize()))


def case(rng: np.random.Generator) -> tuple[Image, LabelMap]:
    grid = Geometry((10, 24, 20), (2, 1, 1))
    label = np.zeros(grid.shape, np.uint8)
    label[3:7, 5:15, 4:12] = 1
    return Image((label * 100 + rng.normal(size=label.shape) * 10).astype(np.int16)[None], grid), LabelMap(label, grid)


def test_it_is_what_training_would_see() -> None:
    image, label = case(np.random.default_rng(0))
    shown = preview_recipe(image, label, SETTINGS, AugmentSettings(), (8, 16, 16), variants=2)
    np.testing.assert_array_equal(shown.after.array, Pipeline(SETTINGS).image(image).array)
    values, truth = shown.variants[0]  # nothing is drawn: a plain crop about the middle of the structure
    assert values.shape == (1, 8, 16, 16)
    places = np.argwhere(truth)
    assert np.abs((places.min(axis=0) + places.max(axis=0)) / 2 - np.array([4, 8, 8])).max() <= 1
    assert shown.cut[0].inside == (shown.after_label.array > 0).sum()


def test_it_draws_with_and_without_label_in_3d_and_2d() -> None:
    image, label = case(np.random.default_rng(0))
    strong = AugmentSettings.preset("strong")
    for truth in (label, None):
        shown = preview_recipe(image, truth, SETTINGS, strong, (8, 16, 16), variants=5)
        assert to_png(draw_preview(shown, "a case"), dots_per_inch=40)[:4] == b"\x89PNG"
    grid = Geometry((1, 24, 20))
    flat = preview_recipe(
        Image(image.array[:, 4:5], grid), LabelMap(label.array[4:5], grid), SETTINGS, strong, (1, 16, 16), variants=0
    )
    assert "Before and after preprocessing, and 0 patches" in draw_preview(flat, "a picture").caption
