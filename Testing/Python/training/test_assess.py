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
from medopt.training.assess import assess, pseudo_values
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


def test_pseudo_values_spread_as_the_areas_of_two_readings_do() -> None:
    rng = np.random.default_rng(1)
    task, kinds = ClassificationTask(CLASSES), rng.random(120) < 0.4
    readings = [rng.normal(1.2 * kinds, 1.0), rng.normal(1.4 * kinds, 1.0)]
    pseudo = []
    for reading in readings:
        sure = 1 / (1 + np.exp(-reading))
        judged = [
            (np.array([1 - s, s], np.float32), np.array([not k, k], np.uint8)) for s, k in zip(sure, kinds, strict=True)
        ]
        pseudo.append(np.array(pseudo_values(task, judged)))
        assert pseudo[-1].mean() == pytest.approx(
            task.summarize(judged)["two"], abs=1e-6
        )  # an area is a mean over pairs

    # the standard error of the difference is DeLong's, worked out here from placements
    def placements(reading: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        wins = (reading[kinds][:, None] > reading[~kinds][None]).astype(float)
        return wins.mean(1), wins.mean(0)

    (a, b), (c, d) = placements(readings[0]), placements(readings[1])
    delong = np.sqrt((c - a).var(ddof=1) / kinds.sum() + (d - b).var(ddof=1) / (~kinds).sum())
    found = (pseudo[1] - pseudo[0]).std(ddof=1) / np.sqrt(len(kinds))
    assert found == pytest.approx(delong, rel=0.02)


def test_a_class_that_rests_on_one_case_has_no_pseudo_values() -> None:
    judged = [
        (np.array([1 - s, s], np.float32), np.eye(2, dtype=np.uint8)[k]) for s, k in ((0.1, 0), (0.4, 0), (0.9, 1))
    ]
    task = ClassificationTask(CLASSES)
    assert task.summarize(judged)
    assert pseudo_values(task, judged) == []


def test_without_a_score_nothing_is_told() -> None:
    found = assess(Mean(), recipe("classification"), ClassificationTask(CLASSES), [], torch.device("cpu"))
    assert (found.score, found.fields()) == (None, {})
