"""A recipe that is being edited."""

from __future__ import annotations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Geometry, Image
from medopt.preprocess import Normalize, Pipeline, PreprocessSettings, Preview, Resample, Window
from medopt.preprocess import regrid as regrid_module

RESAMPLE = Resample(spacing=(1.5, 1.5, 1.5))


def settings(*steps: object) -> PreprocessSettings:
    return PreprocessSettings(steps=steps)


@pytest.fixture
def image(rng: np.random.Generator) -> Image:
    return Image((rng.normal(size=(1, 10, 16, 14)) * 300).astype(np.int16), Geometry((10, 16, 14), (2, 1, 1)))


def test_it_shows_what_the_pipeline_gives(image: Image) -> None:
    preview = Preview(image, settings(RESAMPLE, Normalize()))
    for steps in ((RESAMPLE, Normalize()), (RESAMPLE, Window(level=0, width=90), Normalize()), (Normalize(),), ()):
        preview.change(settings(*steps))
        expected = Pipeline(steps).image(image)
        assert preview.geometry == expected.geometry
        np.testing.assert_allclose(preview.slices(3, 5), expected.array[0, 3:5], atol=1e-4)
        np.testing.assert_allclose(preview.whole().array, expected.array, atol=1e-4)


def test_steps_before_the_change_are_not_worked_out_again(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    preview = Preview(image, settings(RESAMPLE, Normalize()))
    preview.whole()
    monkeypatch.setattr(regrid_module.Linear, "slab", lambda *_: pytest.fail("resampled again"))
    preview.change(settings(RESAMPLE, Normalize(method="0..1")))
    assert preview.slices(2, 4).max() <= 1


def test_a_refused_step_leaves_those_before_it_in_force(image: Image) -> None:
    preview = Preview(image, settings(RESAMPLE))
    with pytest.raises(MedOptError, match="names a channel"):
        preview.change(settings(RESAMPLE, Normalize(channels=(3,))))
    assert preview.geometry == Pipeline([RESAMPLE]).image(image).geometry
