"""The preprocessing part of a recipe."""

from typing import get_args

import pytest

from medopt import MedOptError
from medopt.preprocess import AnyStep, Normalize, PreprocessSettings


def test_every_step_is_told_by_its_own_name() -> None:
    union = get_args(AnyStep)[0]
    names = [step.model_fields["step"].default for step in get_args(union)]
    spatial = ["resample", "resize", "crop_foreground"]
    assert names == [*spatial, "window", "median", "gaussian", "equalize", "clahe", "normalize"]


def test_every_field_says_what_it_is() -> None:
    for step in get_args(get_args(AnyStep)[0]):
        for name, field in step.model_fields.items():
            assert name == "step" or field.description, f"{step.__name__}.{name}"


def test_a_recipe_reads_back_as_it_was_written(tmp_path) -> None:
    value = {"steps": [{"step": "resample", "spacing": [2, 1, 1]}, {"step": "window", "level": 40, "width": 400}]}
    settings = PreprocessSettings.parse(value, "recipe.yaml")
    settings.save(tmp_path / "preprocess.yaml")
    assert PreprocessSettings.load(tmp_path / "preprocess.yaml") == settings


def test_the_default_is_the_one_for_mr() -> None:
    assert PreprocessSettings().steps == (Normalize(method="zscore", clip=(0.5, 99.5)),)


def test_wrong_names_get_the_nearest_match() -> None:
    with pytest.raises(MedOptError, match="did you mean 'normalize'"):
        PreprocessSettings.parse({"steps": [{"step": "normalise"}]}, "recipe.yaml")
    with pytest.raises(MedOptError, match=r"unknown field 'steps.0.normalize.metod'.*did you mean 'method'"):
        PreprocessSettings.parse({"steps": [{"step": "normalize", "metod": "zscore"}]}, "recipe.yaml")
