"""What a recipe may say of a loss."""

from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.tasks.losses import LossSettings


def test_defaults_are_each_tasks_own_loss() -> None:
    settings = LossSettings()
    assert settings.name == "auto"
    assert not settings.weighted
    assert LossSettings.parse(settings.model_dump(mode="json"), "recipe") == settings


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(MedOptError, match=r"did you mean 'tversky'\?"):
        LossSettings.parse({"name": "tversk"}, "recipe.yaml")


@pytest.mark.parametrize(
    ("field", "value"),
    [("gamma", 6.0), ("alpha", 0.0), ("beta", 1.5), ("balance_power", 2.0), ("label_smoothing", 0.6)],
)
def test_values_outside_their_range_are_named(field: str, value: float) -> None:
    with pytest.raises(MedOptError, match=f"recipe.yaml: field '{field}'"):
        LossSettings.parse({field: value}, "recipe.yaml")


def test_weights_are_above_zero() -> None:
    with pytest.raises(MedOptError, match="class_weights"):
        LossSettings.parse({"class_weights": {"Left": 0.0}}, "recipe.yaml")


def test_smoothing_a_focal_loss_is_refused() -> None:
    with pytest.raises(MedOptError, match="label_smoothing has no meaning in a focal loss"):
        LossSettings.parse({"name": "focal", "label_smoothing": 0.1}, "recipe.yaml")


def test_a_weighted_loss_needs_weights() -> None:
    assert LossSettings(name="weighted_ce").weighted
    assert LossSettings(class_weights={"Left": 2.0}).weighted
