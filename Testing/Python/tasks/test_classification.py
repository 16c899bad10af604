"""Targets and answers of classification, with exclusive classes and with several at once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from medopt.augment import AugmentSettings, draw
from medopt.errors import MedOptError
from medopt.image import ClassLabel, Geometry
from medopt.project import ClassInfo
from medopt.tasks import IGNORED, ClassificationTask, Sample

CLASSES = [ClassInfo(value=v, name=n, color="#808080") for v, n in ((2, "None"), (5, "Mild"), (9, "Severe"))]
GRID = Geometry((1, 8, 8))


def sample(target: np.ndarray) -> Sample:
    drawn = draw(AugmentSettings.preset("none"), (1, 2, 3), (1, 8, 8), (1.0, 1.0, 1.0))
    return Sample(target, np.ones(3, bool), drawn, np.zeros(3), (1.0, 1.0, 1.0))


def test_present_classes_are_one_and_unjudged_ones_ignored() -> None:
    task = ClassificationTask(CLASSES, multi_label=True)
    label = ClassLabel((9,), unjudged=(5,))
    assert task.encode(label, GRID).tolist() == [0, IGNORED, 1]
    assert task.judged(label).tolist() == [True, False, True]
    assert task.encode(ClassLabel(()), GRID).tolist() == [0, 0, 0]


@pytest.mark.parametrize("present", [(), (2, 5)])
def test_exclusive_classes_are_exactly_one(present: tuple[int, ...]) -> None:
    with pytest.raises(MedOptError, match="shows exactly one"):
        ClassificationTask(CLASSES).encode(ClassLabel(present), GRID)


def test_an_unknown_value_is_named() -> None:
    with pytest.raises(MedOptError, match=r"outside the classes: expected 2 \(None\).*found \[7\]"):
        ClassificationTask(CLASSES).encode(ClassLabel((7,)), GRID)


def test_one_exclusive_class_cannot_be_told_apart() -> None:
    with pytest.raises(MedOptError, match=r"too few classes.*expected 2 or more, found 1"):
        ClassificationTask(CLASSES[:1])
    assert ClassificationTask(CLASSES[:1], multi_label=True).outputs == 1


def test_the_loss_is_cross_entropy() -> None:
    torch.manual_seed(0)
    task, logits = ClassificationTask(CLASSES), torch.randn(4, 3)
    hot = np.eye(3, dtype=np.uint8)[[0, 2, 1, 1]]
    targets = task.targets([sample(t) for t in hot], None, (1, 8, 8), 2)
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor([0, 2, 1, 1]))
    assert float(task.loss(logits, targets)) == pytest.approx(float(expected), rel=1e-6)


def test_several_classes_cost_binary_cross_entropy_of_those_judged() -> None:
    torch.manual_seed(1)
    task, logits = ClassificationTask(CLASSES, multi_label=True), torch.randn(2, 3)
    targets = {"classes": torch.tensor([[1, 0, IGNORED], [1, 1, 0]], dtype=torch.uint8)}
    known = torch.tensor([[True, True, False], [True, True, True]])
    expected = torch.nn.functional.binary_cross_entropy_with_logits(
        logits[known], torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0])
    )
    assert float(task.loss(logits, targets)) == pytest.approx(float(expected), rel=1e-6)


def test_scores_are_probabilities(rng: np.random.Generator) -> None:
    logits = rng.normal(size=(5, 3)).astype(np.float32)
    np.testing.assert_allclose(ClassificationTask(CLASSES).activate(logits).sum(axis=1), 1, rtol=1e-6)
    found = ClassificationTask(CLASSES, multi_label=True).activate(logits)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-logits.astype(float))), rtol=1e-5)


def test_the_score_is_the_area_under_the_curve_of_each_class(rng: np.random.Generator) -> None:
    task = ClassificationTask(CLASSES)
    truth = rng.integers(0, 3, 60)
    scores = rng.dirichlet(np.ones(3), 60).astype(np.float32)
    hot, judged = np.eye(3, dtype=np.uint8)[truth], np.ones(3, bool)
    found = task.summarize([task.judge(s, t, judged) for s, t in zip(scores, hot, strict=True)])
    for n, info in enumerate(CLASSES):
        assert found[info.name] == pytest.approx(roc_auc_score(truth == n, scores[:, n]))


def test_a_class_with_cases_of_one_kind_has_no_area() -> None:
    task = ClassificationTask(CLASSES)
    judged = [task.judge(np.array([0.2, 0.3, 0.5]), np.array(t, np.uint8), np.ones(3, bool)) for t in ([1, 0, 0],) * 2]
    assert task.summarize(judged) == {}


def test_patches_show_the_middle() -> None:
    points = ClassificationTask(CLASSES).points(np.array([0, 1, 0], np.uint8), (1, 9, 20))
    assert [p.tolist() for p in points] == [[], [[0, 4, 10]], []]


def test_the_answer_names_the_values() -> None:
    said = ClassificationTask(CLASSES).decode(np.array([0.1, 0.2, 0.7], np.float32), GRID, GRID)
    assert said.values == (2, 5, 9)
    assert said.label() == ClassLabel((9,))
