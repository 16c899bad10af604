"""The task and the network of a recipe."""

from __future__ import annotations

import pytest
import torch

from medopt.errors import MedOptError
from medopt.project import ClassInfo
from medopt.tasks.heatmap import FIRST_LOGIT
from medopt.training import Recipe
from medopt.training.build import build_for, task_of


class Labels:
    """What a project says of its labels."""

    classes = tuple(ClassInfo(value=v, name=f"class {v}", color="#808080") for v in (1, 2, 5))
    multi_label = False
    ignored = None


def recipe(task: str, **network: object) -> Recipe:
    values = {
        "task": task,
        "preprocess": {"steps": []},
        "augment": {"techniques": []},
        "network": {"name": "unet", "features": (4, 8, 8), "strides": ((1, 1, 1), (1, 2, 2), (1, 2, 2)), **network},
        "training": {"patch": (1, 16, 16), "steps": 1},
    }
    return Recipe.parse(values, "recipe.yaml")


@pytest.mark.parametrize(
    ("task", "shape", "network"),
    [
        ("segmentation", (2, 4, 16, 16), {}),
        ("classification", (2, 3), {"norm": "batch"}),
        ("detection", (2, 7, 8, 8), {"output_level": 1, "deep_supervision": False}),
    ],
)
def test_networks_answer_their_task(task: str, shape: tuple[int, ...], network: dict[str, object]) -> None:
    made = recipe(task, **network)
    answers = build_for(task_of(made, task, Labels()), made, 2).eval()(torch.zeros(2, 2, 16, 16))
    assert tuple(answers.shape) == shape


def test_centres_start_as_rare_as_they_are() -> None:
    made = recipe("detection", output_level=1, deep_supervision=False)
    network = build_for(task_of(made, "detection", Labels()), made, 1)
    bias = network.heads[-1].bias
    assert torch.allclose(bias[:3], torch.tensor(FIRST_LOGIT))
    assert not torch.allclose(bias[3:], torch.tensor(FIRST_LOGIT))


def test_a_recipe_of_another_task_is_refused() -> None:
    with pytest.raises(MedOptError, match="for another task: expected detection, the project's, found segmentation"):
        task_of(recipe("segmentation"), "detection", Labels())


def test_segmentation_needs_labels_as_fine_as_the_image() -> None:
    with pytest.raises(MedOptError, match="output_level must be 0 for segmentation"):
        recipe("segmentation", output_level=1)
    coarse = {"strides": [[1, 2, 2], [1, 2, 2], [1, 1, 1]]}
    with pytest.raises(MedOptError, match="fine_head must be true for segmentation"):
        recipe("segmentation", **coarse)
    assert recipe("segmentation", **coarse, fine_head=True).network.output_stride == (1, 1, 1)
