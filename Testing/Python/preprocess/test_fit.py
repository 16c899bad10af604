"""One scale for all images, from the training cases."""

from __future__ import annotations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.preprocess import (
    CohortStatistics,
    Normalize,
    Pipeline,
    PreprocessSettings,
    Resample,
    Window,
    adopt_cohort,
    fit_cohort,
    needs_cohort,
)
from medopt.preprocess.fit import ReadCase

COHORT = Normalize(statistics="cohort", clip=(1, 99))


def case(values: np.ndarray, mask: np.ndarray | None = None) -> ReadCase:
    grid = Geometry(values.shape[1:])
    return lambda: (Image(values, grid), None if mask is None else LabelMap(mask.astype(np.uint8), grid))


def test_labelled_voxels_of_all_cases_count_and_every_case_equally(rng: np.random.Generator) -> None:
    small, large = rng.normal(100, 5, (1, 6, 10, 10)), rng.normal(300, 5, (1, 30, 20, 20))
    masks = [np.zeros(v.shape[1:]) for v in (small, large)]
    for values, mask in zip((small, large), masks, strict=True):
        mask[1:3] = 1
        values[0, 3:] = 9999  # outside the labels
    fitted = fit_cohort(PreprocessSettings(steps=(COHORT,)), [case(small, masks[0]), case(large, masks[1])])
    numbers = fitted.steps[0].cohort[0]
    assert numbers.mean == pytest.approx(200, abs=1)
    assert numbers.deviation == pytest.approx(100, abs=1)
    assert 80 < numbers.low < 100
    assert 300 < numbers.high < 320
    out = Pipeline(fitted).image(Image(np.float64([[[[100.0, 300.0]]]]), Geometry((1, 1, 2)))).array.ravel()
    np.testing.assert_allclose(out, [-1, 1], atol=0.05)


def test_without_labels_all_voxels_count_as_numpy_has_it(rng: np.random.Generator) -> None:
    values = rng.gamma(2, size=(1, 20, 25, 40))
    fitted = fit_cohort(PreprocessSettings(steps=(COHORT,)), [case(values)])
    low, high = np.percentile(values, (1, 99))
    held = np.clip(values, low, high)
    numbers = fitted.steps[0].cohort[0]
    found = (numbers.low, numbers.high, numbers.mean, numbers.deviation)
    np.testing.assert_allclose(found, (low, high, held.mean(), held.std()), rtol=1e-3)


def test_later_steps_see_what_earlier_ones_made(rng: np.random.Generator) -> None:
    values = rng.normal(100, 10, (2, 8, 8, 8))
    steps = (Resample(spacing=(2, 2, 2)), Window(source="cohort", percentiles=(5, 95)), COHORT)
    fitted = fit_cohort(PreprocessSettings(steps=steps), [case(values)])
    assert not needs_cohort(fitted)
    assert needs_cohort(PreprocessSettings(steps=steps))
    window, normalize = fitted.steps[1], fitted.steps[2]
    assert len(window.cohort) == len(normalize.cohort) == 2
    assert 60 < window.cohort[0].low < 140
    assert 0 <= normalize.cohort[0].low < normalize.cohort[0].high <= 1


def test_a_recipe_that_was_not_fitted_is_refused_and_a_fitted_one_reads_back(rng: np.random.Generator) -> None:
    settings = PreprocessSettings(steps=(COHORT,))
    image = Image(rng.normal(size=(1, 4, 4, 4)), Geometry((4, 4, 4)))
    with pytest.raises(MedOptError, match=r"'normalize' has no statistics of the training cases yet.*Train with this"):
        Pipeline(settings).image(image)
    fitted = fit_cohort(settings, [case(image.array)])
    assert PreprocessSettings.parse(fitted.model_dump(mode="json"), "run") == fitted
    with pytest.raises(MedOptError, match="statistics of other channels"):
        Pipeline(fitted).image(Image(np.zeros((2, 4, 4, 4)), Geometry((4, 4, 4))))


def test_statistics_are_adopted_by_the_same_steps_only() -> None:
    numbers = (CohortStatistics(low=0, high=2, mean=1, deviation=1),)
    fitted = PreprocessSettings(steps=(Resample(spacing=(1, 1, 1)), COHORT.with_cohort(numbers)))
    mine = PreprocessSettings(steps=(Resample(spacing=(1, 1, 1)), COHORT))
    assert adopt_cohort(mine, fitted) == fitted
    assert adopt_cohort(fitted, mine) == fitted
    other = PreprocessSettings(steps=(COHORT,))
    assert adopt_cohort(other, fitted) == other


def test_cases_that_cannot_be_read_are_passed_over(rng: np.random.Generator) -> None:
    def broken() -> tuple[Image, None]:
        raise MedOptError("the file is damaged")

    good = case(rng.normal(size=(1, 4, 4, 4)))
    settings = PreprocessSettings(steps=(COHORT,))
    assert fit_cohort(settings, [broken, good]) == fit_cohort(settings, [good])
    with pytest.raises(MedOptError, match=r"no training case can be read.*the file is damaged"):
        fit_cohort(settings, [broken])
