"""The recipe file: what an older one lacks gets its default, and wrong fields are named."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from medopt.augment import AugmentSettings
from medopt.augment.balance import BalanceSettings
from medopt.errors import MedOptError
from medopt.networks import UNet
from medopt.preprocess import PreprocessSettings
from medopt.training.recipe import Recipe, TrainingSettings


@pytest.fixture
def recipe() -> Recipe:
    return Recipe(
        preprocess=PreprocessSettings(),
        augment=AugmentSettings.preset("light"),
        network=UNet(features=(6, 12), strides=((1, 1, 1), (2, 2, 2))),
        training=TrainingSettings(patch=(16, 16, 16), steps=10),
    )


def test_a_recipe_from_before_balancing_loads_and_says_the_same(recipe: Recipe, tmp_path: Path) -> None:
    recipe.save(tmp_path / "recipe.yaml")
    values = yaml.safe_load((tmp_path / "recipe.yaml").read_text())
    del values["balance"]
    (tmp_path / "old.yaml").write_text(yaml.safe_dump(values))
    old = Recipe.load(tmp_path / "old.yaml")
    assert old == recipe
    assert old.digest() == recipe.digest()
    assert old.balance.target == 0  # as it was trained


def test_balancing_is_part_of_what_a_recipe_says(recipe: Recipe, tmp_path: Path) -> None:
    balanced = recipe.model_copy(update={"balance": BalanceSettings(target=0.5, method="copies", limit=3)})
    balanced.save(tmp_path / "recipe.yaml")
    assert Recipe.load(tmp_path / "recipe.yaml") == balanced
    assert balanced.digest() != recipe.digest()


def test_a_wrong_balance_is_named(recipe: Recipe) -> None:
    values = recipe.model_dump(mode="json")
    values["balance"]["method"] = "weight"
    with pytest.raises(MedOptError, match=r"recipe\.yaml: field 'balance\.method'.*did you mean 'weights'"):
        Recipe.parse(values, "recipe.yaml")
    values["balance"] = {"limt": 2}
    with pytest.raises(MedOptError, match=r"unknown field 'balance\.limt'.*did you mean 'limit'"):
        Recipe.parse(values, "recipe.yaml")
