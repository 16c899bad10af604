"""Fields of a recipe as dimensions."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="recipes name networks")

from medopt import MedOptError
from medopt.training.search import Dimension, SearchSettings, apply_values, check_space, default_space

from ..small import small_recipe


def test_values_and_time() -> None:
    recipe = apply_values(
        small_recipe(90), {"training.learning_rate": 0.5, "augment.techniques.0.probability": 0.9}, 1 / 9
    )
    assert (recipe.training.learning_rate, recipe.training.steps) == (0.5, 10)
    assert recipe.augment.techniques[0].probability == 0.9
    timed = small_recipe(steps=None, minutes=6.0)
    assert apply_values(timed, {}, 1 / 3).training.minutes == pytest.approx(2.0)
    assert apply_values(timed, {}) == timed


def test_the_default_space_fits_any_recipe_and_holds_its_rate() -> None:
    recipe = small_recipe()
    space = default_space(recipe)
    check_space(recipe, SearchSettings(dimensions=space))
    assert space[0].holds(recipe.training.learning_rate)
    assert "training.foreground_share" in [one.field for one in space]
    assert "training.foreground_share" not in [
        one.field for one in default_space(recipe.model_copy(update={"task": "classification"}))
    ]


@pytest.mark.parametrize(
    ("dimension", "message"),
    [
        (Dimension(field="training.learing_rate", kind="log", low=0.1, high=1), "the recipe has no such field"),
        (Dimension(field="training.ema", kind="linear", low=0, high=1), r"training.ema.*found 1.0"),
        (Dimension(field="training.minutes", kind="linear", low=1, high=2), "time of a trial cannot be searched"),
        (Dimension(field="augment.techniques.99.probability", kind="linear", low=0, high=1), "no such field"),
        (Dimension(field="seed.deeper", kind="whole", low=0, high=1), "no such field"),
    ],
)
def test_a_range_that_makes_no_recipe_is_told_at_once(dimension: Dimension, message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        check_space(small_recipe(), SearchSettings(dimensions=(dimension,)))
