"""Kappa of answers against scikit-learn, with intervals that hold it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from medopt.image import ClassLabel
from medopt.labelling.agreement.answers import Question, kappa_rows, questions_of
from medopt.metrics import fleiss_kappa
from medopt.project import ProjectSettings
from medopt.validation import BootstrapSettings

FEW = BootstrapSettings(samples=500)


def settings(**more: object) -> ProjectSettings:
    classes = [{"value": v, "name": n, "color": "#112233"} for v, n in ((1, "Ill"), (4, "Old"))]
    values = {"id": "0" * 32, "name": "x", "task": "classification", "classes": classes, **more}
    return ProjectSettings.parse(values, "test")


def test_pairs_have_cohens_and_all_have_fleiss_kappa(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 3, 50)
    answers = np.stack([np.where(rng.random(50) < 0.8, truth, rng.integers(0, 3, 50)) for _ in range(3)], axis=1)
    answers[40:, 0] = -1
    subjects = [f"s{n // 2}" for n in range(50)]
    rows = kappa_rows(Question("all", 3, answers), "abc", subjects, FEW)
    assert [(r.first, r.second, r.measure) for r in rows] == [
        ("a", "b", "kappa"),
        ("a", "c", "kappa"),
        ("b", "c", "kappa"),
        ("all", "", "fleiss"),
    ]
    for row, (one, other, n) in zip(rows, ((0, 1, 40), (0, 2, 40), (1, 2, 50)), strict=False):
        oracle = cohen_kappa_score(answers[:n, one], answers[:n, other])
        assert row.value.estimate == pytest.approx(oracle)
        assert row.value.low < oracle < row.value.high
        assert (row.value.n, row.value.n_subjects) == (n, n // 2)
    counts = np.stack([(answers == k).sum(axis=1) for k in range(3)], axis=1)
    assert rows[-1].value.estimate == pytest.approx(fleiss_kappa(counts))
    assert rows[-1].value.low < rows[-1].value.estimate < rows[-1].value.high


def test_where_chance_alone_agrees_there_is_no_kappa() -> None:
    rows = kappa_rows(Question("Ill", 2, np.ones((8, 2), int)), "ab", [f"s{n}" for n in range(8)], FEW)
    assert [r.value.estimate for r in rows] == [None]
    assert rows[0].value.refused == "not defined for these cases"
    assert kappa_rows(Question("Ill", 2, np.array([[1, -1], [-1, 0]])), "ab", ["s", "t"], FEW) == []


def test_one_choice_is_one_question_and_several_classes_are_many() -> None:
    (choice,) = questions_of([[ClassLabel((4,)), None], [ClassLabel((1,)), ClassLabel((), (1, 4))]], settings())
    assert (choice.structure, choice.options, choice.answers.tolist()) == ("all", 2, [[1, -1], [0, -1]])
    ill, old = questions_of([[ClassLabel((4,), (1,)), ClassLabel((1, 4))]], settings(multi_label=True))
    assert (ill.structure, ill.answers.tolist()) == ("Ill", [[-1, 1]])
    assert (old.structure, old.options, old.answers.tolist()) == ("Old", 2, [[1, 1]])
