"""Boxes: planted errors of each kind are ranked first, and units by hand."""

from __future__ import annotations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Boxes, Geometry
from medopt.labelling.label_errors import box_qualities, soft_minimum
from medopt.project import ClassInfo

GRID = Geometry((20, 60, 60), (2.0, 1.0, 1.0))
CLASSES = [ClassInfo(value=v, name=n, color="#112233") for v, n in ((1, "Cyst"), (4, "Stone"))]


def boxes(corners: list, values: list[int], scores: list[float] | None = None, **more: object) -> Boxes:
    return Boxes.from_index(np.reshape(corners, (-1, 2, 3)), values, GRID, scores=scores, **more)  # type: ignore[arg-type]


def box(j: float, i: float = 10.0, side: float = 10.0) -> list[list[float]]:
    return [[2.0, j, i], [8.0, j + side, i + side]]


@pytest.fixture
def cohort(rng: np.random.Generator) -> tuple[list[Boxes], list[Boxes]]:
    """Twenty images of two boxes that the model finds within a voxel, at scores of 0.4 to 0.6, and faint false ones."""
    labels, answers = [], []
    for _ in range(20):
        places = [box(5 + rng.uniform(0, 5)), box(35 + rng.uniform(0, 5))]
        found = [np.asarray(place) + rng.uniform(-0.7, 0.7, (2, 3)) for place in places]
        labels.append(boxes(places, [1, 4]))
        answers.append(boxes([*found, box(20, 45)], [1, 4, 1], [*rng.uniform(0.4, 0.6, 2), 0.05]))
    return labels, answers


def planted(labels: list[Boxes]) -> dict[int, str]:
    """An overlooked box, a wrong name, a wrong place, one too many; what should be told of each."""
    own = [list(label.boxes) for label in labels]
    labels[2] = Boxes((own[2][0],))
    first, second = labels[6].to_index(GRID)
    labels[6] = boxes([first, second], [4, 4])
    labels[11] = boxes([labels[11].to_index(GRID)[0] + [0, 7, 0], labels[11].to_index(GRID)[1]], [1, 4])
    labels[17] = boxes([*labels[17].to_index(GRID), box(45, 45)], [1, 4, 1])
    return {2: "finds one here", 6: "does not find|finds one here", 11: "overlaps", 17: "does not find this box"}


def test_planted_errors_are_ranked_first(cohort: tuple[list[Boxes], list[Boxes]]) -> None:
    labels, answers = cohort
    errors = planted(labels)
    found = box_qualities(labels, answers, [GRID] * 20, CLASSES)
    order = sorted(range(20), key=lambda n: found[n].score)
    assert set(order[:4]) == set(errors)
    for n, words in errors.items():
        assert any(word in found[n].reason for word in words.split("|"))
        assert found[n].place is not None
    assert {n for n in range(20) if found[n].suspected} <= set(errors)
    assert {2, 6, 17} <= {n for n in range(20) if found[n].suspected}
    assert found[2].by_class[-1].structure == "Stone"
    assert found[2].by_class[-1].score < 0.25 < found[2].by_class[0].score


def test_without_errors_nothing_is_suspected(cohort: tuple[list[Boxes], list[Boxes]]) -> None:
    found = box_qualities(*cohort, [GRID] * 20, CLASSES)
    assert not any(quality.suspected for quality in found)


def test_units_by_hand() -> None:
    usual = boxes([box(5)], [1]), boxes([box(5)], [1], [0.8])  # the usual score of a cyst is 0.8
    # half a box aside: IoU 5·10·6 / (15·10·6) = 1/3; a false one of half the usual score
    off = boxes([box(5)], [1]), boxes([box(10), box(40)], [1, 1], [0.8, 0.4])
    found = box_qualities([usual[0], off[0]], [usual[1], off[1]], [GRID] * 2, CLASSES)
    assert found[0].score == pytest.approx(1.0)
    assert found[1].score == pytest.approx(soft_minimum([(1 / 3) / 0.5, 1 - 0.5]))
    assert [quality.reason for quality in found] == ["", ""]


def test_nothing_said_of_nothing_and_of_what_nobody_looked_for() -> None:
    sure = boxes([box(5)], [4], [0.9])
    found = box_qualities([Boxes(), Boxes((), (4,))], [Boxes(), sure], [GRID] * 2, CLASSES)
    assert [(q.score, q.suspected, q.place, q.by_class) for q in found] == [(1.0, False, None, ())] * 2


def test_as_many_answers_and_grids_as_labels() -> None:
    with pytest.raises(MedOptError, match="do not fit: expected 1, found 1 and 0 grids"):
        box_qualities([Boxes()], [Boxes()], [], CLASSES)
