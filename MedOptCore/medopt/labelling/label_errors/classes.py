"""The quality of labels of whole images: confident learning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import ClassLabel, ClassScores
from medopt.labelling.label_errors.records import ClassQuality, LabelQuality
from medopt.labelling.label_errors.soft_minimum import TEMPERATURE, soft_minimum
from medopt.project import ClassInfo


def class_qualities(
    labels: Sequence[ClassLabel],
    said: Sequence[ClassScores],
    classes: Sequence[ClassInfo],
    *,
    exclusive: bool,
    temperature: float = TEMPERATURE,
) -> list[LabelQuality]:
    """The quality of the label of each case, from the probabilities of models that never saw it.

    Exclusive classes: the score is the normalised margin (p of the labelled class - highest other p + 1) / 2. A label
    is suspected when the class that the model is confident of is another one; it is confident of a class from the mean
    probability on that the class has in the cases so labelled, so that a model which is too sure or too shy of a class
    is judged by its own measure (Northcutt, Jiang & Chuang, "Confident learning: Estimating uncertainty in dataset
    labels", J Artif Intell Res 2021;70:1373-1411).

    Where an image may show several classes, each is such a choice between present and absent, and the case has the
    soft minimum of its classes. What nobody judged does not count; a case that nobody judged has the score 1.

    Raises MedOptError when there are not as many answers as labels.
    """
    if len(labels) != len(said):
        raise MedOptError("labels and answers do not fit", expected=str(len(labels)), found=str(len(said)))
    if not labels:
        return []
    sure = np.array([[dict(zip(s.values, s.probabilities, strict=True))[c.value] for c in classes] for s in said])
    if exclusive:
        return _of_choice(labels, sure, classes)
    found: list[list[tuple[ClassQuality, bool, str]]] = [[] for _ in labels]
    for column, info in enumerate(classes):
        judged = [n for n, one in enumerate(labels) if info.value not in one.unjudged]
        given = np.array([int(info.value in labels[n].present) for n in judged], int)
        both = np.stack([1 - sure[judged, column], sure[judged, column]], axis=1)
        score, suggested = margins(both, given), confident_classes(both, given)
        for place, n in enumerate(judged):
            wrong = suggested[place] not in (-1, given[place])
            words = ("absent", "present")
            reason = f"{info.name} is labelled {words[given[place]]}, the model gives {both[place, 1]:.2f}"
            found[n].append((ClassQuality(info.name, float(score[place])), bool(wrong), reason))
    return [_together(parts, temperature) for parts in found]


def confident_classes(sure: NDArray[np.float64], given: NDArray[np.int64]) -> NDArray[np.int64]:
    """(cases,) the most probable class among those that the model is confident of; -1 where it is of none.

    Parameters
    ----------
    sure : (cases, classes) probabilities
    given : (cases,) labelled classes

    A class that no case is labelled with is never confident.
    """
    limits = np.full(sure.shape[1], np.inf)
    for index in range(sure.shape[1]):
        if (given == index).any():
            limits[index] = sure[given == index, index].mean()
    over = np.where(sure >= limits - 1e-12, sure, -1.0)
    return np.where(over.max(axis=1, initial=-1.0) >= 0, over.argmax(axis=1), -1)


def margins(sure: NDArray[np.float64], given: NDArray[np.int64]) -> NDArray[np.float64]:
    """(cases,) normalised margin of the labelled class, 0 to 1; 0.5 where another class is as probable."""
    rows = np.arange(len(sure))
    others = sure.copy()
    others[rows, given] = -np.inf
    highest = others.max(axis=1) if sure.shape[1] > 1 else np.zeros(len(sure))
    return (sure[rows, given] - highest + 1) / 2


def _of_choice(
    labels: Sequence[ClassLabel], sure: NDArray[np.float64], classes: Sequence[ClassInfo]
) -> list[LabelQuality]:
    index = {info.value: n for n, info in enumerate(classes)}
    known = [n for n, one in enumerate(labels) if one.present]
    given = np.array([index[labels[n].present[0]] for n in known], int)
    score, suggested = margins(sure[known], given), confident_classes(sure[known], given)
    found = [LabelQuality(1.0, False, "", None, ())] * len(labels)
    for place, n in enumerate(known):
        name, best = classes[given[place]].name, int(sure[n].argmax())
        reason = ""
        if best != given[place]:
            reason = f"labelled {name} ({sure[n, given[place]]:.2f}), the model says {classes[best].name} "
            reason += f"({sure[n, best]:.2f})"
        wrong = suggested[place] not in (-1, given[place])
        quality = ClassQuality(name, float(score[place]))
        found[n] = LabelQuality(quality.score, bool(wrong), reason, None, (quality,))
    return found


def _together(parts: Sequence[tuple[ClassQuality, bool, str]], temperature: float) -> LabelQuality:
    if not parts:
        return LabelQuality(1.0, False, "", None, ())
    worst = min(parts, key=lambda part: part[0].score)
    score = soft_minimum([part[0].score for part in parts], temperature)
    return LabelQuality(
        score=1.0 if score is None else score,
        suspected=any(wrong for _, wrong, _ in parts),
        reason=worst[2] if worst[0].score < 0.5 else "",
        place=None,
        by_class=tuple(part[0] for part in parts),
    )
