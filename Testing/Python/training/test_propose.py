"""Proposals follow their rules."""

from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.project import ClassInfo, Project
from medopt.training import Recipe, propose_recipe
from medopt.training.propose import propose_augmentation, propose_patch, propose_strides


@pytest.mark.parametrize(
    ("shape", "spacing", "expected"),
    [
        ((40, 56, 40), (1, 1, 1), ((1, 1, 1), (2, 2, 2), (2, 2, 2), (2, 2, 2))),
        ((20, 256, 256), (5, 1, 1), ((1, 1, 1), (1, 2, 2), (1, 2, 2), (2, 2, 2), (2, 2, 2), (1, 2, 2))),
        ((1, 64, 64), (1, 1, 1), ((1, 1, 1), (1, 2, 2), (1, 2, 2), (1, 2, 2), (1, 2, 2))),
        ((4, 4, 4), (1, 1, 1), ((1, 1, 1),)),
    ],
)
def test_fine_axes_are_halved_first(shape, spacing, expected) -> None:
    assert propose_strides(shape, spacing) == expected


def test_the_patch_covers_the_median_image_within_the_limit() -> None:
    assert propose_patch((36, 50, 35), (8, 8, 8), 96**3) == (40, 56, 40)
    assert propose_patch((300, 512, 512), (8, 16, 16), 96**3) == (96, 96, 96)
    assert propose_patch((3, 3, 3), (8, 8, 8), 1) == (8, 8, 8)


def flips(grids: list[Geometry], *names: str) -> list[tuple[str, ...]]:
    classes = [ClassInfo(value=n, name=name, color="#ffffff") for n, name in enumerate(names, start=1)]
    techniques = propose_augmentation(grids, classes, 1.0).techniques
    return [t.axes for t in techniques if t.technique == "flip"]


def test_only_left_and_right_are_mirrored_and_not_where_the_side_matters() -> None:
    axial = Geometry((4, 5, 6))
    sagittal = Geometry((4, 5, 6), direction=((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    assert flips([axial], "Anterior", "Posterior") == [("i",)]
    assert flips([sagittal], "Anterior") == [("k",)]
    assert flips([axial, sagittal], "Anterior") == []
    assert flips([axial], "Left lung") == []
    assert flips([axial], "Cleft") == [("i",)]


def test_a_proposal_is_a_whole_recipe(small_project: Project, tmp_path) -> None:
    recipe = propose_recipe(small_project)
    assert recipe.training.minutes == 10
    assert [step.step for step in recipe.preprocess.steps] == ["normalize"]
    recipe.save(tmp_path / "recipe.yaml")
    assert Recipe.load(tmp_path / "recipe.yaml") == recipe
    assert Recipe.load(tmp_path / "recipe.yaml").digest() == recipe.digest()


def test_a_misspelt_field_is_named_with_the_nearest(small_project: Project, tmp_path) -> None:
    path = tmp_path / "recipe.yaml"
    text = propose_recipe(small_project).to_yaml()
    path.write_text(text.replace("batch_size", "batchsize"))
    with pytest.raises(MedOptError, match=r"unknown field 'training\.batchsize'.*did you mean 'batch_size'"):
        Recipe.load(path)
    path.write_text(text.replace("optimiser: adamw", "optimiser: adamm"))
    with pytest.raises(MedOptError, match=r"field 'training\.optimiser'.*found 'adamm'; did you mean 'adamw'"):
        Recipe.load(path)
    path.write_text(text.replace("steps: null", "steps: 5"))
    with pytest.raises(MedOptError, match=r"give either training\.steps or training\.minutes"):
        Recipe.load(path)


def test_a_patch_that_the_network_cannot_halve_is_refused(small_project: Project) -> None:
    recipe = propose_recipe(small_project)
    values = recipe.model_dump(mode="json")
    values["training"]["patch"] = [15, 16, 16]
    with pytest.raises(MedOptError, match=r"must be a multiple of \["):
        Recipe.parse(values, "recipe.yaml")
