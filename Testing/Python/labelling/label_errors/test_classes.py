"""Confident learning: planted errors first, thresholds and margins by hand."""

from __future__ import annotations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import ClassLabel, ClassScores
from medopt.labelling.label_errors import class_qualities, soft_minimum
from medopt.labelling.label_errors.classes import confident_classes, margins
from medopt.project import ClassInfo

CLASSES = [ClassInfo(value=v, name=n, color="#112233") for v, n in ((1, "Ill"), (4, "Old"), (7, "Tall"))]


def said(row: np.ndarray, exclusive: bool = True) -> ClassScores:
    return ClassScores((1, 4, 7), tuple(float(p) for p in row), exclusive)


def test_planted_errors_are_ranked_first_and_suspected(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 3, 60)
    logits = rng.normal(0, 0.6, (60, 3))
    logits[np.arange(60), truth] += 2.5
    sure = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    given = truth.copy()
    planted = [3, 20, 41, 55]
    given[planted] = (truth[planted] + 1) % 3
    labels = [ClassLabel((CLASSES[n].value,)) for n in given]
    found = class_qualities(labels, [said(row) for row in sure], CLASSES, exclusive=True)
    order = sorted(range(60), key=lambda n: found[n].score)
    assert set(order[:4]) == set(planted)
    assert sum(found[n].suspected for n in planted) >= 2  # of the others the model is less sure than usual
    assert {n for n in range(60) if found[n].suspected} <= set(planted)
    worst = found[3]
    assert worst.by_class[0].structure == CLASSES[given[3]].name
    assert worst.reason.startswith(f"labelled {CLASSES[given[3]].name} (0.")
    assert f"the model says {CLASSES[truth[3]].name}" in worst.reason
    assert worst.place is None


def test_a_model_is_confident_by_its_own_measure() -> None:
    sure = np.array([[0.6, 0.4], [0.5, 0.5], [0.55, 0.45], [0.45, 0.55], [0.35, 0.65]])
    given = np.array([0, 0, 1, 1, 1])  # means: 0.55 of class 0, 0.55 of class 1
    assert confident_classes(sure, given).tolist() == [0, -1, 0, 1, 1]
    assert confident_classes(sure, np.zeros(5, int)).tolist() == [0, 0, 0, -1, -1]  # nobody gives class 1
    np.testing.assert_allclose(margins(sure, given), [0.6, 0.5, 0.45, 0.55, 0.65])


def test_several_classes_are_judged_one_by_one() -> None:
    rows = np.tile([0.9, 0.1, 0.5], (6, 1))
    rows[5] = [0.1, 0.1, 0.5]
    labels = [ClassLabel((1,), (7,))] * 6
    found = class_qualities(labels, [said(row, False) for row in rows], CLASSES, exclusive=False)
    assert [one.structure for one in found[0].by_class] == ["Ill", "Old"]
    assert found[0].score == pytest.approx(0.9)
    assert found[5].score == pytest.approx(soft_minimum([0.1, 0.9]))
    assert found[5].reason == "Ill is labelled present, the model gives 0.10"
    assert (found[0].reason, found[0].suspected) == ("", False)
    assert not found[5].suspected  # nobody is labelled without it, so the model has no measure of absence
    mixed = [*labels[:5], ClassLabel((1,), (7,)), *[ClassLabel((), (7,))] * 3]
    rows = np.vstack([rows, np.tile([0.15, 0.1, 0.5], (3, 1))])
    found = class_qualities(mixed, [said(row, False) for row in rows], CLASSES, exclusive=False)
    assert [quality.suspected for quality in found] == [False] * 5 + [True] + [False] * 3


def test_what_nobody_judged_is_in_no_doubt() -> None:
    unjudged = ClassLabel((), (1, 4, 7))
    rows = [said(np.array([0.8, 0.1, 0.1]))] * 2
    first, second = class_qualities([unjudged, ClassLabel((1,))], rows, CLASSES, exclusive=True)
    assert (first.score, first.suspected, first.by_class) == (1.0, False, ())
    assert second.score == pytest.approx((0.8 - 0.1 + 1) / 2)
    assert class_qualities([unjudged], rows[:1], CLASSES, exclusive=False)[0].score == 1.0
    assert class_qualities([], [], CLASSES, exclusive=True) == []


def test_as_many_answers_as_labels() -> None:
    with pytest.raises(MedOptError, match="labels and answers do not fit: expected 1, found 0"):
        class_qualities([ClassLabel((1,))], [], CLASSES, exclusive=True)
