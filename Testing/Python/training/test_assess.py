"""The score of a network on validation cases."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from medopt.image import Geometry
from medopt.project import ClassInfo
from medopt.tasks import ClassificationTask, SegmentationTask
from medopt.training import Recipe
from medopt.training.assess import assess
from medopt.training.cache import PreparedCase

CLASSES = [ClassInfo(value=v, name=n, color="#808080") for v, n in ((1, "one"), (2, "two"))]


def recipe(task: str) -> Recipe:
    values = {
        "task": task,
        "preprocess": {"steps": []},
        "augment": {"techniques": []},
        "network": {"name": "unet", "features": (4, 8), "strides": ((1, 1, 1), (1, 2, 2)), "norm": "batch"},
        "training": {"patch": (1, 8, 8), "steps": 1},
        "running": {"precision": "float32"},
    }
    return Recipe.parse(values, "recipe.yaml")


class Bright(nn.Module):
    """Segments what is bright as the first class."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([0.5 - x, x - 0.5, torch.full_like(x, -9.0)], dim=1)


class Mean(nn.Module):
    """Says the second class by the mean brightness."""

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=(1, 2, 3))
        return torch.stack([-mean, mean], dim=1)


def test_segmentation_tells_each_case_and_each_class_where_it_was_judged() -> None:
    grid = Geometry((1, 8, 8))
    cases = []
    for n, right in enumerate((4, 8)):
        image, target = np.zeros((1, 1, 8, 8), np.float32), np.zeros((1, 8, 8), np.uint8)
        image[..., :right, :] = 1
        target[:, :4] = 1
        judged = np.array([True, n == 1])
        points = (np.zeros((0, 3), np.int32),) * 2
        cases.append(PreparedCase(f"c{n}", f"c{n}", image, target, points, grid, (), judged))
    found = assess(Bright(), recipe("segmentation"), SegmentationTask(CLASSES), cases, torch.device("cpu"))
    assert found.metric == "dice"
    assert found.by_structure == pytest.approx({"one": (1 + 2 / 3) / 2, "two": 1.0})
    assert found.score == pytest.approx(((1 + 2 / 3) / 2 + 1) / 2)
    assert found.by_case == pytest.approx({"c0": 1.0, "c1": (2 / 3 + 1) / 2})
    assert found.fields()["validation_metric"] == "dice"


def test_classification_tells_the_area_of_all_cases_together() -> None:
    grid = Geometry((1, 8, 8))
    rng = np.random.default_rng(0)
    cases = []
    for n, (level, kind) in enumerate(((0.1, 0), (0.9, 1), (0.4, 1), (0.5, 0))):
        image = (level + rng.normal(0, 1e-3, (1, *grid.shape))).astype(np.float32)
        target = np.eye(2, dtype=np.uint8)[kind]
        cases.append(PreparedCase(f"c{n}", f"c{n}", image, target, (np.zeros((1, 3), np.int32),) * 2, grid))
    found = assess(Mean(), recipe("classification"), ClassificationTask(CLASSES), cases, torch.device("cpu"))
    assert found.metric == "auc"
    assert found.by_structure == pytest.approx({"one": 0.75, "two": 0.75})
    assert found.by_case == {}


def test_without_a_score_nothing_is_told() -> None:
    found = assess(Mean(), recipe("classification"), ClassificationTask(CLASSES), [], torch.device("cpu"))
    assert (found.score, found.fields()) == (None, {})
